import type { RectangleDecoder } from '../decode/rectangle-decoder.js';
import { copyRect } from './copy-rect.js';
import { cosine } from './cosine.js';
import { echo } from './echo.js';
import type { DecoderParts, Encoding, WrittenEncoding } from './encoding.js';
import { h264 } from './h264.js';
import { hextile } from './hextile.js';
import { raw } from './raw.js';
import { rre } from './rre.js';
import { tight } from './tight.js';
import { trle } from './trle.js';
import { zlib } from './zlib.js';
import { zrle } from './zrle.js';

/**
 * In order of preference. Raw is last, since a server may always send it. Before it comes H.264, which is not exact: a
 * server that goes by the order takes another, and peerglass takes it for films alone.
 */
const ENCODINGS = [copyRect, tight, cosine, echo, zrle, zlib, trle, hextile, rre, h264, raw] as const;

const BY_NUMBER: ReadonlyMap<number, Encoding> = new Map(ENCODINGS.map(each => [each.number, each]));

/** A supported encoding. */
export function encodingOf(number: number): Encoding | undefined {
  return BY_NUMBER.get(number);
}

/** The name that screens show, e.g. "Tight" for the name "tight" of flags and JSON. */
export function labelOf(name: string): string {
  return ENCODINGS.find(each => each.name === name)?.label ?? name;
}

/** The encodings that a viewer lists, in order of preference; H.264 where it finds a decoder. */
export const READ_ENCODINGS: readonly number[] = ENCODINGS.filter(({ decode }) => decode).map(({ number }) => number);

/** The encodings and pseudo-encodings to list, of these. @param video whether H.264 can be decoded */
export function listedEncodings(numbers: readonly number[], video: boolean): number[] {
  const usable = (each: { readonly number: number }) => video || each.number !== h264.number;
  return [
    ...numbers.filter(number => usable({ number })),
    ...ENCODINGS.filter(usable).flatMap((each: Encoding) => each.pseudoEncodings?.() ?? []),
  ];
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

  constructor(parts: DecoderParts) {
    this.#parts = parts;
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

  /** Paints what decoders have put off. */
  finish(): void {
    for (const decoder of this.#decoders.values()) decoder.finish?.();
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free?.();
    this.#decoders.clear();
  }
}
