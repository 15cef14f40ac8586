import { wireToBgrx } from './decode-pixels';
import { colourAt, fillRow } from './wire-colour';

// ZRLE's and TRLE's tiles (RFC 6143, 7.7.5 and 7.7.6), as many whole ones as the source holds.
//
// The state, kept between calls for one rectangle:
//   0  u32  next tile, in row order
//   4  u32  bytes of the source used by whole tiles
//   8  u32  colours in the palette
//  12  u32  palette, BGRX, up to 127
// An incomplete tile is decoded again from its start in the next call, over its first pixels.

const NEXT_TILE: usize = 0;
const CONSUMED: usize = 4;
const COLOURS: usize = 8;
const PALETTE: usize = 12;

// Results of decodeTiles.
const DONE: i32 = 0;
const MORE: i32 = 1;
const BAD_SUBENCODING: i32 = 2;
const BAD_INDEX: i32 = 3;
const BAD_RUN: i32 = 4;

const SOLID: u32 = 1;
const MAX_PACKED: u32 = 16;
const PACKED_AGAIN: u32 = 127;
const PLAIN_RLE: u32 = 128;
const PALETTE_RLE_AGAIN: u32 = 129;

// `reuse` is 1 for TRLE, where two subencodings take the palette of an earlier tile.
export function decodeTiles(
  source: usize,
  length: i32,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  side: i32,
  reuse: i32,
  size: i32,
  layout: i32,
  table: usize,
  state: usize,
): i32 {
  const end = source + <usize>length;
  const columns = (width + side - 1) / side;
  const tiles = columns * ((height + side - 1) / side);
  let tile = load<i32>(state, NEXT_TILE);
  let at = source;
  let answer = DONE;
  for (; tile < tiles; tile++) {
    const left = (tile % columns) * side;
    const top = (tile / columns) * side;
    const to = target + <usize>top * <usize>stride + ((<usize>left) << 2);
    const tileWidth = min(side, width - left);
    const tileHeight = min(side, height - top);
    const used = decodeTile(at, end, to, stride, tileWidth, tileHeight, reuse, size, layout, table, state);
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

// Returns the bytes used, or a negative TILE_ANSWER.
function decodeTile(
  source: usize,
  end: usize,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  reuse: i32,
  size: i32,
  layout: i32,
  table: usize,
  state: usize,
): i32 {
  if (source >= end) return -MORE;
  const subencoding: u32 = load<u8>(source);
  let at = source + 1;
  if (subencoding == 0) {
    const bytes = width * height * size;
    if (end - at < <usize>bytes) return -MORE;
    wireToBgrx(at, width * size, target, stride, width, height, size, layout, table);
    return 1 + bytes;
  }
  if (subencoding == SOLID) {
    if (end - at < <usize>size) return -MORE;
    const colour = colourAt(at, size, layout, table);
    for (let y = 0; y < height; y++) {
      fillRow(target, width, colour);
      target += <usize>stride;
    }
    return <i32>(at - source) + size;
  }
  if (subencoding == PLAIN_RLE) {
    const used = decodeRuns(at, end, target, stride, width, height, size, layout, table, 0, 0);
    return used < 0 ? used : used + 1;
  }

  const runs = subencoding > PLAIN_RLE;
  let colours = load<u32>(state, COLOURS);
  if (subencoding == PACKED_AGAIN || subencoding == PALETTE_RLE_AGAIN) {
    if (!reuse || colours == 0 || (!runs && colours > MAX_PACKED)) return -BAD_SUBENCODING;
  } else {
    colours = runs ? subencoding - PLAIN_RLE : subencoding;
    if (!runs && colours > MAX_PACKED) return -BAD_SUBENCODING;
    if (end - at < <usize>(colours * size)) return -MORE;
    for (let index: u32 = 0; index < colours; index++) {
      store<u32>(state + PALETTE + ((<usize>index) << 2), colourAt(at, size, layout, table));
      at += <usize>size;
    }
    store<u32>(state, colours, COLOURS);
  }
  const palette = state + PALETTE;
  const used = runs
    ? decodeRuns(at, end, target, stride, width, height, size, layout, table, palette, colours)
    : decodePacked(at, end, target, stride, width, height, palette, colours);
  return used < 0 ? used : <i32>(at - source) + used;
}

function decodePacked(
  source: usize,
  end: usize,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  palette: usize,
  colours: u32,
): i32 {
  const bits = colours <= 2 ? 1 : colours <= 4 ? 2 : 4;
  const rowBytes = (width * bits + 7) >> 3;
  if (end - source < <usize>(rowBytes * height)) return -MORE;
  const mask: u32 = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    let at = source + <usize>(y * rowBytes);
    let left = 0;
    let byte: u32 = 0;
    for (let x = 0; x < width; x++) {
      if (left == 0) {
        byte = load<u8>(at++);
        left = 8;
      }
      left -= bits;
      const index = (byte >> left) & mask;
      if (index >= colours) return -BAD_INDEX;
      store<u32>(target + ((<usize>x) << 2), load<u32>(palette + ((<usize>index) << 2)));
    }
    target += <usize>stride;
  }
  return rowBytes * height;
}

// Runs of colours (palette 0) or of palette indices, which continue from row to row until the tile is full.
function decodeRuns(
  source: usize,
  end: usize,
  target: usize,
  stride: i32,
  width: i32,
  height: i32,
  size: i32,
  layout: i32,
  table: usize,
  palette: usize,
  colours: u32,
): i32 {
  let at = source;
  let x = 0;
  let remaining = width * height;
  while (remaining > 0) {
    let colour: u32;
    let long = true;
    if (palette == 0) {
      if (end - at < <usize>size) return -MORE;
      colour = colourAt(at, size, layout, table);
      at += <usize>size;
    } else {
      if (at >= end) return -MORE;
      const index: u32 = load<u8>(at++);
      if ((index & 0x7f) >= colours) return -BAD_INDEX;
      colour = load<u32>(palette + ((<usize>(index & 0x7f)) << 2));
      long = index > 0x7f;
    }
    let run = 1;
    if (long) {
      let more: i32;
      do {
        if (at >= end) return -MORE;
        more = load<u8>(at++);
        run += more;
        if (run > remaining) return -BAD_RUN;
      } while (more == 255);
    }
    remaining -= run;
    while (run > 0) {
      const part = min(run, width - x);
      fillRow(target + ((<usize>x) << 2), part, colour);
      run -= part;
      x += part;
      if (x == width) {
        x = 0;
        target += <usize>stride;
      }
    }
  }
  return <i32>(at - source);
}
