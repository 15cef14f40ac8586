/** Fills bytes with reproducible noise (a linear congruential generator). */
export function fillRandom(bytes: Uint8Array, seed: number): void {
  let state = seed | 0;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[at] = state >>> 24;
  }
}
