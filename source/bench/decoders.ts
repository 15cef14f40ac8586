// Times decoding a whole screen in each encoding: `node dist/source/bench/decoders.js`. Rectangles are cut and encoded
// as a sharer does, in memory. Prints the median time to decode all of them, including decoding on the thread pool.

import { Scratch } from '../codecs/decode/rectangle-decoder.js';
import { WireColours } from '../codecs/decode/wire-colours.js';
import { type EncodedRectangle, type Encoder, EncodeScratch, withStreamHeader } from '../codecs/encode/encode-job.js';
import { WirePixels } from '../codecs/encode/wire-pixels.js';
import { encodeHextile } from '../codecs/encodings/hextile.js';
import { encodeRaw } from '../codecs/encodings/raw.js';
import { RectangleDecoders } from '../codecs/encodings/registry.js';
import { encodeTight } from '../codecs/encodings/tight.js';
import { encodeZlib } from '../codecs/encodings/zlib.js';
import { encodeZrle } from '../codecs/encodings/zrle.js';
import type { JpegQuality } from '../codecs/jpeg/jpeg-library.js';
import { ByteReader } from '../core/byte-reader.js';
import { BGRX } from '../core/pixel-format.js';
import type { Rectangle } from '../core/rectangle.js';
import { loadJpegDecoder, nodeCompressors } from '../node/compressors.js';
import { createInflater } from '../node/inflater.js';
import { createPixelMemory } from '../node/load-kernels.js';
import { Framebuffer } from '../pixels/framebuffer.js';
import { ENCODING } from '../protocols/rfb/constants.js';
import { emptyPixels, loadPicture, tile } from './pictures.js';

const SIZE = { width: 1920, height: 1080 };
const RUNS = 15;
const WARM_UP = 3;
/** Length of a rectangle's header. */
const HEADER = 12;
const LEVEL = 2;

interface Case {
  readonly name: string;
  readonly encoding: number;
  readonly encoder: Encoder;
  readonly jpeg: JpegQuality | null;
  readonly cell: { readonly width: number; readonly height: number };
}

const SMALL = { width: 256, height: 64 };
const LARGE = { width: 256, height: 256 };
const CASES: readonly Case[] = [
  { name: 'raw', encoding: ENCODING.raw, encoder: encodeRaw, jpeg: null, cell: SIZE },
  { name: 'hextile', encoding: ENCODING.hextile, encoder: encodeHextile, jpeg: null, cell: SMALL },
  { name: 'zlib', encoding: ENCODING.zlib, encoder: encodeZlib, jpeg: null, cell: SMALL },
  { name: 'zrle', encoding: ENCODING.zrle, encoder: encodeZrle, jpeg: null, cell: SMALL },
  { name: 'tight', encoding: ENCODING.tight, encoder: encodeTight, jpeg: null, cell: SMALL },
  ...[SMALL, LARGE].map(cell => ({
    ...{ name: `tight, JPEG 92 in ${cell.width}x${cell.height}`, encoding: ENCODING.tight, encoder: encodeTight, cell },
    jpeg: { quality: 92, subsampling: '4:4:4' } as const,
  })),
];

const memory = createPixelMemory();
const source = new Framebuffer(memory, SIZE);
const target = new Framebuffer(memory, SIZE);

function cells({ width, height }: Case['cell']): Rectangle[] {
  const found: Rectangle[] = [];
  for (let y = 0; y < SIZE.height; y += height) {
    for (let x = 0; x < SIZE.width; x += width) {
      found.push({ x, y, width: Math.min(width, SIZE.width - x), height: Math.min(height, SIZE.height - y) });
    }
  }
  return found;
}

async function encode({ encoder, jpeg, cell }: Case): Promise<EncodedRectangle[]> {
  const scratch = new EncodeScratch(memory, nodeCompressors);
  const encoded: EncodedRectangle[] = [];
  for (const rectangle of cells(cell)) {
    scratch.reserve(rectangle.width * rectangle.height);
    const job = { framebuffer: source, rectangle, pixels: new WirePixels(BGRX), level: LEVEL, jpeg, pooled: false };
    encoded.push(await encoder(job, scratch));
  }
  return encoded;
}

/** Decodes the rectangles again and again, as one connection. @returns milliseconds of each run, sorted */
async function decodeAll(encoded: readonly EncodedRectangle[], encoding: number): Promise<number[]> {
  const inflater = createInflater({ memory });
  const decoders = new RectangleDecoders({ inflater, memory, jpeg: loadJpegDecoder(), video: null });
  const decoder = decoders.get(encoding)!;
  const where = { framebuffer: target, colours: new WireColours(memory, BGRX), scratch: new Scratch(memory) };
  const reader = new ByteReader(1 << 28);
  const times: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    encoded.forEach((rectangle, index) => {
      const first = run === 0 && index === 0 && rectangle.stream !== null;
      reader.push((first ? withStreamHeader(rectangle) : rectangle.bytes).subarray(HEADER));
    });
    const pending: Promise<void>[] = [];
    const started = performance.now();
    for (const { rectangle } of encoded) {
      let decoded = decoder.decode(reader, rectangle, where);
      while (decoded === 'yield') decoded = decoder.decode(reader, rectangle, where);
      if (decoded === 'more') throw new Error('bytes are missing');
      if (decoded instanceof Promise) pending.push(decoded);
    }
    await Promise.all(pending);
    times.push(performance.now() - started);
  }
  decoders.free();
  where.colours.free();
  where.scratch.free();
  return times.slice(WARM_UP).sort((a, b) => a - b);
}

for (const picture of ['page.png', 'photo.jpg']) {
  const pixels = emptyPixels(SIZE);
  tile(loadPicture(picture), pixels);
  source.bytes().set(new Uint8Array(pixels.pixels.buffer));
  console.log(`${picture}, ${SIZE.width}x${SIZE.height}`);
  for (const each of CASES) {
    const encoded = await encode(each);
    const kilobytes = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1024;
    const times = await decodeAll(encoded, each.encoding);
    const figures = `${times[RUNS >> 1]!.toFixed(1).padStart(6)} ms (${times[0]!.toFixed(1)}-${times.at(-1)!.toFixed(1)})`;
    const name = `${each.name}, ${encoded.length}`;
    console.log(`  ${name.padEnd(34)}${kilobytes.toFixed(0).padStart(7)} KiB   ${figures}`);
  }
}
