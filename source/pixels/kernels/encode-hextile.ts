// Hextile: tiles of 16x16 pixels as a background and subrectangles, or raw.

const TILE: i32 = 16;
const RAW: u8 = 1;
const BACKGROUND: u8 = 2;
const FOREGROUND: u8 = 4;
const ANY_SUBRECTS: u8 = 8;
const COLOURED: u8 = 16;

// @ts-ignore: decorator
@inline
function loadPixel(at: usize, size: i32): u32 {
  if (size == 1) return load<u8>(at);
  if (size == 2) return load<u16>(at);
  return load<u32>(at);
}

// @ts-ignore: decorator
@inline
function storePixel(at: usize, pixel: u32, size: i32): usize {
  if (size == 1) store<u8>(at, <u8>pixel);
  else if (size == 2) store<u16>(at, <u16>pixel);
  else store<u32>(at, pixel);
  return at + <usize>size;
}

/** Whether `width` pixels of a row, from x on, all have the colour and are not covered yet. */
// @ts-ignore: decorator
@inline
function rowHas(pixels: usize, covered: usize, start: i32, width: i32, colour: u32): bool {
  for (let i = start; i < start + width; i++) {
    if (load<u8>(covered + <usize>i) || load<u32>(pixels + ((<usize>i) << 2)) != colour) return false;
  }
  return true;
}

/**
 * Writes the subrectangles of a tile of columns x rows, after a reserved byte for their count.
 * @returns their end, or 0 when `limit` would be exceeded
 */
function writeSubrects(
  pixels: usize,
  covered: usize,
  columns: i32,
  rows: i32,
  background: u32,
  coloured: bool,
  size: i32,
  to: usize,
  limit: usize,
): usize {
  memory.fill(covered, 0, <usize>(columns * rows));
  let count = 0;
  let target = to + 1;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * columns + x;
      const colour = load<u32>(pixels + ((<usize>at) << 2));
      if (colour == background || load<u8>(covered + <usize>at)) continue;
      let width = 1;
      while (x + width < columns && rowHas(pixels, covered, at + width, 1, colour)) width++;
      let height = 1;
      while (y + height < rows && rowHas(pixels, covered, at + height * columns, width, colour)) height++;
      for (let row = 0; row < height; row++) {
        memory.fill(covered + <usize>(at + row * columns), 1, <usize>width);
      }
      if (target + 6 > limit) return 0;
      if (coloured) target = storePixel(target, colour, size);
      store<u8>(target, <u8>((x << 4) | y));
      store<u8>(target, <u8>(((width - 1) << 4) | (height - 1)), 1);
      target += 2;
      count++;
    }
  }
  store<u8>(to, <u8>count);
  return target;
}

export function hextile(from: usize, size: i32, width: i32, height: i32, scratch: usize, to: usize): i32 {
  const pixels = scratch;
  const covered = scratch + 1024;
  let target = to;
  let hasBackground = false;
  let hasForeground = false;
  let background: u32 = 0;
  let foreground: u32 = 0;
  for (let top = 0; top < height; top += TILE) {
    const rows = min(TILE, height - top);
    for (let left = 0; left < width; left += TILE) {
      const columns = min(TILE, width - left);
      const area = columns * rows;
      let firstCount = 0;
      let secondCount = 0;
      let first: u32 = 0;
      let second: u32 = 0;
      let at = pixels;
      for (let y = 0; y < rows; y++) {
        let source = from + <usize>(((top + y) * width + left) * size);
        for (let x = 0; x < columns; x++) {
          const pixel = loadPixel(source, size);
          store<u32>(at, pixel);
          if (firstCount == 0 || pixel == first) {
            first = pixel;
            firstCount++;
          } else if (secondCount == 0 || pixel == second) {
            second = pixel;
            secondCount++;
          }
          source += <usize>size;
          at += 4;
        }
      }
      if (secondCount > firstCount) {
        const swap = first;
        first = second;
        second = swap;
      }
      const coloured = firstCount + secondCount < area;
      const start = target;
      let mask: u8 = 0;
      target++;
      if (!hasBackground || background != first) {
        mask |= BACKGROUND;
        target = storePixel(target, first, size);
      }
      if (secondCount > 0) {
        mask |= ANY_SUBRECTS;
        if (coloured) {
          mask |= COLOURED;
        } else if (!hasForeground || foreground != second) {
          mask |= FOREGROUND;
          target = storePixel(target, second, size);
        }
        const limit = start + 1 + <usize>(area * size);
        target = writeSubrects(pixels, covered, columns, rows, first, coloured, size, target, limit);
      }
      if (target != 0) {
        hasBackground = true;
        background = first;
        if (coloured) {
          hasForeground = false;
        } else if (secondCount > 0) {
          hasForeground = true;
          foreground = second;
        }
        store<u8>(start, mask);
        continue;
      }
      store<u8>(start, RAW);
      target = start + 1;
      for (let i = 0; i < area; i++) target = storePixel(target, load<u32>(pixels + ((<usize>i) << 2)), size);
      hasBackground = false;
      hasForeground = false;
    }
  }
  return <i32>(target - to);
}
