import { ageText } from './format.js';

/**
 * Graphs of the last values, from characters. A braille cell is two samples wide and four steps high; its dots are
 * numbered down each column (U+2800 + bits). Blocks are one sample wide and eight steps high.
 */
const LEFT_DOTS = [0x40, 0x04, 0x02, 0x01];
const RIGHT_DOTS = [0x80, 0x20, 0x10, 0x08];
const BLOCKS = ' ▁▂▃▄▅▆▇█';

export interface Scale {
  readonly least: number;
  readonly most: number;
}

const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The round number at or above a value, so that the scale moves rarely: 1, 1.2, 1.5, 2, ... times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find(each => each * power >= value * 0.999_999) ?? 10;
  return step * power;
}

/**
 * From zero to a round number above the largest value that is shown, and never below `floor`: noise looks like noise.
 */
export function scaleFor(values: readonly (number | null)[], floor = 1): Scale {
  let most = floor;
  for (const value of values) most = Math.max(most, value ?? 0);
  return { least: 0, most: roundUp(most) };
}

/** Steps out of `steps` for a value; whatever is above zero shows at least one. */
function height(value: number | null | undefined, scale: Scale, steps: number): number {
  if (value === undefined || value === null || value <= scale.least) return 0;
  const share = (value - scale.least) / (scale.most - scale.least);
  return Math.max(1, Math.min(steps, Math.round(share * steps)));
}

/** How many of the last samples fit into `columns`. */
export function samplesIn(columns: number, braille: boolean): number {
  return braille ? columns * 2 : columns;
}

/** `rows` lines of `columns` characters, the newest value at the right. */
export function graph(
  values: readonly (number | null)[],
  scale: Scale,
  size: { readonly columns: number; readonly rows: number; readonly braille: boolean },
): string[] {
  const { columns, rows, braille } = size;
  const samples = samplesIn(columns, braille);
  const shown = values.slice(-samples);
  const empty = samples - shown.length;
  const stepsPerRow = braille ? 4 : 8;
  const heights = Array.from({ length: samples }, (_, index) =>
    height(shown[index - empty], scale, rows * stepsPerRow),
  );
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * stepsPerRow;
    let line = '';
    for (let column = 0; column < columns; column++) {
      line += braille
        ? brailleCell(heights[column * 2]! - below, heights[column * 2 + 1]! - below)
        : BLOCKS[Math.max(0, Math.min(8, heights[column]! - below))];
    }
    return line;
  });
}

function brailleCell(left: number, right: number): string {
  let bits = 0;
  for (let step = 0; step < 4; step++) {
    if (left > step) bits |= LEFT_DOTS[step]!;
    if (right > step) bits |= RIGHT_DOTS[step]!;
  }
  return bits === 0 ? ' ' : String.fromCodePoint(0x2800 + bits);
}

/** A bar of `columns`, its filled part to an eighth of a column: "████▌   ". */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * columns * 8);
  const whole = Math.floor(eighths / 8);
  const part = ' ▏▎▍▌▋▊▉'[eighths % 8]!;
  return ('█'.repeat(whole) + (eighths % 8 === 0 ? '' : part)).padEnd(columns);
}

/** Between the labels of an axis at least so much of its line is seen. */
const MIN_LINE = 3;

/**
 * The time below a graph of the same samples, as a line with labels: "─ 40 s ago ───── 20 s ───── now". Samples need
 * not be evenly spaced: each label has the age of the values above it.
 * @param times of the samples, Unix ms, the newest last @param ending what stands for the newest
 */
export function timeAxis(
  times: readonly number[],
  size: { readonly columns: number; readonly braille: boolean },
  ending: string,
): string {
  const { columns, braille } = size;
  const perColumn = samplesIn(1, braille);
  const shown = times.slice(-samplesIn(columns, braille));
  const newest = shown.at(-1);
  const last = ending === '' ? '' : ` ${ending} `;
  if (newest === undefined || columns < last.length) return '─'.repeat(columns);
  const start = columns - Math.ceil(shown.length / perColumn);
  const end = columns - last.length;
  let line = '─'.repeat(Math.min(start, end));
  const label = (at: number, suffix: string): void => {
    const sample = shown[Math.max(0, shown.length - (columns - at) * perColumn)] ?? newest;
    const text = ` ${ageText(newest - sample)}${suffix} `;
    if (at + text.length + MIN_LINE <= end) line = line.padEnd(at, '─') + text;
  };
  label(start, ' ago');
  const middle = Math.round((start + end) / 2);
  if (middle - line.length >= MIN_LINE) label(middle, '');
  return line.padEnd(end, '─') + last;
}
