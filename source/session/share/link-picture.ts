import { encode } from 'uqr';
import { GLYPH, inkOf } from '../../display/banner-font.js';
import type { GreyPicture } from '../picture-file.js';

/** As a projector shows it; a QR code's modules and the letters' pixels are whole multiples of its pixels. */
const SIZE = { width: 1920, height: 1080 } as const;
const MARGIN = 60;
/** In modules: what readers expect around a code (ISO 18004). */
const QUIET_ZONE = 4;
const MOST_TIMES = 8;
const WHITE = 0xff;
const FULL_INK = 15;

/** The link of the page for a projector or a sheet of paper: its QR code, the link itself, and the code below. */
export function linkPicture(link: string, code: string | null): GreyPicture {
  const { width, height } = SIZE;
  const pixels = Buffer.alloc(width * height, WHITE);
  const picture = { width, height, pixels };
  const texts = [link, ...(code === null ? [] : [`code ${code}`])];
  const longest = Math.max(...texts.map(text => [...text].length));
  const times = Math.max(1, Math.min(MOST_TIMES, Math.floor((width - 2 * MARGIN) / (longest * GLYPH.width))));
  const line = GLYPH.height * times;
  const { data, size } = encode(link, { border: QUIET_ZONE });
  const module = Math.max(1, Math.floor((height - MARGIN - texts.length * line) / size));
  const left = Math.floor((width - module * size) / 2);
  for (const [row, modules] of data.entries()) {
    for (const [column, dark] of modules.entries()) {
      if (dark) fill(picture, left + column * module, row * module, module, 0);
    }
  }
  for (const [index, text] of texts.entries()) {
    write(picture, module * size + index * line, text, times);
  }
  return picture;
}

/** A line of text, centred. @param times the size of a letter's pixels */
function write(picture: GreyPicture, top: number, text: string, times: number): void {
  const characters = [...text];
  const left = Math.max(0, Math.floor((picture.width - characters.length * GLYPH.width * times) / 2));
  for (const [index, character] of characters.entries()) {
    const ink = inkOf(character);
    for (let y = 0; y < GLYPH.height; y++) {
      for (let x = 0; x < GLYPH.width; x++) {
        const grey = Math.round(WHITE * (1 - ink(x, y) / FULL_INK));
        fill(picture, left + (index * GLYPH.width + x) * times, top + y * times, times, grey);
      }
    }
  }
}

/** A square, as far as it lies in the picture. */
function fill({ width, height, pixels }: GreyPicture, left: number, top: number, side: number, grey: number): void {
  for (let y = top; y < Math.min(top + side, height); y++) {
    pixels.fill(grey, y * width + Math.min(left, width), y * width + Math.min(left + side, width));
  }
}
