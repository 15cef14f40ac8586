import { expect } from 'vitest';
import type { Rectangle } from '../../source/core/rectangle.js';
import { Comparer } from '../../source/pixels/difference.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../source/pixels/framebuffer.js';
import type { Changes } from '../../source/pixels/journal.js';
import { random } from './planes.js';

/** The colour of a place. */
export type Draw = (x: number, y: number) => number;

export function paint(target: Framebuffer, { x, y, width, height }: Rectangle, draw: Draw): void {
  const pixels = new Uint32Array(target.memory.memory.buffer, target.pointer, target.width * target.height);
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) pixels[row * target.width + column] = draw(column, row);
  }
}

/** The colours of letters of 6x10 pixels, and those of a blank. */
const LETTERS = Array.from({ length: 40 }, (_, i) => {
  const next = random(i + 1);
  return Uint32Array.from({ length: 60 }, () => (next() > 0.5 ? 0x202020 : 0xf8f8f0));
});
const BLANK = new Uint32Array(60).fill(0xf8f8f0);

/** Text: lines of letters, each one of 40 shapes, dark on light. The same place always has the same letter. */
export function text(seed: number): Draw {
  const which = new Map<number, Uint32Array>();
  return (x, y) => {
    const column = Math.floor(x / 8);
    const line = Math.floor(y / 14);
    if (x - column * 8 > 5 || y - line * 14 > 9) return 0xf8f8f0;
    const key = column * 0x1_0000 + line;
    let letter = which.get(key);
    if (letter === undefined) {
      const next = random(seed * 7919 + column * 104_729 + line * 1_299_709);
      next();
      letter = next() < 0.2 || column % 70 > next() * 90 ? BLANK : LETTERS[Math.floor(next() * 40)]!;
      which.set(key, letter);
    }
    return letter[(y - line * 14) * 6 + x - column * 8]!;
  };
}

export function noise(seed: number): Draw {
  return (x, y) => {
    const mixed = Math.imul(x * 73_856_093 + seed, 0x9e3779b1) ^ Math.imul(y * 19_349_663 + seed, 0x85ebca6b);
    return (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 8) & 0xffffff;
  };
}

/** The same drawing somewhere else. */
export const shifted =
  (draw: Draw, dx: number, dy: number): Draw =>
  (x, y) =>
    draw(x - dx, y - dy);

/** Does what a viewer does: the moves one after the other, then the rectangles from the present picture. */
export function apply(viewer: Framebuffer, { moves, rectangles }: Changes, now: Framebuffer): void {
  const rowOf = (picture: Framebuffer, x: number, y: number, width: number) =>
    picture.memory.bytes(picture.at(x, y), width * BYTES_PER_PIXEL);
  for (const { source, dx, dy } of moves) {
    const rows = Array.from({ length: source.height }, (_, i) =>
      rowOf(viewer, source.x, source.y + i, source.width).slice(),
    );
    for (const [i, row] of rows.entries()) rowOf(viewer, source.x + dx, source.y + dy + i, source.width).set(row);
  }
  for (const { x, y, width, height } of rectangles) {
    for (let i = y; i < y + height; i++) rowOf(viewer, x, i, width).set(rowOf(now, x, i, width));
  }
}

export function expectSame(a: Framebuffer, b: Framebuffer): void {
  const comparer = new Comparer(a, b);
  expect(comparer.compare([a.bounds]).all()).toEqual([]);
  comparer.free();
}
