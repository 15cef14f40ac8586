/** What this tab keeps until it is closed, so that it can come back to its share by itself. */
const KEPT = { code: 'peerglass-code', name: 'peerglass-name' } as const;

export function remembered(what: keyof typeof KEPT): string | null {
  try {
    return sessionStorage.getItem(KEPT[what]);
  } catch {
    // A browser may keep nothing.
    return null;
  }
}

export function remember(what: keyof typeof KEPT, value: string): void {
  try {
    sessionStorage.setItem(KEPT[what], value);
  } catch {
    // As above.
  }
}
