import type { Clock } from '../../core/clock.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../capture-source.js';
import { copyPixels } from '../pixel-reading.js';
import { PATTERN_RATE, Pattern } from './pattern.js';

/** Shares the animated test pattern; needs no display. The animation pauses while nobody watches. */
export class PatternSource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #size: Size;
  readonly #why: string;
  readonly #clock: Clock;
  #pattern: Pattern | null = null;
  #frame = 0;
  #cancel: (() => void) | null = null;

  constructor(size: Size, why: string, clock: Clock) {
    this.#size = size;
    this.#why = why;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    this.#pattern = new Pattern(this.#size);
    this.#pattern.draw(this.#frame);
  }

  describe(): SourceDescription {
    const { width, height } = this.#size;
    return { kind: 'pattern', description: `test pattern (${width}x${height})`, why: this.#why, width, height };
  }

  start(events: CaptureEvents): void {
    const pattern = this.#opened();
    const began = this.#clock.now();
    const first = this.#frame;
    const tick = () => {
      const elapsed = this.#clock.now() - began;
      const frame = first + Math.floor((elapsed * PATTERN_RATE) / 1000);
      const next = ((frame - first + 1) * 1000) / PATTERN_RATE - elapsed;
      this.#cancel = this.#clock.after(Math.max(next, 1), tick);
      if (frame === this.#frame) return;
      this.#frame = frame;
      events.damage(pattern.draw(frame));
    };
    tick();
    events.damage([pattern.canvas.bounds]);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    const { canvas } = this.#opened();
    const bytes = Buffer.from(canvas.pixels.buffer);
    for (const rectangle of rectangles) copyPixels(bytes, canvas.width, rectangle, incoming, rectangle);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
    this.#pattern = null;
  }

  #opened(): Pattern {
    if (!this.#pattern) throw new Error('The source is not open');
    return this.#pattern;
  }
}
