import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { TILE_ANSWER } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import type { Decoded, DecodeTarget, RectangleDecoder } from '../decode/rectangle-decoder.js';
import { TileState, tileFault } from '../decode/tiles.js';
import {
  type EncodedRectangle,
  type EncodeJob,
  type EncodeScratch,
  inOnePart,
  rectangleBytes,
} from '../encode/encode-job.js';
import { encodeTiles } from '../encode/tiles.js';
import type { WrittenEncoding } from './encoding.js';
import { tight } from './tight.js';
import { zlib } from './zlib.js';
import { zrle } from './zrle.js';

const TILE = 16;
/** Of the bytes that are there, the most that are copied for one look: what lies behind the rectangle is copied in vain. */
const MOST_AT_ONCE = 16 * 1024;

/** TRLE (RFC 6143, 7.7.5): ZRLE's tiles in 16x16 and uncompressed, decoded as they come. */
export class TrleDecoder implements RectangleDecoder {
  readonly #state: TileState;
  #begun = false;

  constructor(memory: PixelMemory) {
    this.#state = new TileState(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): Decoded {
    if (!this.#begun) this.#state.clear();
    this.#begun = true;
    const { size, layout, table } = colours.cpixel;
    const bytes = reader.peekBytes(Math.min(reader.available, MOST_AT_ONCE));
    const answer = framebuffer.memory.kernels.decodeTiles(
      ...([scratch.load(bytes), bytes.length] as const),
      ...([framebuffer.at(rectangle.x, rectangle.y), framebuffer.stride] as const),
      ...([rectangle.width, rectangle.height, TILE, 1, size, layout, table, this.#state.pointer] as const),
    );
    const { consumed } = this.#state;
    reader.skip(consumed);
    if (answer === TILE_ANSWER.done) {
      this.#begun = false;
      return 'done';
    }
    if (answer !== TILE_ANSWER.more) throw tileFault('TRLE', answer);
    return consumed === 0 || reader.available === 0 ? 'more' : 'again';
  }

  free(): void {
    this.#state.free();
  }
}

/** TRLE (RFC 6143, 7.7.5). */
export function encodeTrle(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle {
  const { rectangle } = job;
  return inOnePart(
    'trle',
    rectangle,
    rectangleBytes(rectangle, ENCODING.trle, [encodeTiles(job, scratch, TILE, false)]),
  );
}

export const trle: WrittenEncoding<'trle'> = {
  number: ENCODING.trle,
  name: 'trle',
  label: 'TRLE',
  decode: ({ memory }) => new TrleDecoder(memory),
  encode: encodeTrle,
  deflates: false,
  losses: 'none',
  yieldsTo: [tight, zrle, zlib],
};
