import { bitRate } from '../core/bit-rate.js';
import { type BakeoffReport, type BakeoffRow, BEST_TEXT, rowTexts } from '../session/bakeoff.js';

const TITLES = ['encoding', 'compression', 'quality', 'ms', 'bytes', 'ratio', 'fps', 'limit', ''] as const;
/** All other columns are right-aligned figures. */
const WORDS: ReadonlySet<string> = new Set(['encoding', 'limit', '']);

function cells(row: BakeoffRow): string[] {
  const { ms, bytes, ratio, fps } = row;
  const { encoding, levels, qualities, marks } = rowTexts(row);
  return [
    encoding,
    levels,
    qualities,
    ms.toFixed(2),
    bytes.toFixed(0),
    ratio.toFixed(1),
    fps.toFixed(1),
    row.limit,
    marks,
  ];
}

function framesLine({ frames }: BakeoffReport): string {
  if (!frames) return '';
  const what = frames.whole
    ? 'nothing changed: the whole picture'
    : `the last ${frames.count === 1 ? 'frame' : `${frames.count} frames, as the picture is now`}`;
  const part = frames.part < 1 ? `, ${(frames.part * 100).toFixed(0)} % of it tried` : '';
  return `${what}, ${frames.pixels.toFixed(0)} pixels${frames.count > 1 ? ' each' : ''}${part}`;
}

function linkLine({ link, fpsCap }: BakeoffReport): string {
  const rate = link?.bytesPerSecond ?? null;
  const by = rate === null ? 'by encoding time alone' : `for a link of ${bitRate(rate)}`;
  return `fps ${by}, cap ${fpsCap}`;
}

/** The output of `peerglass bakeoff`. */
export function bakeoffText(report: BakeoffReport): string {
  const table = [[...TITLES], ...report.rows.map(cells)];
  const widths = TITLES.map((_, column) => Math.max(...table.map(line => line[column]!.length)));
  const lines = table.map(line =>
    line
      .map((cell, column) => {
        const width = widths[column]!;
        return WORDS.has(TITLES[column]!) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${[framesLine(report), linkLine(report), '', ...lines, '', BEST_TEXT].join('\n')}\n`;
}
