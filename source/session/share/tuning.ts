import { KEEP_ALIVE_MS } from '../../protocols/classic/constants.js';

/**
 * What the share's hot path is tuned by, in the order in which a frame meets it, each with what it was measured by (the bench,
 * docs/performance.md). Bounds against hostile viewers are VIEWER_LIMITS; what paces a viewer stands in its pacer.
 */

// Capture.

/**
 * Rates are never equal: captured exactly at the cap, a screen that draws a little faster than that would be captured
 * ever later after it has drawn.
 */
export const CAPTURE_SLACK = 1.01;
/** Pixels that cost hardly more to read than the way there and back. */
export const SMALL_READ_PIXELS = 128 * 128;
/**
 * The next picture is captured when that part of the usual time of encoding this one has passed: it only grows old until
 * then. At 0.6 a film on two cores was 1 to 2 ms older at the same rate.
 */
export const OVERLAP_FROM = 0.9;
/** What the newest work counts for in that usual time. */
export const NEWEST_WORK = 0.3;
/** Capturing and comparing a picture is not expected to take longer. */
export const MAX_CAPTURE_MS = 20;

// What is encoded by itself.

/** What cells are about. Small areas are cut finer, so that they are encoded side by side and shared in parts. */
export const SMALL_CELL = { width: 256, height: 64 } as const;
/**
 * For large areas, where what each rectangle costs by itself counts: a page of text of 1920x1080 pixels took 33 ms and came to
 * 373 KiB in 256x64 cells, 22 ms and 303 KiB in 256x128, 19 ms and 263 KiB in 256x256 (Tight, level 2).
 */
export const MEDIUM_CELL = { width: 256, height: 128 } as const;
export const LARGE_CELL = { width: 256, height: 256 } as const;
export const MEDIUM_AREA = 131_072;
export const LARGE_AREA = 524_288;

/**
 * Photographs go in strips as wide as may be, and from a medium area on at least two of them: each JPEG has a header of
 * 620 bytes, and each job for another thread has its price, while a JPEG gains nothing from being small. A whole 1920x1080
 * picture took two threads 4.9 ms in strips of 1920x270, 5.0 ms in 1920x135, and 7.5 ms in cells of 256x256. Two strips
 * instead of four for a whole picture: 43 to 51 frames a second instead of 48 to 55.
 */
export const STRIP_AREA = 524_288;
/** With this and the joining of smooth blocks among photographs a film went from 11 JPEGs a frame to 6. */
export const MIN_STRIP = 16_384;
/** Strips begin where the largest blocks of a JPEG do. */
export const STRIP_STEP = 16;

/** How far back the journal is looked through for the last change of a cell; before that the tile grid knows. */
export const MAX_ENTRIES = 32;
/** Above this many cells, or this much overdraw, what a lagging viewer lacks is cut anew from the region instead. */
export const MAX_CELLS = 400;
export const MAX_WASTE = 1.5;

// Encoding.

/** An update with at least that many pixels that nobody has encoded yet uses the thread pool: waking a thread costs 0.1 to 0.2 ms. */
export const POOLED_PIXELS = 32_768;
/** From that many on, what is encoded goes out while the rest still is, to a viewer that knows LastRect. */
export const STREAMED_PIXELS = 262_144;
/** Bytes that are written by themselves while more is to be encoded; less waits for company. */
export const WORTH_A_WRITE = 32_768;
/**
 * Bytes of encoded cells that are kept for viewers who come later to the same. It was cut to 8 MB together with three other
 * steps, which took a film from 233 to 214 MB.
 */
export const KEPT_BYTES = 8 * 1024 * 1024;

// Refining what was sent with losses.

/** After it was static for that long. */
export const STATIC_MS = 250;
/** Areas whose time differs by less are kept together. */
export const STATIC_MERGE_MS = 100;
/** Beyond that what is to be refined is kept as the rectangle around it. A film in many cells has some hundred. */
export const MAX_LOSSY_SPANS = 2000;
/** What refining may take of a link: as bytes a second at most, in one go, and what a pixel about costs. */
export const MAX_REFINED_RATE = 5_000_000;
export const REFINE_MS = 33;
export const BYTES_PER_REFINED_PIXEL = 2;

// The classic wire.

/** Timers may be late: a repeated frame goes out a little before it must. */
export const REPEAT_MS = KEEP_ALIVE_MS - 8;
/** While a new frame is on its way the last one is not repeated before this; then a viewer needs it none the less. */
export const REPEAT_PATIENCE_MS = 250;
export const REPEAT_POLL_MS = 10;
/** What the system may hold of a frame before it is on its way; the rest waits in the one buffer that all viewers share. */
export const MAX_UNSENT = 128 * 1024;
