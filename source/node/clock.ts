import { type Clock, neverBack } from '../core/clock.js';

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  soon: callback => void setImmediate(callback),
};

/**
 * Unix time in whole milliseconds that never goes back, for all whose distance counts (how long, how old, until when) and
 * that a person reads as well. A wall clock that is set back is not followed, one that is set forward is, as after a time
 * of sleep. All threads of a process have the same.
 */
export const unixTime = neverBack(Date.now, () => performance.timeOrigin + performance.now());
