/** Time as the program sees it, so that tests can own it. */
export interface Clock {
  /** Milliseconds since some fixed moment, monotonic, with fractions. */
  now(): number;
  /** Calls back once after `ms` milliseconds. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Unix time in whole milliseconds that never goes back, for all whose distance counts (how long, how old, until when) and
 * that a person reads as well. A wall clock that is set back is not followed, one that is set forward is, as after a time
 * of sleep. All threads of a process have the same.
 */
export const unixTime = neverBack(Date.now, () => performance.timeOrigin + performance.now());

/** @param even goes on evenly, and was right at some time */
export function neverBack(wall: () => number, even: () => number): () => number {
  let ahead = 0;
  return () => {
    const now = even();
    ahead = Math.max(ahead, wall() - now);
    return Math.trunc(now + ahead);
  };
}
