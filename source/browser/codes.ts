/** What people put between the groups of a code when they write it down. */
const BETWEEN = /[\s\u2010-\u2015.-]+/g;

/** The codes that somebody may mean who types this: as it stands first, then as sharers make them up. */
export function codesMeant(typed: string): readonly string[] {
  const plain = typed.trim();
  const made = plain.replace(BETWEEN, '').toLowerCase();
  return plain === made || made === '' ? [plain] : [plain, made];
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
