import { useEffect, useState } from 'react';
import type { AppServices, FoundRecording, Preferences } from '../../session/app-services.js';
import type { PlayOptions } from '../../session/play-options.js';
import FormFrame, { hasBoxes } from '../components/form-frame.js';
import ListedChoices from '../components/listed-choices.js';
import Panel, { PANEL_MARGIN } from '../components/panel.js';
import Tone from '../components/tone.js';
import { differing, type Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useForm } from '../hooks/use-form.js';
import { useKeys } from '../hooks/use-keys.js';
import { useListedChoices } from '../hooks/use-listed-choices.js';
import {
  initialPlayValues,
  PLAY_FORM_DEFAULTS,
  type PlayField,
  playFields,
  playOptionsOf,
  playProblems,
  recordingChoices,
} from '../play-form-values.js';

interface Props {
  readonly preferences: Preferences;
  /** The last one given here, or empty. */
  readonly file: string;
  readonly findRecordings: AppServices['findRecordings'];
  readonly start: (options: PlayOptions, remember: Readonly<Record<string, string>>) => void;
  readonly back: () => void;
}

/** Rows around the list: header, keys, borders and messages. */
const AROUND = 9;
/** The same without boxes. */
const AROUND_PLAIN = 3;
const FIELDS = playFields();

/** Chooses the recording to play: one of the list, or any path. */
export default function PlayForm({ preferences, file: given, findRecordings, start, back }: Props) {
  const size = useTerminalSize();
  const { columns, rows } = size;
  const [values, setValues] = useState<Values<PlayField>>(() => initialPlayValues(preferences, given));
  const [help, setHelp] = useState(false);
  const [tried, setTried] = useState(false);
  const [found, setFound] = useState<readonly FoundRecording[] | null>(null);
  const { recordings } = preferences;
  useEffect(() => {
    let shown = true;
    void findRecordings(recordings).then(files => shown && setFound(files));
    return () => {
      shown = false;
    };
  }, [findRecordings, recordings]);
  const form = useForm(FIELDS, values, (name, value) => {
    setValues(now => ({ ...now, [name]: value }));
    setTried(false);
  });
  const boxed = hasBoxes(size);
  const choices = recordingChoices(found ?? [], columns - (boxed ? PANEL_MARGIN : 1));
  const { chosen, drop, keys, type } = useListedChoices({ form, fields: FIELDS, choices, text: values.file });
  const problems = playProblems(values);

  function submit(): void {
    const options = playOptionsOf(values);
    if (form.showProblem(problems) || options === null) {
      setTried(true);
      drop();
      return;
    }
    const { file, ...rest } = differing(values, PLAY_FORM_DEFAULTS);
    start(options, rest);
  }

  useKeys(
    'playForm',
    {
      start: submit,
      ...keys,
      help: () => setHelp(true),
      back,
    },
    { active: !help, otherwise: type },
  );

  const room = Math.max(1, rows - FIELDS.length - (boxed ? AROUND : AROUND_PLAIN));
  const listed = Math.max(boxed ? 1 : 0, Math.min(choices.length, room));
  const list = <ListedChoices choices={choices} rows={listed} chosen={chosen} />;
  const aside = choices.length > listed ? `${choices.length - listed} more` : chosen === null ? '↓ to choose' : '';
  const drawn = boxed ? (
    <Panel
      title="Played before, or in this folder"
      aside={choices.length > 0 ? aside : ''}
      width={columns}
      height={listed + 2}
      focused={chosen !== null}
    >
      {choices.length > 0 ? list : <Tone tone="muted">{found === null ? 'looking …' : 'No recordings yet.'}</Tone>}
    </Panel>
  ) : (
    list
  );
  const problem = Object.values(problems)[0];
  return (
    <FormFrame
      place="play"
      title="Play a recording"
      about="Press Enter to play"
      fields={FIELDS}
      values={values}
      problems={tried ? problems : {}}
      form={form}
      focused={chosen === null}
      choices={{ drawn, rows: listed + (boxed ? 2 : 0) }}
      hidden=""
      closeHelp={help ? () => setHelp(false) : null}
      messages={tried && problem !== undefined ? [{ text: problem, tone: 'bad', bold: true }] : []}
    />
  );
}
