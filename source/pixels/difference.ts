import { intersect, type Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';
import { mergeRectangles } from './merge-rectangles.js';
import { Region } from './region.js';
import { TILE } from './tile-grid.js';

export interface Difference {
  /** Disjoint, trimmed to what differs. */
  readonly rectangles: Rectangle[];
  /** How many pixels differ. */
  readonly pixels: number;
}

/** Bytes of one result of compareCells, and of the scratch for one column. */
const RESULT = 20;
/** The finest cell: two changes in different ones of these are two rectangles. */
const FINEST = 16;
/** A cell is looked at again in quarters when less than one pixel in this many differs ... */
const SPARSE = 4;
/** ... unless there are so many such cells that fine rectangles would not pay. */
const MOST_REFINED = 96;
const MOST_RECTANGLES = 256;

/** A rectangle and how many of its pixels differ. */
interface Found extends Rectangle {
  readonly pixels: number;
}

/** Compares two pictures of one size. Holds a little memory for the results until freed. */
export class Comparer {
  readonly #a: Framebuffer;
  readonly #b: Framebuffer;
  readonly #scratch: number;
  readonly #out: number;

  constructor(a: Framebuffer, b: Framebuffer) {
    this.#a = a;
    this.#b = b;
    const columns = Math.ceil(a.width / FINEST) + 1;
    const cells = (Math.ceil(a.width / TILE) + 1) * (Math.ceil(a.height / TILE) + 1);
    this.#scratch = a.memory.allocate(columns * RESULT);
    this.#out = a.memory.allocate(Math.max(cells, 64) * RESULT);
  }

  /** What differs inside `damage`, which may overlap itself or reach out of the picture. */
  compare(damage: readonly Rectangle[]): Difference {
    const found: Found[] = [];
    for (const rectangle of this.#clip(damage)) found.push(...this.#cells(rectangle, TILE));
    const sparse = found.filter(isSparse).length;
    const cells = sparse > 0 && sparse <= MOST_REFINED ? found.flatMap(each => this.#refine(each, TILE)) : found;
    const pixels = cells.reduce((sum, each) => sum + each.pixels, 0);
    const rectangles = cells.map(({ x, y, width, height }) => ({ x, y, width, height }));
    return { rectangles: mergeRectangles(rectangles, TILE, MOST_RECTANGLES), pixels };
  }

  free(): void {
    this.#a.memory.free(this.#scratch);
    this.#a.memory.free(this.#out);
  }

  #clip(damage: readonly Rectangle[]): readonly Rectangle[] {
    if (damage.length === 1) {
      const part = intersect(damage[0]!, this.#a.bounds);
      return part ? [part] : [];
    }
    return Region.of(damage).intersect(this.#a.bounds).rectangles();
  }

  /** The same changes in smaller rectangles where they are far apart inside the cell. */
  #refine(found: Found, cell: number): Found[] {
    if (cell <= FINEST || !isSparse(found)) return [found];
    return this.#cells(found, cell / 2).flatMap(part => this.#refine(part, cell / 2));
  }

  #cells({ x, y, width, height }: Rectangle, cell: number): Found[] {
    const { memory, stride } = this.#a;
    const a = this.#a.at(x, y);
    const b = this.#b.at(x, y);
    const phaseX = x % cell;
    const phaseY = y % cell;
    const count = memory.kernels.compareCells(
      a,
      stride,
      b,
      this.#b.stride,
      width,
      height,
      phaseX,
      phaseY,
      cell,
      this.#scratch,
      this.#out,
    );
    const results = new Int32Array(memory.memory.buffer, this.#out, count * 5);
    const found: Found[] = [];
    for (let i = 0; i < results.length; i += 5) {
      found.push({
        x: x + results[i]!,
        y: y + results[i + 1]!,
        width: results[i + 2]!,
        height: results[i + 3]!,
        pixels: results[i + 4]!,
      });
    }
    return found;
  }
}

function isSparse({ width, height, pixels }: Found): boolean {
  return width * height > FINEST * FINEST && pixels * SPARSE < width * height;
}
