import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError } from '../../core/errors.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../capture-source.js';
import { copyPixels } from '../pixel-reading.js';
import { ReplayFile, type ReplayPixels } from './replay-file.js';

/** How long the last frame is shown before the recording starts over. */
const PAUSE_MS = 1_000;

/** Plays a recording at its own pace, in a loop. It pauses while nobody watches. */
export class ReplaySource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #name: string;
  readonly #why: string;
  readonly #clock: Clock;
  #file: ReplayFile | null = null;
  #picture: { readonly size: Size; readonly pixels: Uint32Array } = {
    size: { width: 0, height: 0 },
    pixels: new Uint32Array(),
  };
  /** The frame being shown. */
  #index = 0;
  #run: { readonly events: CaptureEvents } | null = null;
  #cancel: (() => void) | null = null;

  constructor(file: string, why: string, clock: Clock) {
    this.#name = file;
    this.#why = why;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    const file = await ReplayFile.open(this.#name);
    this.#file = file;
    this.#show(0, await file.pixels(0));
  }

  describe(): SourceDescription {
    const { width, height } = this.#picture.size;
    const description = `recording ${path.basename(this.#name)} (${width}x${height})`;
    return { kind: 'replay', description, why: this.#why, width, height };
  }

  start(events: CaptureEvents): void {
    this.stop();
    const run = { events };
    this.#run = run;
    this.#schedule(run, this.#clock.now());
    events.damage([this.#whole()]);
  }

  stop(): void {
    this.#run = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    const { size, pixels } = this.#picture;
    if (incoming.width !== size.width || incoming.height !== size.height) return 0;
    const rows = Buffer.from(pixels.buffer);
    for (const rectangle of rectangles) copyPixels(rows, size.width, rectangle, incoming, rectangle);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
    await this.#file?.close();
    this.#file = null;
  }

  #opened(): ReplayFile {
    if (!this.#file) throw new Error('The source is not open');
    return this.#file;
  }

  #whole(): Rectangle {
    return { x: 0, y: 0, ...this.#picture.size };
  }

  /** @param shownAt when the present frame was due, in the clock's time */
  #schedule(run: { readonly events: CaptureEvents }, shownAt: number): void {
    const { frames } = this.#opened();
    const last = this.#index === frames.length - 1;
    const gap = last ? PAUSE_MS : frames[this.#index + 1]!.time - frames[this.#index]!.time;
    const due = shownAt + gap;
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => void this.#next(run, due));
  }

  async #next(run: { readonly events: CaptureEvents }, due: number): Promise<void> {
    const { events } = run;
    try {
      const file = this.#opened();
      const index = (this.#index + 1) % file.frames.length;
      const frame = await file.pixels(index);
      if (this.#run !== run) return;
      const before = this.#picture;
      this.#show(index, frame);
      const { size } = this.#picture;
      if (size.width !== before.size.width || size.height !== before.size.height) events.resized(size);
      events.damage(this.#picture === before ? frame.rectangles : [this.#whole()]);
      this.#schedule(run, due);
    } catch (error) {
      if (this.#run !== run) return;
      this.stop();
      events.ended(asPeerglassError(error));
    }
  }

  /** Draws a frame; the first one of a picture is drawn on black. */
  #show(index: number, { rectangles, rgb }: ReplayPixels): void {
    const { fresh, size } = this.#opened().frames[index]!;
    if (fresh) this.#picture = { size, pixels: new Uint32Array(area(size)) };
    this.#index = index;
    const { pixels } = this.#picture;
    let source = 0;
    for (const { x, y, width, height } of rectangles) {
      for (let row = y; row < y + height; row++) {
        const end = row * size.width + x + width;
        for (let place = row * size.width + x; place < end; place++, source += 3) {
          pixels[place] = (rgb[source]! << 16) | (rgb[source + 1]! << 8) | rgb[source + 2]!;
        }
      }
    }
  }
}
