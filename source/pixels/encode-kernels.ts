/** The kernels that lay pixels out as rfb encodings have them (kernels/encode-*.ts). */
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
   * A rectangle of a photograph in macros of the Cosine encoding (docs/cosine.md).
   * @param lumaStep quarters, 4 (finer than 1 there are no factors of 16 bits for) to 255; so is chromaStep
   * @param scratch 9600 bytes
   * @param to up to 3171 bytes for each macro that the rectangle touches are written; 32 more may be overwritten
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
   * Compresses bytes into a raw deflate block (RFC 1951) of fixed codes, without history, that ends in a sync flush.
   * @param length at most 65,534
   * @param tries places that are looked at for one match: more of them make it shorter, and take longer
   * @param scratch 1024 bytes, and 6 for each byte
   * @param to up to 9 bits for each byte are written, and 7 bytes; 8 more may be overwritten
   * @returns bytes written
   */
  deflateShort(from: number, length: number, tries: number, scratch: number, to: number): number;
}
