import type { ByteReader } from '../../core/byte-reader.js';
import { joined } from '../../core/bytes.js';
import { area, type Rectangle } from '../../core/rectangle.js';
import { TILE_ANSWER } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING, ZRLE } from '../../protocols/rfb/constants.js';
import type { StreamInflater } from '../decode/inflate.js';
import { BlockInflater } from '../decode/inflate-block.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { TileState, tileFault } from '../decode/tiles.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratch, encodeSpliced } from '../encode/encode-job.js';
import { encodeTiles } from '../encode/tiles.js';
import type { WrittenEncoding } from './encoding.js';

const NOTHING = new Uint8Array(0);

/** ZRLE (RFC 6143, 7.7.6): tiles of 64x64 in one zlib stream per connection. */
export class ZrleDecoder implements RectangleDecoder {
  readonly #block: BlockInflater;
  readonly #state: TileState;
  #begun = false;
  /** The bytes of an incomplete tile. */
  #rest: Uint8Array = NOTHING;

  constructor(inflater: StreamInflater, memory: PixelMemory) {
    this.#block = new BlockInflater(inflater.createStream(), 'ZRLE');
    this.#state = new TileState(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): Decoded {
    const { size, layout, table } = colours.cpixel;
    const piece = this.#block.next(reader, maxInflated(rectangle, size));
    if (piece === undefined) return 'more';
    if (!this.#begun) this.#state.clear();
    const tiles = this.#rest.length === 0 ? piece : joined([this.#rest, piece]);
    const answer = framebuffer.memory.kernels.decodeTiles(
      ...([scratch.load(tiles), tiles.length] as const),
      ...([framebuffer.at(rectangle.x, rectangle.y), framebuffer.stride] as const),
      ...([rectangle.width, rectangle.height, ZRLE.tile, 0, size, layout, table, this.#state.pointer] as const),
    );
    const { consumed } = this.#state;
    if (answer === TILE_ANSWER.done) {
      if (consumed < tiles.length) throw undecodable('ZRLE', 'with bytes after its last tile');
    } else if (answer !== TILE_ANSWER.more) throw tileFault('ZRLE', answer);
    const over = this.#block.end();
    if (over && answer !== TILE_ANSWER.done) throw undecodable('ZRLE', 'without its last tiles');
    this.#begun = !over;
    this.#rest = consumed < tiles.length ? Uint8Array.from(tiles.subarray(consumed)) : NOTHING;
    return over ? 'done' : 'yield';
  }

  free(): void {
    this.#block.free();
    this.#state.free();
  }
}

/** The worst case: every tile has the largest palette, and every pixel is a run with a one-byte length. */
function maxInflated(rectangle: Rectangle, size: number): number {
  const tiles = Math.ceil(rectangle.width / ZRLE.tile) * Math.ceil(rectangle.height / ZRLE.tile);
  return tiles * (1 + ZRLE.maxPaletteRle * size) + area(rectangle) * (size + 1);
}

/** ZRLE (RFC 6143, 7.7.6). */
export function encodeZrle(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle | Promise<EncodedRectangle> {
  return encodeSpliced(job, encodeTiles(job, scratch, ZRLE.tile, true), scratch, ENCODING.zrle, 'zrle');
}

export const zrle: WrittenEncoding<'zrle'> = {
  number: ENCODING.zrle,
  name: 'zrle',
  label: 'ZRLE',
  decode: ({ inflater, memory }) => new ZrleDecoder(inflater, memory),
  encode: encodeZrle,
  deflates: true,
  losses: 'none',
};
