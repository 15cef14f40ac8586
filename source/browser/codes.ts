import { CODE_LENGTH, hasCodeShape, plainCode } from '../core/code.js';

/**
 * The codes that a typed text may mean. A generated code is normalised to the form that its sharer shows. Any other is
 * tried as it was typed first, which differs from the normalised one only for the older security types.
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
