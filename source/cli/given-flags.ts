import meow from 'meow';
import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import type { Parsed, Refused } from '../session/option-values.js';
import { COMMANDS, type CommandName, FLAGS, type Flag, flagsOf } from './flags.js';

/** The remedy of errors without one of their own. */
export const SEE_HELP = 'See peerglass --help.';

/** In characters: no more of a wrong word is repeated. */
export const SHOWN = 60;

export function usage(message: string, remedy = SEE_HELP): PeerglassError {
  return new PeerglassError('E_USAGE', message, remedy);
}

/** Variables with a secret, for those who want it neither in a file nor in the shell's history. */
export const SECRET_VARIABLES = ['PEERGLASS_CODE', 'PEERGLASS_VNC_PASSWORD'] as const;
export type GivenSecrets = Readonly<Partial<Record<(typeof SECRET_VARIABLES)[number], string>>>;

/** @param where what has the value, e.g. "--level" */
export function invalid(where: string, { problem, code = 'E_USAGE' }: Refused): PeerglassError {
  return new PeerglassError(code, `${where}: ${problem}`, SEE_HELP);
}

/** The flags on the command line, and their checked values. */
export class GivenFlags {
  readonly #values: ReadonlyMap<string, string | boolean>;

  /** @param secrets what the environment holds */
  constructor(
    values: ReadonlyMap<string, string | boolean>,
    readonly secrets: GivenSecrets,
  ) {
    this.#values = values;
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** A switch: true, false if negated, undefined if absent. */
  switch(name: string): boolean | undefined {
    const value = this.#values.get(name);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** @throws PeerglassError E_USAGE, or the problem's own code, for an invalid value */
  value<Value, Otherwise>(
    name: string,
    parse: (text: string) => Parsed<Value>,
    otherwise: Otherwise,
  ): Value | Otherwise {
    const text = this.#values.get(name);
    if (typeof text !== 'string') return otherwise;
    const parsed = parse(text);
    if (!parsed.ok) throw invalid(`--${name}`, parsed);
    return parsed.value;
  }

  /** @throws PeerglassError E_USAGE for more than one of them */
  onlyOneOf(...names: string[]): void {
    const given = names.filter(name => this.has(name));
    if (given.length > 1) throw usage(`${given.map(name => `--${name}`).join(' and ')} exclude each other.`);
  }
}

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const dashed = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

function declared(): Record<string, { type: 'string' | 'boolean'; shortFlag?: string; isMultiple: true }> {
  // Declared as lists: given twice, a plain flag makes meow exit with its own message.
  return Object.fromEntries(
    FLAGS.map(flag => [
      camel(flag.name),
      { type: flag.value ? 'string' : 'boolean', ...(flag.short ? { shortFlag: flag.short } : {}), isMultiple: true },
    ]),
  );
}

/** Parses with meow. Values stay text: coerced, a wrong or empty one would arrive as NaN or 0. */
export function readArguments(argv: readonly string[]): {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, readonly unknown[]>;
} {
  const { input, flags } = meow({
    importMeta: import.meta,
    argv: [...argv],
    flags: declared(),
    autoHelp: false,
    autoVersion: false,
    allowUnknownFlags: true,
    booleanDefault: undefined,
    inferType: false,
    pkg: { name: 'peerglass' },
    description: false,
    help: false,
  });
  const values = new Map<string, readonly unknown[]>();
  for (const flag of FLAGS) {
    // The parser takes anything after the "=" of a switch as yes.
    const given = argv.find(word => !flag.value && new RegExp(`^--(no-)?${flag.name}=`).test(word));
    if (given !== undefined) throw usage(`--${flag.name} takes no value: ${plainText(given, SHOWN)}.`);
  }
  for (const [key, value] of Object.entries(flags)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    // A flag whose value is missing arrives as an empty list.
    const written = argv.some(word => word === `--${dashed(key)}` || word.startsWith(`--${dashed(key)}=`));
    if (list.length > 0 || written) values.set(dashed(key), list.length > 0 ? list : ['']);
  }
  return { words: input.map(String), values };
}

function whose(flag: Flag): string {
  const [first = '', ...others] = flag.on.filter(command => command !== 'menu').reverse();
  return `It belongs to peerglass ${others.length > 0 ? `${others.reverse().join(', ')} and ${first}` : first}.`;
}

/** A flag as it was typed, which may be none. */
interface TypedFlag {
  readonly name: string;
  readonly negated: boolean;
}

function typedText({ name, negated }: TypedFlag): string {
  return plainText(`${name.length === 1 ? '-' : '--'}${negated ? 'no-' : ''}${name}`, SHOWN);
}

/** Flags that programs like this one have, and how peerglass does the same. */
const INSTEAD: Partial<Record<CommandName | 'menu', Readonly<Record<string, string>>>> = {
  watch: {
    port: 'The port is a part of the address: peerglass watch HOST:PORT.',
    reconnect: 'A viewer stays and reconnects, unless --frames or --duration says when it is done.',
  },
};

/** What helps who typed a flag that the command does not have; undefined: nothing is known. */
function whatHelps(command: CommandName | 'menu', typed: TypedFlag): string | undefined {
  const { name } = typed;
  const instead = INSTEAD[command]?.[name];
  if (instead !== undefined) return instead;
  const others = FLAGS.find(each => each.name === name);
  const allowed = flagsOf(command);
  // "port" is of one kind with "rfb-port".
  const kin = allowed.filter(each => each.name.endsWith(`-${name}`));
  if (kin.length > 0) return didYouMean(kin, typed);
  if (others) return whose(others);
  const near = nearestFlag(name, allowed);
  if (near) return didYouMean([near], typed);
  const elsewhere = nearestFlag(name, FLAGS);
  return elsewhere ? `${didYouMean([elsewhere], typed)} ${whose(elsewhere)}` : undefined;
}

function didYouMean(flags: readonly Flag[], { negated }: TypedFlag): string {
  const names = flags.map(flag => `--${flag.negated || (negated && !flag.value) ? 'no-' : ''}${flag.name}`);
  const last = names.pop();
  return `Did you mean ${names.length > 0 ? `${names.join(', ')} or ${last}` : last}?`;
}

function nearestFlag(name: string, flags: readonly Flag[]): Flag | undefined {
  const near = nearest(
    name,
    flags.map(each => each.name),
  );
  return flags.find(each => each.name === near);
}

/**
 * Checks the command line against the flags of a command.
 * @throws PeerglassError E_USAGE for an unknown flag, one of another command, one without its value, or one given twice
 */
export function checkFlags(
  command: CommandName | 'menu',
  values: ReadonlyMap<string, readonly unknown[]>,
  secrets: GivenSecrets,
): GivenFlags {
  const allowed = flagsOf(command);
  const checked = new Map<string, string | boolean>();
  const where = command === 'menu' ? 'peerglass without a command' : `peerglass ${command}`;
  for (const [name, list] of values) {
    const flag = FLAGS.find(each => each.name === name);
    if (!flag || !allowed.includes(flag)) {
      const typed = { name, negated: list[0] === false };
      throw usage(`${where} has no flag ${typedText(typed)}.`, whatHelps(command, typed));
    }
    if (list.length > 1) throw usage(`--${name} is given more than once.`);
    const value = list[0];
    if (flag.value) {
      if (typeof value !== 'string' || value === '') {
        throw usage(`--${name} needs a value: --${name} ${flag.value}.`);
      }
      checked.set(name, value);
    } else {
      if (typeof value !== 'boolean') throw usage(`--${name} takes no value.`);
      if (flag.negated && value) throw usage(`--${name} is the default; --no-${name} turns it off.`);
      checked.set(name, value);
    }
  }
  return new GivenFlags(checked, secrets);
}

/** @throws PeerglassError E_USAGE for a command that does not exist */
export function commandOf(word: string | undefined): CommandName | 'menu' {
  if (word === undefined) return 'menu';
  const command = COMMANDS.find(each => each === word);
  if (command) return command;
  const near = nearest(word, COMMANDS);
  const address = /[.:]|^localhost$/.test(word);
  throw usage(
    `There is no command "${plainText(word, SHOWN)}".`,
    near
      ? `Did you mean peerglass ${near}?`
      : address
        ? `Did you mean peerglass watch ${plainText(word, SHOWN)}?`
        : undefined,
  );
}

/** Edit distance: insertions, deletions, replacements and swaps of neighbours. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => [row, ...new Array<number>(b.length).fill(0)]);
  for (let column = 0; column <= b.length; column++) rows[0]![column] = column;
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        rows[row - 1]![column]! + 1,
        rows[row]![column - 1]! + 1,
        rows[row - 1]![column - 1]! + +!same,
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, rows[row - 2]![column - 2]! + 1);
      }
      rows[row]![column] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

/** The nearest word, or null if none is close. */
export function nearest(word: string, words: readonly string[]): string | null {
  const cut = word.slice(0, 40).toLowerCase();
  let best: { word: string; edits: number } | null = null;
  for (const candidate of words) {
    const edits = candidate.startsWith(cut) && cut.length > 1 ? 1 : distance(cut, candidate);
    if (best === null || edits < best.edits) best = { word: candidate, edits };
  }
  return best !== null && best.edits <= Math.max(1, Math.floor(cut.length / 3)) ? best.word : null;
}
