import { performance } from 'node:perf_hooks';
import { type Clock, neverBack } from '../core/clock.js';

export const systemClock: Clock = {
  // The imported one: reading the global object of that name is a function call of its own.
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  soon: callback => void setImmediate(callback),
};

/**
 * Unix time in whole milliseconds that never goes back, for times that are both measured (durations, ages, deadlines)
 * and displayed. It follows a wall clock that is set forward, as after sleep, but not one that is set back. All threads
 * of a process share it.
 */
export const unixTime = neverBack(Date.now, () => performance.timeOrigin + performance.now());
