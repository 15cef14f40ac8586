/**
 * What the hot path of a watcher is tuned by. Bounds against a hostile server are in rfb/bounds.ts, what tells
 * a fast link from a slow one in rfb/link-speed.ts.
 */

// What is found to have changed (classic).

/** Rows that are looked at together: what changed is found to that height. */
export const BAND = 16;
/** Bands are joined into one rectangle unless that makes it so much larger. */
export const BAND_WASTE = 1.25;

// The window.

/** How often a window's events are looked at while somebody uses it, and while nobody does: each look costs a wake-up. */
export const BUSY_MS = 16;
export const IDLE_MS = 60;
export const BUSY_FOR_MS = 1000;
