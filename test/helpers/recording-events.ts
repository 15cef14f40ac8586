import type { CaptureEvents, PlacedCursor, SourceEvent } from '../../source/capture/capture-source.js';
import type { PeerglassError } from '../../source/core/errors.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';

/** Keeps what a capture source says, and lets a test wait for it. */
export class RecordingEvents implements CaptureEvents {
  damaged: Rectangle[] = [];
  readonly cursors: PlacedCursor[] = [];
  readonly sizes: Size[] = [];
  readonly errors: PeerglassError[] = [];
  readonly news: SourceEvent[] = [];
  #waiting: (() => void)[] = [];

  damage(rectangles: readonly Rectangle[]): void {
    this.damaged.push(...rectangles);
    this.#wake();
  }

  cursor(state: PlacedCursor): void {
    this.cursors.push(state);
    this.#wake();
  }

  resized(size: Size): void {
    this.sizes.push(size);
    this.#wake();
  }

  ended(error: PeerglassError): void {
    this.errors.push(error);
    this.#wake();
  }

  /** To be given to `onEvent`. */
  readonly hear = (news: SourceEvent): void => {
    this.news.push(news);
    this.#wake();
  };

  /** The code of the loss that was told last, and is not over. */
  get lost(): string | null {
    const last = this.news.filter(({ kind }) => kind !== 'changed').at(-1);
    return last?.kind === 'lost' ? last.error.code : null;
  }

  /** Takes the damage that came so far. */
  take(): Rectangle[] {
    const damaged = this.damaged;
    this.damaged = [];
    return damaged;
  }

  /** Resolves when the condition holds, which is looked at after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
