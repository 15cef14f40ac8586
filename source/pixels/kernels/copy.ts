// Moving and filling rectangles of pixels.

export function heapBase(): usize {
  return __heap_base;
}

export function copyRectangle(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  rowBytes: i32,
  height: i32,
): void {
  // Bottom up when the destination is behind the source, so that an overlapping copy reads rows before writing them;
  // memory.copy handles overlap inside a row.
  if (to > from) {
    for (let y = height - 1; y >= 0; y--) {
      memory.copy(to + <usize>y * <usize>toStride, from + <usize>y * <usize>fromStride, <usize>rowBytes);
    }
  } else {
    for (let y = 0; y < height; y++) {
      memory.copy(to + <usize>y * <usize>toStride, from + <usize>y * <usize>fromStride, <usize>rowBytes);
    }
  }
}

/**
 * Moves rows up or down over themselves, as copyRectangle does, and counts them in `done`: a call that was stopped is
 * continued by the same call.
 */
export function moveRows(from: usize, to: usize, stride: i32, rowBytes: i32, height: i32, done: usize): void {
  const down = to > from;
  for (let row = load<i32>(done); row < height; row++) {
    const offset = <usize>(down ? height - 1 - row : row) * <usize>stride;
    memory.copy(to + offset, from + offset, <usize>rowBytes);
    store<i32>(done, row + 1);
  }
}

export function fillRectangle(to: usize, toStride: i32, width: i32, height: i32, pixel: u32): void {
  for (let y = 0; y < height; y++) {
    const row = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const vector = i32x4.splat(pixel);
      for (; x + 4 <= width; x += 4) v128.store(row + ((<usize>x) << 2), vector);
    }
    for (; x < width; x++) store<u32>(row + ((<usize>x) << 2), pixel);
  }
}
