import type { Entry } from './text-editing.js';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A line of a form. Values are texts by field name; `problems` says what is wrong with them. */
export interface Field<Name extends string> {
  readonly name: Name;
  readonly label: string;
  /** Said beside it where there is room. */
  readonly note: string;
  /** It belongs to the field above. */
  readonly indented?: boolean;
  readonly input:
    | { readonly kind: 'text'; readonly entry: Entry; readonly empty?: string }
    | { readonly kind: 'choice'; readonly choices: readonly Choice[] }
    | { readonly kind: 'switch' };
}

export type Values<Name extends string> = Readonly<Record<Name, string>>;
export type Problems<Name extends string> = Readonly<Partial<Record<Name, string | undefined>>>;

export const ON = 'on';
export const OFF = 'off';

export const DIGITS_ONLY: Entry = { accepts: /\d/, longest: 5 };
export const CODE_ENTRY: Entry = { accepts: /[^\p{Cc}]/u, longest: 64 };
/** Longer than allowed, so that the user gets a message instead of lost characters. */
export const PASSWORD_ENTRY: Entry = { accepts: /[^\p{Cc}]/u, longest: 64 };
export const NAME_ENTRY: Entry = { accepts: /[^\p{C}]/u, longest: 40 };
export const SIZE_ENTRY: Entry = { accepts: /[\dx×autoX]/, longest: 11 };
export const RATE_ENTRY: Entry = { accepts: /[\d.kmgbitKMGBIT]/, longest: 12 };
export const THREADS_ENTRY: Entry = { accepts: /[\dautoAUTO]/, longest: 4 };
export const REGION_ENTRY: Entry = { accepts: /[\dxX+-]/, longest: 24 };
export const URL_ENTRY: Entry = { accepts: /[^\s\p{C}]/u, longest: 200 };

/** How many threads work on pixels. */
export const THREADS_FIELD: Field<'threads'> = {
  name: 'threads',
  label: 'Threads',
  note: 'auto, or a number from 1 to 8',
  input: { kind: 'text', entry: THREADS_ENTRY },
};

/** Where a picture is shown, as --view has it. */
export const VIEW_CHOICES: readonly Choice[] = [
  { value: 'sdl', label: 'a window' },
  { value: 'terminal', label: 'this terminal' },
];

export const VIEW_FIELD: Field<'view'> = {
  name: 'view',
  label: 'Show it in',
  note: '',
  input: { kind: 'choice', choices: VIEW_CHOICES },
};

/** The choice before or after, round about. */
export function stepChoice(choices: readonly Choice[], value: string, step: 1 | -1): string {
  const index = choices.findIndex(choice => choice.value === value);
  return choices[(Math.max(0, index) + step + choices.length) % choices.length]?.value ?? value;
}

/** The values that differ from the defaults: only those are remembered. */
export function differing<Name extends string>(values: Values<Name>, defaults: Values<Name>): Record<string, string> {
  const names = Object.keys(defaults) as Name[];
  return Object.fromEntries(names.filter(name => values[name] !== defaults[name]).map(name => [name, values[name]]));
}
