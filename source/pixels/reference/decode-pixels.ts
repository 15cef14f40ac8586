import type { Plane } from './compare.js';

/** The layout of a wire colour, see pixels/decode-kernels.ts; `table` holds BGRX pixels. */
export interface WireColour {
  readonly size: number;
  readonly layout: number;
  readonly table: Uint32Array;
}

/** The plain version of kernels/wire-colour.ts. */
export function colourAt(bytes: Uint8Array, at: number, { size, layout, table }: WireColour): number {
  if (size === 1) return table[bytes[at]!]!;
  if (size === 2) return table[bytes[at]! + bytes[at + 1]! * 256]!;
  const [blue, green, red] = [layout & 255, (layout >> 8) & 255, (layout >> 16) & 255];
  return bytes[at + blue]! + bytes[at + green]! * 256 + bytes[at + red]! * 65_536;
}

export function setPixel({ bytes, offset, stride }: Plane, x: number, y: number, colour: number): void {
  const at = offset + y * stride + x * 4;
  bytes.set([colour & 255, (colour >> 8) & 255, (colour >> 16) & 255, 0], at);
}

/** The plain versions of kernels/decode-pixels.ts. */
export function wireToBgrx(source: Plane, to: Plane, width: number, height: number, wire: WireColour): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      setPixel(to, x, y, colourAt(source.bytes, source.offset + y * source.stride + x * wire.size, wire));
    }
  }
}

/** @returns whether an index is outside the palette; its pixel gets the first colour */
export function paletteToBgrx(
  indices: Uint8Array,
  to: Plane,
  width: number,
  height: number,
  bits: number,
  palette: Uint32Array,
): boolean {
  const rowBytes = Math.ceil((width * bits) / 8);
  let outside = false;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = indices[y * rowBytes + Math.floor(bit / 8)]!;
      const index = (byte >> (8 - bits - (bit % 8))) & (2 ** bits - 1);
      outside ||= index >= palette.length;
      setPixel(to, x, y, palette[index] ?? palette[0]!);
    }
  }
  return outside;
}

export function gradientToBgrx(differences: Uint8Array, to: Plane, width: number, height: number): void {
  const channels = new Uint8Array(width * height * 3);
  const at = (x: number, y: number, channel: number) => (x < 0 || y < 0 ? 0 : channels[(y * width + x) * 3 + channel]!);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const sum = at(x - 1, y, channel) + at(x, y - 1, channel) - at(x - 1, y - 1, channel);
        const place = (y * width + x) * 3 + channel;
        channels[place] = Math.min(Math.max(sum, 0), 255) + differences[place]!;
      }
      setPixel(to, x, y, at(x, y, 2) + at(x, y, 1) * 256 + at(x, y, 0) * 65_536);
    }
  }
}
