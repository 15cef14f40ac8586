import type { Clock } from '../../core/clock.js';
import type { Connection } from '../../transport/connection.js';

/**
 * Each attempt is a new one, so that a sharer that is back is found soon: the system retransmits an unanswered SYN ever
 * less often.
 */
const REDIAL_MS = 1000;
/** Timeout of an attempt: a few run at once. */
export const DIAL_TIMEOUT_MS = 3000;

/** Dials once a second until an attempt connects or the signal aborts. @throws the signal's reason */
export function redial(
  dial: (signal: AbortSignal) => Promise<Connection>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const rest = new AbortController();
    let cancel = () => {};
    const over = () => {
      cancel();
      signal.removeEventListener('abort', stop);
      rest.abort(new Error('no longer needed'));
    };
    const stop = () => {
      over();
      reject(signal.reason);
    };
    const attempt = () => {
      cancel = clock.after(REDIAL_MS, attempt);
      dial(rest.signal).then(
        connection => {
          if (rest.signal.aborted) {
            connection.destroy();
            return;
          }
          over();
          resolve(connection);
        },
        () => {},
      );
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else attempt();
  });
}
