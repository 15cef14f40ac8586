import type { ByteReader } from '../../core/byte-reader.js';
import { joined as concatenated } from '../../core/bytes.js';
import type { PixelFormat } from '../../core/pixel-format.js';
import { area, type Rectangle } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL } from '../../pixels/framebuffer.js';
import type { KernelThreads } from '../../pixels/kernel-threads.js';
import { hasVectors } from '../../pixels/vectors.js';
import { ENCODING, PSEUDO_ENCODING, TIGHT } from '../../protocols/rfb/constants.js';
import type { InflateStream, StreamInflater } from '../decode/inflate.js';
import { inflateExactly } from '../decode/inflate-block.js';
import { paintColours, paintPixels } from '../decode/paint-pixels.js';
import { KEPT_BYTES } from '../decode/put-off.js';
import {
  type Decoded,
  type DecodeTarget,
  type RectangleDecoder,
  Scratch,
  undecodable,
} from '../decode/rectangle-decoder.js';
import {
  type Drawing,
  deflateBlock,
  type EncodedRectangle,
  type EncodeJob,
  type EncodeScratch,
  inOnePart,
  isDone,
  MIN_POOLED,
  pooledRectangleBytes,
  takeBuffer,
  ZLIB_HEADER,
} from '../encode/encode-job.js';
import { chooseSubsampling, isPhotographic, photographicParts } from '../encode/photographic.js';
import { type PixelRows, rowsOf } from '../encode/wire-pixels.js';
import type { JpegDecoder } from '../jpeg/jpeg-decoder.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import { CosineDecoder, isCosine } from './cosine-data.js';
import { EchoDecoder, isEcho } from './echo-data.js';
import type { WrittenEncoding } from './encoding.js';
import { DeflatedTogether, outsideOfPalette, writePalette } from './tight-together.js';

/** A rectangle with this few colours is never treated as a photograph; the kernel in kernels/photographic.ts agrees. */
const GRAPHIC_COLOURS = 96;

/**
 * Encodes a photograph in the place of JPEG, in parts that are valid only during the call; null: JPEG is better.
 * @param asked the quality requested by the viewer
 * @param judged the quality that JPEG would use
 */
export type PhotoEncoder = (job: EncodeJob, asked: JpegQuality, judged: JpegQuality) => readonly Uint8Array[] | null;

/**
 * Tight (rfbproto.rst): one colour, a palette, JPEG for photographic content if the viewer requested a quality (Cosine
 * if it supports that), else deflated pixels. Every rectangle is self-contained: it resets its stream, opens it with
 * `78 01` and leaves it with a sync flush. That costs nothing compared with continuous streams, and lets any number of
 * viewers share the rectangle.
 */
export function encodeTight(
  job: EncodeJob,
  scratch: EncodeScratch,
  encodePhoto: PhotoEncoder | null = null,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { rectangle, jpeg, pixels } = job;
  const colours = countColours(job, scratch);
  const mayLose = jpeg && (encodePhoto || scratch.compressors.jpeg);
  if (!mayLose || pixels.size === 1 || isDrawing(job, scratch, colours)) return lossless(job, scratch, colours);
  const encoded: (EncodedRectangle | Promise<EncodedRectangle>)[] = [];
  for (const part of photographicParts(job.framebuffer, rectangle, scratch)) {
    const each = { ...job, rectangle: part.rectangle, pooled: job.pooled && area(part.rectangle) >= MIN_POOLED };
    encoded.push(
      part.photographic
        ? photograph(each, chooseSubsampling(part.chroma, jpeg), jpeg, scratch, encodePhoto)
        : lossless(each, scratch, countColours(each, scratch)),
    );
  }
  return together(rectangle, encoded, scratch);
}

/**
 * Few colours make a drawing. More colours than the limit are still a drawing if they fit a palette, unless the whole
 * rectangle looks like a photograph.
 */
function isDrawing({ framebuffer, rectangle }: EncodeJob, scratch: EncodeScratch, colours: number): boolean {
  if (colours === 0 || colours <= GRAPHIC_COLOURS) return colours > 0;
  return !isPhotographic(framebuffer, rectangle, scratch);
}

/**
 * Leaves the palette and the indices in the scratch memory.
 * @returns 0: too many colours for a palette
 */
function countColours({ framebuffer, rectangle, pixels }: EncodeJob, scratch: EncodeScratch): number {
  const { pointer, stride, width, height } = rowsOf(framebuffer, rectangle);
  // With one-byte pixels a palette of more than two colours gains nothing.
  const maxColours = pixels.tightSize === 1 ? 2 : Math.max(2, Math.min(TIGHT.maxPalette, (width * height) >> 2));
  const { table, palette, indices } = scratch;
  return framebuffer.memory.kernels.buildPalette(pointer, stride, width, height, maxColours, table, palette, indices);
}

/** @param colours the result of `countColours`, just called */
function lossless(
  job: EncodeJob,
  scratch: EncodeScratch,
  colours: number,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pixels } = job;
  const { memory } = framebuffer;
  const { kernels } = memory;
  const { palette, indices, packed } = scratch;
  const rows = rowsOf(framebuffer, rectangle);
  const { width, height } = rows;
  if (colours === 1) return fill(job, rows, scratch);
  if (job.echo && (colours > 0 || !isPhotographic(framebuffer, rectangle, scratch))) {
    const drawing = job.echo.encode(job, scratch, colours, bitsOf(colours, job.level));
    if (drawing) return drawn(job, drawing, scratch);
  }
  if (colours === 0) {
    const length = pixels.writeTight(kernels, rows, packed);
    return basic(job, null, memory.bytes(packed, length), scratch);
  }
  const row = { pointer: palette, stride: colours * BYTES_PER_PIXEL, width: colours, height: 1 };
  const paletteLength = pixels.writeTight(kernels, row, packed);
  const filter = concatenated([Uint8Array.of(TIGHT.filter.palette, colours - 1), memory.bytes(packed, paletteLength)]);
  if (colours > 2) return basic(job, filter, memory.bytes(indices, width * height), scratch);
  kernels.packIndices(indices, width, height, 1, packed);
  return basic(job, filter, memory.bytes(packed, Math.ceil(width / 8) * height), scratch);
}

/** Bits of a pixel at most, where there are many: what Huffman codes make of indices or TPIXELs without any order. */
function bitsOf(colours: number, level: number): number {
  if (colours === 0) return 24;
  if (colours <= 2) return 1;
  return level === 0 ? 8 : Math.ceil(Math.log2(colours));
}

/** A drawing, and what is below it. */
function drawn(
  job: EncodeJob,
  { data, height }: Drawing,
  scratch: EncodeScratch,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { rectangle, pooled } = job;
  const upper = inPlaceOfJpeg({ ...job, rectangle: { ...rectangle, height } }, 'echo', data, scratch, false);
  if (height === rectangle.height) return upper;
  const rest = { ...rectangle, y: rectangle.y + height, height: rectangle.height - height };
  const below = { ...job, rectangle: rest, pooled: pooled && area(rest) >= MIN_POOLED, echo: undefined };
  return together(rectangle, [upper, lossless(below, scratch, countColours(below, scratch))], scratch);
}

/** Rectangles as one. */
function together(
  rectangle: Rectangle,
  encoded: readonly (EncodedRectangle | Promise<EncodedRectangle>)[],
  scratch: EncodeScratch,
): EncodedRectangle | Promise<EncodedRectangle> {
  if (encoded.length === 1) return encoded[0]!;
  if (encoded.every(isDone)) return joined(rectangle, encoded, scratch);
  return Promise.all(encoded).then(all => joined(rectangle, all, scratch));
}

function joined(
  rectangle: Rectangle,
  encoded: readonly EncodedRectangle[],
  { spare }: EncodeScratch,
): EncodedRectangle {
  const { bytes, buffer } = takeBuffer(
    encoded.reduce((sum, each) => sum + each.bytes.length, 0),
    spare,
  );
  let offset = 0;
  for (const each of encoded) {
    bytes.set(each.bytes, offset);
    offset += each.bytes.length;
    each.buffer?.release();
  }
  return { rectangle, parts: encoded.flatMap(each => each.parts), bytes, buffer, stream: null };
}

function fill(job: EncodeJob, rows: PixelRows, scratch: EncodeScratch): EncodedRectangle {
  const { framebuffer, pixels } = job;
  const { packed } = scratch;
  const length = pixels.writeTight(framebuffer.memory.kernels, { ...rows, width: 1, height: 1 }, packed);
  return done(job, [Uint8Array.of(TIGHT.fill), framebuffer.memory.bytes(packed, length)], scratch);
}

/**
 * @param filter bytes after the control byte, or null
 * @param data filtered, not yet compressed
 */
function basic(
  job: EncodeJob,
  filter: Uint8Array | null,
  data: Uint8Array,
  scratch: EncodeScratch,
): EncodedRectangle | Promise<EncodedRectangle> {
  const stream = scratch.nextTightStream();
  const kind = (stream << TIGHT.streamShift) | (filter ? TIGHT.explicitFilter : 0);
  if (data.length < TIGHT.minToCompress) {
    return done(job, [Uint8Array.of(kind), filter ?? new Uint8Array(0), data], scratch);
  }
  const finish = (block: Uint8Array) => {
    const head = Uint8Array.of(kind | (1 << stream));
    const length = compactLength(ZLIB_HEADER.length + block.length);
    return done(job, [head, filter ?? new Uint8Array(0), length, ZLIB_HEADER, block], scratch);
  };
  const block = deflateBlock(job, data, scratch);
  return block instanceof Promise ? block.then(finish) : finish(block);
}

/** JPEG or its substitute; lossless if the substitute is no better and there is no JPEG encoder. */
function photograph(
  job: EncodeJob,
  judged: JpegQuality,
  asked: JpegQuality,
  scratch: EncodeScratch,
  encodePhoto: PhotoEncoder | null,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pooled } = job;
  const cosine = encodePhoto?.(job, asked, judged);
  if (cosine) return inPlaceOfJpeg(job, 'cosine', cosine, scratch, true);
  const library = scratch.compressors.jpeg;
  if (!library) return lossless(job, scratch, countColours(job, scratch));
  const finish = (jpeg: Uint8Array) => inPlaceOfJpeg(job, 'tight-jpeg', [jpeg], scratch, true);
  return library.compress(framebuffer, rectangle, judged, pooled, finish);
}

/** A rectangle of type JPEG, whatever is in it: a compact length, then the data. */
function inPlaceOfJpeg(
  { rectangle }: EncodeJob,
  name: string,
  data: readonly Uint8Array[],
  { spare }: EncodeScratch,
  lossy: boolean,
): EncodedRectangle {
  const length = data.reduce((sum, part) => sum + part.length, 0);
  const parts = [Uint8Array.of(TIGHT.jpeg), compactLength(length), ...data];
  const { bytes, buffer } = pooledRectangleBytes(rectangle, ENCODING.tight, parts, spare);
  return inOnePart(name, rectangle, bytes, { lossy, buffer });
}

function done({ rectangle }: EncodeJob, parts: readonly Uint8Array[], { spare }: EncodeScratch): EncodedRectangle {
  const { bytes, buffer } = pooledRectangleBytes(rectangle, ENCODING.tight, parts, spare);
  return inOnePart('tight', rectangle, bytes, { buffer });
}

/** One to three bytes, lowest bits first: seven bits each, eight in the third. */
export function compactLength(length: number): Uint8Array {
  if (length > TIGHT.maxLength) throw new RangeError(`${length} bytes do not fit into a Tight rectangle`);
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x4000) return Uint8Array.of((length & 0x7f) | 0x80, length >> 7);
  return Uint8Array.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
}

/** The filter that was applied to a rectangle's pixels before compression. */
export type TightFilter =
  | { readonly type: 'copy' }
  | { readonly type: 'gradient' }
  /** `colours` TPIXELs; indices of 1 bit for two colours, of 8 bits for more. */
  | { readonly type: 'palette'; readonly colours: number; readonly palette: Uint8Array; readonly bits: 1 | 8 };

/** The bytes of one Tight rectangle, delimited but not decoded. */
export type TightRectangle = {
  /** The streams to reset before this rectangle, one bit each. */
  readonly resets: number;
} & (
  | { readonly type: 'fill'; readonly colour: Uint8Array }
  | { readonly type: 'jpeg'; readonly data: Uint8Array }
  | {
      readonly type: 'basic';
      readonly filter: TightFilter;
      readonly data: Uint8Array;
      /** Length of the filtered data in bytes. */
      readonly length: number;
      /** The stream of `data`; null: not compressed. */
      readonly stream: number | null;
    }
);

/**
 * Finds the bytes of a Tight rectangle (rfbproto.rst, Tight Encoding). To be called inside `attempt`.
 * @param pixelBytes of a TPIXEL
 * @throws PeerglassError E_RFB_DECODE
 */
export function readTight(reader: ByteReader, rectangle: Rectangle, pixelBytes: number): TightRectangle {
  const control = reader.u8();
  const resets = control & 0x0f;
  const method = control & 0xf0;
  if (method === TIGHT.fill) return { type: 'fill', resets, colour: reader.bytes(pixelBytes) };
  if (method === TIGHT.jpeg) return { type: 'jpeg', resets, data: reader.bytes(readLength(reader)) };

  const withoutZlib = (method & ~TIGHT.explicitFilter) === TIGHT.basicWithoutZlib;
  if (method >= TIGHT.fill && !withoutZlib) throw undecodable('Tight', `with the unknown control byte ${control}`);
  const filter =
    method & TIGHT.explicitFilter ? readFilter(reader, rectangle, pixelBytes) : ({ type: 'copy' } as const);
  const bits = filter.type === 'palette' ? filter.bits : 8 * pixelBytes;
  const length = Math.ceil((rectangle.width * bits) / 8) * rectangle.height;
  if (withoutZlib || length < TIGHT.minToCompress) {
    if (length > reader.limit) throw undecodable('Tight', `of ${length} bytes, too long for one piece`);
    return { type: 'basic', resets, filter, data: reader.bytes(length), length, stream: null };
  }
  const stream = (method >> TIGHT.streamShift) & (TIGHT.streams - 1);
  return { type: 'basic', resets, filter, data: reader.bytes(readLength(reader)), length, stream };
}

function readFilter(reader: ByteReader, rectangle: Rectangle, pixelBytes: number): TightFilter {
  const filter = reader.u8();
  switch (filter) {
    case TIGHT.filter.copy:
      return { type: 'copy' };
    case TIGHT.filter.palette: {
      const colours = reader.u8() + 1;
      return { type: 'palette', colours, palette: reader.bytes(colours * pixelBytes), bits: colours <= 2 ? 1 : 8 };
    }
    case TIGHT.filter.gradient:
      if (pixelBytes === 1) throw undecodable('Tight', 'with a gradient in 8 bits');
      if (rectangle.width > TIGHT.maxWidth)
        throw undecodable('Tight', `with a gradient ${rectangle.width} pixels wide`);
      return { type: 'gradient' };
    default:
      throw undecodable('Tight', `with the unknown filter ${filter}`);
  }
}

/** How many bytes the length has that begins at the second byte. */
function lengthBytes(data: Uint8Array): number {
  if ((data[1] ?? 0) < 0x80) return 1;
  return (data[2] ?? 0) < 0x80 ? 2 : 3;
}

/** A length in 7, 14 or 22 bits, the least significant first. */
function readLength(reader: ByteReader): number {
  const first = reader.u8();
  if (first < 0x80) return first;
  const second = reader.u8();
  const length = (first & 0x7f) | ((second & 0x7f) << 7);
  return second < 0x80 ? length : length | (reader.u8() << 14);
}

/** Tight (rfbproto.rst): fills, JPEG or Cosine, and filtered pixels in one of four zlib streams. */
export class TightDecoder implements RectangleDecoder {
  readonly #inflater: StreamInflater;
  readonly #streams: InflateStream[];
  /** Others, for rectangles that are decoded together: each that begins a stream anew has one of its own. */
  readonly #spare: InflateStream[] = [];
  readonly #jpeg: JpegDecoder | null;
  readonly #cosine = new CosineDecoder();
  readonly #echo = new EchoDecoder();
  readonly #together = new DeflatedTogether(stream => this.#decoded(stream));
  #palette: Scratch | null = null;
  #kind: 'tight' | 'tight-jpeg' | 'cosine' | 'echo' = 'tight';

  /** @param jpeg null if JPEG cannot be decoded and was not requested */
  constructor(inflater: StreamInflater, jpeg: JpegDecoder | null) {
    this.#inflater = inflater;
    this.#streams = Array.from({ length: TIGHT.streams }, () => inflater.createStream());
    this.#jpeg = jpeg;
  }

  get kind(): string {
    return this.#kind;
  }

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const found = reader.attempt(() => readTight(reader, rectangle, target.colours.tpixel.size));
    if (found === undefined) return 'more';
    for (let index = 0; index < TIGHT.streams; index++) if (found.resets & (1 << index)) this.#reset(index);
    const cosine = found.type === 'jpeg' && hasVectors() && isCosine(found.data);
    const echo = found.type === 'jpeg' && isEcho(found.data);
    this.#kind = echo ? 'echo' : cosine ? 'cosine' : found.type === 'jpeg' ? 'tight-jpeg' : 'tight';
    switch (found.type) {
      case 'fill':
        paintFill(found.colour, rectangle, target);
        return 'done';
      case 'jpeg':
        if (echo) {
          this.#echo.paint(found.data, rectangle, target.framebuffer);
          return 'done';
        }
        if (cosine) return this.#cosine.paint(found.data, rectangle, target.framebuffer);
        if (!this.#jpeg) throw undecodable('Tight', 'with a JPEG that was not requested');
        return this.#jpeg.paint(found.data, rectangle, target.framebuffer);
      case 'basic':
        return this.#basic(found, rectangle, target);
    }
  }

  finish(): void {
    this.#cosine.finish();
    this.#together.finish();
  }

  free(): void {
    this.#together.free();
    for (const stream of [...this.#streams, ...this.#spare]) stream.free();
    this.#cosine.free();
    this.#echo.free();
    this.#palette?.free();
  }

  #reset(index: number): void {
    const stream = this.#streams[index]!;
    if (this.#together.holds(stream)) this.#streams[index] = this.#spare.pop() ?? this.#inflater.createStream();
    this.#streams[index]!.reset();
  }

  #basic(found: TightRectangle & { type: 'basic' }, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const { threads } = target.framebuffer.memory;
    const done = threads && this.#putOff(threads, found, rectangle, target);
    if (done) return done;
    this.#paint(found, rectangle, target);
    return 'done';
  }

  /** Null: it has to be painted now, or better is. */
  #putOff(
    threads: KernelThreads,
    { stream: index, resets, filter, data, length }: TightRectangle & { type: 'basic' },
    rectangle: Rectangle,
    target: DecodeTarget,
  ): Promise<void> | null {
    if (index === null) return null;
    const stream = this.#streams[index]!;
    const begins = (resets & (1 << index)) !== 0;
    if (begins && filter.type !== 'gradient') {
      return this.#together.putOff(threads, stream, data, length, filter, rectangle, target);
    }
    if (this.#together.holds(stream)) this.#together.finish();
    return null;
  }

  /** A stream whose rectangle was put off has been replaced meanwhile, or goes on. */
  #decoded(stream: InflateStream): void {
    if (this.#streams.includes(stream)) return;
    if ((stream.heldBytes ?? 0) > KEPT_BYTES) stream.free();
    else this.#spare.push(stream);
  }

  #paint(found: TightRectangle & { type: 'basic' }, rectangle: Rectangle, target: DecodeTarget): void {
    const pixels =
      found.stream === null
        ? found.data
        : inflateExactly(this.#streams[found.stream]!, found.data, found.length, 'Tight');
    const { filter } = found;
    if (filter.type === 'copy') paintColours(pixels, target.colours.tpixel, rectangle, target);
    else if (filter.type === 'gradient') paintGradient(pixels, rectangle, target);
    else this.#paintPalette(filter, pixels, rectangle, target);
  }

  #paintPalette(
    { palette, colours, bits }: TightFilter & { type: 'palette' },
    indices: Uint8Array,
    { x, y, width, height }: Rectangle,
    { framebuffer, colours: wire, scratch }: DecodeTarget,
  ): void {
    this.#palette ??= new Scratch(framebuffer.memory);
    // In this order: memory that grows would take the indices away.
    const source = scratch.load(indices);
    const table = this.#palette.reserve(TIGHT.maxPalette * 4);
    writePalette(palette, colours, framebuffer.memory, wire, table);
    const to = framebuffer.at(x, y);
    const { kernels } = framebuffer.memory;
    const outside = kernels.paletteToBgrx(source, to, framebuffer.stride, width, height, bits, table, colours);
    if (outside) throw outsideOfPalette();
  }
}

function paintFill(
  colour: Uint8Array,
  { x, y, width, height }: Rectangle,
  { framebuffer, colours }: DecodeTarget,
): void {
  const pixel = colours.read(colours.tpixel, colour, 0);
  framebuffer.memory.kernels.fillRectangle(framebuffer.at(x, y), framebuffer.stride, width, height, pixel);
}

/**
 * Paints pixels from the differences of Tight's gradient filter (rfbproto.rst, GradientFilter): a kernel does 32 bits,
 * this code 16 bits, where speed does not matter.
 * @param differences TPIXELs, exactly as many as the rectangle has pixels
 */
export function paintGradient(differences: Uint8Array, rectangle: Rectangle, target: DecodeTarget): void {
  const { framebuffer, colours, scratch } = target;
  const { x, y, width, height } = rectangle;
  if (colours.tpixel.size === 3) {
    const source = scratch.load(differences);
    framebuffer.memory.kernels.gradientToBgrx(source, framebuffer.at(x, y), framebuffer.stride, width, height);
    return;
  }
  if (colours.tpixel.size !== 2)
    throw undecodable('Tight', 'with a gradient in a pixel format that does not support it');
  paintPixels(undoGradient(differences, width, height, colours.format), rectangle, target);
}

/** The pixels of a 16-bit format from their differences, channel by channel. */
export function undoGradient(differences: Uint8Array, width: number, height: number, format: PixelFormat): Uint8Array {
  const little = !format.bigEndian;
  const source = new DataView(differences.buffer, differences.byteOffset, differences.length);
  const pixels = new Uint8Array(differences.length);
  const target = new DataView(pixels.buffer);
  const channels = [
    { shift: format.redShift, max: format.redMax },
    { shift: format.greenShift, max: format.greenMax },
    { shift: format.blueShift, max: format.blueMax },
  ];
  const pixelAt = (x: number, y: number) => (x < 0 || y < 0 ? 0 : target.getUint16(2 * (y * width + x), little));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [left, up, corner] = [pixelAt(x - 1, y), pixelAt(x, y - 1), pixelAt(x - 1, y - 1)];
      const difference = source.getUint16(2 * (y * width + x), little);
      let pixel = 0;
      for (const { shift, max } of channels) {
        const sum = ((left >> shift) & max) + ((up >> shift) & max) - ((corner >> shift) & max);
        const predicted = Math.min(Math.max(sum, 0), max);
        pixel |= ((predicted + (difference >> shift)) & max) << shift;
      }
      target.setUint16(2 * (y * width + x), pixel, little);
    }
  }
  return pixels;
}

/** Fills and photographs do, deflated pixels only with a stream that is reset, Echo never. */
function keepable(data: Uint8Array): boolean {
  const control = data[0] ?? 0;
  const method = control & 0xf0;
  if (method === TIGHT.jpeg) return !isEcho(data.subarray(1 + lengthBytes(data)));
  if (method >= TIGHT.fill) return true;
  return ((control >> ((method >> TIGHT.streamShift) & (TIGHT.streams - 1))) & 1) === 1;
}

export const tight: WrittenEncoding<'tight'> = {
  number: ENCODING.tight,
  name: 'tight',
  label: 'Tight',
  decode: ({ inflater, jpeg }) => new TightDecoder(inflater, jpeg),
  keepable,
  encode: encodeTight,
  deflates: true,
  losses: 'where photographic',
  pseudoEncodings: () => [PSEUDO_ENCODING.tightWithoutZlib],
};
