import { labelOf, type PixelEncoding } from '../codecs/encodings/registry.js';
import type { JpegQuality } from '../codecs/jpeg/jpeg-library.js';

/** A way to encode what a viewer is sent. The classic protocol only offers the level. */
export interface EncodingChoice {
  readonly encoding: PixelEncoding;
  /** Compression level, 0-9; null: an encoding without deflate. */
  readonly level: number | null;
  /** Null: lossless. */
  readonly jpeg: JpegQuality | null;
}

/** `tight-jpeg` is what counts and bake-offs call Tight with JPEG rectangles. */
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

/** What a viewer is sent, and whether the sharer chose that for it. */
export interface SentAs extends EncodingChoice {
  readonly chosen: boolean;
}

/** What keeps a predicted frame rate from being higher. */
export type PredictedLimit = 'cap' | 'capture' | 'encode' | 'link';

/** From one value to another, both included. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** What the last frames come to in one encoding. */
export interface BakeoffRow {
  readonly choice: EncodingChoice;
  /** The levels that come to the same; null where nothing is deflated. */
  readonly levels: Span | null;
  /** The qualities that come to the same; null where nothing is lost. */
  readonly qualities: Span | null;
  /** Means of a frame: milliseconds of encoding, and bytes on the wire. */
  readonly ms: number;
  readonly bytes: number;
  /** Raw RGB bytes / bytes. */
  readonly ratio: number;
  readonly fps: number;
  readonly limit: PredictedLimit;
  /** The prediction is a least: the link may carry more than it was seen to. */
  readonly least: boolean;
  readonly present: boolean;
  readonly best: boolean;
}

/** "2-3": the levels that come to the same; empty where nothing is deflated. */
export function levelsText({ levels }: Pick<BakeoffRow, 'levels'>): string {
  return spanText(levels);
}

/** "75", "20-92": the qualities that come to the same; empty where nothing is lost. */
export function qualitiesText({ qualities }: Pick<BakeoffRow, 'qualities'>): string {
  return spanText(qualities);
}

function spanText(span: Span | null): string {
  if (span === null) return '';
  return span.least === span.most ? `${span.least}` : `${span.least}-${span.most}`;
}

/** What `best` means. */
export const BEST_TEXT = 'best: fewest bytes within 5 % of top fps, lossless first';

/** Whether a row stands for a choice: it is folded with others that come to the same. */
export function standsFor(row: Pick<BakeoffRow, 'choice' | 'levels' | 'qualities'>, choice: EncodingChoice): boolean {
  const within = (span: Span | null, value: number | null): boolean =>
    span === null || value === null ? span === value : value >= span.least && value <= span.most;
  return (
    encodingText(row.choice) === encodingText(choice) &&
    within(row.levels, choice.level) &&
    within(row.qualities, choice.jpeg?.quality ?? null)
  );
}

/** What is to be known of a row at a glance, e.g. "best lossy". */
export function marksText({ best, present, choice }: Pick<BakeoffRow, 'best' | 'present' | 'choice'>): string {
  return [best && 'best', present && 'now', choice.jpeg && 'lossy'].filter(Boolean).join(' ');
}

/** What was encoded. */
export interface BakeoffFrames {
  /** How many frames; 1 when it is the whole picture because nothing has changed yet. */
  readonly count: number;
  readonly whole: boolean;
  /** Mean pixels of a frame. */
  readonly pixels: number;
  /** When the first and the last of them were captured, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Which part of it was encoded, 0 to 1, where all would take too long. */
  readonly part: number;
}

/** What the predictions go by. */
export interface BakeoffLink {
  /** Null: unknown, they are by encoding alone. */
  readonly bytesPerSecond: number | null;
  readonly least: boolean;
  /** `told`: by the person, else as it was seen. */
  readonly by: 'told' | 'seen';
}

/** A bake-off as it stands: every encoding that a viewer can take, tried on the last frames. */
export interface BakeoffReport {
  readonly state: 'running' | 'done' | 'failed';
  /** Why there is nothing, or nothing more, in one line. */
  readonly problem: string | null;
  /** Null when there is none. */
  readonly viewer: { readonly id: number; readonly address: string; readonly wire: 'classic' | 'rfb' } | null;
  readonly frames: BakeoffFrames | null;
  readonly link: BakeoffLink | null;
  readonly fpsCap: number;
  /** How many are tried in all, and how many of them are done. */
  readonly total: number;
  readonly tried: number;
  /** The best first, then by rate; those of one encoder that come to the same are one row. */
  readonly rows: readonly BakeoffRow[];
}
