import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, type Rectangle } from '../../source/core/rectangle.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { ComposedScreen } from '../../source/pixels/composed-screen.js';
import type { CursorShape, PlacedCursor } from '../../source/pixels/cursor.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { blendPremultiplied } from '../../source/pixels/reference/scale.js';
import { Screen } from '../../source/pixels/screen.js';
import { full } from '../helpers/full-memory.js';
import { apply, expectSame, noise, paint, shifted, text } from './pictures.js';
import { random } from './planes.js';

const memory = createPixelMemory();
const SIZE = { width: 320, height: 240 };

/** A pointer with holes and soft parts. */
function pointer(serial: number, width = 12, height = 19): CursorShape {
  const next = random(serial);
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = [0, 255, Math.floor(next() * 256)][Math.floor(next() * 3)]!;
    rgba.set([0, 1, 2].map(() => Math.floor(next() * (alpha + 1))).concat(alpha), i);
  }
  return { width, height, rgba, hotspotX: 3, hotspotY: 2, serial };
}

/** The screen with the pointer painted in, the slow way. */
function expected(source: Framebuffer, { x, y, shape }: PlacedCursor): Framebuffer {
  const picture = new Framebuffer(memory, source);
  picture.bytes().set(source.bytes());
  if (shape === null) return picture;
  const whole = { x: x - shape.hotspotX, y: y - shape.hotspotY, width: shape.width, height: shape.height };
  const seen = intersect(whole, picture.bounds);
  if (seen === null) return picture;
  const from = ((seen.y - whole.y) * shape.width + seen.x - whole.x) * 4;
  const to = seen.y * picture.stride + seen.x * 4;
  const rgba = { bytes: shape.rgba, offset: from, stride: shape.width * 4 };
  blendPremultiplied(rgba, { bytes: picture.bytes(), offset: to, stride: picture.stride }, seen.width, seen.height);
  return picture;
}

/** A source and its composed screen, each update checked: against the truth, and as a viewer sees it. */
class Stage {
  readonly source = new Screen(memory, SIZE);
  readonly composed = new ComposedScreen(memory, this.source);
  #viewer = new Framebuffer(memory, SIZE);

  update(cursor: PlacedCursor) {
    const entry = this.composed.update(this.source, cursor, 5);
    if (entry) {
      if (this.#viewer.width !== this.composed.framebuffer.width) {
        this.#viewer.free();
        this.#viewer = new Framebuffer(memory, this.composed.framebuffer);
      }
      apply(this.#viewer, entry, this.composed.framebuffer);
    }
    const truth = expected(this.source.framebuffer, cursor);
    expectSame(this.composed.framebuffer, truth);
    expectSame(this.#viewer, truth);
    truth.free();
    return entry;
  }

  draw(where: Rectangle, draw: (x: number, y: number) => number): void {
    const part = intersect(where, this.source.incoming.bounds);
    if (part) paint(this.source.incoming, part, draw);
  }

  commit(): void {
    this.source.commit([this.source.incoming.bounds], 1);
  }

  free(): void {
    this.source.free();
    this.composed.free();
    this.#viewer.free();
  }
}

describe('ComposedScreen', () => {
  const shape = pointer(1);

  it('keeps its picture if there is no memory for another size, and follows once there is', () => {
    const small = createPixelMemory();
    const source = new Screen(small, SIZE);
    const composed = new ComposedScreen(small, source);
    source.commit([], 0);
    composed.update(source, { x: 9, y: 9, shape }, 1);
    const before = Buffer.from(composed.framebuffer.bytes());
    source.resize({ width: 1200, height: 900 });
    source.commit([], 2);
    const end = full(small);
    const update = () => composed.update(source, { x: 9, y: 9, shape }, 3);
    for (let tries = 0; tries < 2; tries++) {
      expect(update).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
      expect(Buffer.compare(before, composed.framebuffer.bytes())).toBe(0);
    }
    end();
    expect(update()?.rectangles).toEqual([{ x: 0, y: 0, width: 1200, height: 900 }]);
    composed.free();
  });

  it('has nothing before the source has, then everything', () => {
    const stage = new Stage();
    expect(stage.update({ x: 9, y: 9, shape: null })).toBeNull();
    stage.commit();
    expect(stage.update({ x: 9, y: 9, shape })).toMatchObject({
      version: 1,
      rectangles: [stage.source.incoming.bounds],
    });
    expect(stage.update({ x: 9, y: 9, shape })).toBeNull();
    stage.free();
  });

  it('sends no more than where the pointer was and is when only it moves', () => {
    const stage = new Stage();
    stage.draw(stage.source.incoming.bounds, noise(1));
    stage.commit();
    stage.update({ x: 50, y: 50, shape });
    const far = stage.update({ x: 200, y: 90, shape });
    expect(far?.rectangles).toHaveLength(2);
    expect(far?.changedPixels).toBeLessThanOrEqual(2 * 12 * 19);
    expect(stage.update({ x: 500, y: 90, shape })?.rectangles).toHaveLength(1);
    expect(stage.update({ x: 600, y: 90, shape })).toBeNull();
    stage.free();
  });

  it('leaves the pointer alone when something changes elsewhere, and paints it once when below', () => {
    const stage = new Stage();
    stage.commit();
    stage.update({ x: 50, y: 50, shape });
    stage.draw({ x: 200, y: 200, width: 8, height: 8 }, () => 0xff);
    stage.commit();
    expect(stage.update({ x: 50, y: 50, shape })?.rectangles).toEqual([{ x: 200, y: 200, width: 8, height: 8 }]);
    stage.draw({ x: 52, y: 55, width: 2, height: 2 }, () => 0xff00);
    stage.commit();
    expect(stage.update({ x: 50, y: 50, shape })?.rectangles).toHaveLength(1);
    stage.free();
  });

  it('keeps moves, and repairs the parts of the pointer that they carry along', () => {
    const stage = new Stage();
    const { bounds } = stage.source.incoming;
    stage.draw(bounds, text(1));
    stage.commit();
    stage.update({ x: 100, y: 100, shape });
    stage.draw(bounds, shifted(text(1), 0, -21));
    stage.commit();
    const entry = stage.update({ x: 100, y: 100, shape });
    expect(entry?.moves.map(({ dx, dy }) => [dx, dy])).toEqual([[0, -21]]);
    expect(entry?.changedPixels).toBeLessThan(320 * 21 + 3 * 12 * 19);
    stage.free();
  });

  it('follows a change of size', () => {
    const stage = new Stage();
    stage.commit();
    stage.update({ x: 310, y: 100, shape });
    stage.source.resize({ width: 200, height: 300 });
    stage.draw(stage.source.incoming.bounds, noise(4));
    stage.commit();
    const entry = stage.update({ x: 190, y: 290, shape });
    expect(entry?.rectangles).toEqual([{ x: 0, y: 0, width: 200, height: 300 }]);
    expect(stage.composed.journal.changesSince(1).rectangles).toEqual([{ x: 0, y: 0, width: 200, height: 300 }]);
    stage.free();
  });

  it('is the source with the pointer in it, whatever happens', () => {
    const place = { x: fc.integer({ min: -20, max: 340 }), y: fc.integer({ min: -20, max: 260 }) };
    const step = fc.record({
      cursor: fc.option(fc.record({ ...place, serial: fc.integer({ min: 1, max: 3 }), shown: fc.boolean() })),
      scroll: fc.option(fc.record({ dx: fc.integer({ min: -9, max: 9 }), dy: fc.integer({ min: -30, max: 30 }) })),
      blot: fc.option(fc.record({ ...place, side: fc.integer({ min: 1, max: 60 }) })),
      commits: fc.boolean(),
    });
    const shapes = [1, 2, 3].map(serial => pointer(serial, 8 + serial * 4, 9 + serial * 5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), steps => {
        const stage = new Stage();
        const panel = { x: 30, y: 20, width: 250, height: 200 };
        let [dx, dy] = [0, 0];
        let cursor: PlacedCursor = { x: 60, y: 60, shape: shapes[0]! };
        stage.draw(panel, text(3));
        stage.commit();
        for (const { cursor: next, scroll, blot, commits } of steps) {
          if (next) cursor = { x: next.x, y: next.y, shape: next.shown ? shapes[next.serial - 1]! : null };
          if (scroll) {
            [dx, dy] = [dx + scroll.dx, dy + scroll.dy];
            stage.draw(panel, shifted(text(3), dx, dy));
          }
          if (blot) stage.draw({ x: blot.x, y: blot.y, width: blot.side, height: blot.side }, noise(blot.side));
          stage.commit();
          // Now and then it catches up with several commits at once.
          if (commits) stage.update(cursor);
        }
        stage.update(cursor);
        stage.free();
      }),
      { numRuns: 60 },
    );
  });
});
