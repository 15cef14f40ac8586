import { type BakeoffRow, encodingText } from '../../bakeoff.js';

/** A finished candidate; which one is best is not known yet. */
export type Result = Omit<BakeoffRow, 'best'>;

/** Sizes that differ by less count as the same, and so do rates that are displayed the same. */
const SAME_BYTES = 0.01;

/**
 * Merges rows of one encoder with the same result: adjacent levels first, then qualities. The merged row shows the
 * present choice if it contains it, else the highest quality, else the fastest: what would be used if it were chosen.
 */
export function foldRows(results: readonly Result[]): Result[] {
  const byLevel = [...results].sort((a, b) => (a.levels?.least ?? 0) - (b.levels?.least ?? 0));
  const levels = folded(byLevel, sameLine);
  const byQuality = levels.sort((a, b) => (a.qualities?.least ?? 0) - (b.qualities?.least ?? 0));
  return folded(byQuality, sameButQuality);
}

function folded(rows: readonly Result[], mayJoin: (row: Result, next: Result) => boolean): Result[] {
  const done: Result[] = [];
  for (const row of rows) {
    const index = done.findIndex(each => mayJoin(each, row) && sameResult(each, row));
    if (index < 0) done.push(row);
    else done[index] = joined(done[index]!, row);
  }
  return done;
}

/** The same encoder and quality, and adjacent levels. */
function sameLine(row: Result, next: Result): boolean {
  if (encodingText(row.choice) !== encodingText(next.choice) || row.levels === null || next.levels === null)
    return false;
  return row.choice.jpeg?.quality === next.choice.jpeg?.quality && row.levels.most + 1 === next.levels.least;
}

/** The same encoder and levels: these frames have no lossy content. */
function sameButQuality(row: Result, next: Result): boolean {
  if (encodingText(row.choice) !== encodingText(next.choice) || row.qualities === null) return false;
  return row.levels?.least === next.levels?.least && row.levels?.most === next.levels?.most;
}

function sameResult(a: Result, b: Result): boolean {
  const close = Math.abs(a.bytes - b.bytes) <= Math.min(a.bytes, b.bytes) * SAME_BYTES;
  return close && Math.round(a.fps * 10) === Math.round(b.fps * 10) && a.limit === b.limit;
}

function joined(a: Result, b: Result): Result {
  return { ...preferred(a, b), levels: span(a.levels, b.levels), qualities: span(a.qualities, b.qualities) };
}

function preferred(a: Result, b: Result): Result {
  if (a.present !== b.present) return a.present ? a : b;
  const [qa, qb] = [a.choice.jpeg?.quality ?? 0, b.choice.jpeg?.quality ?? 0];
  if (qa !== qb) return qa > qb ? a : b;
  return a.ms <= b.ms ? a : b;
}

function span(a: Result['levels'], b: Result['levels']): Result['levels'] {
  if (a === null || b === null) return a ?? b;
  return { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) };
}
