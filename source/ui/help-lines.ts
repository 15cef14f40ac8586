import { wrap } from './text.js';

/** One line of a help page: the key stands in the first line of its text only. */
export interface HelpLine {
  readonly keys: string;
  readonly text: string;
}

export interface HelpTable {
  /** Columns of the page, each the lines of its entries. */
  readonly columns: readonly (readonly HelpLine[])[];
  /** Cells of a column, and of its keys. */
  readonly width: number;
  readonly keyWidth: number;
  /** Lines of the longest column: with more than there are rows the page scrolls. */
  readonly lines: number;
}

interface Entry {
  readonly shown: string;
  readonly help: string;
}

export const HELP_GAP = 3;
/** Between the keys and the text. */
export const HELP_KEY_GAP = 2;
/** Narrower texts are broken too often to be read. */
const MIN_TEXT = 28;
const MAX_COLUMNS = 4;

/** Puts entries into as few columns as fit into the rows, their texts broken where they must be; nothing is cut. */
export function helpTable(entries: readonly Entry[], columns: number, rows: number): HelpTable {
  const keyWidth = Math.max(...entries.map(({ shown }) => shown.length));
  let best = tableOf(entries, 1, columns, keyWidth);
  for (let count = 2; count <= MAX_COLUMNS && best.lines > rows; count++) {
    const width = Math.floor((columns - HELP_GAP * (count - 1)) / count);
    if (width - keyWidth - HELP_KEY_GAP < MIN_TEXT) break;
    const table = tableOf(entries, count, width, keyWidth);
    if (table.lines < best.lines) best = table;
  }
  return best;
}

function tableOf(entries: readonly Entry[], count: number, width: number, keyWidth: number): HelpTable {
  const blocks = entries.map(({ shown, help }) =>
    wrap(help, Math.max(1, width - keyWidth - HELP_KEY_GAP)).map((text, index) => ({
      keys: index === 0 ? shown : '',
      text,
    })),
  );
  // The least height at which the blocks, whole and in order, fill no more than `count` columns.
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  for (let height = Math.ceil(total / count); ; height++) {
    const columns = flow(blocks, height);
    if (columns.length > count) continue;
    return { columns, width, keyWidth, lines: Math.max(...columns.map(column => column.length)) };
  }
}

function flow(blocks: readonly (readonly HelpLine[])[], height: number): HelpLine[][] {
  const columns: HelpLine[][] = [[]];
  for (const block of blocks) {
    const last = columns.at(-1)!;
    if (last.length > 0 && last.length + block.length > height) columns.push([...block]);
    else last.push(...block);
  }
  return columns;
}
