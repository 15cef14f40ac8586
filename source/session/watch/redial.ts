import type { Clock } from '../../core/clock.js';
import type { Connection } from '../../transport/connection.js';

/**
 * A sharer that is back is to be found soon: each attempt is a new one, since the system tries one that got no answer
 * again ever more seldom.
 */
const REDIAL_MS = 1000;
/** An attempt has that long: a few are under way at once. */
export const DIAL_TIMEOUT_MS = 3000;

/** Tries once a second, until one attempt has a connection or the signal says stop. @throws the signal's reason */
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
