import { labelOf, type PixelEncoding } from '../codecs/encodings/registry.js';
import type { JpegQuality } from '../codecs/jpeg/jpeg-library.js';

/** An encoding with its settings. The classic protocol has only the level. */
export interface EncodingChoice {
  readonly encoding: PixelEncoding;
  /** Compression level, 0-9; null: an encoding without deflate. */
  readonly level: number | null;
  /** Null: lossless. */
  readonly jpeg: JpegQuality | null;
}

/** Counts and bake-offs call Tight with JPEG rectangles `tight-jpeg`. */
function nameOf(name: string): string {
  return name === 'tight-jpeg' ? 'Tight+JPEG' : labelOf(name);
}

/** The name of a choice without its level and quality: "Tight+JPEG", "Cosine". */
export function encodingText({ encoding, jpeg }: EncodingChoice): string {
  return nameOf(jpeg && encoding === 'tight' ? 'tight-jpeg' : encoding);
}

/** Rectangles by encoding, the most frequent first, under the names that screens show. */
export function byEncoding(counts: Readonly<Record<string, number>>): (readonly [label: string, count: number])[] {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => [nameOf(name), count] as const);
}

/** "Tight+JPEG, compression level 2, quality 75". */
export function choiceText(choice: EncodingChoice): string {
  const level = choice.level === null ? '' : `, compression level ${choice.level}`;
  return `${encodingText(choice)}${level}${choice.jpeg ? `, quality ${choice.jpeg.quality}` : ''}`;
}

/** A viewer's encoding, and whether the sharer chose it. */
export interface SentAs extends EncodingChoice {
  readonly chosen: boolean;
}

/** The limit of a predicted frame rate. */
export type PredictedLimit = 'cap' | 'capture' | 'encode' | 'link';

/** From one value to another, both included. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** The result of one encoding for the last frames. */
export interface BakeoffRow {
  readonly choice: EncodingChoice;
  /** Levels with the same result; null: an encoding without deflate. */
  readonly levels: Span | null;
  /** Qualities with the same result; null: lossless. */
  readonly qualities: Span | null;
  /** Means of a frame: encoding time in ms, and encoded bytes. */
  readonly ms: number;
  readonly bytes: number;
  /** Raw RGB bytes / bytes. */
  readonly ratio: number;
  readonly fps: number;
  readonly limit: PredictedLimit;
  /** The prediction is a lower bound: the link was never saturated. */
  readonly least: boolean;
  readonly present: boolean;
  readonly best: boolean;
}

function spanText(span: Span | null): string {
  if (span === null) return '';
  return span.least === span.most ? `${span.least}` : `${span.least}-${span.most}`;
}

/** The meaning of `best`. */
export const BEST_TEXT = 'best: fewest bytes within 5 % of top fps, lossless first';

/** Whether a row includes a choice. Choices with the same result share a row. */
export function standsFor(row: Pick<BakeoffRow, 'choice' | 'levels' | 'qualities'>, choice: EncodingChoice): boolean {
  const within = (span: Span | null, value: number | null): boolean =>
    span === null || value === null ? span === value : value >= span.least && value <= span.most;
  return (
    encodingText(row.choice) === encodingText(choice) &&
    within(row.levels, choice.level) &&
    within(row.qualities, choice.jpeg?.quality ?? null)
  );
}

/** The words of a row, as tables show them. */
export function rowTexts({ choice, levels, qualities, best, present }: BakeoffRow) {
  return {
    encoding: encodingText(choice),
    /** "6", "1-3": levels with the same result; empty: an encoding without deflate. */
    levels: spanText(levels),
    /** "75", "20-92": qualities with the same result; empty: lossless. */
    qualities: spanText(qualities),
    marks: [best && 'best', present && 'now', choice.jpeg && 'lossy'].filter(Boolean).join(' '),
  };
}

/** The encoded frames. */
export interface BakeoffFrames {
  /** Number of frames; 1: the whole picture, because nothing has changed yet. */
  readonly count: number;
  readonly whole: boolean;
  /** Mean pixels of a frame. */
  readonly pixels: number;
  /** When the first and the last one were captured, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** The part that was encoded, 0 to 1; below 1 where everything would take too long. */
  readonly part: number;
}

/** The link that predictions are made for. */
export interface BakeoffLink {
  /** Null: unknown. Predictions then use the encoding time only. */
  readonly bytesPerSecond: number | null;
  readonly least: boolean;
  /** `told`: given by the user; else measured. */
  readonly by: 'told' | 'seen';
}

/** The progress of a bake-off: every encoding that a viewer supports, tried on the last frames. */
export interface BakeoffReport {
  readonly state: 'running' | 'done' | 'failed';
  /** Why there are no results, or no more, in one line. */
  readonly problem: string | null;
  /** Null when there is none. */
  readonly viewer: { readonly id: number; readonly address: string; readonly wire: 'classic' | 'rfb' } | null;
  readonly frames: BakeoffFrames | null;
  readonly link: BakeoffLink | null;
  readonly fpsCap: number;
  /** Trials in all, and finished ones. */
  readonly total: number;
  readonly tried: number;
  /** The best first, then by rate. Choices of one encoder with the same result share a row. */
  readonly rows: readonly BakeoffRow[];
}
