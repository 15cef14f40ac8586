import { BYTES_PER_PIXEL } from '../pixels/framebuffer.js';
import { ENCODING, TIGHT } from '../protocols/rfb/constants.js';
import { deflateBlock, ZLIB_HEADER } from './deflate.js';
import type { EncodedRectangle, EncodeJob, EncodeScratchSpace, JpegQuality } from './encode-job.js';
import { compressJpeg } from './jpeg.js';
import { isPhotographic } from './photographic.js';
import { rectangleBytes } from './rectangle-bytes.js';
import { rowsOf } from './rectangle-rows.js';
import type { PixelRows } from './wire-pixels.js';

/** A rectangle with as few colours as this is never taken for a photograph. */
const GRAPHIC_COLOURS = 96;

/** The next of the decoder's four streams. Each rectangle resets its own, so viewers with threads inflate four at once. */
let nextStream = 0;

/**
 * Tight (rfbproto.rst): one colour, a palette, JPEG where the viewer asked for a quality and the content is photographic,
 * else all pixels deflated. Every rectangle stands alone: it resets the stream that it uses, opens it with `78 01` and
 * leaves it with a sync flush, which costs nothing against streams that go on and lets any number of viewers share it.
 */
export function encodeTight(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pixels, jpeg } = job;
  const { memory } = framebuffer;
  const { kernels } = memory;
  const rows = rowsOf(framebuffer, rectangle);
  const { pointer, stride, width, height } = rows;
  const area = width * height;
  // With a byte a pixel a palette of more than two gains nothing.
  const most = pixels.tightSize === 1 ? 2 : Math.max(2, Math.min(TIGHT.mostPalette, area >> 2));
  const { table, palette, indices, packed } = scratch;
  const colours = kernels.buildPalette(pointer, stride, width, height, most, table, palette, indices);
  if (colours === 1) return fill(job, rows, scratch);
  const graphic = colours > 0 && colours <= GRAPHIC_COLOURS;
  if (jpeg && pixels.size > 1 && !graphic && isPhotographic(kernels, memory.memory, rows, table)) {
    return tightJpeg(job, rows, jpeg, scratch);
  }
  if (colours === 0) {
    const length = pixels.writeTight(kernels, rows, packed);
    return basic(job, null, memory.bytes(packed, length));
  }
  const row = { pointer: palette, stride: colours * 4, width: colours, height: 1 };
  const paletteLength = pixels.writeTight(kernels, row, packed);
  const filter = Buffer.concat([Uint8Array.of(TIGHT.filter.palette, colours - 1), memory.bytes(packed, paletteLength)]);
  if (colours > 2) return basic(job, filter, memory.bytes(indices, area));
  kernels.packIndices(indices, width, height, 1, packed);
  return basic(job, filter, memory.bytes(packed, Math.ceil(width / 8) * height));
}

function fill(job: EncodeJob, rows: PixelRows, { packed }: EncodeScratchSpace): EncodedRectangle {
  const { framebuffer, pixels } = job;
  const length = pixels.writeTight(framebuffer.memory.kernels, { ...rows, width: 1, height: 1 }, packed);
  return done(job, [Uint8Array.of(TIGHT.fill), framebuffer.memory.bytes(packed, length)]);
}

/** @param filter what follows the control byte, or null @param data filtered, not yet compressed */
function basic(
  job: EncodeJob,
  filter: Uint8Array | null,
  data: Uint8Array,
): EncodedRectangle | Promise<EncodedRectangle> {
  const stream = nextStream;
  nextStream = (nextStream + 1) % TIGHT.streams;
  const kind = (stream << TIGHT.streamShift) | (filter ? TIGHT.explicitFilter : 0);
  if (data.length < TIGHT.leastToCompress) {
    return done(job, [Uint8Array.of(kind), filter ?? new Uint8Array(0), data]);
  }
  const finish = (block: Uint8Array) => {
    const head = Uint8Array.of(kind | (1 << stream));
    const length = compactLength(ZLIB_HEADER.length + block.length);
    return done(job, [head, filter ?? new Uint8Array(0), length, ZLIB_HEADER, block]);
  };
  if (!job.pooled) return finish(deflateBlock(data, job.level, false));
  return Promise.resolve(deflateBlock(data, job.level, true)).then(finish);
}

function tightJpeg(
  job: EncodeJob,
  { pointer, stride, width, height }: PixelRows,
  quality: JpegQuality,
  { wide }: EncodeScratchSpace,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { memory } = job.framebuffer;
  const rowBytes = width * BYTES_PER_PIXEL;
  memory.kernels.copyRectangle(pointer, stride, wide, rowBytes, rowBytes, height);
  const staged = Buffer.from(memory.memory.buffer, wide, rowBytes * height);
  const finish = (jpeg: Uint8Array): EncodedRectangle => ({
    ...done(job, [Uint8Array.of(TIGHT.jpeg), compactLength(jpeg.length), jpeg]),
    encoding: 'tight-jpeg',
    lossy: true,
  });
  return compressJpeg(staged, { width, height }, quality, job.pooled, finish);
}

function done({ rectangle }: EncodeJob, parts: readonly Uint8Array[]): EncodedRectangle {
  const bytes = rectangleBytes(rectangle, ENCODING.tight, parts);
  return { encoding: 'tight', rectangle, bytes, stream: null, lossy: false };
}

/** One to three bytes, seven bits each but for the last's eight, the lowest first. */
export function compactLength(length: number): Uint8Array {
  if (length > TIGHT.mostLength) throw new RangeError(`${length} bytes do not fit into a Tight rectangle`);
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x4000) return Uint8Array.of((length & 0x7f) | 0x80, length >> 7);
  return Uint8Array.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
}
