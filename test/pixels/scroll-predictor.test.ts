import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { area, type Rectangle } from '../../source/core/rectangle.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Comparer } from '../../source/pixels/difference.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { apply, type Draw, expectSame, noise, shifted, text } from './pictures.js';
import { Stage, sent } from './stage.js';

const memory = createPixelMemory();
const SIZE = { width: 760, height: 560 };
const WHOLE = { x: 0, y: 0, ...SIZE };

/** How often samples were taken before anything was compared. */
let samples = vi.spyOn(Comparer.prototype, 'sample');
/** Pixels that were compared in place. */
let compared = vi.spyOn(Comparer.prototype, 'compare');

beforeEach(() => {
  samples = vi.spyOn(Comparer.prototype, 'sample');
  compared = vi.spyOn(Comparer.prototype, 'compare');
});
afterEach(() => void vi.restoreAllMocks());

function comparedPixels(): number {
  return compared.mock.calls.flatMap(([damage]) => damage).reduce((sum, each) => sum + area(each), 0);
}

/** A stage on which a page has scrolled once, by five pixels. */
function scrolled(panel: Rectangle, page: Draw): Stage {
  const stage = new Stage(memory, SIZE);
  stage.draw(panel, page);
  stage.commit();
  stage.draw(panel, shifted(page, 0, -5));
  expect(stage.commit()?.moves).toHaveLength(1);
  samples.mockClear();
  return stage;
}

describe('a scroll that continues', () => {
  it.each([
    ['up', 0, -1],
    ['down', 0, 1],
    ['left', -1, 0],
    ['right', 1, 0],
  ])('%s is predicted from samples, at any speed, and only the new part is compared and sent', (_, right, down) => {
    const page = text(3);
    const stage = new Stage(memory, SIZE);
    let way = 0;
    for (const speed of [0, 7, 31, 90, 3, 64]) {
      way += speed;
      stage.capture(WHOLE, shifted(page, way * right, way * down));
      compared.mockClear();
      const entry = stage.screen.commit([WHOLE], 0);
      if (way <= 7) continue;
      expect(entry?.moves.map(({ dx, dy }) => [dx, dy])).toEqual([[speed * right, speed * down]]);
      const fresh = speed * (down === 0 ? SIZE.height : SIZE.width);
      expect(sent(entry)).toBeLessThanOrEqual(fresh * 1.15 + 200);
      expect(comparedPixels()).toBeLessThanOrEqual(fresh * 1.15 + 200);
    }
    expect(samples).toHaveBeenCalledTimes(4);
    stage.free();
  });

  it('sends only the new part of a page with a static column, a static heading and a mark', () => {
    const panel = { x: 130, y: 70, width: 600, height: 480 };
    const stage = scrolled(panel, text(1));
    const marks = [
      { x: 300, y: 300, width: 5, height: 12 },
      { x: 20, y: 20, width: 30, height: 9 },
      { x: panel.x - 8, y: 200, width: 20, height: 20 },
    ];
    stage.draw({ x: 0, y: 0, width: 130, height: 560 }, text(2));
    stage.draw({ x: 130, y: 0, width: 630, height: 70 }, text(5));
    stage.commit();
    for (const [i, mark] of marks.entries()) {
      const way = -5 - 24 * (i + 1);
      samples.mockClear();
      stage.draw(panel, shifted(text(1), 0, way));
      stage.draw(mark, noise(i));
      const entry = stage.commit();
      expect(entry?.moves.map(({ dx, dy }) => [dx, dy])).toEqual([[0, -24]]);
      expect(sent(entry)).toBeLessThan(panel.width * 24 * 1.2 + 3000);
    }
    stage.free();
  });

  it('is exact where small static things lie over a scrolling area', () => {
    const panel = WHOLE;
    const stage = scrolled(panel, text(1));
    const dots = [200, 226, 250].map(place => ({ x: place, y: place, width: 3, height: 3 }));
    for (const way of [-15, -25, -41]) {
      samples.mockClear();
      stage.draw(panel, shifted(text(1), 0, way));
      for (const dot of dots) stage.draw(dot, () => 0x00ff00);
      expect(sent(stage.commit())).toBeLessThan(760 * 16 * 1.2 + 1000);
      expect(samples).toHaveBeenCalledTimes(1);
    }
    stage.free();
  });

  it('is exact when nothing moves, when all is new, and when only a part moves after it', () => {
    const stage = scrolled(WHOLE, text(1));
    expect(stage.commit()).toBeNull();
    stage.draw(WHOLE, noise(4));
    expect(stage.commit()?.moves).toEqual([]);
    for (const way of [0, 9, 18]) {
      stage.draw({ x: 0, y: 0, width: 700, height: 300 }, shifted(text(6), 0, -way));
      stage.commit();
    }
    stage.free();
  });

  it('is not tried where large pictures change without a scroll, nor right after a failed attempt', () => {
    const stage = new Stage(memory, SIZE);
    for (const seed of [1, 2, 3]) {
      stage.draw(WHOLE, noise(seed));
      stage.commit();
    }
    expect(samples).not.toHaveBeenCalled();
    stage.free();
    const page = text(8);
    const other = scrolled(WHOLE, page);
    const votes = samples.mock.calls.length;
    other.draw(WHOLE, noise(1));
    other.commit();
    other.draw(WHOLE, page);
    other.commit();
    other.draw(WHOLE, shifted(page, 0, -20));
    expect(other.commit()?.moves).toHaveLength(1);
    other.draw(WHOLE, shifted(page, 0, -40));
    expect(other.commit()?.moves).toHaveLength(1);
    expect(samples.mock.calls.length - votes).toBeLessThanOrEqual(1);
    other.free();
  });

  it('gives every viewer the picture, whatever else changes while it scrolls', () => {
    const place = fc.record({
      x: fc.nat(700),
      y: fc.nat(500),
      width: fc.integer({ min: 1, max: 60 }),
      height: fc.integer({ min: 1, max: 60 }),
    });
    const step = fc.record({
      way: fc.integer({ min: -120, max: 120 }),
      marks: fc.array(place, { maxLength: 3 }),
      look: fc.boolean(),
      narrow: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), fc.boolean(), (steps, sideways) => {
        const stage = new Stage(memory, SIZE);
        const page = text(9);
        const viewers: { version: number; picture: Framebuffer }[] = [];
        let way = 0;
        for (const { way: more, marks, look, narrow } of steps) {
          way += more;
          const panel = narrow ? { x: 33, y: 0, width: 700, height: 555 } : WHOLE;
          const drawn = shifted(page, sideways ? way : 0, sideways ? 0 : way);
          const marked = new Uint8Array(SIZE.width * SIZE.height);
          for (const { x, y, width, height } of marks) {
            for (let row = y; row < Math.min(y + height, SIZE.height); row++) {
              marked.fill(1, row * SIZE.width + x, row * SIZE.width + Math.min(x + width, SIZE.width));
            }
          }
          stage.capture(panel, (x, y) => (marked[y * SIZE.width + x] ? 0xff0000 : drawn(x, y)));
          const picture = new Framebuffer(memory, SIZE);
          picture.bytes().set(stage.screen.framebuffer.bytes());
          viewers.push({ version: stage.screen.version, picture });
          stage.commit([panel], look);
        }
        for (const { version, picture } of viewers) {
          apply(picture, stage.screen.journal.changesSince(version), stage.screen.framebuffer);
          expectSame(picture, stage.screen.framebuffer);
          picture.free();
        }
        expectSame(stage.screen.framebuffer, stage.screen.incoming);
        stage.free();
      }),
      { numRuns: 25 },
    );
  });
});
