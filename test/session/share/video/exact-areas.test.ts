import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { area, type Rectangle } from '../../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../../source/pixels/framebuffer.js';
import { Region } from '../../../../source/pixels/region.js';
import { ExactAreas } from '../../../../source/session/share/video/exact-areas.js';
import { random } from '../../../pixels/planes.js';

const SIZE = { width: 400, height: 240 };
const FILM = { x: 30, y: 20, width: 336, height: 204 };
/** At no multiple of any block's side. */
const MENU = { x: 151, y: 63, width: 113, height: 91 };

const memory = createPixelMemory();
let framebuffer: Framebuffer;
let areas: ExactAreas;
let picture: number;

beforeEach(() => {
  framebuffer = new Framebuffer(memory, SIZE);
  areas = new ExactAreas(memory, FILM);
  picture = 0;
});

afterEach(() => {
  areas.free();
  framebuffer.free();
});

function fill({ x, y, width, height }: Rectangle, colourAt: (x: number, y: number) => number): void {
  const pixels = new Uint32Array(memory.memory.buffer, framebuffer.pointer, SIZE.width * SIZE.height);
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) pixels[row * SIZE.width + column] = colourAt(column, row);
  }
}

/** Waves that move, with a little grain. */
function film(): void {
  const next = random(picture++);
  fill(FILM, (x, y) => {
    const light = 128 + 60 * Math.sin((x + picture * 5) / 23) + 50 * Math.cos((y - picture * 3) / 17);
    const grain = () => Math.max(0, Math.min(255, Math.round(light + (next() - 0.5) * 14)));
    return (grain() << 16) | (grain() << 8) | grain();
  });
}

/** Lines of something like text on a flat ground, with one line highlighted. */
function menu(highlight = -1, place = MENU): void {
  fill(place, (x, y) => {
    const line = Math.floor((y - place.y) / 20);
    const ink = (x * 7 + line * 13) % 11 < 3 && (y - place.y) % 20 > 6 && (y - place.y) % 20 < 15;
    if (ink) return 0x10_10_10;
    return line === highlight ? 0x30_60_c0 : 0xf0_f0_f0;
  });
}

/** @param draw what stands over the film */
function show(draw: () => void = () => {}): void {
  film();
  draw();
  areas.update(framebuffer);
}

describe('what is exact over a film', () => {
  it('is nothing while there is only film', () => {
    for (let turn = 0; turn < 20; turn++) {
      show();
      expect(areas.region.isEmpty).toBe(true);
    }
  });

  it('is all of a menu in every picture from the first one on, and hardly more once it stands', () => {
    for (let turn = 0; turn < 10; turn++) show();
    show(menu);
    expect(areas.region.covers(MENU)).toBe(true);
    expect(areas.entered.covers(MENU)).toBe(true);
    for (let turn = 0; turn < 40; turn++) {
      show(menu);
      expect(areas.region.covers(MENU)).toBe(true);
      // The ring of blocks around it is film again.
      if (turn > 4) expect(areas.region.area).toBeLessThan(area(MENU) + 4 * 64);
    }
  });

  it('stays all of a menu whose lines are highlighted one after the other, up to its edges', () => {
    for (let turn = 0; turn < 10; turn++) show();
    for (let turn = 0; turn < 60; turn++) {
      show(() => menu(Math.floor(turn / 7)));
      expect(areas.region.covers(MENU)).toBe(true);
    }
  });

  it('is film again where a menu has closed', () => {
    for (let turn = 0; turn < 10; turn++) show();
    for (let turn = 0; turn < 10; turn++) show(menu);
    for (let turn = 0; turn < 6; turn++) show();
    expect(areas.region.isEmpty).toBe(true);
  });

  it('is a menu that was there before the film was found', () => {
    for (let turn = 0; turn < 6; turn++) {
      show(menu);
      expect(areas.region.covers(MENU)).toBe(true);
    }
  });

  it('is a small line of text, too', () => {
    const line = { x: 101, y: 107, width: 90, height: 18 };
    for (let turn = 0; turn < 10; turn++) show();
    for (let turn = 0; turn < 20; turn++) {
      show(() => menu(-1, line));
      expect(areas.region.covers(line)).toBe(true);
    }
  });

  it('enters as it becomes exact, once', () => {
    for (let turn = 0; turn < 10; turn++) show();
    const entered = new Region();
    for (let turn = 0; turn < 20; turn++) {
      show(menu);
      if (turn > 0) expect(areas.entered.copy().intersect(MENU).area).toBe(0);
      entered.add(areas.entered);
    }
    expect(areas.region.copy().subtract(entered).isEmpty).toBe(true);
  });

  it('is not a cut to a dark scene', () => {
    for (let turn = 0; turn < 10; turn++) show();
    for (let turn = 0; turn < 10; turn++) {
      const next = random(turn);
      fill(FILM, () => (next() > 0.9 ? 0x02_02_02 : 0x01_01_01));
      areas.update(framebuffer);
      expect(areas.region.area).toBeLessThan(area(FILM) * 0.3);
    }
  });
});
