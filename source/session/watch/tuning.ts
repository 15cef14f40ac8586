/**
 * Tuning of the watcher's hot path. Bounds against a hostile server are in rfb/bounds.ts, the thresholds for a fast and
 * a slow link in rfb/link-speed.ts.
 */

// Change detection (classic).

/** Rows compared at a time: changes are found to this height. */
export const BAND = 16;
/** Adjacent bands are joined into one rectangle unless it would be larger by this factor. */
export const BAND_WASTE = 1.25;

// The window.

/** How often window events are polled while somebody uses the window, and while nobody does. Each poll is a wake-up. */
export const BUSY_MS = 16;
export const IDLE_MS = 60;
export const BUSY_FOR_MS = 1000;
