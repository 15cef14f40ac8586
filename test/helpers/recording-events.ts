import type { CaptureEvents, PlacedCursor, SourceEvent } from '../../source/capture/capture-source.js';
import type { PeerglassError } from '../../source/core/errors.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';

/** Records the events of a capture source and lets a test wait for them. */
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

  /** The handler to pass as `onEvent`. */
  readonly hear = (news: SourceEvent): void => {
    this.news.push(news);
    this.#wake();
  };

  /** The code of the last reported loss, null once it is over. */
  get lost(): string | null {
    const last = this.news.filter(({ kind }) => kind !== 'changed').at(-1);
    return last?.kind === 'lost' ? last.error.code : null;
  }

  /** Removes and returns the damage so far. */
  take(): Rectangle[] {
    const damaged = this.damaged;
    this.damaged = [];
    return damaged;
  }

  /** Resolves when the condition holds; it is checked after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
