import { ENCODING, ZRLE } from '../../protocols/rfb/constants.js';
import type { EncodedRectangle, EncodeJob, EncodeScratchSpace } from '../encode/encode-job.js';
import { rowsOf } from '../encode/rectangle-rows.js';
import { encodeSpliced } from '../encode/spliced-stream.js';

/**
 * ZRLE (RFC 6143, 7.7.6): tiles of 64x64 in one zlib stream a connection. A tile is one colour, a packed palette of up to
 * 16, runs of a palette of up to 127, or raw; deflate does the rest.
 */
export function encodeZrle(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle } = job;
  let at = scratch.packed;
  for (let y = 0; y < rectangle.height; y += ZRLE.tile) {
    for (let x = 0; x < rectangle.width; x += ZRLE.tile) {
      const width = Math.min(ZRLE.tile, rectangle.width - x);
      const height = Math.min(ZRLE.tile, rectangle.height - y);
      at += writeTile(job, { x: rectangle.x + x, y: rectangle.y + y, width, height }, scratch, at);
    }
  }
  const data = framebuffer.memory.bytes(scratch.packed, at - scratch.packed);
  return encodeSpliced(job, data, scratch, ENCODING.zrle, 'zrle');
}

/** @returns bytes written, at most one more than the tile has raw */
function writeTile(
  { framebuffer, pixels }: EncodeJob,
  tile: EncodeJob['rectangle'],
  scratch: EncodeScratchSpace,
  to: number,
): number {
  const { memory } = framebuffer;
  const { kernels } = memory;
  const rows = rowsOf(framebuffer, tile);
  const { table, palette, indices, wide } = scratch;
  const { pointer, stride, width, height } = rows;
  const area = width * height;
  // A palette must be shorter than the pixels that it stands for.
  const most = Math.min(ZRLE.mostPaletteRle, area);
  const colours = kernels.buildPalette(pointer, stride, width, height, most, table, palette, indices);
  const view = memory.bytes(to, 1);
  const start = () => {
    const row = { pointer: palette, stride: colours * 4, width: colours, height: 1 };
    return 1 + pixels.writeZrle(kernels, row, to + 1, wide);
  };
  if (colours === 1) {
    view[0] = ZRLE.solid;
    return start();
  }
  if (colours > 1 && colours <= ZRLE.mostPacked) {
    const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
    const packed = Math.ceil((width * bits) / 8) * height;
    if (colours * pixels.zrleSize + packed < area * pixels.zrleSize) {
      view[0] = colours;
      const head = start();
      kernels.packIndices(indices, width, height, bits, to + head);
      return head + packed;
    }
  } else if (colours > 1 && colours * pixels.zrleSize + area < area * pixels.zrleSize) {
    view[0] = ZRLE.plainRle + colours;
    const head = start();
    return head + kernels.paletteRle(indices, area, to + head);
  }
  view[0] = ZRLE.raw;
  return 1 + pixels.writeZrle(kernels, rows, to + 1, wide);
}
