/** Plain versions of kernels/compare.ts over the same memory, as the reference for tests. */
import { area, type Rectangle } from '../../core/rectangle.js';

export interface CellDifference {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: number;
  readonly cost: number;
}

/** A picture: rows `stride` bytes apart from `offset` on. */
export interface Plane {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly stride: number;
}

export function pixelDiffers(a: Plane, b: Plane, x: number, y: number): boolean {
  const i = a.offset + y * a.stride + x * 4;
  const j = b.offset + y * b.stride + x * 4;
  return a.bytes[i] !== b.bytes[j] || a.bytes[i + 1] !== b.bytes[j + 1] || a.bytes[i + 2] !== b.bytes[j + 2];
}

/** Bounds of the differences in each cell, or the whole cell where it seems to differ everywhere, by rows of cells. */
export function compareCells(
  a: Plane,
  b: Plane,
  width: number,
  height: number,
  phaseX: number,
  phaseY: number,
  cell: number,
): CellDifference[] {
  const cells = new Map<
    number,
    { left: number; top: number; right: number; bottom: number; pixels: number; rows: number[] }
  >();
  const columns = Math.ceil((phaseX + width) / cell);
  const boundsOf = (key: number) => {
    const x = Math.max((key % columns) * cell - phaseX, 0);
    const y = Math.max(Math.floor(key / columns) * cell - phaseY, 0);
    const right = Math.min(((key % columns) + 1) * cell - phaseX, width);
    const bottom = Math.min((Math.floor(key / columns) + 1) * cell - phaseY, height);
    return { x, y, width: right - x, height: bottom - y };
  };
  const cellWidth = (column: number) => Math.min((column + 1) * cell, phaseX + width) - Math.max(column * cell, phaseX);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!pixelDiffers(a, b, x, y)) continue;
      const key = Math.floor((phaseY + y) / cell) * columns + Math.floor((phaseX + x) / cell);
      const known = cells.get(key) ?? { left: x, top: y, right: x, bottom: y, pixels: 0, rows: [] };
      known.left = Math.min(known.left, x);
      known.right = Math.max(known.right, x);
      known.bottom = y;
      known.pixels++;
      known.rows[y] = (known.rows[y] ?? 0) + 1;
      cells.set(key, known);
    }
  }
  return [...cells]
    .sort(([p], [q]) => p - q)
    .map(([key, { left, top, right, bottom, pixels, rows }]) => {
      const whole = boundsOf(key);
      if (differsAllOver(whole, rows)) return { ...whole, pixels: area(whole), cost: area(whole) };
      const cost = rows.reduce((sum, count) => sum + Math.min(count * 8, cellWidth(key % columns)), 0);
      return { x: left, y: top, width: right + 1 - left, height: bottom + 1 - top, pixels, cost };
    });
}

/** @param rows differing pixels in each row */
function differsAllOver({ y, width, height }: Rectangle, rows: readonly number[]): boolean {
  if (width < 16 || height < 16) return false;
  const sampled = Array.from({ length: height }, (_, row) => row).filter(row => row % 8 === 0 || row === height - 1);
  return sampled.every(row => (rows[y + row] ?? 0) >= width - Math.floor(width / 8));
}

/** For all cells, by rows: differing pixels and pixels to send in every `step`th row, times `step`. */
export function sampleCells(
  a: Plane,
  b: Plane,
  width: number,
  height: number,
  phaseX: number,
  phaseY: number,
  cell: number,
  step: number,
): { pixels: number; cost: number }[] {
  const columns = Math.ceil((phaseX + width) / cell);
  const rows = Math.ceil((phaseY + height) / cell);
  return Array.from({ length: columns * rows }, (_, key) => {
    const left = Math.max((key % columns) * cell - phaseX, 0);
    const right = Math.min(((key % columns) + 1) * cell - phaseX, width);
    const inCell = (y: number) => Math.floor((phaseY + y) / cell) === Math.floor(key / columns);
    const sampled = Array.from({ length: height }, (_, y) => y).filter(y => y % step === 0 && inCell(y));
    const counts = sampled.map(y => {
      return Array.from({ length: right - left }, (_, x) => left + x).filter(x => pixelDiffers(a, b, x, y)).length;
    });
    return {
      pixels: counts.reduce((sum, count) => sum + count * step, 0),
      cost: counts.reduce((sum, count) => sum + Math.min(count * 8, right - left) * step, 0),
    };
  });
}

export function differingRows(a: Plane, b: Plane, width: number, height: number): number[] {
  return Array.from({ length: height }, (_, y) => {
    return Array.from({ length: width }, (_, x) => x).filter(x => pixelDiffers(a, b, x, y)).length;
  });
}

export function differingColumns(a: Plane, b: Plane, width: number, height: number): number[] {
  return Array.from({ length: width }, (_, x) => {
    return Array.from({ length: height }, (_, y) => y).filter(y => pixelDiffers(a, b, x, y)).length;
  });
}
