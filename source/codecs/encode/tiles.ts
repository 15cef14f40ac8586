import type { Rectangle } from '../../core/rectangle.js';
import { ZRLE } from '../../protocols/rfb/constants.js';
import type { EncodeJob, EncodeScratch } from './encode-job.js';
import { rowsOf } from './wire-pixels.js';

/**
 * Encodes a rectangle as ZRLE or TRLE tiles (RFC 6143, 7.7.5), row by row. A tile is one colour, a packed palette of up
 * to 16 colours, runs of a palette of up to 127, or raw.
 * @param side of a tile
 * @param deflated whether the tiles are compressed afterwards: deflate finds the runs of a packed palette by itself
 * @returns the encoded tiles, in `scratch.packed`
 */
export function encodeTiles(job: EncodeJob, scratch: EncodeScratch, side: number, deflated: boolean): Uint8Array {
  const { framebuffer, rectangle } = job;
  let at = scratch.packed;
  for (let y = 0; y < rectangle.height; y += side) {
    for (let x = 0; x < rectangle.width; x += side) {
      const width = Math.min(side, rectangle.width - x);
      const height = Math.min(side, rectangle.height - y);
      at += writeTile(job, { x: rectangle.x + x, y: rectangle.y + y, width, height }, scratch, at, deflated);
    }
  }
  return framebuffer.memory.bytes(scratch.packed, at - scratch.packed);
}

/** @returns bytes written, at most one more than the raw tile has */
function writeTile(
  { framebuffer, pixels }: EncodeJob,
  tile: Rectangle,
  scratch: EncodeScratch,
  to: number,
  deflated: boolean,
): number {
  const { memory } = framebuffer;
  const { kernels } = memory;
  const rows = rowsOf(framebuffer, tile);
  const { table, palette, indices, wide } = scratch;
  const { pointer, stride, width, height } = rows;
  const area = width * height;
  // A palette must be shorter than the pixels that it stands for.
  const maxColours = Math.min(ZRLE.maxPaletteRle, area);
  const colours = kernels.buildPalette(pointer, stride, width, height, maxColours, table, palette, indices);
  const view = memory.bytes(to, 1);
  const start = () => {
    const row = { pointer: palette, stride: colours * 4, width: colours, height: 1 };
    return 1 + pixels.writeZrle(kernels, row, to + 1, wide);
  };
  if (colours === 1) {
    view[0] = ZRLE.solid;
    return start();
  }
  if (colours > 1) {
    const packs = colours <= ZRLE.maxPacked;
    const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
    const packed = packs ? Math.ceil((width * bits) / 8) * height : Number.POSITIVE_INFINITY;
    // If run lengths decide, the runs are encoded to measure them, and the tile is written over them; otherwise their
    // upper bound is used.
    const runs = deflated ? (packs ? Number.POSITIVE_INFINITY : area) : kernels.paletteRle(indices, area, to);
    if (colours * pixels.zrleSize + Math.min(packed, runs) < area * pixels.zrleSize) {
      view[0] = packed <= runs ? colours : ZRLE.plainRle + colours;
      const head = start();
      if (packed > runs) return head + kernels.paletteRle(indices, area, to + head);
      kernels.packIndices(indices, width, height, bits, to + head);
      return head + packed;
    }
  }
  view[0] = ZRLE.raw;
  return 1 + pixels.writeZrle(kernels, rows, to + 1, wide);
}
