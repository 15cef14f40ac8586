import { area, type Rectangle } from '../../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../../pixels/framebuffer.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';

/** The side of the blocks that a film's area is judged in. */
const BLOCK = 8;
/**
 * From so many equal neighbours on, of 64, a block was drawn and not filmed: text stands on a flat ground, and films
 * have grain. Dark and blurred parts of films look drawn, too: they tell themselves by changing in each picture.
 */
const FLAT_NEIGHBOURS = 16;
/** Drawn content has come over a film where so many more neighbours are equal than in the last picture. */
const FLATTER = 24;
/** Or where drawn content changes that was still for so many pictures. */
const CALM_PICTURES = 2;
/**
 * Where drawn content has come or changed, and around it, all is exact for so many pictures: blocks hold parts of it and
 * of the film, and which is which shows by what goes on to change.
 */
const FRESH_PICTURES = 3;
/** After so many pictures without a change, drawn content and what is around it is exact. */
const STILL_PICTURES = 3;
/** In how many pictures the changes in a block are collected before they are forgotten. */
const GENERATION = 12;
/**
 * If more of a film than this becomes exact at once, it is a cut to a dark or blurred scene: it stays film. (What really
 * stands over that much of it makes the film's rectangle another one, soon.)
 */
const MAX_ENTERED = 0.3;

/** With more rectangles than this, blocks at the border are exact as a whole; with still more, nothing is. */
const MAX_RECTANGLES = 400;

/** compareCells: 24 bytes per block, and 272 bytes of scratch for each column. */
const RESULT_BYTES = 24;
const RESULT_WORDS = RESULT_BYTES / 4;
const SCRATCH_BYTES = 272;

/** Without the X byte. */
const COLOUR = 0x00ff_ffff;

const DRAWN = 1;
const BORDER = 2;

/**
 * What stands over a film and is not film: menus, text, the controls of a player. It is sent exactly, and pictures of
 * the film are not drawn over it.
 *
 * Drawn content is told from film by its looks at once, block by block. A block at its border holds parts of both: it is
 * exact as a whole at first; in later pictures only the film in it changes, and what does not is exact.
 */
export class ExactAreas {
  readonly #memory: PixelMemory;
  readonly #rectangle: Rectangle;
  readonly #columns: number;
  readonly #rows: number;
  /** The region's pixels in the last picture, packed; then flatness, results and scratch of the kernels. */
  readonly #block: number;
  readonly #stride: number;
  readonly #flatness: number;
  readonly #results: number;
  readonly #scratch: number;
  /** Per block: DRAWN, BORDER or 0. */
  readonly #kinds: Uint8Array;
  /** Per block: pictures without a change, as of this picture and of the last one. */
  readonly #still: Uint8Array;
  readonly #stillBefore: Uint8Array;
  /** Per block: pictures since drawn content came or changed in it or beside it. */
  readonly #age: Uint8Array;
  readonly #flatBefore: Uint8Array;
  /** Per block at a border, a byte for each row: its pixels that have changed in this generation, and in the last one. */
  readonly #changes: Uint8Array;
  readonly #changesBefore: Uint8Array;
  #pictures = 0;
  #region = new Region();
  #entered = new Region();

  /** @param rectangle of the film, inside all framebuffers that are passed to `update` */
  constructor(memory: PixelMemory, rectangle: Rectangle) {
    const { width, height } = rectangle;
    this.#memory = memory;
    this.#rectangle = rectangle;
    this.#columns = Math.ceil(width / BLOCK);
    this.#rows = Math.ceil(height / BLOCK);
    const blocks = this.#columns * this.#rows;
    this.#stride = width * BYTES_PER_PIXEL;
    const pixels = this.#stride * height;
    this.#block = memory.allocate(pixels + align(blocks) + blocks * RESULT_BYTES + this.#columns * SCRATCH_BYTES);
    this.#flatness = this.#block + pixels;
    this.#results = this.#flatness + align(blocks);
    this.#scratch = this.#results + blocks * RESULT_BYTES;
    this.#kinds = new Uint8Array(blocks);
    this.#still = new Uint8Array(blocks);
    this.#stillBefore = new Uint8Array(blocks);
    this.#age = new Uint8Array(blocks).fill(255);
    this.#flatBefore = new Uint8Array(blocks);
    this.#changes = new Uint8Array(blocks * BLOCK);
    this.#changesBefore = new Uint8Array(blocks * BLOCK);
  }

  /** As of the last update; not to be modified. */
  get region(): Region {
    return this.#region;
  }

  /** The pixels that became exact with the last update: viewers have them as film. */
  get entered(): Region {
    return this.#entered;
  }

  /** Looks at the picture after a change in it. */
  update(framebuffer: Framebuffer): void {
    const found = this.#compare(framebuffer);
    this.#judge(framebuffer);
    this.#follow(framebuffer, found);
    this.#keep(framebuffer);
    const before = this.#region;
    const region = Region.of(this.#collect());
    const entered = region.copy().subtract(before);
    // Text that was there before the film was found is no cut.
    const cut = this.#pictures > 0 && entered.area > area(this.#rectangle) * MAX_ENTERED;
    this.#region = cut ? region.intersect(before) : region;
    this.#entered = cut ? new Region() : entered;
    this.#pictures++;
    if (this.#pictures % GENERATION === 0) {
      this.#changesBefore.set(this.#changes);
      this.#changes.fill(0);
    }
  }

  free(): void {
    this.#memory.free(this.#block);
  }

  /** Finds what has changed since the last picture. @returns the number of blocks with a change */
  #compare(framebuffer: Framebuffer): number {
    const { x, y, width, height } = this.#rectangle;
    this.#stillBefore.set(this.#still);
    if (this.#pictures === 0) return 0;
    const places = [framebuffer.at(x, y), framebuffer.stride, this.#block, this.#stride, width, height] as const;
    const found = this.#memory.kernels.compareCells(...places, 0, 0, BLOCK, this.#scratch, this.#results);
    for (let at = 0; at < this.#still.length; at++) if (this.#still[at]! < 255) this.#still[at]!++;
    const results = this.#found(found);
    for (let at = 0; at < results.length; at += RESULT_WORDS) {
      this.#still[(results[at + 1]! >> 3) * this.#columns + (results[at]! >> 3)] = 0;
    }
    return found;
  }

  #found(count: number): Int32Array {
    return new Int32Array(this.#memory.memory.buffer, this.#results, count * RESULT_WORDS);
  }

  #keep(framebuffer: Framebuffer): void {
    const { x, y, height } = this.#rectangle;
    const from = framebuffer.at(x, y);
    this.#memory.kernels.copyRectangle(from, framebuffer.stride, this.#block, this.#stride, this.#stride, height);
  }

  /** Collects which pixels of the blocks at a border have changed. */
  #follow(framebuffer: Framebuffer, found: number): void {
    const { buffer } = this.#memory.memory;
    const { x, y, width, height } = this.#rectangle;
    const now = new Uint32Array(buffer, framebuffer.pointer, framebuffer.width * framebuffer.height);
    const before = new Uint32Array(buffer, this.#block, width * height);
    const results = this.#found(found);
    for (let at = 0; at < results.length; at += RESULT_WORDS) {
      const [left, top] = [results[at]!, results[at + 1]!];
      const [column, row] = [left >> 3, top >> 3];
      const cell = row * this.#columns + column;
      if (this.#kinds[cell] === 0 || !this.#isAtBorder(column, row)) continue;
      for (let line = top; line < top + results[at + 3]!; line++) {
        let changes = 0;
        const start = (y + line) * framebuffer.width + x;
        for (let place = left; place < left + results[at + 2]!; place++) {
          const same = ((now[start + place]! ^ before[line * width + place]!) & COLOUR) === 0;
          if (!same) changes |= 1 << (place & 7);
        }
        this.#changes[cell * BLOCK + (line & 7)]! |= changes;
      }
    }
  }

  /** Tells drawn blocks and those around them, and where drawn content has come or changed. */
  #judge(framebuffer: Framebuffer): void {
    const { x, y, width, height } = this.#rectangle;
    this.#memory.kernels.flatBlocks(framebuffer.at(x, y), framebuffer.stride, width, height, this.#flatness);
    const flatness = this.#memory.bytes(this.#flatness, this.#kinds.length);
    const kinds = this.#kinds;
    for (let cell = 0; cell < kinds.length; cell++) {
      kinds[cell] = flatness[cell]! >= FLAT_NEIGHBOURS ? DRAWN : 0;
      if (this.#age[cell]! < 255) this.#age[cell]!++;
    }
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        const cell = row * this.#columns + column;
        if (kinds[cell] !== DRAWN) continue;
        const still = this.#still[cell]!;
        const flatter = flatness[cell]! >= this.#flatBefore[cell]! + FLATTER;
        const came = still === 0 && (flatter || this.#stillBefore[cell]! >= CALM_PICTURES);
        const fresh = came || still === STILL_PICTURES;
        if (fresh || still > STILL_PICTURES || this.#age[cell]! < FRESH_PICTURES) this.#border(column, row, fresh);
      }
    }
    this.#flatBefore.set(flatness);
  }

  /** Marks the blocks around a drawn one. @param fresh forgets what has changed in them so far */
  #border(column: number, row: number, fresh: boolean): void {
    for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, this.#rows - 1); y++) {
      for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, this.#columns - 1); x++) {
        const cell = y * this.#columns + x;
        if (this.#kinds[cell] === 0) this.#kinds[cell] = BORDER;
        if (!fresh) continue;
        this.#age[cell] = 0;
        this.#changes.fill(0, cell * BLOCK, (cell + 1) * BLOCK);
        this.#changesBefore.fill(0, cell * BLOCK, (cell + 1) * BLOCK);
      }
    }
  }

  #collect(): Rectangle[] {
    const precise = this.#rectangles(true);
    if (precise.length <= MAX_RECTANGLES) return precise;
    const whole = this.#rectangles(false);
    return whole.length <= MAX_RECTANGLES ? whole : [];
  }

  /** @param precise whether of blocks at a border only the pixels that have not changed are exact */
  #rectangles(precise: boolean): Rectangle[] {
    const rectangles: Rectangle[] = [];
    for (let row = 0; row < this.#rows; row++) {
      let run: { x: number; y: number; width: number; height: number } | null = null;
      for (let column = 0; column < this.#columns; column++) {
        const cell = row * this.#columns + column;
        // Most of a film is neither drawn nor beside anything drawn.
        if (this.#kinds[cell] === 0) {
          run = null;
          continue;
        }
        const block = this.#blockAt(column, row);
        const still = this.#isWhole(cell);
        const border = !still && this.#isAtBorder(column, row);
        const whole = still || (border && !precise);
        if (whole && run) run.width += block.width;
        else if (whole) {
          run = { ...block };
          rectangles.push(run);
        } else {
          run = null;
          if (border) this.#addUnchanged(cell, block, rectangles);
        }
      }
    }
    return Region.of(rectangles).rectangles();
  }

  /** Whether all of a drawn block, or of one at a border, is exact. */
  #isWhole(cell: number): boolean {
    return this.#still[cell]! >= STILL_PICTURES || this.#age[cell]! < FRESH_PICTURES;
  }

  /** Whether there is drawn content beside a block. */
  #isAtBorder(column: number, row: number): boolean {
    for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, this.#rows - 1); y++) {
      for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, this.#columns - 1); x++) {
        const cell = y * this.#columns + x;
        if (this.#kinds[cell] === DRAWN && this.#isWhole(cell)) return true;
      }
    }
    return false;
  }

  /** The pixels of a block that have not changed lately. */
  #addUnchanged(cell: number, { x, y, width, height }: Rectangle, rectangles: Rectangle[]): void {
    for (let line = 0; line < height; line++) {
      const changes = this.#changes[cell * BLOCK + line]! | this.#changesBefore[cell * BLOCK + line]!;
      for (let place = 0; place < width; place++) {
        if (changes & (1 << place)) continue;
        const start = place;
        while (place + 1 < width && !(changes & (1 << (place + 1)))) place++;
        rectangles.push({ x: x + start, y: y + line, width: place + 1 - start, height: 1 });
      }
    }
  }

  #blockAt(column: number, row: number): Rectangle {
    const { x, y, width, height } = this.#rectangle;
    return {
      x: x + column * BLOCK,
      y: y + row * BLOCK,
      width: Math.min(BLOCK, width - column * BLOCK),
      height: Math.min(BLOCK, height - row * BLOCK),
    };
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
