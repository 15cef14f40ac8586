/**
 * A frame's number as a row of black and white squares, which survives any protocol, codec and window position: 8
 * squares for synchronisation, 24 for the number (highest bit first), 8 for its checksum.
 */
export const MARKER_SIDE = 8;
const SYNC = [1, 0, 1, 1, 0, 0, 1, 0] as const;
const NUMBER_BITS = 24;
const CHECK_BITS = 8;
const SQUARES = SYNC.length + NUMBER_BITS + CHECK_BITS;

export const MARKER = { width: SQUARES * MARKER_SIDE, height: MARKER_SIDE } as const;
export const MAX_FRAMES = 2 ** NUMBER_BITS;

const WHITE = 0xffffff;
const HALF = 128;

function checkOf(number: number): number {
  return (Math.imul(number ^ 0x5bd1e9, 2_654_435_761) >>> 24) & 0xff;
}

/** Draws the marker at the top left of BGRX pixels, `stride` pixels per row. */
export function drawMarker(pixels: Uint32Array, stride: number, number: number): void {
  const check = checkOf(number);
  for (let square = 0; square < SQUARES; square++) {
    const at = square - SYNC.length;
    const bit =
      at < 0
        ? SYNC[square]!
        : at < NUMBER_BITS
          ? (number >>> (NUMBER_BITS - 1 - at)) & 1
          : (check >>> (SQUARES - 1 - square)) & 1;
    for (let y = 0; y < MARKER_SIDE; y++) {
      const start = y * stride + square * MARKER_SIDE;
      pixels.fill(bit ? WHITE : 0, start, start + MARKER_SIDE);
    }
  }
}

/** Reads the marker whose left edge is at pixel `x` of a row of BGRX bytes; null if there is none. */
export function readMarker(row: Uint8Array, x: number): number | null {
  // Green, in the middle of the first square.
  let at = (x + MARKER_SIDE / 2) * 4 + 1;
  const step = MARKER_SIDE * 4;
  for (const bit of SYNC) {
    if ((row[at]! >= HALF ? 1 : 0) !== bit) return null;
    at += step;
  }
  let number = 0;
  for (let bit = 0; bit < NUMBER_BITS; bit++, at += step) number = number * 2 + (row[at]! >= HALF ? 1 : 0);
  let check = 0;
  for (let bit = 0; bit < CHECK_BITS; bit++, at += step) check = check * 2 + (row[at]! >= HALF ? 1 : 0);
  return check === checkOf(number) ? number : null;
}

/** Finds a marker's left edge in a row of BGRX bytes; null if there is none. */
export function findMarker(row: Uint8Array): number | null {
  const last = row.length / 4 - MARKER.width;
  for (let x = 0; x <= last; x++) {
    // The left edge is exact only where the first, white square follows a dark pixel.
    const before = x === 0 ? 0 : row[(x - 1) * 4 + 1]!;
    if (before >= HALF || row[x * 4 + 1]! < HALF) continue;
    if (readMarker(row, x) !== null) return x;
  }
  return null;
}
