/** How much transfer time the estimate remembers, in ms: short enough to follow Wi-Fi, long enough to bridge a stall. */
const MEMORY_MS = 500;
/** Shorter updates say more about timers and the viewer's wake-up than about the link. */
const MIN_BYTES = 8192;
const LEAST_MS = 0.1;
/** What an update may take longer than expected to count in full, and a stall besides, in ms. */
const MAX_LONGER = 3;
const STALL_MS = 50;

/**
 * What a link carries when it has enough to do, viewer included, from updates that were alone at their bottleneck: bytes
 * by the time that they took there. An idle link keeps its last estimate.
 */
export class LinkCapacity {
  #bytes = 0;
  #ms = 0;
  /** Of short updates that are not counted yet. */
  #shortBytes = 0;
  #shortMs = 0;

  /** Null: nothing was measured yet. */
  get bytesPerSecond(): number | null {
    return this.#ms > 0 ? (this.#bytes * 1000) / this.#ms : null;
  }

  /** @param ms from when the bytes could have arrived, the ones before them being through, until they were processed */
  measured(bytes: number, ms: number): void {
    const took = Math.max(Math.min(ms, this.#longest(bytes)), LEAST_MS);
    if (bytes < MIN_BYTES) this.#measuredShort(bytes, took);
    else this.#count(bytes, took);
  }

  /**
   * Short ones can only show that the link carries more than it was thought to, and only together: after a lost packet
   * the answers to many arrive at once, as if all but the first had taken no time.
   */
  #measuredShort(bytes: number, took: number): void {
    if (this.#ms === 0) return;
    this.#shortBytes += bytes;
    this.#shortMs += took;
    if (this.#shortBytes < MIN_BYTES || this.#shortMs < STALL_MS) return;
    if (this.#shortBytes * this.#ms > this.#bytes * this.#shortMs) this.#count(this.#shortBytes, this.#shortMs);
    this.#shortBytes = 0;
    this.#shortMs = 0;
  }

  #count(bytes: number, took: number): void {
    const kept = Math.exp(-took / MEMORY_MS);
    this.#bytes = this.#bytes * kept + bytes;
    this.#ms = this.#ms * kept + took;
  }

  /** A lost packet, or a viewer that was busy, stops everything for a while: that alone says little about the rate. */
  #longest(bytes: number): number {
    return this.#bytes > 0 ? (MAX_LONGER * bytes * this.#ms) / this.#bytes + STALL_MS : Number.POSITIVE_INFINITY;
  }
}
