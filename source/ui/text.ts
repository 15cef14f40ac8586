import stringWidth from 'string-width';
import { wrapText } from '../core/plain-text.js';

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

const STYLES = /\u001b\[[\d;]*m/g;
/** Characters that are always one column wide: ASCII, Latin, arrows, boxes, blocks, braille. */
const NARROW =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\u2039\u203a\u2190-\u2193\u2500-\u259f\u25b8\u25c8\u25cb\u25cf\u2800-\u28ff]*$/;

/** Columns that a text takes in a terminal; its styles take none. */
export function widthOf(text: string): number {
  const plain = text.includes('\u001b') ? text.replace(STYLES, '') : text;
  // Nearly every text here is of this kind, and segmenting it costs more than all the rest of drawing it.
  return NARROW.test(plain) ? plain.length : stringWidth(plain);
}

/** The graphemes of a text, over which the cursor steps as one. */
export function graphemes(text: string): string[] {
  return Array.from(segments.segment(text), each => each.segment);
}

/** Cuts a text to `width` columns, with an ellipsis where something was cut. Never splits a wide character. */
export function truncate(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const columns = widthOf(grapheme);
    if (used + columns > width - 1) break;
    cut += grapheme;
    used += columns;
  }
  return `${cut}…`;
}

/** Exactly `width` columns: cut with an ellipsis, or filled with spaces on the right (`end`) or left (`start`). */
export function padTo(text: string, width: number, align: 'end' | 'start' = 'end'): string {
  const cut = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'end' ? cut + space : space + cut;
}

/** Breaks a text into lines of at most `width` columns, between words where that is possible. */
export function wrap(text: string, width: number): string[] {
  return wrapText(text, width, { widthOf, partsOf: graphemes });
}

/** The same, with all lines indented as the first. */
export function wrapIndented(text: string, width: number): string[] {
  const indent = /^ */.exec(text)![0];
  return wrap(text.slice(indent.length), Math.max(1, width - indent.length)).map(line => indent + line);
}
