import { type Axis, UNITY } from '../resample-axis.js';
import type { Plane } from './compare.js';

/** Plain versions of kernels/scale.ts. */

function weighted(axis: Axis, i: number, valueAt: (source: number) => number): number {
  let sum = UNITY / 2;
  for (let tap = 0; tap < axis.taps; tap++) {
    const weight = axis.weights[i * axis.taps + tap]!;
    if (weight > 0) sum += weight * valueAt(axis.first[i]! + tap);
  }
  return sum >> 8;
}

/** Rows first, rounded to bytes, then columns. */
export function scaleRectangle(from: Plane, to: Plane, columns: Axis, rows: Axis): void {
  const byteAt = (x: number, y: number, i: number) => from.bytes[from.offset + y * from.stride + x * 4 + i]!;
  for (let y = 0; y < rows.first.length; y++) {
    for (let x = 0; x < columns.first.length; x++) {
      const target = to.offset + y * to.stride + x * 4;
      for (let i = 0; i < 3; i++) {
        to.bytes[target + i] = weighted(columns, x, sx => weighted(rows, y, sy => byteAt(sx, sy, i)));
      }
      to.bytes[target + 3] = 0;
    }
  }
}

export function blendPremultiplied(rgba: Plane, to: Plane, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = rgba.offset + y * rgba.stride + x * 4;
      const target = to.offset + y * to.stride + x * 4;
      const alpha = rgba.bytes[source + 3]!;
      for (let i = 0; i < 3; i++) {
        const faded = Math.round((to.bytes[target + i]! * (255 - alpha)) / 255);
        to.bytes[target + i] = Math.min(255, rgba.bytes[source + 2 - i]! + faded);
      }
      to.bytes[target + 3] = 0;
    }
  }
}
