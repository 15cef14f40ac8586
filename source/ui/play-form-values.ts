import path from 'node:path';
import { plainText } from '../core/plain-text.js';
import { homeFolder } from '../node/home-folder.js';
import type { FoundRecording, Preferences } from '../session/app-services.js';
import { parseSpeed, parseText, parseView } from '../session/option-values.js';
import type { PlayOptions } from '../session/play-options.js';
import { WATCH_DEFAULTS } from '../session/watch-options.js';
import type { ListedChoice } from './components/listed-choices.js';
import { type Field, OFF, ON, type Problems, type Values, VIEW_FIELD } from './form.js';
import { bytes, dateAndTime } from './format.js';
import { padTo, truncate } from './text.js';

export type PlayField = 'file' | 'view' | 'speed' | 'still';

export const PLAY_FORM_DEFAULTS: Values<PlayField> = { file: '', view: 'sdl', speed: '1', still: OFF };

const SPEEDS = ['0.25', '0.5', '1', '2', '4', '8', '16'];
const MAX_RECORDINGS = 20;
/** Columns of a size and a date, with the gaps between. */
const FACTS = 29;
const LEAST_NAME = 12;

/**
 * The defaults, replaced by remembered values. The file is the last one played, selected: Enter plays it again.
 * @param given the last file given in the form, or empty
 */
export function initialPlayValues({ recordings, play }: Preferences, given: string): Values<PlayField> {
  const values = { ...PLAY_FORM_DEFAULTS, ...play, file: shownPath(given || (recordings[0] ?? '')) };
  const problems = playProblems(values);
  return {
    ...values,
    view: problems.view ? PLAY_FORM_DEFAULTS.view : values.view,
    speed: SPEEDS.includes(values.speed) ? values.speed : PLAY_FORM_DEFAULTS.speed,
    still: values.still === ON ? ON : OFF,
  };
}

export function playFields(): Field<PlayField>[] {
  return [
    {
      name: 'file',
      label: 'Recording',
      note: '',
      input: {
        kind: 'text',
        entry: { accepts: /[^\p{Cc}]/u, longest: 4096 },
        empty: 'the path of a file that --record or R wrote',
      },
    },
    VIEW_FIELD,
    {
      name: 'speed',
      label: 'Speed',
      note: '',
      input: { kind: 'choice', choices: SPEEDS.map(value => ({ value, label: `${value}x` })) },
    },
    { name: 'still', label: 'Skip still', note: 'times without a change', input: { kind: 'switch' } },
  ];
}

export function playProblems(values: Values<PlayField>): Problems<PlayField> {
  const file = parseText(recordingPath(values.file), 'The path of the recording');
  const view = parseView(values.view);
  return { ...(file.ok ? {} : { file: file.problem }), ...(view.ok ? {} : { view: view.problem }) };
}

/** The options of a player; null while a value has a problem. */
export function playOptionsOf(values: Values<PlayField>): PlayOptions | null {
  const view = parseView(values.view);
  const speed = parseSpeed(values.speed);
  const file = recordingPath(values.file);
  if (file === '' || !view.ok || !speed.ok) return null;
  return {
    ...{ file, view: view.value, speed: speed.value, skipStill: values.still === ON, threads: WATCH_DEFAULTS.threads },
    ...{ scale: 'fit', fullscreen: false, at: null, snapshotFile: null, endsAtEnd: false, terminalCells: null },
  };
}

/**
 * The absolute path that was typed or pasted: relative ones are of the current folder, "~/" is the home folder, and
 * quotes around a path, as a file manager may paste them, are dropped. Empty: none.
 */
export function recordingPath(typed: string, home = homeFolder()): string {
  const text = typed.trim().replace(/^(['"])(.*)\1$/, '$2');
  if (text === '') return '';
  return path.resolve(home !== null && /^~[/\\]/.test(text) ? path.join(home, text.slice(2)) : text);
}

/** A path as short as it can be typed: below the current folder, or below the home folder. */
export function shownPath(file: string, home = homeFolder(), folder = process.cwd()): string {
  for (const [base, prefix] of [
    [folder, ''],
    [home, `~${path.sep}`],
  ] as const) {
    const start = base === null || base.endsWith(path.sep) ? base : base + path.sep;
    // What begins like a home folder or a quoted path would be read as one.
    if (start !== null && file.startsWith(start) && !/^[~'"]/.test(file.slice(start.length))) {
      return prefix + file.slice(start.length);
    }
  }
  return file;
}

/** The entries of the list below the file. */
export function recordingChoices(found: readonly FoundRecording[], columns: number): ListedChoice[] {
  return found.map(({ file, bytes: size, modifiedAt }) => {
    const text = shownPath(file);
    const width = Math.max(LEAST_NAME, columns - FACTS);
    const name = padTo(truncate(plainText(text, 4096), width), width);
    return { key: file, text, line: `${name}  ${bytes(size)}  ${dateAndTime(modifiedAt).slice(0, -3)}` };
  });
}

/** Moves a recording to the front of the list of those played. */
export function withRecording(preferences: Preferences, file: string): Preferences {
  const others = preferences.recordings.filter(each => each !== file);
  return { ...preferences, recordings: [file, ...others].slice(0, MAX_RECORDINGS) };
}
