import type { Clock } from '../core/clock.js';

/** The time of a page or a worker. */
export function browserClock(): Clock {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  // Timers of a page wait at least 4 ms, those of a hidden page a second.
  port1.onmessage = () => waiting.shift()?.();
  return {
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    soon(callback) {
      waiting.push(callback);
      port2.postMessage(null);
    },
  };
}
