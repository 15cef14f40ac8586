import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { HEXTILE_ANSWER } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { TileState } from '../decode/tiles.js';
import {
  type EncodedRectangle,
  type EncodeJob,
  type EncodeScratch,
  inOnePart,
  rectangleBytes,
} from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';
import type { WrittenEncoding } from './encoding.js';

/** Of the bytes that are there, the most that are copied for one look: what lies behind the rectangle is copied in vain. */
const MOST_AT_ONCE = 16 * 1024;

/** Hextile (RFC 6143, 7.7.4): tiles of 16x16, decoded as they come. */
export class HextileDecoder implements RectangleDecoder {
  readonly #state: TileState;
  #begun = false;

  constructor(memory: PixelMemory) {
    this.#state = new TileState(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): Decoded {
    if (!this.#begun) this.#state.clear();
    this.#begun = true;
    const { width, height } = rectangle;
    const { size, layout, table } = colours.pixel;
    const target = framebuffer.at(rectangle.x, rectangle.y);
    const bytes = reader.peekBytes(Math.min(reader.available, MOST_AT_ONCE));
    const source = scratch.load(bytes);
    const answer = framebuffer.memory.kernels.decodeHextile(
      ...([source, bytes.length, target, framebuffer.stride, width, height] as const),
      ...([size, layout, table, this.#state.pointer] as const),
    );
    const { consumed } = this.#state;
    reader.skip(consumed);
    if (answer === HEXTILE_ANSWER.badSubrectangle) throw undecodable('Hextile', 'with a part outside of its tile');
    if (answer === HEXTILE_ANSWER.done) {
      this.#begun = false;
      return 'done';
    }
    return consumed === 0 || reader.available === 0 ? 'more' : 'again';
  }

  free(): void {
    this.#state.free();
  }
}

/** Hextile (RFC 6143, 7.7.4). */
export function encodeHextile(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle {
  const { framebuffer, rectangle, pixels } = job;
  const { memory } = framebuffer;
  pixels.writePixels(memory.kernels, rowsOf(framebuffer, rectangle), scratch.wide);
  const { width, height } = rectangle;
  const length = memory.kernels.hextile(scratch.wide, pixels.size, width, height, scratch.table, scratch.packed);
  const bytes = rectangleBytes(rectangle, ENCODING.hextile, [memory.bytes(scratch.packed, length)]);
  return inOnePart('hextile', rectangle, bytes);
}

export const hextile: WrittenEncoding<'hextile'> = {
  number: ENCODING.hextile,
  name: 'hextile',
  label: 'Hextile',
  decode: ({ memory }) => new HextileDecoder(memory),
  encode: encodeHextile,
  deflates: false,
  losses: 'none',
};
