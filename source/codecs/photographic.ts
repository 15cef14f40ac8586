import type { Kernels } from '../pixels/kernels.js';
import type { PixelRows } from './wire-pixels.js';

/** Smaller rectangles are not worth a JPEG's header. */
const LEAST_AREA = 1024;
/** A step between neighbours up to this is a gradient's, from this on an edge's. */
const GENTLE = 3;
const SHARP = 40;

/**
 * Whether a rectangle looks like a photograph, and not like text or lines, which JPEG blurs. Told by the steps between
 * neighbours in a row: text has flat ground with sharp edges (also on a gradient, where the ground's steps are gentle),
 * photographs have steps of every size.
 * @param scratch eight bytes
 */
export function isPhotographic(
  kernels: Kernels,
  memory: WebAssembly.Memory,
  rows: PixelRows,
  scratch: number,
): boolean {
  const { pointer, stride, width, height } = rows;
  if (width * height < LEAST_AREA || width < 8 || height < 8) return false;
  const steps = (width - 1) * height;
  kernels.countSteps(pointer, stride, width, height, GENTLE, SHARP, scratch);
  const counts = new DataView(memory.buffer, scratch);
  const uneven = counts.getInt32(0, true) / steps;
  const sharp = counts.getInt32(4, true) / steps;
  if (uneven <= 0.2) return sharp < 0.002;
  if (uneven > 0.7) return true;
  return uneven - sharp > 3 * sharp;
}
