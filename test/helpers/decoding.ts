import type { Inflater } from '../../source/codecs/decode/inflate.js';
import { Scratch } from '../../source/codecs/decode/rectangle-decoder.js';
import { WireColours } from '../../source/codecs/decode/wire-colours.js';
import { RectangleDecoders } from '../../source/codecs/encodings/registry.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { anyJpegDecoder } from './any-jpeg.js';

const memory = createPixelMemory();

/** How a server's bytes arrive: whole, or one at a time. */
export type Pieces = 'whole' | 'byte by byte';

/** A picture and the decoders of one connection: bytes in, pixels out. A colour is the number 0xRRGGBB. */
export class Decoding {
  readonly framebuffer: Framebuffer;
  readonly reader = new ByteReader(1 << 28);
  /** How often a decoder yielded. */
  turns = 0;
  readonly #decoders: RectangleDecoders;
  readonly #colours: WireColours;
  readonly #scratch = new Scratch(memory);

  constructor(size: Size, format: PixelFormat = BGRX, inflater: Inflater = createInflater({ memory })) {
    this.framebuffer = new Framebuffer(memory, size);
    this.#decoders = new RectangleDecoders({ inflater, memory, jpeg: anyJpegDecoder(), video: null });
    this.#colours = new WireColours(memory, format);
  }

  /** Decodes one rectangle. Returns false if bytes are missing, throws if bytes are left over. */
  async decode(encoding: number, rectangle: Rectangle, bytes: Uint8Array, pieces: Pieces = 'whole'): Promise<boolean> {
    const decoder = this.#decoders.get(encoding);
    if (!decoder) throw new Error(`no decoder for encoding ${encoding}`);
    const target = { framebuffer: this.framebuffer, colours: this.#colours, scratch: this.#scratch };
    const size = pieces === 'whole' ? Math.max(bytes.length, 1) : 1;
    for (let at = 0; at < bytes.length; at += size) {
      this.reader.push(bytes.subarray(at, at + size));
      let decoded = decoder.decode(this.reader, rectangle, target);
      for (; decoded === 'yield'; this.turns++) decoded = decoder.decode(this.reader, rectangle, target);
      if (decoded === 'more') continue;
      await decoded;
      const left = this.reader.available + Math.max(bytes.length - at - size, 0);
      if (left > 0) throw new Error(`${left} bytes were left over`);
      return true;
    }
    return false;
  }

  /** Row by row. */
  colours({ x, y, width, height }: Rectangle = this.framebuffer.bounds): number[][] {
    const bytes = this.framebuffer.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        return view.getUint32((y + row) * this.framebuffer.stride + (x + column) * 4, true) & 0xffffff;
      }),
    );
  }

  /** Gives each pixel its own colour, so that a test sees a decoder touch pixels outside its rectangle. */
  fillDistinct(): void {
    const bytes = this.framebuffer.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, distinct(at / 4), true);
  }

  free(): void {
    this.#decoders.free();
    this.#colours.free();
    this.#scratch.free();
    this.framebuffer.free();
  }
}

/** The colour that `fillDistinct` gives to pixel number `index`. */
export function distinct(index: number): number {
  return 0x400000 + index;
}
