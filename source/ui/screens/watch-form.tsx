import { useEffect, useState } from 'react';
import type { AppServices, FoundSharers, LocalAddress, Preferences } from '../../session/app-services.js';
import type { GivenWatch, WatchOptions } from '../../session/watch-options.js';
import FormFrame, { type FormMessage, hasBoxes } from '../components/form-frame.js';
import ListedChoices from '../components/listed-choices.js';
import Panel from '../components/panel.js';
import Tone from '../components/tone.js';
import type { Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useForm } from '../hooks/use-form.js';
import { useKeys } from '../hooks/use-keys.js';
import { useListedChoices } from '../hooks/use-listed-choices.js';
import { choiceRows, nobodyText, type WatchChoice, watchChoices } from '../watch-choices.js';
import {
  HALL_OF_MIRRORS,
  initialWatchValues,
  isThisMachine,
  otherFlagsText,
  type WatchField,
  watchFields,
  watchOptionsOf,
  watchProblems,
  watchToRemember,
  withInvitation,
  withTyped,
} from '../watch-form-values.js';

interface Props {
  readonly preferences: Preferences;
  /** The last one given here, or empty. */
  readonly address: string;
  /** Given here, or when it was asked for, and not let in with it; or empty. */
  readonly code: string;
  /** What the command line has said, which fills in the form; null: nothing. */
  readonly flags: GivenWatch | null;
  readonly local: readonly LocalAddress[];
  readonly findSharers: AppServices['findSharers'];
  readonly start: (
    options: WatchOptions,
    given: { readonly address: string; readonly code: string },
    remember: Readonly<Record<string, string>>,
  ) => void;
  readonly forget: (peer: string) => void;
  readonly back: () => void;
}

/** How long to search before the list says that it is empty. */
const LOOK_MS = 3000;
/** Rows around the lists: header, keys, borders and notes. */
const AROUND = 11;
/** The same without boxes. */
const AROUND_PLAIN = 4;
/** A list without boxes keeps this many rows from the fields, which scroll, but for so many that they keep. */
const LEAST_PLAIN = 3;
const FEWEST_PLAIN = 8;

/** The shares on the network, as they come and go. */
function useFoundSharers(findSharers: AppServices['findSharers']) {
  const [found, setFound] = useState<FoundSharers | null>(null);
  const [looked, setLooked] = useState(false);
  useEffect(() => findSharers(setFound), [findSharers]);
  useEffect(() => {
    const timer = setTimeout(() => setLooked(true), LOOK_MS);
    return () => clearTimeout(timer);
  }, []);
  return { found, looked };
}

/** Chooses the screen to watch: an address, a sharer on the network, or one of the last peers. */
export default function WatchForm(props: Props) {
  const { preferences, flags, local, findSharers, start, forget, back } = props;
  const size = useTerminalSize();
  const { columns, rows } = size;
  const [values, setValues] = useState<Values<WatchField>>(() => initialWatchValues(preferences, props, flags));
  const [help, setHelp] = useState(false);
  const [tried, setTried] = useState(false);
  const { found, looked } = useFoundSharers(findSharers);
  const fields = watchFields(values);
  const problems = watchProblems(values);
  const form = useForm(fields, values, (name, value) => {
    setValues(now => withTyped(now, name, value));
    if (name === 'address') setTried(false);
  });
  const boxed = hasBoxes(size);
  const choices = watchChoices(found, preferences.peers, local, columns);
  const { chosen, drop, keys, type } = useListedChoices({
    ...{ form, fields, choices, text: values.address },
    onLeave: () => setValues(withInvitation),
  });

  function submit(): void {
    const options = watchOptionsOf(values, flags?.options);
    if (form.showProblem(problems) || options === null) {
      setTried(true);
      drop();
      return;
    }
    const tidy = withInvitation(values);
    start(options, { address: tidy.address, code: tidy.code }, watchToRemember(tidy, flags, preferences));
  }

  useKeys(
    'watchForm',
    {
      start: submit,
      ...keys,
      forget: () => {
        if (chosen?.kind !== 'peer') return;
        forget(chosen.text);
        drop();
      },
      help: () => setHelp(true),
      back,
    },
    { active: !help, otherwise: type },
  );

  const lines = (list: readonly WatchChoice[], count: number) => (
    <ListedChoices choices={list} rows={count} chosen={chosen} muted={({ own }) => own} />
  );
  const sharers = choices.filter(({ kind }) => kind === 'found');
  const peers = choices.filter(({ kind }) => kind === 'peer');
  const shown = choiceRows(rows - fields.length - AROUND, sharers.length, peers.length);
  const hiddenCount = sharers.length - shown.found + (found?.more ?? 0);
  const aside = hiddenCount > 0 ? `${hiddenCount} more` : sharers.length > 0 && chosen === null ? '↓ to choose' : '';
  const plainRows = Math.min(
    choices.length,
    Math.max(0, rows - fields.length - AROUND_PLAIN, Math.min(LEAST_PLAIN, rows - FEWEST_PLAIN)),
  );
  // Where there is room for one list only, it is the one with the chosen entry.
  const onlyPeers = shown.peers === 0 && chosen?.kind === 'peer';
  const peerRows = onlyPeers ? shown.found : shown.peers;
  const boxedLists = (
    <>
      {onlyPeers ? null : (
        <Panel
          title="On this network"
          aside={aside}
          width={columns}
          height={shown.found + 2}
          focused={chosen?.kind === 'found'}
        >
          {sharers.length > 0 ? lines(sharers, shown.found) : <Tone tone="muted">{nobodyText(found, looked)}</Tone>}
        </Panel>
      )}
      {peerRows > 0 ? (
        <Panel title="Last watched" width={columns} height={peerRows + 2} focused={chosen?.kind === 'peer'}>
          {lines(peers, peerRows)}
        </Panel>
      ) : null}
    </>
  );
  const mirror = problems.address === undefined && isThisMachine(values, local);
  const problem = Object.values(problems)[0];
  const messages: FormMessage[] = [];
  if (problem !== undefined) {
    messages.push({ text: problem, tone: tried || problems.address === undefined ? 'bad' : 'muted', bold: tried });
  }
  const others = flags === null ? '' : otherFlagsText(flags);
  if (others !== '') messages.push({ text: others, tone: 'muted' });
  if (mirror) messages.push({ text: HALL_OF_MIRRORS, tone: 'warning' });
  return (
    <FormFrame
      place="watch"
      title="Watch a screen"
      about="Press Enter to connect"
      fields={fields}
      values={values}
      problems={tried ? problems : { ...problems, address: undefined }}
      form={form}
      focused={chosen === null}
      choices={
        boxed
          ? { drawn: boxedLists, rows: shown.found + 2 + (shown.peers > 0 ? shown.peers + 2 : 0) }
          : { drawn: lines(choices, plainRows), rows: plainRows }
      }
      hidden={chosen?.kind === 'peer' ? '' : 'forget'}
      closeHelp={help ? () => setHelp(false) : null}
      messages={messages}
    />
  );
}
