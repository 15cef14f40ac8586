import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { area, contains, intersect, translate } from '../../source/core/rectangle.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { Screen } from '../../source/pixels/screen.js';
import { apply, type Draw, expectSame, noise, paint, shifted, text } from './pictures.js';
import { ground, Stage, sent } from './stage.js';

const memory = createPixelMemory();
const SIZE = { width: 700, height: 500 };

describe('scroll detection', () => {
  const panel = { x: 37, y: 61, width: 501, height: 377 };

  it.each([
    ['up', 0, -13],
    ['down a lot', 0, 201],
    ['one line of pixels', 0, -1],
    ['left', -17, 0],
    ['right', 230, 0],
    ['both ways', 11, -29],
  ])('finds that text scrolls %s', (_, dx, dy) => {
    const stage = new Stage(memory, SIZE);
    stage.draw(panel, text(1));
    stage.commit();
    stage.draw(panel, shifted(text(1), dx, dy));
    const entry = stage.commit();
    expect(entry?.moves.map(move => [move.dx, move.dy])).toEqual([[dx, dy]]);
    const kept = intersect(panel, translate(panel, dx, dy))!;
    expect(sent(entry)).toBeLessThanOrEqual((area(panel) - area(kept)) * 1.15 + 200);
    stage.free();
  });

  it('finds two large areas that show the same and scroll alike, side by side', () => {
    const stage = new Stage(memory, { width: 1500, height: 700 });
    const panels = [0, 768].map(x => ({ x, y: 0, width: 640, height: 700 }));
    for (const panel of panels) stage.draw(panel, shifted(text(1), panel.x, 0));
    stage.commit();
    for (const panel of panels) stage.draw(panel, shifted(text(1), panel.x, -40));
    const entry = stage.commit();
    expect(entry?.moves.length).toBeGreaterThan(0);
    for (const { dx, dy } of entry?.moves ?? []) expect([dx, dy]).toEqual([0, -40]);
    expect(sent(entry)).toBeLessThan(2 * 640 * 60);
    stage.free();
  });

  it('finds a window that is dragged over something else', () => {
    const stage = new Stage(memory, SIZE);
    const { bounds } = stage.screen.framebuffer;
    stage.draw(bounds, text(5));
    const window = { x: 60, y: 70, width: 300, height: 200 };
    stage.draw(window, noise(3));
    stage.commit();
    stage.draw(bounds, text(5));
    stage.draw(translate(window, 83, 41), shifted(noise(3), 83, 41));
    const entry = stage.commit();
    expect(entry?.moves).toEqual([{ source: expect.anything(), dx: 83, dy: 41 }]);
    expect(contains(entry!.moves[0]!.source, window)).toBe(true);
    expect(sent(entry)).toBeLessThan(area(window) - area(intersect(window, translate(window, 83, 41))!) + 500);
    stage.free();
  });

  it('finds a window that jumps clear of where it was', () => {
    const stage = new Stage(memory, SIZE);
    const window = { x: 20, y: 30, width: 150, height: 120 };
    stage.draw(window, noise(9));
    stage.commit();
    stage.draw(window, ground);
    stage.draw(translate(window, 400, 250), shifted(noise(9), 400, 250));
    const entry = stage.commit();
    expect(entry?.moves).toEqual([{ source: window, dx: 400, dy: 250 }]);
    expect(sent(entry)).toBeLessThanOrEqual(area(window) + 300);
    stage.free();
  });

  it('finds two areas that scroll different ways at once, and one more that goes both ways', () => {
    const stage = new Stage(memory, SIZE);
    const left = { x: 10, y: 20, width: 280, height: 400 };
    const right = { x: 310, y: 20, width: 180, height: 250 };
    const third = { x: 500, y: 300, width: 190, height: 190 };
    stage.draw(left, text(1));
    stage.draw(right, noise(2));
    stage.draw(third, text(4));
    stage.commit();
    stage.draw(left, shifted(text(1), 0, -40));
    stage.draw(right, shifted(noise(2), 25, 0));
    stage.draw(third, shifted(text(4), -7, 12));
    const entry = stage.commit();
    const offsets = entry?.moves.map(({ dx, dy }) => `${dx},${dy}`).sort();
    expect(offsets).toEqual(['-7,12', '0,-40', '25,0']);
    expect(sent(entry)).toBeLessThan((280 * 40 + 180 * 25 + 190 * 12 + 190 * 7) * 1.3);
    stage.free();
  });

  it('leaves what did not scroll alone: a ruler beside, a header inside', () => {
    const stage = new Stage(memory, SIZE);
    const header = { x: panel.x, y: panel.y + 100, width: panel.width, height: 30 };
    stage.draw(panel, text(1));
    stage.draw(header, noise(8));
    stage.commit();
    stage.draw(panel, shifted(text(1), 0, -20));
    stage.draw(header, noise(8));
    const entry = stage.commit();
    expect(entry?.moves.length).toBeGreaterThan(0);
    expect(sent(entry)).toBeLessThan(panel.width * 95);
    stage.free();
  });

  it('is not attempted for typing, and finds nothing in new pictures', () => {
    const stage = new Stage(memory, SIZE);
    stage.draw({ x: 100, y: 100, width: 9, height: 14 }, noise(1));
    expect(stage.commit()?.moves).toEqual([]);
    for (const seed of [1, 2, 3]) {
      stage.draw(panel, noise(seed));
      expect(stage.commit()?.moves).toEqual([]);
    }
    stage.free();
  });

  it('does nothing when it is switched off', () => {
    const screen = new Screen(memory, SIZE, { scrollDetection: false });
    paint(screen.incoming, screen.incoming.bounds, text(1));
    screen.commit([], 0);
    paint(screen.incoming, screen.incoming.bounds, shifted(text(1), 0, -14));
    expect(screen.commit([screen.incoming.bounds], 0)?.moves).toEqual([]);
    screen.free();
  });

  it('is right whatever happens, patterns that repeat included', () => {
    const drawing = fc.oneof(
      fc.nat(5).map(seed => text(seed)),
      fc.nat(5).map(seed => noise(seed)),
      fc.integer({ min: 1, max: 9 }).map(
        (period): Draw =>
          (x, y) =>
            x % period === 0 || y % (period + 2) === 0 ? 0 : 0xffffff,
      ),
      fc.integer({ min: 1, max: 9 }).map(
        (period): Draw =>
          (_, y) =>
            Math.floor(y / period) % 2 === 0 ? 0x10 : 0x20,
      ),
      fc.constant<Draw>((x, y) => ((x * 2) & 255) | (((y * 2) & 255) << 8)),
    );
    const step = fc.record({
      where: fc.record({
        x: fc.nat(650),
        y: fc.nat(450),
        width: fc.integer({ min: 1, max: 400 }),
        height: fc.integer({ min: 1, max: 400 }),
      }),
      drawing,
      dx: fc.oneof(fc.constant(0), fc.integer({ min: -90, max: 90 })),
      dy: fc.oneof(fc.constant(0), fc.integer({ min: -90, max: 90 })),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), steps => {
        const stage = new Stage(memory, SIZE);
        const viewers: { version: number; picture: Framebuffer }[] = [];
        for (let round = 0; round < 4; round++) {
          for (const { where, drawing: draw, dx, dy } of steps) {
            stage.draw(translate(where, dx * round, 0), shifted(draw, dx * round, dy * round));
          }
          const picture = new Framebuffer(memory, SIZE);
          picture.bytes().set(stage.screen.framebuffer.bytes());
          viewers.push({ version: stage.screen.version, picture });
          stage.commit();
        }
        for (const { version, picture } of viewers) {
          apply(picture, stage.screen.journal.changesSince(version), stage.screen.framebuffer);
          expectSame(picture, stage.screen.framebuffer);
          picture.free();
        }
        stage.free();
      }),
      { numRuns: 40 },
    );
  });
});
