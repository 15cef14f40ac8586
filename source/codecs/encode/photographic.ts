import { area, bounds, type Rectangle } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import { MOST_PARTS } from '../../pixels/kernel-threads.js';
import type { Kernels } from '../../pixels/kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import type { EncodeScratch, JudgedBlocks } from './encode-job.js';
import { rowsOf } from './wire-pixels.js';

/** The side of the blocks that are classified as photographic or not. */
const BLOCK = 64;

/** A part of a rectangle, of one kind. */
export type Part =
  | { readonly rectangle: Rectangle; readonly photographic: false }
  /** `chroma`: the mean change of B - G and R - G from pixel to pixel. */
  | { readonly rectangle: Rectangle; readonly photographic: true; readonly chroma: number };

/** The kernel's working memory for one rectangle besides its results. */
const JUDGE_SCRATCH = 1024;
/** The kernel's results for a block: what it is, and its chroma, which begins at an even address. */
const BLOCK_BYTES = 4;

/** Whether the rectangle as a whole looks like a photograph. */
export function isPhotographic(framebuffer: Framebuffer, rectangle: Rectangle, { table }: EncodeScratch): boolean {
  // Not to where the indices of its colours are.
  const call = callOf(framebuffer, rectangle, table, table + JUDGE_SCRATCH, 1, 1);
  return framebuffer.memory.kernels.photographicBlocks(...call) > 0;
}

/** Judges the blocks of a rectangle that is not about to be encoded. */
export function judgeBlocks(framebuffer: Framebuffer, rectangle: Rectangle): JudgedBlocks {
  const { memory } = framebuffer;
  const scratch = memory.allocate(roomOf(rectangle));
  const call = callOf(framebuffer, rectangle, scratch, scratch + JUDGE_SCRATCH);
  const judged = resultOf(memory, call, memory.kernels.photographicBlocks(...call));
  memory.free(scratch);
  return judged;
}

/**
 * Judges the blocks of several rectangles at once, where there are threads for that: `photographicParts` finds the
 * results in `scratch.judged`. They hold as long as the pixels do.
 */
export function judgeTogether(
  framebuffer: Framebuffer,
  rectangles: readonly Rectangle[],
  scratch: EncodeScratch,
): void {
  const { memory } = framebuffer;
  const judged = rectangles.slice(0, MOST_PARTS);
  const pixels = judged.reduce((sum, rectangle) => sum + area(rectangle), 0);
  if (!memory.threads || memory.threads.partsOf('photographicBlocks', pixels, judged.length) === 1) return;
  const room = judged.reduce((sum, rectangle) => sum + roomOf(rectangle), 0);
  scratch.reserve(Math.ceil(room / BYTES_PER_PIXEL));
  let place = scratch.wide;
  const calls = judged.map(rectangle => {
    const call = callOf(framebuffer, rectangle, place, place + JUDGE_SCRATCH);
    place += roomOf(rectangle);
    return call;
  });
  const found = memory.threads.run('photographicBlocks', calls);
  judged.forEach((rectangle, index) => {
    scratch.judged.set(rectangle, resultOf(memory, calls[index]!, found[index]!));
  });
}

/** @returns null: no block is photographic, as in all of what is typed and scrolled */
function judge(framebuffer: Framebuffer, rectangle: Rectangle, { table, indices }: EncodeScratch): JudgedBlocks | null {
  const { memory } = framebuffer;
  const call = callOf(framebuffer, rectangle, table, indices);
  const found = memory.kernels.photographicBlocks(...call);
  return found > 0 ? resultOf(memory, call, found) : null;
}

type Call = Parameters<Kernels['photographicBlocks']>;

/**
 * The kernel's memory: JUDGE_SCRATCH, then kinds, two bytes a block, then chroma.
 * @param out for BLOCK_BYTES a block, at a multiple of four
 */
function callOf(
  framebuffer: Framebuffer,
  rectangle: Rectangle,
  scratch: number,
  out: number,
  columns = blocksIn(rectangle.width),
  rows = blocksIn(rectangle.height),
): Call {
  const { pointer, stride, width, height } = rowsOf(framebuffer, rectangle);
  return [pointer, stride, width, height, columns, rows, scratch, out, out + 2 * columns * rows];
}

function resultOf({ memory }: PixelMemory, call: Call, found: number): JudgedBlocks {
  const [columns, rows, out, chroma] = [call[4], call[5], call[7], call[8]];
  const count = columns * rows;
  const kinds = new Uint8Array(memory.buffer, out, count).slice();
  return { columns, rows, found, kinds, chroma: new Uint16Array(memory.buffer, chroma, count).slice() };
}

/** Bytes for `callOf`. */
function roomOf({ width, height }: Rectangle): number {
  return JUDGE_SCRATCH + blocksIn(width) * blocksIn(height) * BLOCK_BYTES;
}

/**
 * Cuts a rectangle at the borders between photographs and other content. Adjacent blocks of one kind in a row are
 * joined, and so are rows of blocks that are of one kind throughout. One part if all of it is of one kind.
 */
export function photographicParts(framebuffer: Framebuffer, rectangle: Rectangle, scratch: EncodeScratch): Part[] {
  const blocks = scratch.judged.get(rectangle) ?? judge(framebuffer, rectangle, scratch);
  if (!blocks || blocks.found === 0) return [{ rectangle, photographic: false }];
  const { columns, rows, found, kinds } = blocks;
  const count = columns * rows;
  if (found < count && absorbSmoothBlocks(kinds, columns, rows) < count) return join(rectangle, blocks);
  return [{ rectangle, photographic: true, chroma: meanChroma(blocks, 0, 0, columns, rows) }];
}

/** Of the blocks in these columns and rows, in units of a channel. */
function meanChroma(
  { columns, chroma }: JudgedBlocks,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  let sum = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) sum += chroma[row * columns + column]!;
  }
  return sum / ((right - left) * (bottom - top) * CHROMA_PARTS);
}

/** The kernel counts chroma in these parts. */
const CHROMA_PARTS = 64;

function blocksIn(length: number): number {
  return Math.max(1, Math.round(length / BLOCK));
}

/**
 * Smooth blocks (2) become photographic (1) if all their neighbours are, otherwise 0.
 * @returns the number of photographic blocks
 */
function absorbSmoothBlocks(blocks: Uint8Array, columns: number, rows: number): number {
  const judged = Uint8Array.from(blocks);
  let found = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      if (judged[at] === 2) blocks[at] = isSurrounded(judged, columns, rows, column, row) ? 1 : 0;
      found += blocks[at]!;
    }
  }
  return found;
}

/** Whether all eight neighbours are photographic. */
function isSurrounded(judged: Uint8Array, columns: number, rows: number, column: number, row: number): boolean {
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x++) {
      if ((x !== column || y !== row) && judged[y * columns + x] !== 1) return false;
    }
  }
  return true;
}

/** Columns and rows of blocks of one kind. */
interface Run {
  readonly photographic: boolean;
  readonly left: number;
  readonly top: number;
  right: number;
  bottom: number;
}

function join(rectangle: Rectangle, blocks: JudgedBlocks): Part[] {
  const { columns, rows, kinds } = blocks;
  const all: Run[] = [];
  for (let row = 0; row < rows; row++) {
    const runs: Run[] = [];
    for (let column = 0; column < columns; column++) {
      const photographic = kinds[row * columns + column] === 1;
      const last = runs.at(-1);
      if (last?.photographic === photographic) last.right++;
      else runs.push({ photographic, left: column, top: row, right: column + 1, bottom: row + 1 });
    }
    const [only] = runs;
    const above = all.at(-1);
    const isWhole = (run: Run | undefined) => run !== undefined && run.right - run.left === columns;
    if (above && isWhole(above) && isWhole(only) && above.photographic === only?.photographic) above.bottom++;
    else all.push(...runs);
  }
  return all.map(({ photographic, left, top, right, bottom }) => {
    const first = blockAt(rectangle, left, top, columns, rows);
    const part = bounds(first, blockAt(rectangle, right - 1, bottom - 1, columns, rows));
    if (!photographic) return { rectangle: part, photographic };
    return { rectangle: part, photographic, chroma: meanChroma(blocks, left, top, right, bottom) };
  });
}

/** Equal parts of about BLOCK pixels, cut as in the kernel. */
function blockAt(
  { x, y, width, height }: Rectangle,
  column: number,
  row: number,
  columns: number,
  rows: number,
): Rectangle {
  const left = Math.floor((width * column) / columns);
  const top = Math.floor((height * row) / rows);
  const right = Math.floor((width * (column + 1)) / columns);
  const bottom = Math.floor((height * (row + 1)) / rows);
  return { x: x + left, y: y + top, width: right - left, height: bottom - top };
}

/**
 * The mean change of B - G and R - G from pixel to pixel up to which half the chroma samples look the same. Camera
 * photographs have 0.3 to 1, the same scaled down to a quarter 3, strong colour noise 10.
 */
const FINE_CHROMA = 3;
/** The increase in quality that then gives the same mean squared error, at about the same number of bytes. */
const MORE_BELOW_90 = 3;
const MORE_FROM_90 = 2;

/**
 * For photographs whose colours change gently, and without an explicit request for a subsampling, 4:2:0 at a higher
 * quality looks the same as 4:4:4, in as many bytes and two thirds of the time at both ends. At 1024x512 the bench's
 * photograph came to 195 kB and 43.5 dB at 92 4:4:4, and to 199 kB and 43.5 dB at 94 4:2:0.
 * @param chroma the mean change of B - G and R - G from pixel to pixel, as `photographicParts` finds it
 */
export function chooseSubsampling(chroma: number, asked: JpegQuality): JpegQuality {
  if (asked.subsampling !== '4:4:4' || asked.subsamplingRequested || asked.quality > 97) return asked;
  if (chroma > FINE_CHROMA) return asked;
  const more = asked.quality < 90 ? MORE_BELOW_90 : MORE_FROM_90;
  return { ...asked, quality: asked.quality + more, subsampling: '4:2:0' };
}
