/** What a Cosine rectangle (docs/cosine.md) is made of. */

/** Before its macros: how many bytes follow (32 bits), then the steps of luma and chroma in quarters, a byte each. */
export const COSINE_HEAD = { luma: 4, chroma: 5, bytes: 6 } as const;

/** Pixels of a macro. */
export const COSINE_MACRO = { width: 64, height: 16 } as const;

/** Units of a macro: two of luma and one of chroma; and the longest that a unit may be, in bytes. */
export const COSINE_UNITS = 3;
export const MOST_COSINE_UNIT = 1 + 32 + 64 * 16;
