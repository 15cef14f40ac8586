import type { Clock } from '../../core/clock.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { fitInside, Scaler } from '../../pixels/scaler.js';
import type { ScreenView } from '../../pixels/screen.js';
import type { Thumbnail } from '../messages.js';
import { copyRgb } from '../picture-file.js';

/** At most four per second. */
const MIN_MS = 250;

/** Makes thumbnails of the shared picture, keeping its aspect ratio, on request and when it has changed. */
export class Thumbnailer {
  readonly #clock: Clock;
  readonly #screen: () => ScreenView;
  readonly #emit: (thumbnail: Thumbnail) => void;
  #size: { columns: number; rows: number } | null = null;
  #last = { screen: null as Framebuffer | null, version: -1 };
  #due = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, screen: () => ScreenView, emit: (thumbnail: Thumbnail) => void) {
    this.#clock = clock;
    this.#screen = screen;
    this.#emit = emit;
  }

  ask(size: { readonly columns: number; readonly rows: number } | null): void {
    const valid = size && size.columns >= 1 && size.rows >= 1;
    this.#size = valid ? { columns: Math.min(size.columns, 640), rows: Math.min(size.rows, 640) } : null;
    this.#last.version = -1;
    this.changed();
  }

  /** To be called when the picture may have changed. */
  changed(): void {
    if (!this.#size || this.#cancel) return;
    const wait = this.#due - this.#clock.now();
    if (wait <= 0) {
      this.#make(this.#size);
      return;
    }
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = null;
      if (this.#size) this.#make(this.#size);
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#size = null;
  }

  #make(size: { columns: number; rows: number }): void {
    const { framebuffer, version } = this.#screen();
    if (version === 0 || (this.#last.screen === framebuffer && this.#last.version === version)) return;
    this.#last = { screen: framebuffer, version };
    this.#due = this.#clock.now() + MIN_MS;
    const { width, height } = fitInside(framebuffer, { width: size.columns, height: size.rows });
    const scaler = new Scaler(framebuffer.memory, framebuffer, { width, height });
    const small = new Framebuffer(framebuffer.memory, { width, height });
    scaler.scale(framebuffer, framebuffer.bounds, small, { x: 0, y: 0 });
    const rgb = new Uint8Array(copyRgb(small));
    small.free();
    scaler.free();
    this.#emit({ columns: width, rows: height, rgb });
  }
}
