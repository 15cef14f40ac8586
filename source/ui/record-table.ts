import { padTo, truncate, widthOf } from './text.js';

/** A line of a list of packets or messages. */
export interface RecordLine {
  /** Counts up. */
  readonly number: number;
  readonly cells: readonly string[];
}

export interface RecordColumn {
  readonly title: string;
  /** The last column gets the rest of the width; this much before the others get any. */
  readonly width: number;
  readonly align: 'start' | 'end';
  /** Lower stays longer in a narrow terminal. */
  readonly rank: number;
  /** What of a cell of the last column is shown though what stands before it does not fit. */
  readonly keeps?: RegExp;
}

const GAP = 1;

/** The columns, no wider than their content. @param widest cells of each column so far; updated here */
export function fittedColumns(
  columns: readonly RecordColumn[],
  lines: readonly RecordLine[],
  widest: number[],
): RecordColumn[] {
  return columns.map((column, index) => {
    const known = widest[index] ?? widthOf(column.title);
    widest[index] = lines.reduce((most, { cells }) => Math.max(most, widthOf(cells[index] ?? '')), known);
    return { ...column, width: Math.min(column.width, widest[index]) };
  });
}

/** The columns that fit, the last one with at least `least` columns left. */
export function columnsThatFit(columns: readonly RecordColumn[], width: number, least: number): number[] {
  const last = columns.length - 1;
  const kept = new Set([last]);
  let used = least;
  const byRank = columns.map((column, index) => ({ ...column, index })).sort((a, b) => a.rank - b.rank);
  for (const column of byRank) {
    if (column.index === last || used + column.width + GAP > width) continue;
    kept.add(column.index);
    used += column.width + GAP;
  }
  return [...kept].sort((a, b) => a - b);
}

/** A line as shown. @param shift columns of the last cell that are scrolled out to the left */
export function lineText(
  cells: readonly string[],
  columns: readonly RecordColumn[],
  shown: readonly number[],
  width: number,
  shift: number,
): string {
  const last = columns.length - 1;
  const before = shown
    .filter(index => index !== last)
    .map(index => padTo(cells[index] ?? '', columns[index]!.width, columns[index]!.align))
    .join(' ');
  const cell = cells[last] ?? '';
  const room = before === '' ? width : Math.max(0, width - widthOf(before) - GAP);
  const text = shift === 0 ? keeping(cell, room, columns[last]!.keeps) : cell.slice(shift);
  return before === '' ? text : `${before} ${padTo(text, room)}`;
}

/** A text that is too long, with an ellipsis in place of what stands before a part that must be seen. */
function keeping(text: string, width: number, part: RegExp | undefined): string {
  const found = part?.exec(text);
  if (!found || widthOf(text) <= width || widthOf(text.slice(0, found.index + found[0].length)) < width) return text;
  const before = width - widthOf(found[0]) - 1;
  return before > 0 ? `${truncate(text.slice(0, found.index), before)} ${found[0]}` : text;
}

/** By line: lines never change. */
const texts = new WeakMap<RecordLine, string>();

/** Whether any of its cells holds the text, whatever the case. */
export function matches(line: RecordLine, filter: string): boolean {
  if (filter === '') return true;
  let text = texts.get(line);
  if (text === undefined) {
    text = `${line.number} ${line.cells.join(' ')}`.toLowerCase();
    texts.set(line, text);
  }
  return text.includes(filter.toLowerCase());
}

/** The line with that number, or the nearest one before it, in lines that count up; -1: none. */
export function indexOf(lines: readonly RecordLine[], number: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.number <= number) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
