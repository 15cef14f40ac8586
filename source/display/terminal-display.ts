import type { Clock } from '../core/clock.js';
import type { Size } from '../core/rectangle.js';
import { Framebuffer } from '../pixels/framebuffer.js';
import { fitInside, Scaler } from '../pixels/scaler.js';
import type { Display, DisplayEvent } from './display.js';

/** A terminal cell shows two pixels, one above the other. */
export const PIXELS_PER_CELL = 2;

const MIN_MS = 100;

export interface SmallPicture {
  readonly columns: number;
  readonly rows: number;
  /** Packed, rows from the top. */
  readonly rgb: Uint8Array;
  /** Text over it, drawn by the receiver: at a cell's resolution it would be illegible. */
  readonly banner: string | null;
}

export interface TerminalCells {
  readonly columns: number;
  readonly rows: number;
}

/** Scales the picture down to a terminal's cells, at most ten times a second, for the parent to draw. */
export class TerminalDisplay implements Display {
  readonly interactive = false;
  readonly fullscreen = false;
  readonly moving = false;
  readonly #clock: Clock;
  readonly #emit: (picture: SmallPicture) => void;
  #cells: TerminalCells;
  #shown: Framebuffer | null = null;
  #scaling: { readonly scaler: Scaler; readonly small: Framebuffer; readonly source: Framebuffer } | null = null;
  #due = 0;
  #cancel: (() => void) | null = null;
  #banner: string | null = null;

  constructor(cells: TerminalCells, clock: Clock, emit: (picture: SmallPicture) => void) {
    this.#cells = bounded(cells);
    this.#clock = clock;
    this.#emit = emit;
  }

  async prepare(): Promise<void> {}

  open(): void {}

  resize(): void {
    this.#forget();
  }

  setCells(cells: TerminalCells): void {
    const shown = this.#shown;
    this.#forget();
    this.#cells = bounded(cells);
    if (shown) this.present(shown);
  }

  present(framebuffer: Framebuffer): void {
    this.#shown = framebuffer;
    if (this.#cancel) return;
    const wait = this.#due - this.#clock.now();
    if (wait <= 0) this.#draw();
    else this.#cancel = this.#clock.after(wait, () => this.#draw());
  }

  setTitle(): void {}

  setScale(): void {}

  toggleFullscreen(): void {}

  pan(): void {}

  setBanner(text: string | null): void {
    if (text === this.#banner) return;
    this.#banner = text;
    if (this.#shown) this.#draw();
  }

  pump(): DisplayEvent[] {
    return [];
  }

  describe(): string {
    return `terminal, ${this.#cells.columns}x${this.#cells.rows} cells`;
  }

  close(): void {
    if (this.#cancel && this.#shown) this.#draw();
    this.#forget();
  }

  #draw(): void {
    this.#cancel?.();
    this.#cancel = null;
    const source = this.#shown;
    if (!source) return;
    this.#due = this.#clock.now() + MIN_MS;
    const { small, scaler } = this.#scalingOf(source);
    scaler.scale(source, source.bounds, small, { x: 0, y: 0 });
    const bgrx = small.bytes();
    const rgb = new Uint8Array(small.width * small.height * 3);
    for (let from = 0, to = 0; from < bgrx.length; from += 4, to += 3) {
      rgb[to] = bgrx[from + 2]!;
      rgb[to + 1] = bgrx[from + 1]!;
      rgb[to + 2] = bgrx[from]!;
    }
    this.#emit({ columns: small.width, rows: small.height, rgb, banner: this.#banner });
  }

  #scalingOf(source: Framebuffer): { readonly scaler: Scaler; readonly small: Framebuffer } {
    if (this.#scaling?.source === source) return this.#scaling;
    this.#freeScaling();
    const cells: Size = { width: this.#cells.columns, height: this.#cells.rows * PIXELS_PER_CELL };
    const { width, height } = fitInside(source, cells);
    const size = { width, height };
    const scaler = new Scaler(source.memory, source, size);
    this.#scaling = { source, scaler, small: new Framebuffer(source.memory, size) };
    return this.#scaling;
  }

  #forget(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#shown = null;
    this.#freeScaling();
  }

  #freeScaling(): void {
    this.#scaling?.scaler.free();
    this.#scaling?.small.free();
    this.#scaling = null;
  }
}

function bounded({ columns, rows }: TerminalCells): TerminalCells {
  const side = (length: number) => Math.min(Math.max(Math.floor(length) || 1, 1), 1000);
  return { columns: side(columns), rows: side(rows) };
}
