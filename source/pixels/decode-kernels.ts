/**
 * The kernels that decode rfb pixel data to BGRX (kernels/decode-*.ts).
 *
 * Three numbers describe a wire colour, see kernels/wire-colour.ts: `size` in bytes; for sizes 1 and 2 `table`, the
 * pointer to 256 or 65,536 BGRX pixels; for sizes 3 and 4 `layout`, the byte positions of blue (bits 0-7), green (8-15)
 * and red (16-23).
 */
export interface DecodeKernels {
  /** Rows of wire colours to BGRX. 16 bytes past the last colour must be readable. */
  wireToBgrx(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    size: number,
    layout: number,
    table: number,
  ): void;

  /**
   * Paints a rectangle, or a strip of one, from Cosine macros (docs/cosine.md).
   * @param source 1057 bytes past its end must be readable
   * @param lumaStep quarters, 1 to 255; chromaStep likewise
   * @param scratch 100 bytes per pixel of a row of macros, plus 4096
   * @param above 1: the first row of macros belongs to the strip above, and only its chroma is needed here; else 0
   * @param below likewise the last row, which must be another one
   * @returns 1, or 0 when the bytes are not exactly one such rectangle; part of it is painted then
   */
  decodeCosine(
    source: number,
    length: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    lumaStep: number,
    chromaStep: number,
    scratch: number,
    above: number,
    below: number,
  ): number;

  /**
   * Paints a rectangle from Echo data (docs/echo.md).
   * @param source 128 bytes past its end must be readable
   * @param state, fresh, rows as for encodeEcho
   * @returns 1, or 0 when the bytes are not exactly one such rectangle; part of it is painted then
   */
  decodeEcho(
    source: number,
    length: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    state: number,
    fresh: number,
    rows: number,
  ): number;

  /**
   * Finds where the rows of macros of a Cosine rectangle begin: 32 bits each, from the source on, and the end.
   * @param source 1057 bytes past its end must be readable
   * @returns 1, or 0 when the bytes are not exactly one such rectangle
   */
  findCosineRows(source: number, length: number, width: number, height: number, out: number): number;

  /**
   * Paints a part of a video picture, 4:2:0, from its planes. Chroma is that of the nearest sample.
   * @param chromaStep bytes from one sample of U, or V, to the next; with 2, V begins one byte after U
   * @param left the part's place in the picture; top likewise
   * @param black and what follows: see VideoScales
   */
  videoToBgrx(
    luma: number,
    lumaStride: number,
    u: number,
    v: number,
    chromaStride: number,
    chromaStep: number,
    left: number,
    top: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    black: number,
    lumaScale: number,
    redFromV: number,
    greenFromU: number,
    greenFromV: number,
    blueFromU: number,
  ): void;

  /**
   * Rows of palette indices to BGRX. Indices have `bits` 1, 2, 4 (most significant first, each row starts at a whole
   * byte) or 8; `palette` points at `colours` BGRX pixels.
   * @returns 1 when an index is outside the palette (its pixel gets the first colour), else 0
   */
  paletteToBgrx(
    source: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    bits: number,
    palette: number,
    colours: number,
  ): number;

  /** Undoes Tight's gradient filter on packed red, green, blue bytes. */
  gradientToBgrx(source: number, target: number, targetStride: number, width: number, height: number): void;

  /**
   * Decodes ZRLE (side 64, reuse 0) or TRLE (side 16, reuse 1) tiles, as many whole ones as `length` bytes hold.
   * @param state TILE_STATE_BYTES, zeroed before a rectangle's first call; see TILE_STATE
   * @returns a TILE_ANSWER
   */
  decodeTiles(
    source: number,
    length: number,
    target: number,
    stride: number,
    width: number,
    height: number,
    side: number,
    reuse: number,
    size: number,
    layout: number,
    table: number,
    state: number,
  ): number;

  /**
   * Decodes Hextile tiles, as many whole ones as `length` bytes hold.
   * @param state TILE_STATE_BYTES, zeroed before a rectangle's first call; see TILE_STATE
   * @returns done, more or badSubrectangle of HEXTILE_ANSWER
   */
  decodeHextile(
    source: number,
    length: number,
    target: number,
    stride: number,
    width: number,
    height: number,
    size: number,
    layout: number,
    table: number,
    state: number,
  ): number;

  /**
   * Inflates raw deflate data (RFC 1951), as far as input and room go; call again with what follows. After a fault only
   * a new state may be used.
   * @param state INFLATE_STATE.bytes, zeroed before a new stream
   * @param from `length` bytes
   * @param to room for `room` bytes and 16 more, which may be overwritten
   * @param history bytes of earlier output right before `to`: the last 32 KiB, or all if there are fewer
   * @returns an INFLATE_ANSWER, or less than 0: a fault, the index in INFLATE_FAULTS of which is -1 - answer
   */
  inflate(state: number, from: number, length: number, to: number, room: number, history: number): number;

  /**
   * Inflates the first block of a new stream and paints a rectangle with it, if it has all of its bytes: with wire
   * colours where `bits` is 0, else with indices in a palette. Another call gives the same result.
   * @param state as for `inflate`, with any contents
   * @param pixels room for `bytes` inflated bytes and 16 more
   * @param size layout and table: of wire colours; for indices `table` points at `colours` BGRX pixels
   * @returns `inflate`'s answer where that is a fault or roomUsed; INFLATE_RECTANGLE_OUTSIDE when an index is outside
   *   the palette; else 0, with the number of bytes in the state
   */
  inflateRectangle(
    state: number,
    from: number,
    length: number,
    pixels: number,
    bytes: number,
    target: number,
    targetStride: number,
    width: number,
    height: number,
    bits: number,
    size: number,
    layout: number,
    table: number,
    colours: number,
  ): number;
}

export const INFLATE_RECTANGLE_OUTSIDE = 3;

/** The state of the tile kernels between two calls: little-endian 32-bit words at these byte offsets. */
export const TILE_STATE = { nextTile: 0, consumed: 4 } as const;
/** Includes TRLE's palette. */
export const TILE_STATE_BYTES = 12 + 127 * 4;

export const TILE_ANSWER = { done: 0, more: 1, badSubencoding: 2, badIndex: 3, badRun: 4 } as const;
export const HEXTILE_ANSWER = { done: 0, more: 1, badSubrectangle: 2 } as const;

/** The size of the inflate kernel's state, and its results of a call: little-endian 32-bit words at these offsets. */
export const INFLATE_STATE = { bytes: 32 * 1024, consumed: 44, produced: 48 } as const;
/** The beginning of the state, which a new stream needs zeroed; the tables behind it may stay. */
export const INFLATE_BEGINNING = 28;
/** `roomUsed`: the next symbol's output has no room. `done`: the final block is over. */
export const INFLATE_ANSWER = { inputUsed: 0, roomUsed: 1, done: 2 } as const;

/** In zlib's words. */
export const INFLATE_FAULTS = [
  'invalid block type',
  'invalid stored block lengths',
  'too many length or distance symbols',
  'invalid code lengths set',
  'invalid bit length repeat',
  'invalid code -- missing end-of-block',
  'invalid literal/lengths set',
  'invalid distances set',
  'invalid literal/length code',
  'invalid distance code',
  'invalid distance too far back',
] as const;
