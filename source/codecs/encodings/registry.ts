import type { RectangleDecoder } from '../decode/rectangle-decoder.js';
import { copyRect } from './copy-rect.js';
import { cosine } from './cosine.js';
import type { DecoderParts, Encoding, WrittenEncoding } from './encoding.js';
import { hextile } from './hextile.js';
import { raw } from './raw.js';
import { rre } from './rre.js';
import { tight } from './tight.js';
import { trle } from './trle.js';
import { zlib } from './zlib.js';
import { zrle } from './zrle.js';

/** By how little they cost on the wire for what they show; Raw is what a server may always send. */
const ENCODINGS = [copyRect, tight, cosine, zrle, zlib, trle, hextile, rre, raw] as const;

const BY_NUMBER: ReadonlyMap<number, Encoding> = new Map(ENCODINGS.map(each => [each.number, each]));

/** An encoding that is known here. */
export function encodingOf(number: number): Encoding | undefined {
  return BY_NUMBER.get(number);
}

/** What a viewer lists, the one preferred first. */
export const READ_ENCODINGS: readonly number[] = ENCODINGS.filter(({ decode }) => decode).map(({ number }) => number);

/** What a viewer lists besides, so that encodings come as it reads them. */
export function readPseudoEncodings(): number[] {
  return ENCODINGS.flatMap((each: Encoding) => each.pseudoEncodings?.() ?? []);
}

type Written = Extract<(typeof ENCODINGS)[number], WrittenEncoding>;

/** An encoding that is written here, by its name. */
export type PixelEncoding = Written['name'];

/** Those that are written here, the one preferred first. */
export const WRITTEN_ENCODINGS: readonly WrittenEncoding<PixelEncoding>[] = ENCODINGS.filter(
  (each): each is Written => 'encode' in each,
);

/** Those that rectangles of their own number have: what a sharer may name, and a viewer's list chooses from. */
export const CHOSEN_ENCODINGS = WRITTEN_ENCODINGS.filter(({ instead }) => !instead);

/** What a viewer must list to be sent an encoding; Raw may always be sent. */
export function numbersToList(name: PixelEncoding): number[] {
  if (name === raw.name) return [];
  const { number, instead } = WRITTEN_ENCODINGS.find(each => each.name === name)!;
  return instead ? [instead.of.number, number] : [number];
}

/** One connection's decoders, made when their encoding is first met. */
export class RectangleDecoders {
  readonly #parts: DecoderParts;
  readonly #decoders = new Map<number, RectangleDecoder>();

  constructor(inflater: DecoderParts['inflater'], memory: DecoderParts['memory'], jpeg: DecoderParts['jpeg']) {
    this.#parts = { inflater, memory, jpeg };
  }

  /** Null: an encoding that nobody asked for, whose bytes cannot be found. */
  get(encoding: number): RectangleDecoder | null {
    let decoder = this.#decoders.get(encoding) ?? null;
    if (!decoder) {
      decoder = encodingOf(encoding)?.decode?.(this.#parts) ?? null;
      if (decoder) this.#decoders.set(encoding, decoder);
    }
    return decoder;
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free?.();
    this.#decoders.clear();
  }
}
