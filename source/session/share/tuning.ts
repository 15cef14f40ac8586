import { KEEP_ALIVE_MS } from '../../protocols/classic/constants.js';

/**
 * The tuning of the share's hot path, in the order in which a frame meets it, each with the measurement behind it (the
 * bench, docs/performance.md). Limits against hostile viewers are in VIEWER_LIMITS; each pacer has its own tuning.
 */

/**
 * Timers come up to a millisecond early: Node counts them in whole ones. What is due by then is due: the next timer
 * could come as much as another millisecond late, and what looks only once would not happen at all.
 */
export const TIMER_MS = 1;

// Capture.

/**
 * Rates are never exactly equal: if capture ran exactly at the cap, it would fall further and further behind a screen
 * that draws slightly faster.
 */
export const CAPTURE_SLACK = 1.01;
/** Reading this many pixels costs hardly more than the round trip. */
export const SMALL_READ_PIXELS = 128 * 128;
/**
 * The next picture is captured once this fraction of the usual encoding time has passed: earlier, it would only get
 * old. At 0.6 a film on two cores was 1 to 2 ms older at the same rate.
 */
export const OVERLAP_FRACTION = 0.9;
/**
 * The same where pixels are worked on by several threads, so that capturing has a core of its own and takes as long as
 * encoding; and the encoding time from which it is worth a moment between two rectangles, in which the capture begins.
 * By arithmetic: no machine with more than two cores was there to measure.
 */
export const OVERLAP_FRACTION_THREADS = 0.5;
export const MIN_OVERLAPPED_MS = 3;
/** Turns of the event loop until damage is known: two read it from the connection, two gather what came together. */
export const CAPTURE_TURNS = 4;
/** The weight of the newest sample in that usual time. */
export const WORK_WEIGHT = 0.3;
/** The maximum time expected for capturing and comparing a picture. */
export const MAX_CAPTURE_MS = 20;

// Cells.

/** Approximate cell sizes. Small areas get small cells, so that they are encoded in parallel and shared in parts. */
export const SMALL_CELL = { width: 256, height: 64 } as const;
/**
 * For large areas the overhead per rectangle matters: a page of text of 1920x1080 pixels took 33 ms and came to 373 KiB
 * in 256x64 cells, 22 ms and 303 KiB in 256x128, 19 ms and 263 KiB in 256x256 (Tight, level 2).
 */
export const MEDIUM_CELL = { width: 256, height: 128 } as const;
export const LARGE_CELL = { width: 256, height: 256 } as const;
export const MEDIUM_AREA = 131_072;
export const LARGE_AREA = 524_288;

/**
 * Photographs are cut into strips of the full width, at least two from a medium area on: each JPEG has a header of 620
 * bytes and each job for another thread has a fixed cost, while small JPEGs gain nothing. A whole 1920x1080 picture
 * took two threads 4.9 ms in strips of 1920x270, 5.0 ms in 1920x135, and 7.5 ms in cells of 256x256. Two strips instead
 * of four for a whole picture: 43 to 51 frames a second instead of 48 to 55.
 */
export const STRIP_AREA = 524_288;
/** Together with joining the smooth blocks inside photographs, this took a film from 11 JPEGs a frame to 6. */
export const MIN_STRIP = 16_384;
/** Strips start at multiples of the largest JPEG block. */
export const STRIP_STEP = 16;

/**
 * The number of journal entries searched for the last change of a cell; for older changes the tile grid has the
 * version.
 */
export const MAX_ENTRIES = 32;
/** Above this many cells, or this much overdraw, a lagging viewer's update is re-cut from its region instead. */
export const MAX_CELLS = 400;
export const MAX_WASTE = 1.5;

// Encoding.

/** From this many unencoded pixels an update uses the thread pool: waking a thread costs 0.1 to 0.2 ms. */
export const POOLED_PIXELS = 32_768;
/**
 * From this many unencoded pixels, rectangles are sent while later ones are being encoded, to viewers that support
 * LastRect.
 */
export const STREAMED_PIXELS = 262_144;
/**
 * While encoding goes on, at least this many bytes are written at once. With 32 KiB a picture that changes as a whole
 * took 5 % more processor time at both ends.
 */
export const MIN_WRITE_BYTES = 131_072;
/**
 * Bytes of encoded cells that are kept for other viewers. The reduction to 8 MB was one of four steps that took a film
 * from 233 to 214 MB.
 */
export const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Viewers of slow links are sent drawings as Echo, each encoded for itself, while there are at most so many viewers: 20
 * ns a pixel each (docs/echo.md).
 */
export const MAX_ECHO_VIEWERS = 4;

// Letters before film.

/** Changes of this many pixels together, photographs aside, are sent while a larger picture is on its way. */
export const SMALL_CHANGE = 65_536;
/** As many bytes of them are sent before the viewer has answered. */
export const MAX_AHEAD_BYTES = 16_384;

// Lossless refresh.

/** The delay after which a static lossy area is refined. */
export const STATIC_MS = 250;
/** Areas whose times differ by less are merged. */
export const STATIC_MERGE_MS = 100;
/**
 * With more spans than this, the lossy region becomes its bounding rectangle. A film in many cells has some hundred.
 */
export const MAX_LOSSY_SPANS = 2000;
/**
 * The share of a link that refining may use: maximum bytes per second, the time per update, and the estimated cost of a
 * pixel.
 */
export const MAX_REFINED_RATE = 5_000_000;
export const REFINE_MS = 33;
export const BYTES_PER_REFINED_PIXEL = 2;

// The classic protocol.

/** Timers may be late, so a repeated frame is sent a little before its deadline. */
export const REPEAT_MS = KEEP_ALIVE_MS - 8;
/**
 * While a new frame is in preparation the last one is not repeated before this; then the viewer needs a sign of life.
 */
export const REPEAT_PATIENCE_MS = 250;
export const REPEAT_POLL_MS = 10;
/**
 * The maximum number of unsent bytes in the socket; the rest waits in the frame's one buffer, which all viewers share.
 */
export const MAX_UNSENT = 128 * 1024;
