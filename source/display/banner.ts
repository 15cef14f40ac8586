import { IN_CHARACTERS, wrapText } from '../core/plain-text.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import { BYTES_PER_PIXEL } from '../pixels/framebuffer.js';
import { GLYPH, inkOf } from './banner-font.js';

/** A banner's pixels, and its place in the window. */
export interface BannerImage {
  readonly at: Rectangle;
  /** BGRX, packed, rows from the top. */
  readonly pixels: Uint8Array;
}

type Colour = readonly [number, number, number];

/** Blue, green, red. Dark, with a light frame and a dark rim, to stand out from any picture. */
const RIM: Colour = [0, 0, 0];
const FRAME: Colour = [0x30, 0xb4, 0xf5];
const PAPER: Colour = [0x24, 0x1c, 0x16];
const INK: Colour = [0xff, 0xff, 0xff];
/** In glyph pixels. */
const RIM_WIDTH = 1;
const FRAME_WIDTH = 2;
const PADDING = { x: 12, y: 6 };
const FROM_TOP = 16;
/** A short text over the picture, centred at the top. It is drawn over the picture, never into the framebuffer. */
export class Banner {
  readonly text: string;
  readonly #factor: number;
  #drawn: { readonly window: Size; readonly image: BannerImage } | null = null;

  /** @param factor window pixels per font pixel, an integer */
  constructor(text: string, factor: number) {
    this.text = text;
    this.#factor = factor;
  }

  /** The banner's pixels in a window of this size, cached. */
  imageFor({ width, height }: Size): BannerImage {
    const { window, image } = this.#drawn ?? {};
    if (image && window?.width === width && window.height === height) return image;
    const drawn = this.#draw({ width, height });
    this.#drawn = { window: { width, height }, image: drawn };
    return drawn;
  }

  #draw(window: Size): BannerImage {
    const edge = RIM_WIDTH + FRAME_WIDTH;
    const room = Math.floor(window.width / this.#factor) - 2 * (edge + PADDING.x);
    const lines = wrapText(this.text, Math.max(1, Math.floor(room / GLYPH.width)), IN_CHARACTERS);
    const longest = Math.max(...lines.map(line => [...line].length));
    const width = longest * GLYPH.width + 2 * (edge + PADDING.x);
    const height = lines.length * GLYPH.height + 2 * (edge + PADDING.y);
    const canvas = new Canvas(width, height, this.#factor);
    canvas.fill(0, RIM);
    canvas.fill(RIM_WIDTH, FRAME);
    canvas.fill(edge, PAPER);
    for (const [row, line] of lines.entries()) {
      const characters = [...line];
      const left = Math.floor((width - characters.length * GLYPH.width) / 2);
      const top = edge + PADDING.y + row * GLYPH.height;
      for (const [column, character] of characters.entries()) {
        canvas.glyph(left + column * GLYPH.width, top, character);
      }
    }
    const x = Math.max(0, Math.floor((window.width - canvas.width) / 2));
    const y = Math.min(FROM_TOP * this.#factor, Math.max(0, window.height - canvas.height));
    return { at: { x, y, width: canvas.width, height: canvas.height }, pixels: canvas.pixels };
  }
}

/** A canvas of pixels that are each `factor` x `factor` window pixels. */
class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly #factor: number;
  readonly #size: Size;

  constructor(width: number, height: number, factor: number) {
    this.#size = { width, height };
    this.#factor = factor;
    this.width = width * factor;
    this.height = height * factor;
    this.pixels = new Uint8Array(this.width * this.height * BYTES_PER_PIXEL);
  }

  /** Fills everything further than `inset` from the edges. */
  fill(inset: number, colour: Colour): void {
    for (let y = inset; y < this.#size.height - inset; y++) {
      for (let x = inset; x < this.#size.width - inset; x++) this.#set(x, y, colour);
    }
  }

  glyph(left: number, top: number, character: string): void {
    const ink = inkOf(character);
    for (let y = 0; y < GLYPH.height; y++) {
      for (let x = 0; x < GLYPH.width; x++) this.#set(left + x, top + y, mixed(ink(x, y) / 15));
    }
  }

  #set(x: number, y: number, colour: Colour): void {
    for (let row = y * this.#factor; row < (y + 1) * this.#factor; row++) {
      for (let column = x * this.#factor; column < (x + 1) * this.#factor; column++) {
        this.pixels.set(colour, (row * this.width + column) * BYTES_PER_PIXEL);
      }
    }
  }
}

function mixed(share: number): Colour {
  const channel = (index: 0 | 1 | 2) => Math.round(PAPER[index] + (INK[index] - PAPER[index]) * share);
  return [channel(0), channel(1), channel(2)];
}
