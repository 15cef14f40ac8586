import { CODE_LENGTH, hasCodeShape, plainCode } from '../core/code.js';

/**
 * The codes that somebody may mean who types this. One that peerglass made up is written as its sharer shows it, whatever
 * was typed. Any other is taken as it stands first, which only the older security types tell from the plain one.
 */
export function codesMeant(typed: string): readonly string[] {
  const plain = plainCode(typed);
  if (hasCodeShape(typed)) return [`${plain.slice(0, CODE_LENGTH / 2)}-${plain.slice(CODE_LENGTH / 2)}`];
  const stands = typed.trim();
  return stands === plain || plain === '' ? [stands] : [stands, plain];
}

/** The code in the fragment of a link, `#k7m2p9qx` or `#code=k7m2p9qx`; null: there is none. */
export function codeOf(fragment: string): string | null {
  const text = fragment.replace(/^#/, '').replace(/^code=/, '');
  if (text === '') return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
