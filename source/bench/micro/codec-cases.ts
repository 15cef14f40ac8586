import { Scratch } from '../../codecs/decode/rectangle-decoder.js';
import { WireColours } from '../../codecs/decode/wire-colours.js';
import {
  type EncodedRectangle,
  type Encoder,
  EncodeScratch,
  withStreamHeader,
} from '../../codecs/encode/encode-job.js';
import { WirePixels } from '../../codecs/encode/wire-pixels.js';
import { encodeTightCosine } from '../../codecs/encodings/cosine.js';
import { encodeHextile } from '../../codecs/encodings/hextile.js';
import { encodeRaw } from '../../codecs/encodings/raw.js';
import { RectangleDecoders } from '../../codecs/encodings/registry.js';
import { encodeTight } from '../../codecs/encodings/tight.js';
import { encodeZlib } from '../../codecs/encodings/zlib.js';
import { encodeZrle } from '../../codecs/encodings/zrle.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import { ByteReader } from '../../core/byte-reader.js';
import { BGRX } from '../../core/pixel-format.js';
import { area, type Size } from '../../core/rectangle.js';
import { loadJpegDecoder, nodeCompressors } from '../../node/compressors.js';
import { createInflater } from '../../node/inflater.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { cutEvenly } from '../../session/share/rfb/cells.js';
import { CONTENTS, contentOf, type MicroCase, paint } from './micro-case.js';

interface Way {
  readonly name: string;
  readonly encoder: Encoder;
  readonly level: number;
  readonly jpeg: JpegQuality | null;
}

const PHOTOGRAPHIC: JpegQuality = { quality: 77, subsampling: '4:2:2' };
const FINE: JpegQuality = { quality: 92, subsampling: '4:4:4' };
const WAYS: readonly Way[] = [
  { name: 'raw', encoder: encodeRaw, level: 0, jpeg: null },
  { name: 'hextile', encoder: encodeHextile, level: 0, jpeg: null },
  { name: 'zlib, level 2', encoder: encodeZlib, level: 2, jpeg: null },
  { name: 'zrle, level 2', encoder: encodeZrle, level: 2, jpeg: null },
  { name: 'tight, level 1', encoder: encodeTight, level: 1, jpeg: null },
  { name: 'tight, level 2', encoder: encodeTight, level: 2, jpeg: null },
  { name: 'tight, level 6', encoder: encodeTight, level: 6, jpeg: null },
  { name: 'tight, level 2, JPEG 77', encoder: encodeTight, level: 2, jpeg: PHOTOGRAPHIC },
  { name: 'tight, level 2, JPEG 92', encoder: encodeTight, level: 2, jpeg: FINE },
  { name: 'tight, level 2, Cosine 92', encoder: encodeTightCosine, level: 2, jpeg: FINE },
];
/** x, y, width, height and the encoding, before a rectangle's data. */
const ENCODING_AT = 8;

function bytesOf(rectangles: readonly EncodedRectangle[]): number {
  return rectangles.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Encodes and decodes a whole picture on one thread, in the same cells as a session. */
export function codecCases(size: Size): MicroCase[] {
  const memory = createPixelMemory();
  const scratch = new EncodeScratch(memory, nodeCompressors);
  const framebuffer = new Framebuffer(memory, size);
  const target = new Framebuffer(memory, size);
  const cells = cutEvenly(framebuffer.bounds);
  for (const cell of cells) scratch.reserve(area(cell));
  const pixels = new WirePixels(BGRX);
  const decodeScratch = new Scratch(memory);
  const colours = new WireColours(memory, BGRX);
  const inflater = createInflater({ memory });
  const about = `${size.width}x${size.height}`;

  return CONTENTS.flatMap(content => {
    const picture = contentOf(content, size);
    return WAYS.flatMap(({ name, encoder, level, jpeg }) => {
      let encoded: EncodedRectangle[] = [];
      const encode: MicroCase = {
        name: `encode ${name}, ${content} ${about}`,
        pixels: area(size),
        bytes: null,
        prepare: () => paint(picture, framebuffer),
        run() {
          encoded = cells.map(rectangle => {
            const result = encoder({ framebuffer, rectangle, pixels, level, jpeg, pooled: false }, scratch);
            if (result instanceof Promise) throw new Error('a synchronous encoder returned a promise');
            return result;
          });
          encode.bytes = bytesOf(encoded);
        },
      };
      const reader = new ByteReader();
      let decoders = new RectangleDecoders({ inflater, memory, jpeg: loadJpegDecoder(), video: null });
      const decode: MicroCase = {
        name: `decode ${name}, ${content} ${about}`,
        pixels: area(size),
        bytes: null,
        prepare() {
          // New streams, as at the start of a connection.
          decoders.free();
          decoders = new RectangleDecoders({ inflater, memory, jpeg: loadJpegDecoder(), video: null });
          reader.bytes(reader.available);
          for (const [index, each] of encoded.entries()) {
            reader.push(index === 0 && each.stream !== null ? withStreamHeader(each) : each.bytes);
          }
          decode.bytes = bytesOf(encoded);
        },
        async run() {
          const waiting: Promise<void>[] = [];
          for (const { rectangle } of encoded) {
            reader.bytes(ENCODING_AT);
            const decoder = decoders.get(reader.s32());
            const where = { framebuffer: target, colours, scratch: decodeScratch };
            let done = decoder?.decode(reader, rectangle, where);
            while (done === 'yield') done = decoder?.decode(reader, rectangle, where);
            if (done instanceof Promise) waiting.push(done);
            else if (done !== 'done') throw new Error(`${name} cannot decode its own output`);
          }
          await Promise.all(waiting);
        },
      };
      return [encode, decode];
    });
  });
}
