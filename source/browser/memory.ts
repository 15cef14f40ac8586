/** Kept by this tab until it is closed, so that a reloaded page reconnects by itself. */
const KEPT = {
  code: 'peerglass-code',
  name: 'peerglass-name',
  seed: 'peerglass-seed',
  broadcast: 'peerglass-broadcast',
} as const;
const SEED_BYTES = 32;

export function remembered(what: keyof typeof KEPT): string | null {
  try {
    return sessionStorage.getItem(KEPT[what]);
  } catch {
    // The browser may refuse to store anything.
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

/** The seed of this tab's key, so that a share sees the same viewer after a reload. */
export function ownSeed(): Uint8Array {
  const kept = remembered('seed')?.match(/[0-9a-f]{2}/g);
  if (kept?.length === SEED_BYTES) return Uint8Array.from(kept, pair => Number.parseInt(pair, 16));
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  remember('seed', Array.from(seed, byte => byte.toString(16).padStart(2, '0')).join(''));
  return seed;
}
