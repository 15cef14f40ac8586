import type { DecodeKernels } from './decode-kernels.js';
import type { EncodeKernels } from './encode-kernels.js';

/**
 * The functions of kernels.wasm (source/pixels/kernels/, one file per subject). Pointers are offsets in the pixel
 * memory, strides are bytes from one row to the next, widths and heights are pixels unless named as bytes. No kernel
 * allocates or keeps anything: temporary memory is passed in as `scratch`. Tests compare each kernel with a plain
 * TypeScript reference of the same name (source/pixels/reference/).
 */
export interface Kernels extends DecodeKernels, EncodeKernels {
  /** The first byte of memory after the kernels' own constants. */
  heapBase(): number;

  /**
   * Compares two pictures of width x height, cell by cell. Cells are squares of `cell` pixels (at most 64) on a grid
   * that starts `phaseX`, `phaseY` pixels (less than a cell) left of and above the pictures.
   *
   * For each cell with a difference, six 32-bit integers are written to `out`: the exact bounds of the differences (x,
   * y, width, height, from the pictures' corner), the number of differing pixels, and an estimate of the pixels to
   * send, in which a row of the cell with an eighth of its pixels different counts as whole.
   *
   * In cells from 16x16 on, if the first row, each eighth after it and the last differ in seven eighths of their
   * pixels, the whole cell counts as different and its other rows are not read.
   * @param scratch 272 bytes per column of cells
   * @param out 24 bytes per cell
   * @returns the number of cells written
   */
  compareCells(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    phaseX: number,
    phaseY: number,
    cell: number,
    scratch: number,
    out: number,
  ): number;

  /**
   * Estimates the results of compareCells from the first row and each `step`th after it, for all cells, row by row: two
   * 32-bit integers, the differing pixels and the pixels to send.
   * @param out 8 bytes per cell
   */
  sampleCells(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    phaseX: number,
    phaseY: number,
    cell: number,
    step: number,
    out: number,
  ): void;

  /** Counts the differing pixels in each row: 32 bits per row. */
  differingRows(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    out: number,
  ): void;

  /** Counts the differing pixels in each column: 32 bits per column. */
  differingColumns(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    out: number,
  ): void;

  /**
   * Finds anchors: places that a hash of their surroundings (16 rows, 21 columns) tells from others, about one in
   * 2^rarity where the picture is not flat. They are chosen by the hash alone, so equal surroundings are found wherever
   * they are. Writes for each its hash (32 bits), x and y (16 bits each) from the rectangle's corner.
   * @param rarity 2 to 16
   * @param scratch 4 bytes per column plus 16
   * @param out 8 bytes for each of `most` anchors
   * @returns the number of anchors, at most `most`
   */
  findAnchors(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    rarity: number,
    scratch: number,
    out: number,
    most: number,
  ): number;

  /** Copies rows of bytes. Source and destination may overlap in one picture (equal strides), as with memmove. */
  copyRectangle(from: number, fromStride: number, to: number, toStride: number, rowBytes: number, height: number): void;

  /**
   * Moves rows of bytes up or down over themselves: as copyRectangle inside a picture, from column to the same column.
   * @param done a 32-bit integer, 0 at first: the rows that have been moved. The same call continues one that was stopped
   */
  moveRows(from: number, to: number, stride: number, rowBytes: number, height: number, done: number): void;

  /** Fills a rectangle with one pixel (little-endian BGRX: 0x00RRGGBB). */
  fillRectangle(to: number, toStride: number, width: number, height: number, pixel: number): void;

  /** Writes R, G, B per pixel: packed RGB, and Tight's TPIXEL. */
  bgrxToRgb(from: number, fromStride: number, to: number, toStride: number, width: number, height: number): void;

  /**
   * Writes packed RGB as BGRX where it differs from the present pixels. On a difference `out` gets four 32-bit
   * integers: x, y, width and height of its bounds (exact in y, to 16 pixels in x).
   * @returns 1 on a difference, else 0
   */
  rgbToBgrx(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
    out: number,
  ): number;

  /** Converts RGBA to BGRA, or back. */
  swapRedBlue(from: number, fromStride: number, to: number, toStride: number, width: number, height: number): void;

  /** Converts BGRX to RGBA that is opaque throughout, as a canvas takes it. */
  bgrxToRgba(from: number, fromStride: number, to: number, toStride: number, width: number, height: number): void;

  /** Drops one byte of each four: the fourth, or with `skipFirst` (1) the first. ZRLE's CPIXEL, from 32-bit pixels. */
  packThreeBytes(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
    skipFirst: number,
  ): void;

  /**
   * Writes pixels of a true-colour format (RFC 6143, 7.4): each channel is the nearest of 0..max, shifted; unused bits
   * are 0. Rows of `to` hold `bitsPerPixel / 8` bytes a pixel. `bigEndian` is 0 or 1.
   */
  bgrxToFormat(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
    bitsPerPixel: number,
    bigEndian: number,
    redMax: number,
    greenMax: number,
    blueMax: number,
    redShift: number,
    greenShift: number,
    blueShift: number,
  ): void;

  /**
   * Finds the colours of a rectangle, in order of first appearance, and each pixel's index.
   * @param most colours to look for, 1 to 256
   * @param scratch 8192 bytes
   * @param palette 4 bytes per colour found: 0x00RRGGBB, little-endian
   * @returns the number of colours, or 0 if there are more than `most`
   */
  buildPalette(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    most: number,
    scratch: number,
    palette: number,
    indices: number,
  ): number;

  /** Packs indices of a byte each into 1, 2 or 4 bits, most significant first; each row ends with a whole byte. */
  packIndices(indices: number, width: number, height: number, bits: number, to: number): void;

  /** Continues an Adler-32 checksum from `start` (1 initially). The result is a signed integer. */
  adler32(from: number, length: number, start: number): number;

  /**
   * Classifies the blocks of a picture as photographic or not; JPEG blurs text and lines. The criteria are the steps
   * between neighbours in a row (text has a flat ground and sharp edges, and on a gradient small steps; photographs
   * have steps of every size) and a colour count above 96 (by a hash of 10 bits per colour). The picture is cut into
   * columns x rows blocks of equal size, row by row. Each gets a byte: 1 for a photograph, 2 for a smooth block with
   * few edges, which is part of a photograph if its neighbours are, 0 for all else.
   * @param scratch 1024 bytes
   * @param out a byte per block
   * @param chroma two bytes per block, in 64ths: the mean of how much B - G and R - G change from each pixel to the next
   *   in its row, in a sample of the rows; 0 where `out` is 0
   * @returns the number of photographic blocks
   */
  photographicBlocks(
    from: number,
    fromStride: number,
    width: number,
    height: number,
    columns: number,
    rows: number,
    scratch: number,
    out: number,
    chroma: number,
  ): number;

  /** Resamples; Scaler makes the tables. `buffer` holds a source row plus 32 bytes. */
  scaleRectangle(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
    rows: number,
    taps: number,
    columns: number,
    pairs: number,
    buffer: number,
  ): void;

  /** Paints RGBA with premultiplied alpha onto BGRX. */
  blendPremultiplied(
    rgba: number,
    rgbaStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
  ): void;

  /**
   * Encrypts `length` bytes in place with ChaCha20-Poly1305 (RFC 8439) and writes the tag, 16 bytes, behind them. Only
   * where there are vectors.
   * @param key 32 bytes; nonce: 12 bytes; header: authenticated, not encrypted
   * @param scratch CHACHA20_SCRATCH bytes
   */
  sealChaCha20Poly1305(
    key: number,
    nonce: number,
    header: number,
    headerLength: number,
    data: number,
    length: number,
    scratch: number,
  ): void;

  /**
   * Decrypts in place what `sealChaCha20Poly1305` wrote.
   * @param length of the data without the tag
   * @returns 1; or 0, with the data unchanged, where they are not what was sealed with this key, nonce and header
   */
  openChaCha20Poly1305(
    key: number,
    nonce: number,
    header: number,
    headerLength: number,
    data: number,
    length: number,
    scratch: number,
  ): number;
}

export const CHACHA20_SCRATCH = 256;

/** What both directions of Echo keep of a connection (kernels/echo-model.ts). */
export const ECHO_STATE_BYTES = 64 + 4096 * 4 + 448 + 32 + 16 * 512 + 3 * 512 + 3 * 65_536 * 4 + 8192 * 2;
/** The number of colours in it, and the bytes that encodeEcho has written. */
export const ECHO_STATE = { colours: 0, written: 28 } as const;
/** Rows of indices that an Echo kernel works with, and their margin on each side in bytes. */
export const ECHO_ROWS = 3;
export const ECHO_ROW_MARGIN = 8;
