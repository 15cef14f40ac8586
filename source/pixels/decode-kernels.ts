/**
 * The kernels that turn what an rfb server sent into BGRX (kernels/decode-*.ts).
 *
 * A wire colour is described by three numbers, see kernels/wire-colour.ts: `size` in bytes; for sizes 1 and 2 `table`,
 * the pointer to 256 or 65,536 BGRX pixels; for sizes 3 and 4 `layout`, where blue (bits 0-7), green (8-15) and red
 * (16-23) stand among the bytes.
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
   * Paints a rectangle from macros of the Cosine encoding (docs/cosine.md).
   * @param source 1057 bytes past its end must be readable
   * @param lumaStep quarters, 1 to 255; so is chromaStep
   * @param scratch 100 bytes for each pixel that the macros of a row are wide, and 4096
   * @returns 1, or 0 when the bytes are not exactly such a rectangle; some of it is painted then
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
  ): number;

  /**
   * Rows of palette indices to BGRX. Indices have `bits` 1, 2, 4 (most significant first, each row from a whole byte on)
   * or 8; `palette` points at `colours` BGRX pixels.
   * @returns 1 when an index lies outside of the palette (its pixel has the first colour), else 0
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
   * Decodes tiles of ZRLE (side 64, reuse 0) or TRLE (side 16, reuse 1), as many whole ones as `length` bytes hold.
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
   * Decodes tiles of Hextile, as many whole ones as `length` bytes hold.
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
}

/** What the tile kernels keep between two calls: little-endian 32-bit words, at these byte offsets. */
export const TILE_STATE = { nextTile: 0, consumed: 4 } as const;
/** With room for the palette of TRLE. */
export const TILE_STATE_BYTES = 12 + 127 * 4;

export const TILE_ANSWER = { done: 0, more: 1, badSubencoding: 2, badIndex: 3, badRun: 4 } as const;
export const HEXTILE_ANSWER = { done: 0, more: 1, badSubrectangle: 2 } as const;
