import type { Clock } from '../core/clock.js';

/** A sharer silent for this long is asked to respond, and given up after the same time again. */
const SILENT_MS = 5000;
/** An answer must come within that where the connection has probably died. */
const DOUBT_MS = 2500;

/** Finds out whether a connection died, though nobody said so. */
export class Silence {
  readonly #clock: Clock;
  /** @returns whether an answer will come */
  readonly #ask: () => boolean;
  #heard = 0;
  #since: number;
  /** When the answer to what was asked is too late; null: nothing was. */
  #deadline: number | null = null;

  constructor(clock: Clock, ask: () => boolean) {
    this.#clock = clock;
    this.#ask = ask;
    this.#since = clock.now();
  }

  /**
   * Asks now: the page was hidden, which a phone does when it goes to sleep, or the network was away.
   * @param received bytes so far
   */
  doubt(received: number): void {
    this.#hear(received);
    if (this.#ask()) this.#deadline = this.#clock.now() + DOUBT_MS;
  }

  /**
   * Call about once a second.
   * @param received bytes so far
   */
  isDead(received: number): boolean {
    const now = this.#clock.now();
    if (received !== this.#heard) this.#hear(received);
    if (this.#deadline !== null) return now > this.#deadline;
    if (now - this.#since < SILENT_MS) return false;
    if (this.#ask()) this.#deadline = now + SILENT_MS;
    else this.#hear(received);
    return false;
  }

  #hear(received: number): void {
    this.#heard = received;
    this.#since = this.#clock.now();
    this.#deadline = null;
  }
}
