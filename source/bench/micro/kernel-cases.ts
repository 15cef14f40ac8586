import { BGRX } from '../../core/pixel-format.js';
import { area, type Size } from '../../core/rectangle.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import * as anchors from '../../pixels/reference/anchors.js';
import * as compare from '../../pixels/reference/compare.js';
import * as convert from '../../pixels/reference/convert.js';
import * as copy from '../../pixels/reference/convert.js';
import * as rgb from '../../pixels/reference/convert.js';
import * as palette from '../../pixels/reference/palette.js';
import * as scale from '../../pixels/reference/scale.js';
import * as statistics from '../../pixels/reference/statistics.js';
import { resampleAxis } from '../../pixels/resample-axis.js';
import { fitInside, Scaler } from '../../pixels/scaler.js';
import { Screen } from '../../pixels/screen.js';
import type { MicroCase } from './micro-case.js';

type Case = Omit<MicroCase, 'pixels'> & { readonly reference?: () => void };

function kernels(memory: PixelMemory, size: Size): Case[] {
  const { kernels } = memory;
  const { width, height } = size;
  const pixels = area(size);
  const a = new Framebuffer(memory, size);
  const b = new Framebuffer(memory, size);
  drawPage(a, 0);
  drawPage(b, 0);
  const out = memory.allocate(pixels * 4 + 65_536);
  const scratch = memory.allocate(65_536);
  const classic = { width: 1366, height: 768 };
  const target = new Framebuffer(memory, classic);
  const fit = fitInside(size, classic);
  const scaler = new Scaler(memory, size, fit);
  const axes = { columns: resampleAxis(width, fit.width), rows: resampleAxis(height, fit.height) };
  const plane = (picture: Framebuffer) => ({ bytes: picture.bytes(), offset: 0, stride: picture.stride });
  const packed = (bytes: number) => ({ bytes: memory.bytes(out, pixels * 4), offset: 0, stride: width * bytes });
  const sixteen = { bitsPerPixel: 16, depth: 16, bigEndian: false, trueColour: true } as const;
  const r5g6b5 = { ...sixteen, redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 };
  const cells: Case[] = [
    {
      name: 'compareCells, nothing differs',
      bytes: pixels * 8,
      run: () =>
        void kernels.compareCells(a.pointer, a.stride, b.pointer, b.stride, width, height, 0, 0, 64, scratch, out),
      reference: () => void compare.compareCells(plane(a), plane(b), width, height, 0, 0, 64),
    },
    {
      name: 'sampleCells, nothing differs',
      bytes: Math.ceil((pixels * 8) / 7),
      run: () => void kernels.sampleCells(a.pointer, a.stride, b.pointer, b.stride, width, height, 0, 0, 64, 7, out),
      reference: () => void compare.sampleCells(plane(a), plane(b), width, height, 0, 0, 64, 7),
    },
    {
      name: 'copyRectangle',
      bytes: pixels * 8,
      run: () => kernels.copyRectangle(a.pointer, a.stride, b.pointer, b.stride, width * 4, height),
      reference: () => copy.copyRectangle(plane(a), plane(b), width * 4, height),
    },
    {
      name: 'fillRectangle',
      bytes: pixels * 4,
      run: () => kernels.fillRectangle(out, width * 4, width, height, 0x123456),
      reference: () => copy.fillRectangle(packed(4), width, height, 0x123456),
    },
    {
      name: 'bgrxToRgb',
      bytes: pixels * 7,
      run: () => kernels.bgrxToRgb(a.pointer, a.stride, out, width * 3, width, height),
      reference: () => convert.bgrxToRgb(plane(a), packed(3), width, height),
    },
    {
      name: 'rgbToBgrx, nothing differs',
      bytes: pixels * 7,
      prepare: () => kernels.bgrxToRgb(a.pointer, a.stride, out, width * 3, width, height),
      run: () => void kernels.rgbToBgrx(out, width * 3, b.pointer, b.stride, width, height, scratch),
      reference: () => void rgb.rgbToBgrx(packed(3), plane(b), width, height),
    },
    {
      name: 'bgrxToFormat, 16 bits',
      bytes: pixels * 6,
      run: () => kernels.bgrxToFormat(a.pointer, a.stride, out, width * 2, width, height, 16, 0, 31, 63, 31, 11, 5, 0),
      reference: () => convert.bgrxToFormat(plane(a), packed(2), width, height, r5g6b5),
    },
    {
      name: 'bgrxToFormat, 32 bits',
      bytes: pixels * 8,
      run: () =>
        kernels.bgrxToFormat(a.pointer, a.stride, out, width * 4, width, height, 32, 0, 255, 255, 255, 16, 8, 0),
      reference: () => convert.bgrxToFormat(plane(a), packed(4), width, height, BGRX),
    },
    {
      name: 'adler32 of RGB',
      bytes: pixels * 3,
      run: () => void kernels.adler32(out, pixels * 3, 1),
      reference: () => void statistics.adler32(memory.bytes(out, pixels * 3), 1),
    },
    {
      name: 'photographicBlocks',
      bytes: pixels * 4,
      run: () => void kernels.photographicBlocks(a.pointer, a.stride, width, height, 30, 17, scratch, out, out + 1024),
      reference: () => void statistics.photographicBlocks(plane(a), width, height, 30, 17),
    },
    {
      name: 'buildPalette, few colours',
      bytes: pixels * 5,
      run: () => void kernels.buildPalette(a.pointer, a.stride, width, height, 256, scratch, scratch + 16_384, out),
      reference: () => void palette.buildPalette(plane(a), width, height, 256),
    },
    {
      name: 'findAnchors',
      bytes: pixels * 4,
      run: () => void kernels.findAnchors(a.pointer, a.stride, width, height, 9, scratch, out, 8192),
      reference: () => void anchors.findAnchors(plane(a), width, height, 9),
    },
  ];
  if (fit.width !== width) {
    cells.push({
      name: `scaleRectangle to ${fit.width}x${fit.height}`,
      bytes: (pixels + area(fit)) * 4,
      run: () => void scaler.scale(a, a.bounds, target, fit),
      reference: () => scale.scaleRectangle(plane(a), packed(4), axes.columns, axes.rows),
    });
  }
  return cells;
}

/** Commits as in a session, including journal and rectangles. */
function commits(memory: PixelMemory, size: Size): Case[] {
  const screen = new Screen(memory, size);
  const whole = [screen.incoming.bounds];
  drawPage(screen.incoming, 0);
  screen.commit([], 0);
  const copyBack = () => screen.incoming.bytes().copyWithin(0, 0);
  let offset = 0;
  let letter = 0;
  const typed = { x: 311, y: 402, width: 9, height: 14 };
  return [
    {
      name: 'commit, whole damage, nothing differs',
      bytes: null,
      prepare: copyBack,
      run: () => void screen.commit(whole, 0),
    },
    {
      name: 'commit, a typed letter',
      bytes: null,
      prepare: () => {
        const { incoming } = screen;
        memory.kernels.fillRectangle(incoming.at(typed.x, typed.y), incoming.stride, 9, 14, ++letter);
      },
      run: () => void screen.commit([typed], 0),
    },
    {
      name: 'commit, everything scrolls up by 37 rows',
      bytes: null,
      prepare: () => {
        offset += 37;
        drawPage(screen.incoming, offset);
      },
      run: () => expectMove(screen.commit(whole, 0)?.moves.length),
    },
    {
      name: 'commit, a film (nothing is found again)',
      bytes: null,
      prepare: () => {
        const words = new Uint32Array(memory.memory.buffer, screen.incomingFor(whole).pointer, area(size));
        for (let i = 0; i < words.length; i++) words[i] = (Math.random() * 0x1000000) | 0;
      },
      run: () => void screen.commit(whole, 0),
    },
  ];
}

function expectMove(moves: number | undefined): void {
  if (moves !== 1) throw new Error(`a scroll was committed as ${moves} moves`);
}

/** The kernels, each with its plain reference, and commits as in a session. */
export function kernelCases(size: Size): MicroCase[] {
  const about = `${size.width}x${size.height}`;
  const cases = [...kernels(createPixelMemory(), size), ...commits(createPixelMemory(), size)];
  return cases.flatMap(({ reference, ...kernel }): MicroCase[] => {
    const pixels = area(size);
    const itself = { ...kernel, pixels, name: `kernel ${kernel.name}, ${about}` };
    return reference ? [itself, { ...itself, name: `reference ${kernel.name}, ${about}`, run: reference }] : [itself];
  });
}

const LINE = 18;
const LETTER = 8;

/** A pseudo-random number below 1, determined by two others. */
function chance(a: number, b: number): number {
  const mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 7, 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 8) / 2 ** 24;
}

/** Draws a page of dark text on a light background in made-up letters, scrolled up by `scrolled` rows. */
function drawPage(target: Framebuffer, scrolled: number): void {
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
