import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../../source/capture/capture-source.js';
import { area, type Rectangle, type Size } from '../../source/core/rectangle.js';
import type { Framebuffer } from '../../source/pixels/framebuffer.js';
import { decodePlainJpeg, type PlainPicture } from './plain-jpeg.js';

const PHOTO = path.resolve(import.meta.dirname, '../../fixtures/pictures/photo.jpg');
const FRAMES = 4;

let known: PlainPicture | null = null;

/** Views of a photograph, each brighter than the last, so that none is a moved copy of another. */
function viewsOf({ width, height }: Size): Uint8Array[] {
  known ??= decodePlainJpeg(readFileSync(PHOTO));
  const photo = known;
  return Array.from({ length: FRAMES }, (_, frame) => {
    const view = new Uint8Array(width * height * 4);
    for (let y = 0; y < height; y++) {
      const row = ((y + frame * 5) % photo.height) * photo.width;
      for (let x = 0; x < width; x++) {
        const from = (row + ((x + frame * 3) % photo.width)) * 4;
        for (let channel = 0; channel < 3; channel++) {
          view[(y * width + x) * 4 + channel] = Math.min(photo.data[from + channel]! + frame, 255);
        }
      }
    }
    return view;
  });
}

/** A source with a moving photograph: the whole picture changes at a given rate until `stand` is called. */
export class MovingPhoto implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #size: Size;
  readonly #hz: number;
  readonly #readMs: number;
  readonly #views: Uint8Array[];
  #frame = 0;
  #timer: NodeJS.Timeout | null = null;
  #events: CaptureEvents | null = null;

  /** @param readMs the least time that a capture takes */
  constructor(size: Size, options: { readonly hz?: number; readonly readMs?: number } = {}) {
    this.#size = size;
    this.#hz = options.hz ?? 60;
    this.#readMs = options.readMs ?? 0;
    this.#views = viewsOf(size);
  }

  async open(): Promise<void> {}

  describe(): SourceDescription {
    return { kind: 'pattern', description: 'a photograph', why: 'a test shows it', ...this.#size };
  }

  start(events: CaptureEvents): void {
    this.#events = events;
    events.damage([this.#bounds]);
    this.move();
  }

  stop(): void {
    this.#events = null;
    this.stand();
  }

  /** Starts the motion. */
  move(): void {
    this.stand();
    this.#timer = setInterval(() => {
      this.#frame++;
      this.#events?.damage([this.#bounds]);
    }, 1000 / this.#hz);
  }

  /** The next picture, without motion. */
  next(): void {
    this.#frame++;
  }

  /** Stops the motion. */
  stand(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    if (this.#readMs > 0) await new Promise(resolve => setTimeout(resolve, this.#readMs));
    const view = this.#views[this.#frame % FRAMES]!;
    const { width } = this.#size;
    const target = incoming.bytes();
    for (const { x, y, width: columns, height } of rectangles) {
      for (let row = y; row < y + height; row++) {
        const from = (row * width + x) * 4;
        target.set(view.subarray(from, from + columns * 4), row * incoming.stride + x * 4);
      }
    }
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
  }

  get #bounds(): Rectangle {
    return { x: 0, y: 0, ...this.#size };
  }
}
