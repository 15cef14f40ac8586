/** The kernels that encode pixels for rfb (kernels/encode-*.ts). */
export interface EncodeKernels {
  /**
   * Runs of palette indices (bytes below 128) as in ZRLE's palette RLE (RFC 6143, 7.7.6).
   * @param to up to `count` bytes are written
   * @returns bytes written
   */
  paletteRle(indices: number, count: number, to: number): number;

  /**
   * A rectangle of packed pixels of `size` bytes (1, 2, 4) in Hextile (RFC 6143, 7.7.4).
   * @param scratch 1280 bytes
   * @param to up to `width * height * size` bytes and one for each tile of 16x16
   * @returns bytes written
   */
  hextile(from: number, size: number, width: number, height: number, scratch: number, to: number): number;

  /**
   * A photographic rectangle in Cosine macros (docs/cosine.md).
   * @param lumaStep quarters, 4 (below 1, factors exceed 16 bits) to 255; chromaStep likewise
   * @param scratch 9600 bytes
   * @param to up to 3171 bytes per macro that the rectangle touches are written; 32 more may be overwritten
   * @returns bytes written
   */
  encodeCosine(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    lumaStep: number,
    chromaStep: number,
    scratch: number,
    to: number,
  ): number;

  /**
   * The upper rows of a rectangle in Echo (docs/echo.md).
   * @param state ECHO_STATE_BYTES: what is known from the rectangles before; there are the bytes written, too
   * @param fresh 1: nothing is; the state is set up
   * @param rows ECHO_ROWS rows of indices with their margins
   * @param to room for `most` bytes
   * @param bits of a pixel: ends after rows that took more
   * @returns rows written; 0: there are too many colours, or it does not fit, and the state is of no use any more
   */
  encodeEcho(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    state: number,
    fresh: number,
    rows: number,
    to: number,
    most: number,
    bits: number,
  ): number;

  /**
   * How many colours of a rectangle an Echo state does not have.
   * @param state 0: none
   * @param scratch 32,768 bytes
   * @param most up to 4096
   * @returns `most + 1` if there are more
   */
  newEchoColours(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    state: number,
    scratch: number,
    most: number,
  ): number;

  /**
   * Compresses bytes into one raw deflate block (RFC 1951) with fixed codes, without history, followed by a sync flush.
   * @param length at most 65,534
   * @param tries candidates examined per match: more give better compression and take longer
   * @param scratch 1024 bytes, plus 6 per byte
   * @param to up to 9 bits per byte plus 7 bytes are written; 8 more may be overwritten
   * @returns bytes written
   */
  deflateShort(from: number, length: number, tries: number, scratch: number, to: number): number;

  /**
   * Converts BGRX to I420, BT.601 in limited range: the planes Y, U and V one after the other, without padding. A chroma
   * sample is that of the mean of its four pixels.
   * @param width and @param height even
   * @param to `width * height * 3 / 2` bytes
   */
  bgrxToI420(from: number, fromStride: number, width: number, height: number, to: number): void;

  /**
   * For each block of 8x8 pixels, row by row, a byte: how many of its pixels equal their neighbour to the right, 0 to
   * 64. Missing pixels of blocks at the edges count as different. The pixel after the last one of each row is read, too.
   */
  flatBlocks(from: number, fromStride: number, width: number, height: number, out: number): void;
}
