import { qualityOfLevel, qualityOfPercent } from '../../../codecs/encode/levels.js';
import { numbersToList, type PixelEncoding } from '../../../codecs/encodings/registry.js';
import type { JpegQuality, Subsampling } from '../../../codecs/jpeg/jpeg-library.js';
import {
  ENCODING,
  LEVEL_ENCODINGS,
  MAX_RATE_UNIT,
  PSEUDO_ENCODING,
  SUBSAMPLING_ENCODING,
} from '../../../protocols/rfb/constants.js';

/** A viewer's capabilities, from its list of encodings. */
export interface ClientCapabilities {
  /** In the viewer's order, pseudo-encodings included. */
  readonly encodings: readonly number[];
  readonly copyRect: boolean;
  readonly cursor: boolean;
  readonly cursorWithAlpha: boolean;
  readonly pointerPos: boolean;
  /** It draws the sharer's pointer, wherever it is. */
  readonly drawsShape: boolean;
  /** At its position, too: it need not be painted into the picture. */
  readonly drawsPointer: boolean;
  readonly desktopSize: boolean;
  readonly extendedDesktopSize: boolean;
  readonly desktopName: boolean;
  /** An update may begin before the number of its rectangles is known. */
  readonly lastRect: boolean;
  readonly fence: boolean;
  readonly continuousUpdates: boolean;
  /** The requested deflate level. */
  readonly level: number | null;
  /** Share Status, which uses fences: the viewer must support those too. */
  readonly shareStatus: boolean;
  /** What it wants to be sent at most, in bytes a second; null: it does not say. */
  readonly maxRate: number | null;
  /** The requested JPEG quality; null: no JPEG. */
  readonly quality: JpegQuality | null;
}

const SUBSAMPLINGS: ReadonlyMap<number, Subsampling> = new Map([
  [SUBSAMPLING_ENCODING['1x'], '4:4:4'],
  [SUBSAMPLING_ENCODING['2x'], '4:2:2'],
  [SUBSAMPLING_ENCODING['4x'], '4:2:0'],
  [SUBSAMPLING_ENCODING['8x'], '4:2:0'],
  [SUBSAMPLING_ENCODING['16x'], '4:2:0'],
  [SUBSAMPLING_ENCODING.grey, 'grey'],
]);

export function capabilitiesOf(encodings: readonly number[]): ClientCapabilities {
  const listed = new Set(encodings);
  const has = (encoding: number) => listed.has(encoding);
  const drawsShape = has(PSEUDO_ENCODING.cursor) || has(PSEUDO_ENCODING.cursorWithAlpha);
  return {
    encodings,
    copyRect: has(ENCODING.copyRect),
    cursor: has(PSEUDO_ENCODING.cursor),
    cursorWithAlpha: has(PSEUDO_ENCODING.cursorWithAlpha),
    pointerPos: has(PSEUDO_ENCODING.pointerPos),
    drawsShape,
    drawsPointer: drawsShape && has(PSEUDO_ENCODING.pointerPos),
    desktopSize: has(PSEUDO_ENCODING.desktopSize),
    extendedDesktopSize: has(PSEUDO_ENCODING.extendedDesktopSize),
    desktopName: has(PSEUDO_ENCODING.desktopName),
    lastRect: has(PSEUDO_ENCODING.lastRect),
    fence: has(PSEUDO_ENCODING.fence),
    continuousUpdates: has(PSEUDO_ENCODING.continuousUpdates),
    level: levelIn(encodings, LEVEL_ENCODINGS.compression),
    shareStatus: has(PSEUDO_ENCODING.shareStatus) && has(PSEUDO_ENCODING.fence),
    maxRate: maxRateIn(encodings),
    quality: qualityIn(encodings),
  };
}

/** Whether the viewer supports an encoding; Raw may always be sent. */
export function canTake({ encodings }: ClientCapabilities, encoding: PixelEncoding): boolean {
  return numbersToList(encoding).every(number => encodings.includes(number));
}

/** The fine quality takes precedence over the coarse one, as viewers that send both intend. */
function qualityIn(encodings: readonly number[]): JpegQuality | null {
  const fine = levelIn(encodings, LEVEL_ENCODINGS.fineQuality);
  const coarse = levelIn(encodings, LEVEL_ENCODINGS.quality);
  if (fine === null && coarse === null) return null;
  const quality = fine === null ? qualityOfLevel(coarse!) : qualityOfPercent(fine);
  const asked = encodings.find(encoding => SUBSAMPLINGS.has(encoding));
  if (asked !== undefined) return { ...quality, subsampling: SUBSAMPLINGS.get(asked)!, subsamplingRequested: true };
  return quality;
}

function maxRateIn(encodings: readonly number[]): number | null {
  const units = levelIn(encodings, LEVEL_ENCODINGS.maxRate);
  return units === null ? null : units * MAX_RATE_UNIT;
}

function levelIn(
  encodings: readonly number[],
  { base, least, most }: { readonly base: number; readonly least: number; readonly most: number },
): number | null {
  const found = encodings.find(encoding => encoding - base >= least && encoding - base <= most);
  return found === undefined ? null : found - base;
}
