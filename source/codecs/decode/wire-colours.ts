import type { PixelFormat } from '../../core/pixel-format.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';

/** The layout of a colour on the wire, as the kernels take it (see pixels/decode-kernels.ts). */
export interface ColourCode {
  /** Bytes. */
  readonly size: number;
  readonly layout: number;
  /** A pointer, or 0. */
  readonly table: number;
}

/**
 * The three layouts of colours in a connection's pixel format: PIXEL; ZRLE's CPIXEL (RFC 6143, 7.7.5), which omits a
 * byte without channels; Tight's TPIXEL (rfbproto.rst), red, green, blue.
 *
 * Any 8- or 16-bit format is supported; 32-bit formats must have byte-aligned 8-bit channels. The viewer chooses the
 * format, so no other one occurs.
 */
export class WireColours {
  readonly format: PixelFormat;
  readonly pixel: ColourCode;
  readonly cpixel: ColourCode;
  readonly tpixel: ColourCode;
  /** Whether PIXELs are the framebuffer's own pixels. */
  readonly native: boolean;
  readonly #memory: PixelMemory;
  readonly #table: number;

  constructor(memory: PixelMemory, format: PixelFormat) {
    this.format = format;
    this.#memory = memory;
    const size = format.bitsPerPixel / 8;
    if (size < 4) {
      this.#table = buildTable(memory, format);
      this.pixel = { size, layout: 0, table: this.#table };
      this.cpixel = this.pixel;
      this.tpixel = this.pixel;
      this.native = false;
      return;
    }
    this.#table = 0;
    const channels = [channel(format, 'blue'), channel(format, 'green'), channel(format, 'red')];
    this.pixel = code(4, channels);
    this.cpixel = compressed(format, channels) ?? this.pixel;
    this.tpixel = format.depth === 24 ? code(3, [2, 1, 0]) : this.pixel;
    this.native = channels.every((place, index) => place === index);
  }

  /** One colour as a BGRX pixel. */
  read({ size, layout, table }: ColourCode, bytes: Uint8Array, offset: number): number {
    if (size < 3) {
      const index = bytes[offset]! | (size === 2 ? bytes[offset + 1]! << 8 : 0);
      return new DataView(this.#memory.memory.buffer).getUint32(table + 4 * index, true);
    }
    const blue = bytes[offset + (layout & 0xff)]!;
    const green = bytes[offset + ((layout >> 8) & 0xff)]!;
    const red = bytes[offset + ((layout >> 16) & 0xff)]!;
    return blue | (green << 8) | (red << 16);
  }

  free(): void {
    if (this.#table !== 0) this.#memory.free(this.#table);
  }
}

function code(size: number, [blue, green, red]: number[]): ColourCode {
  return { size, layout: blue! | (green! << 8) | (red! << 16), table: 0 };
}

/** The index of the channel's byte among the pixel's four bytes on the wire. */
function channel(format: PixelFormat, name: 'blue' | 'green' | 'red'): number {
  const shift = format[`${name}Shift`];
  if (format[`${name}Max`] !== 255 || shift % 8 !== 0) throw new RangeError('a 32-bit format without whole bytes');
  return format.bigEndian ? 3 - shift / 8 : shift / 8;
}

/** The layout of the three bytes with channels, the least significant ones if possible, or null. */
function compressed(format: PixelFormat, channels: number[]): ColourCode | null {
  if (format.depth > 24) return null;
  const unused = 0 + 1 + 2 + 3 - channels[0]! - channels[1]! - channels[2]!;
  if (unused === 3) return code(3, channels);
  if (unused === 0)
    return code(
      3,
      channels.map(place => place - 1),
    );
  return null;
}

/** A table from every 8- or 16-bit pixel value, read as little-endian bytes, to BGRX. */
function buildTable(memory: PixelMemory, format: PixelFormat): number {
  const count = 1 << format.bitsPerPixel;
  const pointer = memory.allocate(count * 4);
  const view = new DataView(memory.memory.buffer);
  const swapped = format.bigEndian && format.bitsPerPixel === 16;
  for (let index = 0; index < count; index++) {
    const value = swapped ? (index >> 8) | ((index & 0xff) << 8) : index;
    const red = scaled(value >> format.redShift, format.redMax);
    const green = scaled(value >> format.greenShift, format.greenMax);
    const blue = scaled(value >> format.blueShift, format.blueMax);
    view.setUint32(pointer + 4 * index, blue | (green << 8) | (red << 16), true);
  }
  return pointer;
}

function scaled(value: number, max: number): number {
  return Math.round(((value & max) * 255) / max);
}
