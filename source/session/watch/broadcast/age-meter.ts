/** Bytes that came at once are history. A reader is live once it has waited for so much of at least so long. */
const WATCHED_MS = 200;
const WATCHED_AT_MOST_MS = 1000;
const LEAST_WAITING = 0.25;
/** As fresh as the best that ever came: live at once. */
const FRESH_MS = 250;
/** The clocks of two machines drift apart: what was best is forgotten after this long. */
const FORGET_MS = 300_000;
const SPAN_MS = 2000;
const MOST_SAMPLES = 512;

/**
 * How old the picture is, by the sharer's clock and this one, which are never compared: the message that came soonest
 * after it was sent counts as new. What a reader gets of a segment when it joins is history and no measure of the link.
 */
export class AgeMeter {
  /** The least difference of arrival and sending, lately and since the last time that it was forgotten. */
  #best = Number.POSITIVE_INFINITY;
  #nextBest = Number.POSITIVE_INFINITY;
  #forgotAt = 0;
  #live = false;
  #windowFrom: number | null = null;
  #waitedMs = 0;
  #samples: { readonly time: number; readonly age: number }[] = [];

  /** Whether this reader has read all that there is. */
  get live(): boolean {
    return this.#live;
  }

  /** A reader begins with a segment. */
  begin(): void {
    this.#live = false;
    this.#windowFrom = null;
  }

  /** Everything that came has been read, and then so long nothing came. The wait for the first byte does not count. */
  waited(now: number, ms: number): void {
    if (this.#windowFrom === null) this.#watchFrom(now);
    else this.#waitedMs += ms;
  }

  /**
   * A message has come.
   * @param sentAt by the sharer's clock, in milliseconds
   * @returns its age; null while nothing is known to be new
   */
  arrived(now: number, sentAt: number): number | null {
    const difference = now - sentAt;
    this.#take(now, difference);
    const age = difference - this.#best;
    if (!this.#live) this.#live = this.#hasWaited(now) || (this.#samples.length > 0 && age < FRESH_MS);
    if (!this.#live) return null;
    this.#samples.push({ time: now, age });
    if (this.#samples.length > MOST_SAMPLES) this.#samples.splice(0, MOST_SAMPLES / 2);
    return age;
  }

  /** Ages of the last two seconds, in milliseconds. */
  percentiles(now: number): { readonly p50: number; readonly p95: number } | null {
    const ages = this.#samples.filter(({ time }) => time > now - SPAN_MS).map(({ age }) => age);
    if (ages.length === 0) return null;
    ages.sort((a, b) => a - b);
    const at = (share: number) => ages[Math.min(Math.floor(ages.length * share), ages.length - 1)]!;
    return { p50: at(0.5), p95: at(0.95) };
  }

  #take(now: number, difference: number): void {
    if (now - this.#forgotAt > FORGET_MS) {
      this.#best = this.#nextBest;
      this.#nextBest = Number.POSITIVE_INFINITY;
      this.#forgotAt = now;
    }
    this.#best = Math.min(this.#best, difference);
    this.#nextBest = Math.min(this.#nextBest, difference);
  }

  #hasWaited(now: number): boolean {
    if (this.#windowFrom === null) return false;
    const span = now - this.#windowFrom;
    if (span >= WATCHED_MS && this.#waitedMs >= span * LEAST_WAITING) return true;
    if (span > WATCHED_AT_MOST_MS) this.#watchFrom(now);
    return false;
  }

  #watchFrom(now: number): void {
    this.#windowFrom = now;
    this.#waitedMs = 0;
  }
}
