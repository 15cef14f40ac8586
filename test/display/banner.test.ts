import { describe, expect, it } from 'vitest';
import { Banner } from '../../source/display/banner.js';
import { GLYPH, inkOf } from '../../source/display/banner-font.js';

/** Relative luminance as WCAG has it, of a pixel of BGRX. */
function luminance(pixels: Uint8Array, at: number): number {
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const [blue, green, red] = [0, 1, 2].map(channel => linear(pixels[at * 4 + channel]! / 255)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

describe('a banner', () => {
  it('is legible, and stands out from black, white and grey', () => {
    const { at, pixels } = new Banner('Connection lost', 1).imageFor({ width: 1000, height: 700 });
    const middle = Math.floor(at.height / 2) * at.width;
    const row = Array.from({ length: at.width }, (_, x) => luminance(pixels, middle + x));
    const [paper, ink] = [Math.min(...row.slice(5, -5)), Math.max(...row.slice(5, -5))];
    expect(contrast(paper, ink)).toBeGreaterThan(12);
    for (const ground of [0, 0.2, 1]) {
      expect(Math.max(contrast(row[1]!, ground), contrast(row[0]!, ground))).toBeGreaterThan(3);
    }
    expect(at.x + at.width / 2).toBeCloseTo(500, 0);
  });

  it('fits its window, wrapped between words, and is larger on dense pixels', () => {
    const text = 'The shared window is minimised.';
    const narrow = new Banner(text, 1).imageFor({ width: 200, height: 150 });
    expect(narrow.at.x >= 0 && narrow.at.x + narrow.at.width <= 200).toBe(true);
    expect(narrow.at.height).toBeGreaterThan(2 * GLYPH.height);
    const once = new Banner(text, 1).imageFor({ width: 2000, height: 1000 }).at;
    expect(new Banner(text, 2).imageFor({ width: 2000, height: 1000 }).at).toMatchObject({
      width: once.width * 2,
      height: once.height * 2,
    });
    expect(() => new Banner(text, 4).imageFor({ width: 16, height: 9 })).not.toThrow();
  });

  it('is drawn once per window size', () => {
    const banner = new Banner('Paused', 1);
    const first = banner.imageFor({ width: 300, height: 200 });
    expect(banner.imageFor({ width: 300, height: 200 })).toBe(first);
    expect(banner.imageFor({ width: 301, height: 200 })).not.toBe(first);
  });
});

it('has a distinct glyph for each character of ASCII and Latin-1, and a question mark for the rest', () => {
  const picture = (character: string) => {
    const ink = inkOf(character);
    return Array.from({ length: GLYPH.width * GLYPH.height }, (_, at) =>
      ink(at % GLYPH.width, Math.floor(at / GLYPH.width)).toString(16),
    ).join('');
  };
  const characters = Array.from({ length: 0x5e }, (_, at) => String.fromCharCode(0x21 + at)).concat([...'äßéÿ…’']);
  expect(new Set(characters.map(picture)).size).toBe(characters.length);
  expect(picture(' ')).toMatch(/^0+$/);
  expect(picture('日')).toBe(picture('?'));
});
