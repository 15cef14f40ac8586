import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, type Rectangle, translate } from '../../source/core/rectangle.js';
import { Journal, type Move } from '../../source/pixels/journal.js';
import { TileGrid } from '../../source/pixels/tile-grid.js';
import { random } from './planes.js';

const WIDTH = 90;
const HEIGHT = 70;
const BOUNDS: Rectangle = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

/** A picture of plain numbers, on which moves and copies are done the slow way. */
class Picture {
  readonly pixels: Uint32Array;

  constructor(pixels: Uint32Array) {
    this.pixels = pixels;
  }

  move({ source, dx, dy }: Move): void {
    const before = this.pixels.slice();
    each(source, (x, y) => {
      this.pixels[(y + dy) * WIDTH + x + dx] = before[y * WIDTH + x]!;
    });
  }

  copy(from: Picture, rectangle: Rectangle): void {
    each(rectangle, (x, y) => {
      this.pixels[y * WIDTH + x] = from.pixels[y * WIDTH + x]!;
    });
  }

  clone(): Picture {
    return new Picture(this.pixels.slice());
  }
}

function each({ x, y, width, height }: Rectangle, take: (x: number, y: number) => void): void {
  for (let row = y; row < y + height; row++) for (let column = x; column < x + width; column++) take(column, row);
}

/** A screen on which areas scroll again and again, now and then something else happens, and everything is kept. */
class History {
  readonly grid = new TileGrid(BOUNDS, 1);
  readonly journal = new Journal(this.grid, 0);
  readonly versions: Picture[] = [new Picture(new Uint32Array(WIDTH * HEIGHT))];
  #fresh = 1;

  get now(): Picture {
    return this.versions.at(-1)!;
  }

  commit(moves: readonly Move[], rectangles: readonly Rectangle[]): void {
    const picture = this.now.clone();
    const version = this.versions.length;
    for (const move of moves) {
      picture.move(move);
      this.grid.mark(translate(move.source, move.dx, move.dy), version);
    }
    for (const rectangle of rectangles) {
      each(rectangle, (x, y) => {
        picture.pixels[y * WIDTH + x] = this.#fresh++;
      });
      this.grid.mark(rectangle, version);
    }
    this.versions.push(picture);
    this.journal.append({ version, time: 0, moves, rectangles, changedPixels: 0 });
  }

  check(version: number, withMoves: boolean): number {
    const { moves, rectangles } = this.journal.changesSince(version, withMoves);
    const viewer = this.versions[version]!.clone();
    for (const move of moves) viewer.move(move);
    for (const rectangle of rectangles) viewer.copy(this.now, rectangle);
    expect(Buffer.compare(Buffer.from(viewer.pixels.buffer), Buffer.from(this.now.pixels.buffer))).toBe(0);
    return rectangles.reduce((sum, { width, height }) => sum + width * height, 0);
  }
}

const part: fc.Arbitrary<Rectangle> = fc
  .record({
    x: fc.nat(WIDTH - 20),
    y: fc.nat(HEIGHT - 20),
    width: fc.integer({ min: 1, max: WIDTH }),
    height: fc.integer({ min: 1, max: HEIGHT }),
  })
  .map(each => intersect(each, BOUNDS)!);

/** Scrolls an area: the move of what stays visible, and the rectangles of what comes into view. */
function scroll(panel: Rectangle, dx: number, dy: number): { moves: Move[]; rectangles: Rectangle[] } {
  const kept = intersect(panel, translate(panel, dx, dy));
  if (kept === null || (dx === 0 && dy === 0)) return { moves: [], rectangles: [panel] };
  const uncovered: Rectangle[] = [
    { x: panel.x, y: dy > 0 ? panel.y : kept.y + kept.height, width: panel.width, height: Math.abs(dy) },
    { x: dx > 0 ? panel.x : kept.x + kept.width, y: kept.y, width: Math.abs(dx), height: kept.height },
  ];
  const rectangles = uncovered.filter(each => each.width > 0 && each.height > 0);
  return { moves: [{ source: translate(kept, -dx, -dy), dx, dy }], rectangles };
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('panel' as const),
      panel: fc.nat(2),
      dx: fc.integer({ min: -3, max: 3 }),
      dy: fc.integer({ min: -6, max: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('draw' as const), at: part }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('anywhere' as const),
      at: part,
      dx: fc.integer({ min: -40, max: 40 }),
      dy: fc.integer({ min: -40, max: 40 }),
    }),
  },
);

describe('Journal.changesSince', () => {
  it('brings a viewer from any version to the present, with and without moves', () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 3, maxLength: 3 }),
        fc.array(step, { maxLength: 25 }),
        (panels, steps) => {
          const history = new History();
          history.commit([], [BOUNDS]);
          for (const each of steps) {
            if (each.kind === 'draw') {
              history.commit([], [each.at]);
            } else if (each.kind === 'panel') {
              const { moves, rectangles } = scroll(panels[each.panel]!, each.dx, each.dy);
              history.commit(moves, rectangles);
            } else {
              const destination = intersect(translate(each.at, each.dx, each.dy), BOUNDS);
              if (destination === null) continue;
              const source = translate(destination, -each.dx, -each.dy);
              history.commit([{ source, dx: each.dx, dy: each.dy }], []);
            }
          }
          for (let version = 0; version < history.versions.length; version++) {
            history.check(version, true);
            history.check(version, false);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('makes one move of a long scroll, and sends only what came into view', () => {
    const history = new History();
    history.commit([], [BOUNDS]);
    const panel = { x: 5, y: 4, width: 60, height: 60 };
    for (let i = 0; i < 8; i++) {
      const { moves, rectangles } = scroll(panel, 0, -3);
      history.commit(moves, rectangles);
    }
    const { moves } = history.journal.changesSince(1);
    expect(moves).toEqual([{ source: { x: 5, y: 28, width: 60, height: 36 }, dx: 0, dy: -24 }]);
    expect(history.check(1, true)).toBe(60 * 24);
  });

  it('keeps two panels that scroll in turns at one move each', () => {
    const history = new History();
    history.commit([], [BOUNDS]);
    for (let i = 0; i < 6; i++) {
      const one = scroll({ x: 0, y: 0, width: 40, height: 70 }, 0, -4);
      const two = scroll({ x: 45, y: 0, width: 45, height: 70 }, 2, 1);
      history.commit([...one.moves, ...two.moves], [...one.rectangles, ...two.rectangles]);
    }
    expect(history.journal.changesSince(1).moves).toHaveLength(2);
    expect(history.check(1, true)).toBe(40 * 24 + 45 * 6 + 12 * 64);
  });

  it('falls back to tiles when it has forgotten, and stays small', () => {
    const history = new History();
    history.commit([], [BOUNDS]);
    const next = random(1);
    for (let i = 0; i < 300; i++) history.commit([], [{ x: Math.floor(next() * 60), y: 2, width: 3, height: 3 }]);
    expect(history.journal.entries).toHaveLength(256);
    expect(history.journal.changesSince(20)).toEqual({
      moves: [],
      rectangles: [{ x: 0, y: 0, width: 64, height: 64 }],
    });
    history.check(20, true);
  });

  it('forgets sooner when commits are many rectangles each', () => {
    const history = new History();
    history.commit([], [BOUNDS]);
    const scattered = Array.from({ length: 100 }, (_, i) => ({
      x: (i % 10) * 9,
      y: Math.floor(i / 10) * 7,
      width: 2,
      height: 2,
    }));
    for (let i = 0; i < 30; i++) history.commit([], scattered);
    expect(history.journal.entries.length).toBeLessThan(25);
    for (const version of [1, 15, 28]) history.check(version, true);
  });
});
