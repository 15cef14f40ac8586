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
/** The size of a marker in a film, with the dark square before it. */
export const FILM_MARKER = { width: MARKER.width + MARKER_SIDE, height: 2 * MARKER_SIDE } as const;

const WHITE = 0xffffff;
/** What a square of a film's marker adds to a quarter of the film. */
const DARK = 0x101010;
const LIGHT = 0xb0b0b0;
/** The bits of a quarter of each channel. */
const QUARTER = 0x3f3f3f;
const HALF = 128;

/** A marker's place in a picture: the top left corner of its first square, and the height of its squares. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

function checkOf(number: number): number {
  return (Math.imul(number ^ 0x5bd1e9, 2_654_435_761) >>> 24) & 0xff;
}

/** The bit that a square stands for. */
function bitAt(square: number, number: number): number {
  const at = square - SYNC.length;
  if (at < 0) return SYNC[square]!;
  if (at < NUMBER_BITS) return (number >>> (NUMBER_BITS - 1 - at)) & 1;
  return (checkOf(number) >>> (SQUARES - 1 - square)) & 1;
}

/** Draws the marker at the top left of BGRX pixels, `stride` pixels per row. */
export function drawMarker(pixels: Uint32Array, stride: number, number: number): void {
  for (let square = 0; square < SQUARES; square++) {
    for (let y = 0; y < MARKER_SIDE; y++) {
      const start = y * stride + square * MARKER_SIDE;
      pixels.fill(bitAt(square, number) ? WHITE : 0, start, start + MARKER_SIDE);
    }
  }
}

/**
 * Draws the marker so that it is a part of a film, for codecs as well: a quarter of the film shows through it, and what
 * is lost of a picture does not make it unreadable. A dark square comes first, so that it is found on any ground.
 *
 * @param film the film's own pixels, in rows of `FILM_MARKER.width`
 * @param target the picture, `stride` pixels per row
 * @param mark the place of the marker, its first square being one to the right of the film's
 */
export function drawFilmMarker(
  film: Uint32Array,
  target: Uint32Array,
  stride: number,
  mark: Mark,
  number: number,
): void {
  for (let y = 0; y < FILM_MARKER.height; y++) {
    const from = y * FILM_MARKER.width;
    const to = (mark.y + y) * stride + mark.x - MARKER_SIDE;
    for (let x = 0; x < FILM_MARKER.width; x++) {
      const square = Math.floor(x / MARKER_SIDE) - 1;
      const light = square >= 0 && bitAt(square, number) ? LIGHT : DARK;
      target[to + x] = ((film[from + x]! >>> 2) & QUARTER) + light;
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
