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
