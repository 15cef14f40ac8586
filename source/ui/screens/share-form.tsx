import { useState } from 'react';
import type { ShareTargets } from '../../session/app-services.js';
import type { ShareOptions } from '../../session/share-options.js';
import ChoiceList from '../components/choice-list.js';
import FormFrame, { type FormMessage } from '../components/form-frame.js';
import type { Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useForm } from '../hooks/use-form.js';
import { useKeys } from '../hooks/use-keys.js';
import {
  initialShareValues,
  type ShareField,
  shareFields,
  shareOptionsOf,
  shareProblems,
  valuesToRemember,
  whatChoices,
} from '../share-form-values.js';

interface Props {
  readonly targets: ShareTargets;
  readonly remembered: Readonly<Record<string, string>>;
  /** `remember` are the values to keep for the next time. */
  readonly start: (options: ShareOptions, remember: Readonly<Record<string, string>>) => void;
  readonly back: () => void;
}

const NO_SCREEN =
  'Start peerglass inside the graphical session that you want to share (over SSH: DISPLAY=:0 peerglass), or choose the test pattern.';

/** A remedy without what only a command line can do. */
function adviceHere(remedy: string): string {
  const sentences = remedy.split(/(?<=[.!?]) /).filter(sentence => !/(^|\s)--\w|\bDISPLAY=/.test(sentence));
  return [...sentences, NO_SCREEN].filter(Boolean).join(' ');
}

/** What to share and how. Enter at once shares the primary monitor; everything else is visible and can be changed. */
export default function ShareForm({ targets, remembered, start, back }: Props) {
  const { columns, rows } = useTerminalSize();
  const [values, setValues] = useState<Values<ShareField>>(() => initialShareValues(remembered, targets));
  const [over, setOver] = useState<'help' | 'list' | null>(null);
  const fields = shareFields(values, targets);
  const problems = shareProblems(values, targets);
  const form = useForm(fields, values, (name, value) => setValues(now => ({ ...now, [name]: value })));
  const kind = fields.find(field => field.name === form.focus)?.input.kind;

  function submit(): void {
    if (!form.showProblem(problems)) start(shareOptionsOf(values), valuesToRemember(values, targets));
  }

  useKeys(
    'shareForm',
    {
      start: submit,
      up: () => form.move(-1),
      down: () => form.move(1),
      less: () => form.change(-1),
      more: () => form.change(1),
      list: () => {
        if (form.focus === 'what') setOver('list');
        else if (kind === 'text') form.type(' ');
        else form.change(1);
      },
      defaults: () => {
        const defaults = initialShareValues({}, targets);
        setValues(defaults);
        form.put('what', defaults.what);
      },
      help: () => setOver('help'),
      back,
    },
    { active: over === null, otherwise: form.type },
  );

  if (over === 'list') {
    return (
      <ChoiceList
        place="share"
        title="What to share"
        choices={whatChoices(targets)}
        chosen={values.what}
        columns={columns}
        rows={rows}
        take={value => {
          setValues(now => ({ ...now, what: value }));
          setOver(null);
        }}
        back={() => setOver(null)}
      />
    );
  }
  const { source } = targets;
  const problem = problems[form.focus] ?? Object.values(problems)[0];
  const messages: FormMessage[] = problem === undefined ? [] : [{ text: problem, tone: 'bad', bold: true }];
  if (source.kind === null) {
    const { code, message, remedy } = source.error;
    const most = Math.max(1, Math.floor(rows / 5));
    messages.unshift({ text: `${code}: ${message} ${adviceHere(remedy)}`, tone: 'bad', most });
  }
  return (
    <FormFrame
      place="share"
      title="Share my screen"
      aside={source.kind === null ? '' : `${source.kind}: ${source.why}`}
      about="Press Enter to share"
      fields={fields}
      values={values}
      problems={problems}
      form={form}
      messages={messages}
      hidden={kind === 'text' ? 'list' : ''}
      closeHelp={over === 'help' ? () => setOver(null) : null}
    />
  );
}
