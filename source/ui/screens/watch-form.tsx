import { useState } from 'react';
import type { LocalAddress, Preferences } from '../../session/app-services.js';
import type { WatchOptions } from '../../session/watch-options.js';
import FormFrame, { hasBoxes } from '../components/form-frame.js';
import Panel from '../components/panel.js';
import Tone, { Sentence } from '../components/tone.js';
import { differing, type Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useForm } from '../hooks/use-form.js';
import { useKeys } from '../hooks/use-keys.js';
import {
  HALL_OF_MIRRORS,
  initialWatchValues,
  isThisMachine,
  WATCH_FORM_DEFAULTS,
  type WatchField,
  watchFields,
  watchOptionsOf,
  watchProblems,
} from '../watch-form-values.js';

interface Props {
  readonly preferences: Preferences;
  readonly local: readonly LocalAddress[];
  readonly start: (options: WatchOptions, address: string, remember: Readonly<Record<string, string>>) => void;
  readonly forget: (peer: string) => void;
  readonly back: () => void;
}

const MAX_PEERS = 6;

/** Whose screen to watch: an address, or one of the last peers. */
export default function WatchForm({ preferences, local, start, forget, back }: Props) {
  const size = useTerminalSize();
  const { columns, rows } = size;
  const [values, setValues] = useState<Values<WatchField>>(() => initialWatchValues(preferences));
  const [help, setHelp] = useState(false);
  const [tried, setTried] = useState(false);
  /** Which of the last peers is chosen, or null while a field is. */
  const [peer, setPeer] = useState<number | null>(null);
  const fields = watchFields(values);
  const problems = watchProblems(values);
  const form = useForm(fields, values, (name, value) => {
    setValues(now => ({ ...now, [name]: value }));
    if (name === 'address') setTried(false);
  });
  const boxed = hasBoxes(size);
  const peers = preferences.peers.slice(0, boxed ? MAX_PEERS : Math.max(0, rows - 9));
  const index = fields.findIndex(field => field.name === form.focus);

  function choose(next: number): void {
    const text = peers[next];
    if (text === undefined) return;
    setPeer(next);
    form.put('address', text);
  }

  function submit(): void {
    const options = watchOptionsOf(values);
    if (form.showProblem(problems) || options === null) {
      setTried(true);
      setPeer(null);
      return;
    }
    const { address, code, ...rest } = differing(values, WATCH_FORM_DEFAULTS);
    start(options, values.address.trim(), rest);
  }

  function field(step: 1 | -1): void {
    setPeer(null);
    form.move(step);
  }

  useKeys(
    'watchForm',
    {
      start: submit,
      // The fields, then the peers, round about.
      up: () => {
        if (peer !== null && peer > 0) choose(peer - 1);
        else if (peer === 0) {
          setPeer(null);
          form.setFocus(fields.at(-1)!.name);
        } else if (index === 0 && peers.length > 0) choose(peers.length - 1);
        else field(-1);
      },
      down: () => {
        if (peer !== null && peer < peers.length - 1) choose(peer + 1);
        else if (peer !== null) {
          setPeer(null);
          form.setFocus(fields[0]!.name);
        } else if (index === fields.length - 1 && peers.length > 0) choose(0);
        else field(1);
      },
      next: () => field(1),
      previous: () => field(-1),
      less: () => (peer === null ? form.change(-1) : undefined),
      more: () => (peer === null ? form.change(1) : undefined),
      forget: () => {
        const text = peer === null ? undefined : peers[peer];
        if (text === undefined) return;
        forget(text);
        setPeer(null);
      },
      help: () => setHelp(true),
      back,
    },
    {
      active: !help,
      otherwise: key => {
        if (peer !== null) setPeer(null);
        form.type(key);
      },
    },
  );

  const list = peers.map((text, at) => (
    <Tone key={text} tone={at === peer ? 'accent' : 'plain'} bold={at === peer}>
      {at === peer ? '▸ ' : '  '}
      {text}
    </Tone>
  ));
  const boxedList =
    peers.length > 0 ? (
      <Panel title="Last watched" width={columns} height={peers.length + 2} focused={peer !== null}>
        {list}
      </Panel>
    ) : null;
  const mirror = problems.address === undefined && isThisMachine(values, local);
  const problem = Object.values(problems)[0];
  return (
    <FormFrame
      place="watch"
      title="Watch a screen"
      about="Enter connects"
      fields={fields}
      values={values}
      problems={tried ? problems : { ...problems, address: undefined }}
      form={form}
      focused={peer === null}
      below={boxed ? boxedList : list}
      hidden={peer === null ? 'forget' : ''}
      closeHelp={help ? () => setHelp(false) : null}
    >
      {problem === undefined ? null : (
        <Sentence
          text={problem}
          columns={columns - 2}
          tone={tried || problems.address === undefined ? 'bad' : 'muted'}
          bold={tried}
        />
      )}
      {mirror ? <Sentence text={HALL_OF_MIRRORS} columns={columns - 2} tone="warning" /> : null}
    </FormFrame>
  );
}
