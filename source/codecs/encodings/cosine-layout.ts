/** What the data of a Cosine rectangle (docs/cosine.md) are made of. */

/** Before the macros, a byte each: a sign that these are no JPEG (which begins with 0xff), the steps of luma and chroma in quarters. */
export const COSINE_HEAD = { sign: 0, luma: 1, chroma: 2, bytes: 3 } as const;
/** "C". */
export const COSINE_SIGN = 0x43;

/** Pixels of a macro. */
export const COSINE_MACRO = { width: 64, height: 16 } as const;

/** The longest that a unit may be, in bytes. */
export const MOST_COSINE_UNIT = 1 + 32 + 64 * 16;
