import type { Clock } from '../../../core/clock.js';
import type { ByteStream } from '../../../core/transport.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { TurnQueue } from './turn-queue.js';

export interface TimeSlicedWork {
  /**
   * Reads messages until the clock reaches `until`.
   * @returns whether nothing but an incomplete message remains
   */
  read(until: number): boolean;
  /** Called after each slice. */
  done(): void;
}

/** Reads one viewer's messages in slices. While some remain, its connection is not read any further. */
export class TimeSlicedReader {
  readonly #clock: Clock;
  readonly #turns: TurnQueue;
  readonly #stream: ByteStream;
  readonly #work: TimeSlicedWork;
  readonly #credit = new TimeBudget(VIEWER_LIMITS.sliceMs, VIEWER_LIMITS.creditShare);
  #waiting = false;
  #closed = false;

  constructor(clock: Clock, turns: TurnQueue, stream: ByteStream, work: TimeSlicedWork) {
    this.#clock = clock;
    this.#turns = turns;
    this.#stream = stream;
    this.#work = work;
  }

  /** @param bytes how many have arrived in one piece */
  onData(bytes: number): void {
    const now = this.#clock.now();
    this.#credit.spend(VIEWER_LIMITS.pieceMs + bytes * VIEWER_LIMITS.byteMs, now);
    if (!this.#waiting) this.#slice(this.#credit.left(now));
  }

  close(): void {
    this.#closed = true;
    this.#turns.forget(this.#turn);
  }

  readonly #turn = () => this.#slice(VIEWER_LIMITS.sliceMs);

  #slice(ms: number): void {
    const began = this.#clock.now();
    const whole = this.#work.read(began + ms);
    const now = this.#clock.now();
    this.#credit.spend(now - began, now);
    if (this.#closed) return;
    if (!whole) {
      this.#stream.pause();
      this.#turns.wait(this.#turn);
    } else if (this.#waiting) this.#stream.resume();
    this.#waiting = !whole;
    this.#work.done();
  }
}
