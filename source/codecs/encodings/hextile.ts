import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { HEXTILE_ANSWER } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { TileState } from '../decode/tile-state.js';

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
