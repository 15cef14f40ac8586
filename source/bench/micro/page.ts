import type { Framebuffer } from '../../pixels/framebuffer.js';

const LINE = 18;
const LETTER = 8;

/** Numbers below 1 that depend on nothing but two others. */
function chance(a: number, b: number): number {
  const mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 7, 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 8) / 2 ** 24;
}

/** Draws a page of text in dark on light, scrolled up by so many rows: lines of words from an alphabet of made-up letters. */
export function drawPage(target: Framebuffer, scrolled: number): void {
  const pixels = new Uint32Array(target.memory.memory.buffer, target.pointer, target.width * target.height);
  pixels.fill(0xfdfdf6);
  for (let y = 0; y < target.height; y++) {
    const line = Math.floor((y + scrolled) / LINE);
    const row = y + scrolled - line * LINE;
    if (row > 11) continue;
    const letters = Math.floor((chance(line, -3) * target.width) / LETTER);
    for (let i = 0; i < letters; i++) {
      const letter = Math.floor(chance(line, i) * 34);
      if (letter > 26) continue;
      for (let x = 0; x < 6; x++) {
        if (chance(letter, row * 6 + x) > 0.55) pixels[y * target.width + i * LETTER + x] = 0x202428;
      }
    }
  }
}
