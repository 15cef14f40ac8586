import { paletteToBgrx, wireToBgrx } from './decode-pixels';
import { inflate } from './inflate';

// The beginning of inflate's state, and where it leaves the length of its output; see INFLATE_STATE.
const BEGINNING: usize = 28;
const PRODUCED: usize = 48;
const ROOM_USED: i32 = 1;
const OUTSIDE: i32 = 3;

// Inflates the only block of a new stream and paints a rectangle with it, so that another thread can do all of it.
export function inflateRectangle(
  state: usize,
  from: usize,
  length: i32,
  pixels: usize,
  bytes: i32,
  target: usize,
  targetStride: i32,
  width: i32,
  height: i32,
  bits: i32,
  size: i32,
  layout: i32,
  table: usize,
  colours: i32,
): i32 {
  memory.fill(state, 0, BEGINNING);
  const answer = inflate(state, from, length, pixels, bytes, 0);
  if (answer < 0 || answer == ROOM_USED) return answer;
  if (load<i32>(state, PRODUCED) < bytes) return 0;
  if (bits == 0) wireToBgrx(pixels, width * size, target, targetStride, width, height, size, layout, table);
  else if (paletteToBgrx(pixels, target, targetStride, width, height, bits, table, colours)) return OUTSIDE;
  return 0;
}
