/** What may be sent at once after a pause, in ms of the rate. */
const BURST_MS = 50;
/** TCP's and IP's headers, on top of what is sent: 52 bytes for each 1448, and records of encryption. */
const OVERHEAD = 1.05;
/** Shorter waits are rounding. */
const LEAST_WAIT_MS = 0.01;

/**
 * Keeps a viewer to a rate, on average: what was sent is paid with time, at the rate of that time. All rates in bytes a
 * second, of the wire.
 */
export class SendAllowance {
  /** Bytes that are not paid yet; negative: what was saved up. */
  #owed = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** What may be sent of a rate that counts the headers too. */
  static payload(rate: number): number {
    return rate / OVERHEAD;
  }

  spent(bytes: number, rate: number | null, now: number): void {
    if (rate === null) {
      this.#owed = 0;
      return;
    }
    this.#pay(rate, now);
    this.#owed += bytes;
  }

  /** The time until more may be sent. */
  waitMs(rate: number | null, now: number): number {
    if (rate === null) return 0;
    this.#pay(rate, now);
    const wait = (this.#owed * 1000) / SendAllowance.payload(rate);
    return wait > LEAST_WAIT_MS ? wait : 0;
  }

  #pay(rate: number, now: number): void {
    const perMs = SendAllowance.payload(rate) / 1000;
    this.#owed = Math.max(this.#owed - perMs * (now - this.#at), -perMs * BURST_MS);
    this.#at = now;
  }
}
