/** What may be sent at once after a pause, in ms of the rate. */
const BURST_MS = 50;
/** TCP's and IP's headers, on top of what is sent: 52 bytes for each 1448, and records of encryption. */
const OVERHEAD = 1.05;

/** Keeps a viewer to a rate, on average: what was sent is paid with time. All rates in bytes a second, of the wire. */
export class SendAllowance {
  /** When everything sent so far will be paid. */
  #paidAt = Number.NEGATIVE_INFINITY;

  /** What may be sent of a rate that counts the headers too. */
  static payload(rate: number): number {
    return rate / OVERHEAD;
  }

  spent(bytes: number, rate: number | null, now: number): void {
    if (rate === null) return;
    this.#paidAt = Math.max(this.#paidAt, now - BURST_MS) + (bytes * 1000) / SendAllowance.payload(rate);
  }

  /** The time until more may be sent. */
  waitMs(rate: number | null, now: number): number {
    return rate === null ? 0 : Math.max(this.#paidAt - now, 0);
  }
}
