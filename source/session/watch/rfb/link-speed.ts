/** Updates shorter than this say more about the server than about the link. */
const MIN_BYTES = 32 * 1024;
/** Updates measured before a verdict. */
const MIN_UPDATES = 3;
/** Weight of a new measurement in the mean. */
const WEIGHT = 0.25;
/**
 * TigerVNC's viewer switches at 16 Mbit/s (CConn.cxx, autoSelectFormatAndEncoding). Two thresholds keep a link near it
 * from toggling.
 */
const SLOW_BELOW = 12_000_000;
const FAST_ABOVE = 20_000_000;

/**
 * Tells a fast link from a slow one by how quickly updates arrive, first byte to last. A server that encodes slowly
 * looks like a slow link, which is fine: it should be asked for less too.
 */
export class LinkSpeed {
  #bitsPerSecond = 0;
  #updates = 0;
  #fast = true;

  /** Fast until proved otherwise. */
  get fast(): boolean {
    return this.#fast;
  }

  /** @returns whether the verdict changed */
  measured(bytes: number, milliseconds: number): boolean {
    if (bytes < MIN_BYTES) return false;
    const bitsPerSecond = (bytes * 8000) / Math.max(milliseconds, 0.5);
    this.#updates++;
    this.#bitsPerSecond += (bitsPerSecond - this.#bitsPerSecond) * Math.max(WEIGHT, 1 / this.#updates);
    if (this.#updates < MIN_UPDATES) return false;
    const before = this.#fast;
    this.#fast = this.#bitsPerSecond > (before ? SLOW_BELOW : FAST_ABOVE);
    return this.#fast !== before;
  }
}
