import type { UpdatePacer } from './pacer.js';

/**
 * Paces a viewer without fences: one update is in flight, and the next may go once the viewer has sent another request,
 * which means that it has begun to read the last one.
 */
export class RequestPacer implements UpdatePacer {
  readonly byFences = false;
  readonly beginsEarly = true;
  readonly awaitsAnswers = true;
  /** A viewer requests the next update as it begins to read the last one: that says nothing about the link. */
  readonly capacity = null;
  readonly queueingMs = Number.POSITIVE_INFINITY;
  readonly emptyRttMs = null;
  seemsBusy = false;
  readonly rttMs = null;
  #waiting = false;
  #written = 0;
  #wroteAt = 0;
  #size = 0;
  #bandwidth: number | null = null;

  get bandwidth(): number | null {
    return this.#bandwidth;
  }

  wrote(position: number, now: number): void {
    this.#size = position - this.#written;
    this.#written = position;
    this.#wroteAt = now;
    this.#waiting = true;
  }

  asked(position: number, now: number): void {
    this.acknowledged(position, now);
  }

  fenceDue(): boolean {
    return false;
  }

  probeDue(): boolean {
    return false;
  }

  rttAgeMs(): null {
    return null;
  }

  acknowledged(_position: number, now: number): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    const seconds = (now - this.#wroteAt) / 1000;
    if (seconds > 0) this.#bandwidth = smooth(this.#bandwidth, this.#size / seconds);
  }

  waitMs(): number {
    return this.#waiting ? Number.POSITIVE_INFINITY : 0;
  }
}

function smooth(before: number | null, value: number): number {
  return before === null ? value : before * 0.75 + value * 0.25;
}
