import { contains, intersect, overlaps, type Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';
import { destinationOf, type Move } from './journal.js';
import { cutRows, MOST_PARTS, type SharedKernel } from './kernel-threads.js';
import { mergeRectangles } from './merge-rectangles.js';
import type { PixelMemory } from './pixel-memory.js';
import { Region } from './region.js';
import { TILE } from './tile-grid.js';

/** Bytes of one result of compareCells, and of its scratch for one column. */
const RESULT = 24;
const SCRATCH = 272;
/** Bytes of one result of sampleCells. */
const SAMPLE = 8;
/** The finest cell: two changes in different ones of these are two rectangles. */
const FINEST = 16;
/** A cell is compared again in quarters if less than one pixel in this many differs ... */
const SPARSE = 4;
/** ... unless there are more such cells than this: then fine rectangles do not pay. */
const MAX_REFINED = 96;
const MAX_RECTANGLES = 256;
/** Up to this many rectangles of damage are looked at in pairs. */
const FEW = 4;
/** Every seventh row is sampled: an unlikely distance between lines of text. */
const SAMPLED = 7;

/** The bounds of a difference, how many of its pixels differ, and about how many would have to be sent for it. */
export interface Found extends Rectangle {
  readonly pixels: number;
  readonly cost: number;
}

/** The differences between two pictures, by tile. A tile may hold several finds, from several rectangles of damage. */
export class Differences {
  readonly columns: number;
  /** The first find of each tile, and the others of tiles that have more. */
  readonly #first = new Map<number, Found>();
  readonly #others = new Map<number, Found[]>();

  constructor(width: number) {
    this.columns = Math.ceil(width / TILE);
  }

  get isEmpty(): boolean {
    return this.#first.size === 0;
  }

  get pixels(): number {
    let sum = 0;
    for (const { pixels } of this.all()) sum += pixels;
    return sum;
  }

  all(): Found[] {
    const all = [...this.#first.values()];
    for (const others of this.#others.values()) all.push(...others);
    return all;
  }

  /** Their common bounds; there must be some. */
  bounds(): Rectangle {
    let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
    for (const { x, y, width, height } of this.all()) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + width);
      bottom = Math.max(bottom, y + height);
    }
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** Estimated pixels to send for a tile. */
  costAt(column: number, row: number): number {
    const tile = row * this.columns + column;
    let cost = this.#first.get(tile)?.cost ?? 0;
    for (const other of this.#others.get(tile) ?? []) cost += other.cost;
    return cost;
  }

  /** Adds a find that lies inside one tile. */
  add(found: Found): void {
    const tile = Math.floor(found.y / TILE) * this.columns + Math.floor(found.x / TILE);
    if (!this.#first.has(tile)) {
      this.#first.set(tile, found);
      return;
    }
    const others = this.#others.get(tile);
    if (others) others.push(found);
    else this.#others.set(tile, [found]);
  }

  /** Drops the finds in tiles from (column, row) up to (endColumn, endRow), exclusive. */
  clear(column: number, row: number, endColumn: number, endRow: number): void {
    for (let y = row; y < endRow; y++) {
      for (let x = column; x < endColumn; x++) {
        this.#first.delete(y * this.columns + x);
        this.#others.delete(y * this.columns + x);
      }
    }
  }
}

/** Estimated differences between two pictures, per tile, from samples. */
export class SampledCosts {
  readonly #column: number;
  readonly #row: number;
  readonly #columns: number;
  /** Differing pixels and cost per tile, row by row. */
  readonly #samples: Int32Array;

  /** @param where the sampled area */
  constructor(where: Rectangle, samples: Int32Array) {
    this.#column = Math.floor(where.x / TILE);
    this.#row = Math.floor(where.y / TILE);
    this.#columns = Math.ceil((where.x + where.width) / TILE) - this.#column;
    this.#samples = samples;
  }

  /** Estimated differing pixels. */
  get pixels(): number {
    let sum = 0;
    for (let i = 0; i < this.#samples.length; i += 2) sum += this.#samples[i]!;
    return sum;
  }

  /** Estimated pixels to send for a sampled tile. */
  costAt(column: number, row: number): number {
    return this.#samples[((row - this.#row) * this.#columns + column - this.#column) * 2 + 1]!;
  }

  /** The sum of costs of all tiles that part of the sampled area touches. */
  within({ x, y, width, height }: Rectangle): number {
    let sum = 0;
    for (let row = Math.floor(y / TILE); row * TILE < y + height; row++) {
      for (let column = Math.floor(x / TILE); column * TILE < x + width; column++) sum += this.costAt(column, row);
    }
    return sum;
  }
}

/** Compares two pictures of equal size. Holds a little memory for results until freed. */
export class Comparer {
  readonly #a: Framebuffer;
  readonly #b: Framebuffer;
  readonly #scratch: number;
  readonly #out: number;

  constructor(a: Framebuffer, b: Framebuffer) {
    this.#a = a;
    this.#b = b;
    const columns = Math.ceil(a.width / FINEST) + 1;
    const tiles = Math.ceil(a.width / TILE) + 1;
    const cells = tiles * (Math.ceil(a.height / TILE) + 1);
    // Tiles are compared in bands where there are threads for them, finer cells are not.
    const bands = a.memory.threads ? MOST_PARTS : 1;
    this.#scratch = a.memory.allocate(Math.max(columns, tiles * bands) * SCRATCH);
    this.#out = a.memory.allocate(Math.max(cells, 64) * RESULT);
  }

  /** The differences inside `damage`, which may overlap itself or reach outside the picture. */
  compare(damage: readonly Rectangle[]): Differences {
    const differences = new Differences(this.#a.width);
    for (const rectangle of this.#clip(damage)) for (const each of this.find(rectangle)) differences.add(each);
    return differences;
  }

  /**
   * The differences in a rectangle, at most one find per tile.
   * @param dx, dy compare with the first picture moved by this; the rectangle moved back must be inside it
   */
  find(rectangle: Rectangle, dx = 0, dy = 0): Found[] {
    return this.#cells(rectangle, TILE, dx, dy);
  }

  /** Estimated differences in a rectangle inside the picture, from a seventh of its rows. */
  sample(rectangle: Rectangle): SampledCosts {
    const { memory, stride } = this.#a;
    const { x, y, width, height } = rectangle;
    const columns = columnsOf(rectangle);
    const bands = bandsOf(memory, 'sampleCells', rectangle);
    const calls = bands.map(band => {
      // Rows are sampled at a distance from the first one of all.
      const skipped = (SAMPLED - ((band.top - y) % SAMPLED)) % SAMPLED;
      const top = band.top + skipped;
      const [a, b, height] = [this.#a.at(x, top), this.#b.at(x, top), band.height - skipped];
      const out = this.#out + band.rows * columns * SAMPLE;
      return [a, stride, b, stride, width, height, x % TILE, top % TILE, TILE, SAMPLED, out] as const;
    });
    if (calls.length === 1) memory.kernels.sampleCells(...calls[0]!);
    else memory.threads!.run('sampleCells', calls);
    const cells = columns * Math.ceil(((y % TILE) + height) / TILE);
    return new SampledCosts(rectangle, new Int32Array(memory.memory.buffer, this.#out, cells * 2).slice());
  }

  /**
   * The differences as rectangles: disjoint, trimmed, few. The pictures must not have changed since the comparison.
   * @param move not yet applied to the first picture: its destination was compared with the moved pixels
   */
  rectangles(differences: Differences, move: Move | null = null): Rectangle[] {
    const found = differences.all();
    const destination = move && destinationOf(move);
    const fine = (each: Found) => {
      const moved = destination !== null && contains(destination, each);
      return this.#refine(each, TILE, moved ? move!.dx : 0, moved ? move!.dy : 0);
    };
    let sparse = 0;
    for (const each of found) if (isSparse(each)) sparse++;
    const refined = sparse > 0 && sparse <= MAX_REFINED ? found.flatMap(fine) : found;
    return mergeRectangles(joinRuns(refined), TILE, MAX_RECTANGLES);
  }

  free(): void {
    this.#a.memory.free(this.#scratch);
    this.#a.memory.free(this.#out);
  }

  #clip(damage: readonly Rectangle[]): readonly Rectangle[] {
    const { bounds } = this.#a;
    if (areApart(damage)) return damage.flatMap(each => intersect(each, bounds) ?? []);
    return Region.of(damage).intersect(bounds).rectangles();
  }

  /** The same changes in smaller rectangles where they are far apart inside a cell. */
  #refine(found: Found, cell: number, dx: number, dy: number): Found[] {
    if (cell <= FINEST || !isSparse(found)) return [found];
    return this.#cells(found, cell / 2, dx, dy).flatMap(part => this.#refine(part, cell / 2, dx, dy));
  }

  #cells(rectangle: Rectangle, cell: number, dx: number, dy: number): Found[] {
    const { memory } = this.#a;
    const found: Found[] = [];
    const bands = cell === TILE && memory.threads ? bandsOf(memory, 'compareCells', rectangle) : [];
    if (bands.length <= 1) {
      const { x, y, width, height } = rectangle;
      // An array of arguments would take half a microsecond of a letter's seven.
      const count = memory.kernels.compareCells(
        this.#a.at(x - dx, y - dy),
        this.#a.stride,
        this.#b.at(x, y),
        this.#b.stride,
        width,
        height,
        x % cell,
        y % cell,
        cell,
        this.#scratch,
        this.#out,
      );
      this.#read(this.#out, count, rectangle, found);
      return found;
    }
    const columns = columnsOf(rectangle);
    const calls = bands.map(({ top, height, rows }, index) => {
      const scratch = this.#scratch + index * columns * SCRATCH;
      return this.#comparison(
        { ...rectangle, y: top, height },
        cell,
        dx,
        dy,
        scratch,
        this.#out + rows * columns * RESULT,
      );
    });
    const counts = memory.threads!.run('compareCells', calls);
    bands.forEach(({ top, rows }, index) => {
      this.#read(this.#out + rows * columns * RESULT, counts[index]!, { x: rectangle.x, y: top }, found);
    });
    return found;
  }

  /** The arguments of compareCells. */
  #comparison({ x, y, width, height }: Rectangle, cell: number, dx: number, dy: number, scratch: number, out: number) {
    const { stride } = this.#a;
    const a = this.#a.at(x - dx, y - dy);
    const b = this.#b.at(x, y);
    return [a, stride, b, this.#b.stride, width, height, x % cell, y % cell, cell, scratch, out] as const;
  }

  /** @param at the corner of what was compared */
  #read(out: number, count: number, at: { readonly x: number; readonly y: number }, found: Found[]): void {
    const results = new Int32Array(this.#a.memory.memory.buffer, out, count * 6);
    for (let i = 0; i < results.length; i += 6) {
      found.push({
        x: at.x + results[i]!,
        y: at.y + results[i + 1]!,
        width: results[i + 2]!,
        height: results[i + 3]!,
        pixels: results[i + 4]!,
        cost: results[i + 5]!,
      });
    }
  }
}

/** Whether they are so few that it is soon known that none overlaps another, as with a letter and its cursor. */
function areApart(rectangles: readonly Rectangle[]): boolean {
  if (rectangles.length > FEW) return false;
  for (let i = 1; i < rectangles.length; i++) {
    for (let other = 0; other < i; other++) if (overlaps(rectangles[i]!, rectangles[other]!)) return false;
  }
  return true;
}

/** Tiles of a rectangle, from left to right. */
function columnsOf({ x, width }: Rectangle): number {
  return Math.ceil(((x % TILE) + width) / TILE);
}

/** Bands of a rectangle, of whole rows of tiles, one for each part of the work that a thread of its own pays for. */
function bandsOf(memory: PixelMemory, kernel: SharedKernel, { y, width, height }: Rectangle) {
  const above = y % TILE;
  const rows = Math.ceil((above + height) / TILE);
  const parts = memory.threads?.partsOf(kernel, width * height, rows) ?? 1;
  return cutRows(rows, parts).map(({ from, to }) => {
    const top = Math.max(from * TILE - above, 0);
    const bottom = Math.min(to * TILE - above, height);
    // `rows`: of tiles, before this band.
    return { top: y + top, height: bottom - top, rows: from };
  });
}

function isSparse({ width, height, pixels }: Found): boolean {
  return width * height > FINEST * FINEST && pixels * SPARSE < width * height;
}

/** Finds as rectangles; neighbours in a row are merged: a film is a few rectangles, not five hundred. */
function joinRuns(found: readonly Found[]): Rectangle[] {
  const rectangles: Rectangle[] = [];
  let open: { x: number; y: number; width: number; height: number } | null = null;
  for (const { x, y, width, height } of found) {
    if (open && open.y === y && open.height === height && open.x + open.width === x) {
      open.width += width;
    } else {
      open = { x, y, width, height };
      rectangles.push(open);
    }
  }
  return rectangles;
}
