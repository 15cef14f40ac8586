import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, type Rectangle } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Region } from '../../../source/pixels/region.js';
import { Screen } from '../../../source/pixels/screen.js';
import { CellCuts } from '../../../source/session/share/rfb/cells.js';
import { planUpdate, type UpdatePlan } from '../../../source/session/share/rfb/update-plan.js';
import { drawSeed } from '../../helpers/seed.js';

const SIZE = { width: 520, height: 200 };
const BOUNDS = { x: 0, y: 0, ...SIZE };
const memory = createPixelMemory();
const cuts = new CellCuts();

/** Pixels of a picture, one number each. */
function pixelsOf(screen: Screen): Uint32Array {
  const { framebuffer } = screen;
  const view = new DataView(memory.memory.buffer);
  const pixels = new Uint32Array(framebuffer.width * framebuffer.height);
  for (let y = 0; y < framebuffer.height; y++) {
    for (let x = 0; x < framebuffer.width; x++) {
      pixels[y * framebuffer.width + x] = view.getUint32(framebuffer.at(x, y), true) & 0xffffff;
    }
  }
  return pixels;
}

/** A viewer as the plan sees it: it does what it is sent. */
class Model {
  version = 0;
  dirty = new Region();
  readonly pixels = new Uint32Array(SIZE.width * SIZE.height);

  take(plan: UpdatePlan, screen: Screen): void {
    for (const { source, dx, dy } of plan.moves) {
      const before = this.pixels.slice();
      for (let y = source.y; y < source.y + source.height; y++) {
        const from = y * SIZE.width + source.x;
        this.pixels.set(before.subarray(from, from + source.width), (y + dy) * SIZE.width + source.x + dx);
      }
    }
    const present = pixelsOf(screen);
    for (const { rectangle } of plan.cells) {
      for (let y = rectangle.y; y < rectangle.y + rectangle.height; y++) {
        const from = y * SIZE.width + rectangle.x;
        this.pixels.set(present.subarray(from, from + rectangle.width), from);
      }
    }
    this.version = plan.version;
    this.dirty = plan.dirty;
  }
}

const rectangles = fc
  .record({
    x: fc.nat(519),
    y: fc.nat(199),
    width: fc.integer({ min: 1, max: 520 }),
    height: fc.integer({ min: 1, max: 200 }),
  })
  .map(rectangle => intersect(rectangle, BOUNDS)!);

type Step =
  | { readonly do: 'paint'; readonly area: Rectangle; readonly colour: number }
  | { readonly do: 'scroll'; readonly area: Rectangle; readonly by: number }
  | { readonly do: 'update'; readonly viewer: number; readonly area: Rectangle | null; readonly refreshes: boolean };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('paint' as const), area: rectangles, colour: fc.nat(0xffffff) }),
  fc.record({ do: fc.constant('scroll' as const), area: rectangles, by: fc.integer({ min: 1, max: 30 }) }),
  fc.record({
    do: fc.constant('update' as const),
    viewer: fc.nat(2),
    area: fc.option(rectangles),
    refreshes: fc.boolean(),
  }),
);

function edit(screen: Screen, area: Rectangle, pixel: (x: number, y: number, before: Uint32Array) => number): void {
  const before = pixelsOf(screen);
  const view = new DataView(memory.memory.buffer);
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++)
      view.setUint32(screen.incoming.at(x, y), pixel(x, y, before), true);
  }
  screen.commit([area], screen.version);
}

const speckled = (colour: number) => (x: number, y: number) =>
  (colour ^ (Math.imul(x * 31 + y * 17, 0x9e3779b1) >>> 9)) & 0xffffff;

describe('the plan of an update', () => {
  it('brings any viewer to the present, whatever happened and whatever area it requested', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 4, maxLength: 24 }), all => {
        const screen = new Screen(memory, SIZE);
        const viewers = [new Model(), new Model(), new Model()];
        edit(screen, BOUNDS, speckled(0x336699));
        const update = (index: number, area: Rectangle | null, refreshes = true) => {
          const viewer = viewers[index]!;
          const plan = planUpdate(screen, cuts, viewer, {
            bounds: BOUNDS,
            requested: Region.of([area ?? BOUNDS]),
            copyRect: index !== 1,
            refreshes: refreshes,
          });
          if (plan) viewer.take(plan, screen);
        };
        for (const step of all) {
          if (step.do === 'paint') edit(screen, step.area, speckled(step.colour));
          else if (step.do === 'update') update(step.viewer, step.area, step.refreshes);
          else {
            const { area, by } = step;
            edit(screen, area, (x, y, before) => before[Math.min(y + by, area.y + area.height - 1) * SIZE.width + x]!);
          }
        }
        for (const index of [0, 1, 2]) {
          update(index, null);
          expect(viewers[index]!.dirty.isEmpty).toBe(true);
          expect(Buffer.compare(bytes(viewers[index]!.pixels), bytes(pixelsOf(screen)))).toBe(0);
        }
        screen.free();
      }),
      { seed: drawSeed(), numRuns: 60 },
    );
  });

  it('moves pixels also for a viewer that waits for a refresh, whose dirty areas move along', () => {
    const screen = new Screen(memory, SIZE);
    edit(screen, BOUNDS, speckled(0x336699));
    const version = screen.version;
    edit(screen, BOUNDS, (x, y, before) => before[Math.min(y + 8, SIZE.height - 1) * SIZE.width + x]!);
    expect(screen.journal.entries.at(-1)!.moves).not.toEqual([]);
    const dirty = { x: 64, y: 100, width: 32, height: 16 };
    const plan = planUpdate(
      screen,
      cuts,
      { version, dirty: Region.of([dirty]) },
      { bounds: BOUNDS, requested: Region.of([BOUNDS]), copyRect: true, refreshes: false },
    )!;
    expect(plan.moves).toEqual(screen.journal.entries.at(-1)!.moves);
    expect(plan.dirty.rectangles()).toEqual([{ ...dirty, y: 92 }]);
    screen.free();
  });

  it('sends nothing when nothing changed', () => {
    const screen = new Screen(memory, SIZE);
    edit(screen, BOUNDS, speckled(1));
    const request = { bounds: BOUNDS, requested: Region.of([BOUNDS]), copyRect: true, refreshes: true };
    expect(planUpdate(screen, cuts, { version: screen.version, dirty: new Region() }, request)).toBeNull();
    screen.free();
  });

  it('gives lagging viewers the same cells as the others', () => {
    const screen = new Screen(memory, SIZE);
    edit(screen, BOUNDS, speckled(1));
    const request = { bounds: BOUNDS, requested: Region.of([BOUNDS]), copyRect: false, refreshes: true };
    const first = screen.version;
    const inStep: string[] = [];
    for (let step = 0; step < 4; step++) {
      const before = screen.version;
      edit(screen, { x: 110 * step, y: 40 * step, width: 100, height: 70 }, speckled(step * 0x1234));
      const plan = planUpdate(screen, cuts, { version: before, dirty: new Region() }, request);
      inStep.push(...plan!.cells.map(cell => JSON.stringify(cell.rectangle)));
    }
    const late = planUpdate(screen, cuts, { version: first, dirty: new Region() }, request);
    expect(late!.skipped).toBe(3);
    expect(late!.cells.map(cell => JSON.stringify(cell.rectangle)).sort()).toEqual(inStep.sort());
    screen.free();
  });
});

function bytes(pixels: Uint32Array): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
