import { area, type Rectangle } from '../../core/rectangle.js';
import { type JpegLibrary, jpegLibrary } from '../../native/jpeg-library.js';
import { BYTES_PER_PIXEL } from '../../pixels/framebuffer.js';
import { ENCODING, TIGHT } from '../../protocols/rfb/constants.js';
import { deflateBlock, ZLIB_HEADER } from '../encode/deflate.js';
import {
  type EncodedRectangle,
  type EncodeJob,
  type EncodeScratchSpace,
  type EncodingName,
  inOnePart,
  isDone,
  type JpegQuality,
  LEAST_POOLED,
} from '../encode/encode-job.js';
import { lend } from '../encode/loan.js';
import { isPhotographic, photographicParts } from '../encode/photographic.js';
import { lentRectangleBytes } from '../encode/rectangle-bytes.js';
import { rowsOf } from '../encode/rectangle-rows.js';
import type { PixelRows } from '../encode/wire-pixels.js';
import { judgeChroma } from '../jpeg/chroma.js';
import { encodeCosine, suitsCosine } from './cosine-encoder.js';

/** A rectangle with as few colours as this is never taken for a photograph, in kernels/photographic.ts neither. */
const GRAPHIC_COLOURS = 96;

/** The next of the decoder's four streams. Each rectangle resets its own, so viewers with threads inflate four at once. */
let nextStream = 0;

/**
 * Tight (rfbproto.rst): one colour, a palette, JPEG where the viewer asked for a quality and the content is photographic
 * (Cosine where it reads that), else all pixels deflated. Every rectangle stands alone: it resets the stream that it uses, opens it with `78 01` and
 * leaves it with a sync flush, which costs nothing against streams that go on and lets any number of viewers share it.
 */
export function encodeTight(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle | Promise<EncodedRectangle> {
  const { rectangle, jpeg, pixels } = job;
  const colours = countColours(job, scratch);
  const library = jpeg && jpegLibrary();
  if (!library || pixels.size === 1 || isDrawing(job, scratch, colours)) return lossless(job, scratch, colours);
  const encoded: (EncodedRectangle | Promise<EncodedRectangle>)[] = [];
  for (const part of photographicParts(job.framebuffer, rectangle, scratch)) {
    const each = { ...job, rectangle: part.rectangle, pooled: job.pooled && area(part.rectangle) >= LEAST_POOLED };
    encoded.push(
      part.photographic
        ? photograph(each, jpeg, library, scratch)
        : lossless(each, scratch, countColours(each, scratch)),
    );
  }
  if (encoded.length === 1) return encoded[0]!;
  if (encoded.every(isDone)) return joined(rectangle, encoded);
  return Promise.all(encoded).then(all => joined(rectangle, all));
}

/** Few colours are a drawing, and more that a palette holds are one as well unless all of it looks like a photograph. */
function isDrawing({ framebuffer, rectangle }: EncodeJob, scratch: EncodeScratchSpace, colours: number): boolean {
  if (colours === 0 || colours <= GRAPHIC_COLOURS) return colours > 0;
  return !isPhotographic(framebuffer, rectangle, scratch);
}

/** Leaves the palette and the indices in the scratch memory. @returns 0: too many colours for a palette */
function countColours({ framebuffer, rectangle, pixels }: EncodeJob, scratch: EncodeScratchSpace): number {
  const { pointer, stride, width, height } = rowsOf(framebuffer, rectangle);
  // With a byte a pixel a palette of more than two gains nothing.
  const most = pixels.tightSize === 1 ? 2 : Math.max(2, Math.min(TIGHT.mostPalette, (width * height) >> 2));
  const { table, palette, indices } = scratch;
  return framebuffer.memory.kernels.buildPalette(pointer, stride, width, height, most, table, palette, indices);
}

/** @param colours as `countColours` has just told */
function lossless(
  job: EncodeJob,
  scratch: EncodeScratchSpace,
  colours: number,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pixels } = job;
  const { memory } = framebuffer;
  const { kernels } = memory;
  const { palette, indices, packed } = scratch;
  const rows = rowsOf(framebuffer, rectangle);
  const { width, height } = rows;
  if (colours === 1) return fill(job, rows, scratch);
  if (colours === 0) {
    const length = pixels.writeTight(kernels, rows, packed);
    return basic(job, null, memory.bytes(packed, length), scratch);
  }
  const row = { pointer: palette, stride: colours * BYTES_PER_PIXEL, width: colours, height: 1 };
  const paletteLength = pixels.writeTight(kernels, row, packed);
  const filter = Buffer.concat([Uint8Array.of(TIGHT.filter.palette, colours - 1), memory.bytes(packed, paletteLength)]);
  if (colours > 2) return basic(job, filter, memory.bytes(indices, width * height), scratch);
  kernels.packIndices(indices, width, height, 1, packed);
  return basic(job, filter, memory.bytes(packed, Math.ceil(width / 8) * height), scratch);
}

function joined(rectangle: Rectangle, encoded: readonly EncodedRectangle[]): EncodedRectangle {
  const { bytes, loan } = lend(encoded.reduce((sum, each) => sum + each.bytes.length, 0));
  let offset = 0;
  for (const each of encoded) {
    bytes.set(each.bytes, offset);
    offset += each.bytes.length;
    each.loan?.end();
  }
  return { rectangle, parts: encoded.flatMap(each => each.parts), bytes, loan, stream: null };
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
  scratch: EncodeScratchSpace,
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
  const block = deflateBlock(job, data, scratch);
  return block instanceof Promise ? block.then(finish) : finish(block);
}

/** JPEG, or what goes instead. */
function photograph(
  job: EncodeJob,
  asked: JpegQuality,
  library: JpegLibrary,
  scratch: EncodeScratchSpace,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pooled } = job;
  const judged = judgeChroma(framebuffer.memory.kernels, rowsOf(framebuffer, rectangle), asked);
  if (suitsCosine(job, asked, judged)) return lossy(job, 'cosine', encodeCosine(job, asked, scratch));
  const finish = (jpeg: Uint8Array) => lossy(job, 'tight-jpeg', [jpeg]);
  return library.compress(framebuffer, rectangle, judged, pooled, finish);
}

/** A photograph, of data that have the length of all parts together. */
function lossy({ rectangle }: EncodeJob, name: EncodingName, data: readonly Uint8Array[]): EncodedRectangle {
  const length = data.reduce((sum, part) => sum + part.length, 0);
  const parts = [Uint8Array.of(TIGHT.jpeg), compactLength(length), ...data];
  const { bytes, loan } = lentRectangleBytes(rectangle, ENCODING.tight, parts);
  return inOnePart(name, rectangle, bytes, { lossy: true, loan });
}

function done({ rectangle }: EncodeJob, parts: readonly Uint8Array[]): EncodedRectangle {
  const { bytes, loan } = lentRectangleBytes(rectangle, ENCODING.tight, parts);
  return inOnePart('tight', rectangle, bytes, { loan });
}

/** One to three bytes, seven bits each but for the last's eight, the lowest first. */
export function compactLength(length: number): Uint8Array {
  if (length > TIGHT.mostLength) throw new RangeError(`${length} bytes do not fit into a Tight rectangle`);
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x4000) return Uint8Array.of((length & 0x7f) | 0x80, length >> 7);
  return Uint8Array.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
}
