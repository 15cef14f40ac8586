import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { Rectangle, Size } from '../core/rectangle.js';

/** Fields of an XWD header (X11/XWDFile.h), as indices of its 32-bit big-endian words. */
const XWD = { headerSize: 0, width: 4, height: 5, bitsPerPixel: 11, bytesPerLine: 12, colours: 19 } as const;
const XWD_COLOUR_BYTES = 12;
const HEADER_WORDS = 25;

/** Its name in the folder of an Xvfb. */
export const FRAMEBUFFER_FILE = 'Xvfb_screen0';

/** The beginning of such a file, for pixels that follow in packed rows. */
export function framebufferHeader({ width, height }: Size): Buffer {
  const header = Buffer.alloc(HEADER_WORDS * 4);
  const write = (index: number, value: number) => header.writeUInt32BE(value, index * 4);
  write(XWD.headerSize, header.length);
  write(XWD.width, width);
  write(XWD.height, height);
  write(XWD.bitsPerPixel, 32);
  write(XWD.bytesPerLine, width * 4);
  return header;
}

/**
 * Reads the screen of an Xvfb with `-fbdir` from the memory that it draws into, without a request that would wake the
 * server. Pixels are BGRX. A read may see a half-drawn picture.
 */
export class FramebufferFile implements Size {
  readonly width: number;
  readonly height: number;
  readonly #file: number;
  readonly #stride: number;
  readonly #start: number;

  constructor(folder: string) {
    this.#file = openSync(path.join(folder, FRAMEBUFFER_FILE), 'r');
    const header = Buffer.alloc(HEADER_WORDS * 4);
    readSync(this.#file, header, 0, header.length, 0);
    const word = (index: number) => header.readUInt32BE(index * 4);
    if (word(XWD.bitsPerPixel) !== 32) throw new Error(`Xvfb uses ${word(XWD.bitsPerPixel)} bits per pixel, not 32`);
    this.width = word(XWD.width);
    this.height = word(XWD.height);
    this.#stride = word(XWD.bytesPerLine);
    this.#start = word(XWD.headerSize) + word(XWD.colours) * XWD_COLOUR_BYTES;
  }

  /** Reads as many pixels of a row as fit into `target`. */
  readRow(x: number, y: number, target: Uint8Array): void {
    readSync(this.#file, target, 0, target.length, this.#start + y * this.#stride + x * 4);
  }

  /** Reads a rectangle into packed rows. */
  readRectangle({ x, y, width, height }: Rectangle, target: Uint8Array): void {
    const line = width * 4;
    if (x === 0 && line === this.#stride) {
      readSync(this.#file, target, 0, line * height, this.#start + y * this.#stride);
      return;
    }
    for (let row = 0; row < height; row++) {
      readSync(this.#file, target, row * line, line, this.#start + (y + row) * this.#stride + x * 4);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
