import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Comparison, TextComparison, WholeComparison } from '../../source/bench/comparison.js';
import { FRAMEBUFFER_FILE, FramebufferFile, framebufferHeader } from '../../source/bench/framebuffer-file.js';
import { drawFilmMarker, drawMarker, FILM_MARKER, type Mark } from '../../source/bench/marker.js';
import { MarkerReader } from '../../source/bench/marker-reader.js';
import { pictureError } from '../../source/bench/statistics.js';
import { clip, mixed } from '../../source/bench/workloads/film.js';
import { type Layout, PLAIN_LAYOUT } from '../../source/bench/workloads/workload.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';

const SIZE = { width: 800, height: 600 };
const NUMBERS = { first: 1000, last: 2000 };

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

/** A display of a bench, with a picture at (x, y). */
class Display {
  readonly pixels: Uint32Array;
  readonly reader: MarkerReader;
  readonly #screen: Size;
  readonly #file: string;
  readonly #x: number;
  readonly #y: number;

  constructor(layout: Layout, x = 0, y = 0) {
    this.#screen = { width: SIZE.width + x, height: SIZE.height + y };
    this.pixels = new Uint32Array(this.#screen.width * this.#screen.height);
    [this.#x, this.#y] = [x, y];
    const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-display-'));
    this.#file = path.join(folder, FRAMEBUFFER_FILE);
    this.flush();
    this.reader = new MarkerReader(new FramebufferFile(folder), { layout, numbers: NUMBERS });
    closes.push(() => {
      this.reader.screen.close();
      rmSync(folder, { recursive: true });
    });
  }

  fill({ x, y, width, height }: Rectangle, colour: (at: number) => number): void {
    for (let row = 0; row < height; row++) {
      const from = (this.#y + y + row) * this.#screen.width + this.#x + x;
      for (let column = 0; column < width; column++) this.pixels[from + column] = colour(row * width + column);
    }
    this.flush();
  }

  /** Draws the number of a film's picture in one of its corners. */
  number({ x, y, height }: Mark, number: number): void {
    const film = new Uint32Array(FILM_MARKER.width * FILM_MARKER.height).fill(0x907050);
    const mark = { x: this.#x + x, y: this.#y + y, height };
    drawFilmMarker(film, this.pixels, this.#screen.width, mark, number);
    this.flush();
  }

  /** Draws an exact number. */
  letter({ x, y }: Mark, number: number): void {
    drawMarker(this.pixels.subarray((this.#y + y) * this.#screen.width + this.#x + x), this.#screen.width, number);
    this.flush();
  }

  flush(): void {
    writeFileSync(this.#file, Buffer.concat([framebufferHeader(this.#screen), new Uint8Array(this.pixels.buffer)]));
  }
}

const WHOLE = { x: 0, y: 0, ...SIZE };
const noise = (at: number) => Math.imul(at + 1, 2_654_435_761) >>> 8;

test('a picture is found by its first corner, and shown when both corners are', () => {
  const layout = clip.layout!(SIZE);
  const [top, bottom] = layout.frame as [Mark, Mark];
  const display = new Display(layout, 13, 21);
  display.fill(layout.film!, noise);
  expect(display.reader.search()).toBe(false);
  display.number(top, 1001);
  expect(display.reader.search()).toBe(false);
  display.number(bottom, 1000);
  expect(display.reader.search()).toBe(true);
  expect([display.reader.x, display.reader.y]).toEqual([13, 21]);
  expect(display.reader.sample()).toBe(1000);
  display.number(bottom, 1001);
  expect(display.reader.sample()).toBe(1001);
  expect(display.reader.sample()).toBeNull();
  expect(display.reader.frames.frames).toEqual([1000, 1001]);
});

test('a film is compared in its own place; brightness and colour have errors of their own', () => {
  const layout = clip.layout!(SIZE);
  const [offered, shown] = [new Display(layout), new Display(layout)];
  for (const display of [offered, shown]) {
    display.fill(WHOLE, noise);
    for (const mark of layout.frame) display.number(mark, 1005);
  }
  shown.fill({ ...WHOLE, height: layout.film!.y }, () => 0);
  const comparison = new Comparison(layout.film!);
  comparison.keep(1005, offered.reader);
  comparison.notice(1005);
  const deadline = performance.now() + 30_000;
  while (!comparison.compareWhenSettled(shown.reader) && performance.now() < deadline) {
    // until it has settled
  }
  expect(comparison.errors).toEqual([{ rgb: 0, luma: 0, chroma: 0 }]);

  const grey = new Uint8Array(3000).fill(100);
  expect(
    pictureError(
      grey,
      grey.map(level => level + 10),
    ),
  ).toMatchObject({ rgb: 100, luma: expect.closeTo(100, 6) });
  expect(
    pictureError(
      grey,
      grey.map(level => level + 10),
    ).chroma,
  ).toBeCloseTo(0, 6);
  const blue = grey.map((level, at) => (at % 4 === 0 ? level + 30 : level));
  const error = pictureError(grey, blue);
  expect(error.chroma).toBeGreaterThan(9 * error.luma);
});

test('text that stands, and text that is typed, is wrong by a single pixel', () => {
  const layout = mixed.layout!(SIZE);
  const typed = layout.typed!;
  const letter = layout.letter!;
  const [offered, shown] = [new Display(layout), new Display(layout)];
  for (const display of [offered, shown]) {
    display.fill(WHOLE, noise);
    display.letter(letter, 26_001);
  }
  const text = new TextComparison(layout.text, typed);
  text.compareStatic(offered.reader, shown.reader);
  expect(text.counts).toEqual({ compared: 1, wrong: 0 });
  const compareTyped = (times: number) => {
    text.noticeLetter(26_001);
    const deadline = performance.now() + 30_000;
    while (text.counts.compared < times && performance.now() < deadline)
      text.compareTyped(offered.reader, shown.reader);
  };
  compareTyped(2);
  expect(text.counts).toEqual({ compared: 2, wrong: 0 });
  shown.fill({ x: typed.x + 5, y: typed.y + 5, width: 1, height: 1 }, () => 0x123456);
  compareTyped(3);
  expect(text.counts).toEqual({ compared: 3, wrong: 1 });
  shown.fill({ x: layout.text[1]!.x, y: layout.text[1]!.y, width: 1, height: 1 }, () => 0x123456);
  text.compareStatic(offered.reader, shown.reader);
  expect(text.counts).toEqual({ compared: 4, wrong: 2 });
});

test('a slide is readable when each of its boxes is, exact when every pixel is', () => {
  const boxes = [[{ x: 10, y: 10, width: 100, height: 20 }], [{ x: 10, y: 60, width: 100, height: 20 }]];
  const layout = { ...PLAIN_LAYOUT, slides: boxes };
  const [offered, shown] = [new Display(layout), new Display(layout)];
  offered.fill(WHOLE, noise);
  const whole = new WholeComparison(SIZE, boxes, NUMBERS.first);
  whole.turn(NUMBERS.first + 3, offered.reader);
  whole.look(shown.reader);
  // The other slide's box, then its own with errors that do not matter, then all.
  shown.fill({ x: 10, y: 10, width: 100, height: 20 }, noise);
  whole.look(shown.reader);
  whole.endSlide();
  whole.turn(NUMBERS.first + 1, offered.reader);
  shown.fill(WHOLE, at => (at % SIZE.width === 50 ? noise(at) ^ 3 : noise(at)));
  whole.look(shown.reader);
  whole.endSlide();
  whole.turn(NUMBERS.first + 5, offered.reader);
  shown.fill(WHOLE, noise);
  whole.look(shown.reader);
  whole.endSlide();
  expect(whole.slides).toEqual([
    { readableMs: null, exactMs: null },
    { readableMs: expect.any(Number), exactMs: null },
    { readableMs: expect.any(Number), exactMs: expect.any(Number) },
  ]);
  expect(whole.equal(offered.reader, shown.reader)).toBe(true);
});
