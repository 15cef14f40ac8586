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

/** In order of preference. Raw is last, since a server may always send it. */
const ENCODINGS = [copyRect, tight, cosine, zrle, zlib, trle, hextile, rre, raw] as const;

const BY_NUMBER: ReadonlyMap<number, Encoding> = new Map(ENCODINGS.map(each => [each.number, each]));

/** A supported encoding. */
export function encodingOf(number: number): Encoding | undefined {
  return BY_NUMBER.get(number);
}

/** The name that screens show, e.g. "Tight" for the name "tight" of flags and JSON. */
export function labelOf(name: string): string {
  return ENCODINGS.find(each => each.name === name)?.label ?? name;
}

/** The encodings that a viewer lists, in order of preference. */
export const READ_ENCODINGS: readonly number[] = ENCODINGS.filter(({ decode }) => decode).map(({ number }) => number);

/** Additional pseudo-encodings that a viewer lists for these encodings. */
export function readPseudoEncodings(): number[] {
  return ENCODINGS.flatMap((each: Encoding) => each.pseudoEncodings?.() ?? []);
}

type Written = Extract<(typeof ENCODINGS)[number], WrittenEncoding>;

/** The name of an encoding that can be encoded here. */
export type PixelEncoding = Written['name'];

/** The encodings that can be encoded here, in order of preference. */
export const WRITTEN_ENCODINGS: readonly WrittenEncoding<PixelEncoding>[] = ENCODINGS.filter(
  (each): each is Written => 'encode' in each,
);

/** The encodings with a rectangle type of their own, which a sharer may name and a viewer's list selects from. */
export const CHOSEN_ENCODINGS = WRITTEN_ENCODINGS.filter(({ instead }) => !instead);

/** The numbers that a viewer must list to be sent an encoding; Raw may always be sent. */
export function numbersToList(name: PixelEncoding): number[] {
  if (name === raw.name) return [];
  const { number, instead } = WRITTEN_ENCODINGS.find(each => each.name === name)!;
  return instead ? [instead.of.number, number] : [number];
}

/** One connection's decoders, created on first use. */
export class RectangleDecoders {
  readonly #parts: DecoderParts;
  readonly #decoders = new Map<number, RectangleDecoder>();

  constructor(inflater: DecoderParts['inflater'], memory: DecoderParts['memory'], jpeg: DecoderParts['jpeg']) {
    this.#parts = { inflater, memory, jpeg };
  }

  /** Null: an encoding that was not requested, whose length is unknown. */
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
