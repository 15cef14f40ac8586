import { wireToBgrx } from './decode-pixels';
import { colourAt, fillRow } from './wire-colour';

// Hextile's 16x16 tiles (RFC 6143, 7.7.4), as many whole ones as the source holds.
//
// The state, kept between calls for one rectangle:
//   0  u32  next tile, in row order
//   4  u32  bytes of the source used by whole tiles
//   8  u32  background, BGRX
//  12  u32  foreground, BGRX
// An incomplete tile is decoded again from its start in the next call.

const NEXT_TILE: usize = 0;
const CONSUMED: usize = 4;
const BACKGROUND: usize = 8;
const FOREGROUND: usize = 12;

const DONE: i32 = 0;
const MORE: i32 = 1;
const BAD_SUBRECTANGLE: i32 = 2;

const SIDE: i32 = 16;
const RAW: u32 = 1;
const BACKGROUND_SPECIFIED: u32 = 2;
const FOREGROUND_SPECIFIED: u32 = 4;
const ANY_SUBRECTANGLES: u32 = 8;
const COLOURED: u32 = 16;

export function decodeHextile(
  source: usize,
  length: i32,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  size: i32,
  layout: i32,
  table: usize,
  state: usize,
): i32 {
  const end = source + <usize>length;
  const columns = (width + SIDE - 1) / SIDE;
  const tiles = columns * ((height + SIDE - 1) / SIDE);
  let tile = load<i32>(state, NEXT_TILE);
  let at = source;
  let answer = DONE;
  for (; tile < tiles; tile++) {
    const left = (tile % columns) * SIDE;
    const top = (tile / columns) * SIDE;
    const to = target + <usize>top * <usize>stride + ((<usize>left) << 2);
    const used = decodeTile(
      at,
      end,
      to,
      stride,
      min(SIDE, width - left),
      min(SIDE, height - top),
      size,
      layout,
      table,
      state,
    );
    if (used < 0) {
      answer = -used;
      break;
    }
    at += <usize>used;
  }
  store<i32>(state, tile, NEXT_TILE);
  store<i32>(state, <i32>(at - source), CONSUMED);
  return answer;
}

// Returns the bytes used, or a negative HEXTILE_ANSWER. The colours that the next tile inherits are only stored after a
// whole tile.
function decodeTile(
  source: usize,
  end: usize,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  size: i32,
  layout: i32,
  table: usize,
  state: usize,
): i32 {
  if (source >= end) return -MORE;
  const mask: u32 = load<u8>(source);
  let at = source + 1;
  if (mask & RAW) {
    const bytes = width * height * size;
    if (end - at < <usize>bytes) return -MORE;
    wireToBgrx(at, width * size, target, stride, width, height, size, layout, table);
    return 1 + bytes;
  }
  let background = load<u32>(state, BACKGROUND);
  let foreground = load<u32>(state, FOREGROUND);
  if (mask & BACKGROUND_SPECIFIED) {
    if (end - at < <usize>size) return -MORE;
    background = colourAt(at, size, layout, table);
    at += <usize>size;
  }
  if (mask & FOREGROUND_SPECIFIED) {
    if (end - at < <usize>size) return -MORE;
    foreground = colourAt(at, size, layout, table);
    at += <usize>size;
  }
  let count = 0;
  if (mask & ANY_SUBRECTANGLES) {
    if (at >= end) return -MORE;
    count = <i32>load<u8>(at++);
  }
  const coloured = (mask & COLOURED) != 0;
  if (end - at < <usize>(count * (coloured ? size + 2 : 2))) return -MORE;

  for (let y = 0; y < height; y++) fillRow(target + <usize>(y * stride), width, background);
  for (; count > 0; count--) {
    let colour = foreground;
    if (coloured) {
      colour = colourAt(at, size, layout, table);
      at += <usize>size;
    }
    const place: i32 = load<u8>(at);
    const extent: i32 = load<u8>(at + 1);
    at += 2;
    const left = place >> 4;
    const top = place & 15;
    const across = (extent >> 4) + 1;
    const bottom = top + (extent & 15) + 1;
    if (left + across > width || bottom > height) return -BAD_SUBRECTANGLE;
    for (let y = top; y < bottom; y++) {
      fillRow(target + <usize>(y * stride) + ((<usize>left) << 2), across, colour);
    }
  }
  store<u32>(state, background, BACKGROUND);
  store<u32>(state, foreground, FOREGROUND);
  return <i32>(at - source);
}
