import type { Thumbnail } from '../session/messages.js';
import { nearest256 } from './palette.js';
import { padTo, widthOf, wrap } from './text.js';
import type { Theme } from './theme.js';

const ESCAPE = '\u001b';
/** From dark to bright, for terminals without enough colours. */
const GREYS = ' .:-=+*#%@';
/** Of a banner's first line, where there is room. */
const BANNER_ROW = 1;

/**
 * A picture as lines of cells, two pixels above each other in a cell (the upper half block's colour and the ground's),
 * or as greys of characters, its banner over it. Each line is `columns` wide; rows of pixels come in pairs.
 */
export function halfBlocks(picture: Thumbnail, mode: Theme['pictures']): string[] {
  const { columns, rows, rgb } = picture;
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 2) {
    let line = '';
    let before = '';
    for (let column = 0; column < columns; column++) {
      const upper = (row * columns + column) * 3;
      const lower = row + 1 < rows ? upper + columns * 3 : upper;
      const [r1, g1, b1] = [rgb[upper] ?? 0, rgb[upper + 1] ?? 0, rgb[upper + 2] ?? 0];
      const [r2, g2, b2] = [rgb[lower] ?? 0, rgb[lower + 1] ?? 0, rgb[lower + 2] ?? 0];
      if (mode === 'characters') {
        const luma = (0.299 * (r1 + r2) + 0.587 * (g1 + g2) + 0.114 * (b1 + b2)) / 2;
        line += GREYS[Math.min(9, Math.floor((luma / 256) * 10))];
        continue;
      }
      const colours =
        mode === 'true'
          ? `${ESCAPE}[38;2;${r1};${g1};${b1};48;2;${r2};${g2};${b2}m`
          : `${ESCAPE}[38;5;${nearest256(r1, g1, b1)};48;5;${nearest256(r2, g2, b2)}m`;
      line += colours === before ? '▀' : `${colours}▀`;
      before = colours;
    }
    lines.push(line);
  }
  const words = picture.banner ? wrap(picture.banner, Math.max(1, columns - 2)) : [];
  const top = Math.min(BANNER_ROW, Math.max(0, lines.length - words.length));
  for (const [row, text] of words.slice(0, lines.length).entries()) lines[top + row] = bannerLine(text, columns);
  return lines;
}

/** Bold, in the terminal's own colours exchanged: as legible as the rest of the terminal, on any picture. */
function bannerLine(text: string, columns: number): string {
  const left = Math.max(0, Math.floor((columns - widthOf(text)) / 2));
  return `${ESCAPE}[0;1;7m${padTo(' '.repeat(left) + text, columns)}${ESCAPE}[0m`;
}

/** The largest picture of an aspect (width / height) within cells; a cell is two pixels high. In pixels. */
export function pictureSize(
  cells: { readonly columns: number; readonly rows: number },
  aspect: number,
): { readonly columns: number; readonly rows: number } {
  const high = cells.rows * 2;
  const columns = Math.max(1, Math.min(cells.columns, Math.round(high * aspect)));
  const rows = Math.max(2, Math.min(high, Math.round(columns / aspect / 2) * 2));
  return { columns, rows };
}
