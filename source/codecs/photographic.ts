import type { Kernels } from '../pixels/kernels.js';
import type { PixelRows } from './wire-pixels.js';

/** Smaller rectangles are not worth a JPEG's header. */
const LEAST_AREA = 1024;
/** Every second row tells as much as all of them, and in rectangles from this height on every fourth. */
const TALL = 48;
/** A step between neighbours up to this is a gradient's, from this on an edge's. */
const GENTLE = 3;
const SHARP = 40;
/** Shares of all steps. A gradient is gentle nearly all over but seldom quite flat, and without edges it is no drawing. */
const MOSTLY_GENTLE = 0.2;
const HARDLY_FLAT = 0.4;
const NEARLY_NO_EDGES = 0.002;
/** No text has so little ground. */
const MOSTLY_UNEVEN = 0.7;
/** Between the two, a photograph has that many times more steps of middle size than edges. */
const MIDDLE_STEPS = 3;

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
  const step = height < TALL ? 2 : 4;
  const seen = Math.floor(height / step);
  const steps = (width - 1) * seen;
  kernels.countSteps(pointer, stride * step, width, seen, GENTLE, SHARP, scratch);
  const counts = new Int32Array(memory.buffer, scratch, 2);
  const [uneven, sharp] = [counts[0]! / steps, counts[1]! / steps];
  if (uneven > MOSTLY_UNEVEN) return true;
  if (uneven > MOSTLY_GENTLE) return uneven - sharp > MIDDLE_STEPS * sharp;
  if (sharp >= NEARLY_NO_EDGES) return false;
  // What is flat is no photograph.
  kernels.countSteps(pointer, stride * step, width, seen, 1, SHARP, scratch);
  return counts[0]! / steps > HARDLY_FLAT;
}
