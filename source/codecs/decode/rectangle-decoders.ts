import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { CopyRectDecoder } from '../encodings/copy-rect.js';
import { HextileDecoder } from '../encodings/hextile.js';
import { RawDecoder } from '../encodings/raw.js';
import { RreDecoder } from '../encodings/rre.js';
import { TightDecoder } from '../encodings/tight-decoder.js';
import { TrleDecoder } from '../encodings/trle.js';
import { ZlibDecoder } from '../encodings/zlib.js';
import { ZrleDecoder } from '../encodings/zrle.js';
import type { JpegDecoder } from '../jpeg/jpeg-decoder.js';
import type { Inflater } from './inflate.js';
import type { RectangleDecoder } from './rectangle-decoder.js';

/** The names of the encodings that are decoded, as dashboards and `encodings` figures have them. */
export const ENCODING_NAMES: Readonly<Record<number, string>> = {
  [ENCODING.raw]: 'raw',
  [ENCODING.copyRect]: 'copyrect',
  [ENCODING.rre]: 'rre',
  [ENCODING.hextile]: 'hextile',
  [ENCODING.zlib]: 'zlib',
  [ENCODING.tight]: 'tight',
  [ENCODING.trle]: 'trle',
  [ENCODING.zrle]: 'zrle',
};

/** One connection's decoders, made when their encoding is first met. */
export class RectangleDecoders {
  readonly #inflater: Inflater;
  readonly #memory: PixelMemory;
  readonly #jpeg: JpegDecoder | null;
  readonly #decoders = new Map<number, RectangleDecoder & { free?(): void }>();

  constructor(inflater: Inflater, memory: PixelMemory, jpeg: JpegDecoder | null) {
    this.#inflater = inflater;
    this.#memory = memory;
    this.#jpeg = jpeg;
  }

  /** Null: an encoding that nobody asked for, whose bytes cannot be found. */
  get(encoding: number): RectangleDecoder | null {
    let decoder = this.#decoders.get(encoding) ?? null;
    if (!decoder) {
      decoder = this.#create(encoding);
      if (decoder) this.#decoders.set(encoding, decoder);
    }
    return decoder;
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free?.();
    this.#decoders.clear();
  }

  #create(encoding: number): RectangleDecoder | null {
    switch (encoding) {
      case ENCODING.raw:
        return new RawDecoder();
      case ENCODING.copyRect:
        return new CopyRectDecoder();
      case ENCODING.rre:
        return new RreDecoder();
      case ENCODING.hextile:
        return new HextileDecoder(this.#memory);
      case ENCODING.zlib:
        return new ZlibDecoder(this.#inflater);
      case ENCODING.tight:
        return new TightDecoder(this.#inflater, this.#jpeg);
      case ENCODING.trle:
        return new TrleDecoder(this.#memory);
      case ENCODING.zrle:
        return new ZrleDecoder(this.#inflater, this.#memory);
      default:
        return null;
    }
  }
}
