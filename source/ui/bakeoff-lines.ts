import { bitRate } from '../core/bit-rate.js';
import { type BakeoffReport, type BakeoffRow, BEST_TEXT, rowTexts } from '../session/bakeoff.js';
import { bytes, countText, ms, percent, rate, ratio, timeOfDay } from './format.js';
import type { RecordColumn } from './record-table.js';

/** The last column gets the rest of the width. */
export const BAKEOFF_COLUMNS: readonly RecordColumn[] = [
  { title: 'encoding', width: 10, align: 'end', rank: 0 },
  { title: 'compress', width: 8, align: 'start', rank: 1 },
  { title: 'quality', width: 7, align: 'start', rank: 2 },
  { title: 'ms', width: 5, align: 'start', rank: 4 },
  { title: 'bytes', width: 7, align: 'start', rank: 5 },
  { title: 'ratio', width: 7, align: 'start', rank: 7 },
  { title: 'fps', width: 6, align: 'start', rank: 3 },
  { title: 'limit', width: 7, align: 'end', rank: 6 },
  { title: '', width: 14, align: 'end', rank: 8 },
];

export function bakeoffCells(row: BakeoffRow): string[] {
  const { encoding, levels, qualities, marks } = rowTexts(row);
  return [
    encoding,
    levels,
    qualities,
    ms(row.ms),
    bytes(row.bytes),
    ratio(row.ratio),
    `${rate(row.fps)}${row.least ? '+' : ' '}`,
    row.limit,
    marks,
  ];
}

/** What a row is, whatever its figures become. */
export function rowKey({ choice: { encoding, level, jpeg } }: BakeoffRow): string {
  return `${encoding} ${level} ${jpeg?.quality} ${jpeg?.subsampling}`;
}

/** What was encoded, in a line. */
export function framesText({ frames }: BakeoffReport): string {
  if (!frames) return ' ';
  const pixels = `${countText(frames.pixels)} px`;
  const part = frames.part < 1 ? `, ${percent(frames.part * 100).trim()} of it tried` : '';
  if (frames.whole) return `Nothing has changed yet: the whole picture, ${pixels}${part}`;
  const [from, to] = [timeOfDay(frames.from), timeOfDay(frames.to)];
  if (frames.count === 1) return `The last frame, ${to}: ${pixels}${part}`;
  const when = from === to ? to : `${from} to ${to}`;
  return `Last ${frames.count} frames, ${when}, as the picture is now: ${pixels} each${part}`;
}

/** What the predictions go by, in a line. */
export function linkText({ link, viewer, fpsCap }: BakeoffReport): string {
  if (!link) return ' ';
  const cap = `cap ${fpsCap} fps`;
  const to = viewer ? ` to ${viewer.address}` : '';
  if (link.bytesPerSecond === null) return `The link${to} is unknown: fps by encoding alone, ${cap}`;
  const carries = bitRate(link.bytesPerSecond);
  if (link.by === 'told') return `fps for a link of ${carries}, ${cap}`;
  return `fps for the link${to}: ${link.least ? 'at least ' : ''}${carries}, ${cap}`;
}

/** What the marks mean. */
export function legendText(rows: readonly BakeoffRow[]): string {
  const least = rows.some(row => row.least) ? '   12+: at least 12' : '';
  return `${BEST_TEXT}${least}`;
}
