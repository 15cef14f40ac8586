import type { ByteReader } from '../../core/byte-reader.js';
import { area, type Rectangle } from '../../core/rectangle.js';
import { TILE_ANSWER } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ZRLE } from '../../protocols/rfb/constants.js';
import { BlockInflater } from '../decode/block-inflater.js';
import type { Inflater } from '../decode/inflate.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { TileState, tileFault } from '../decode/tile-state.js';

const NOTHING = Buffer.alloc(0);

/** ZRLE (RFC 6143, 7.7.6): tiles of 64x64 through one zlib stream for the whole connection. */
export class ZrleDecoder implements RectangleDecoder {
  readonly #block: BlockInflater;
  readonly #state: TileState;
  #begun = false;
  /** The beginning of the tile that is not whole yet. */
  #rest: Uint8Array = NOTHING;

  constructor(inflater: Inflater, memory: PixelMemory) {
    this.#block = new BlockInflater(inflater.createStream(), 'ZRLE');
    this.#state = new TileState(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): Decoded {
    const { size, layout, table } = colours.cpixel;
    const piece = this.#block.next(reader, mostInflated(rectangle, size));
    if (piece === undefined) return 'more';
    if (!this.#begun) this.#state.clear();
    const tiles = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
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
    if (over && answer !== TILE_ANSWER.done) throw undecodable('ZRLE', 'whose last tiles are missing');
    this.#begun = !over;
    this.#rest = consumed < tiles.length ? Uint8Array.from(tiles.subarray(consumed)) : NOTHING;
    return over ? 'done' : 'again';
  }

  free(): void {
    this.#state.free();
  }
}

/** Every tile with the largest palette, every pixel a run of its own that says its length in one byte. */
function mostInflated(rectangle: Rectangle, size: number): number {
  const tiles = Math.ceil(rectangle.width / ZRLE.tile) * Math.ceil(rectangle.height / ZRLE.tile);
  return tiles * (1 + ZRLE.mostPaletteRle * size) + area(rectangle) * (size + 1);
}
