import type { ByteReader } from '../core/byte-reader.js';
import { area, type Rectangle } from '../core/rectangle.js';
import { TILE_ANSWER } from '../pixels/decode-kernels.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { ZRLE } from '../protocols/rfb/constants.js';
import type { Inflater } from './inflate.js';
import { inflateAtMost } from './inflate-exactly.js';
import {
  type Decoded,
  type DecodeTarget,
  mostCompressed,
  type RectangleDecoder,
  undecodable,
} from './rectangle-decoder.js';
import { TileState, tileFault } from './tile-state.js';
import { readBlock } from './zlib-decoder.js';

/** ZRLE (RFC 6143, 7.7.6): tiles of 64x64 through one zlib stream for the whole connection. */
export class ZrleDecoder implements RectangleDecoder {
  readonly #stream;
  readonly #state: TileState;

  constructor(inflater: Inflater, memory: PixelMemory) {
    this.#stream = inflater.createStream();
    this.#state = new TileState(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): Decoded {
    const { size, layout, table } = colours.cpixel;
    const most = mostInflated(rectangle, size);
    const compressed = readBlock(reader, 'ZRLE', mostCompressed(most));
    if (compressed === undefined) return 'more';
    const tiles = inflateAtMost(this.#stream, compressed, most, 'ZRLE');
    this.#state.clear();
    const answer = framebuffer.memory.kernels.decodeTiles(
      ...([scratch.load(tiles), tiles.length] as const),
      ...([framebuffer.at(rectangle.x, rectangle.y), framebuffer.stride] as const),
      ...([rectangle.width, rectangle.height, ZRLE.tile, 0, size, layout, table, this.#state.pointer] as const),
    );
    if (answer === TILE_ANSWER.more) throw undecodable('ZRLE', 'whose last tiles are missing');
    if (answer !== TILE_ANSWER.done) throw tileFault('ZRLE', answer);
    if (this.#state.consumed < tiles.length) throw undecodable('ZRLE', 'with bytes after its last tile');
    return 'done';
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
