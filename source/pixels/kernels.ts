import type { DecodeKernels } from './decode-kernels.js';
import type { EncodeKernels } from './encode-kernels.js';

/**
 * The functions of kernels.wasm (source/pixels/kernels/, one file a subject). Pointers are offsets in the pixel memory,
 * strides are bytes from one row to the next, widths and heights are pixels unless their name says bytes. No kernel
 * allocates or keeps anything: what one needs for a while comes in as `scratch`. Each is held against a plain
 * TypeScript reference of the same name (source/pixels/reference/) by tests.
 */
export interface Kernels extends DecodeKernels, EncodeKernels {
  /** The first byte of memory that the kernels' own constants leave free. */
  heapBase(): number;

  /**
   * Compares two pictures of width x height, cell by cell. Cells are squares of `cell` pixels (at most 64) on a grid that starts
   * `phaseX`, `phaseY` pixels (less than a cell) left of and above the pictures. For each cell with a difference it
   * writes six 32-bit integers to `out`: the exact bounds of what differs (x, y, width, height, from the pictures'
   * corner), how many pixels do, and about how many would have to be sent, where a row of the cell with an eighth of
   * its pixels different counts as whole. A cell of which the first row, each eighth after it and the last differ in seven
   * eighths of their pixels is taken to differ all over, and nothing more of it is read (cells from 16x16 on).
   * @param scratch 272 bytes for each column of cells
   * @param out 24 bytes for each cell
   * @returns how many cells were written
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
   * Estimates from the first row and each `step`th after it what compareCells tells of each cell, in all of them, row by
   * row: two 32-bit integers, how many pixels differ and how many would have to be sent.
   * @param out 8 bytes for each cell
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

  /** Counts the pixels that differ in each row: 32 bits a row. */
  differingRows(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    out: number,
  ): void;

  /** Counts the pixels that differ in each column: 32 bits a column. */
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
   * Finds places that a hash of their surroundings (16 rows, 21 columns) can tell from others, about one in 2^rarity
   * where the picture is not flat, by the hash alone: the same surroundings are found again wherever they are. Writes
   * for each its hash (32 bits), x and y (16 bits each) from the rectangle's corner.
   * @param rarity 2 to 16
   * @param scratch 4 bytes for each column and 16 more
   * @param out 8 bytes for each of `most` anchors
   * @returns how many were found, at most `most`
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

  /** Copies rows of bytes; source and destination may overlap in one picture (equal strides): the source is read as it was. */
  copyRectangle(from: number, fromStride: number, to: number, toStride: number, rowBytes: number, height: number): void;

  /** Fills a rectangle with one pixel (little-endian BGRX: 0x00RRGGBB). */
  fillRectangle(to: number, toStride: number, width: number, height: number, pixel: number): void;

  /** Writes R, G, B a pixel: packed RGB, and Tight's TPIXEL. */
  bgrxToRgb(from: number, fromStride: number, to: number, toStride: number, width: number, height: number): void;

  /**
   * Writes packed RGB as BGRX where it differs from what is there. When something did, `out` gets four 32-bit integers:
   * x, y, width and height of its bounds (exact in y, to 16 pixels in x).
   * @returns 1 when something differed, else 0
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

  /** Turns RGBA into BGRA, or back. */
  swapRedBlue(from: number, fromStride: number, to: number, toStride: number, width: number, height: number): void;

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
   * Finds the colours of a rectangle, in the order in which they first appear, and each pixel's index.
   * @param most colours to look for, 1 to 256
   * @param scratch 8192 bytes
   * @param palette 4 bytes for each colour found: 0x00RRGGBB, little-endian
   * @param indices width * height bytes, valid only when few enough colours were found
   * @returns how many colours there are, or 0 when there are more than `most`
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

  /** Packs indices of a byte each into 1, 2 or 4 bits, the first in the highest; each row ends with a whole byte. */
  packIndices(indices: number, width: number, height: number, bits: number, to: number): void;

  /** Adler-32 of bytes, going on from the checksum `start` (1 at the beginning). The result is a signed integer. */
  adler32(from: number, length: number, start: number): number;

  /**
   * Tells which blocks of a picture look like a photograph, and not like text or lines, which JPEG blurs: by the steps between
   * neighbours in a row (text has flat ground with sharp edges, also on a gradient, where the ground's steps are gentle;
   * photographs have steps of every size), and by having more than 96 colours (by a hash of 10 bits of each). The picture is cut into columns x rows
   * blocks of equal size, row by row; for each a byte is written: 1 for a photograph, 2 for what is smooth with a few edges, a
   * part of a photograph where all around it is one, 0 for all else.
   * @param scratch 1024 bytes
   * @param out a byte for each block
   * @returns how many are photographic
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
  ): number;

  /** The sum of how much B - G and R - G change from each pixel to the next in its row. */
  chromaSteps(from: number, fromStride: number, width: number, height: number): number;

  /** Resamples; for the tables see Scaler, which makes them. `buffer` holds a source row and 32 bytes more. */
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
}
