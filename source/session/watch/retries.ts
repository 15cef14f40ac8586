import type { Clock } from '../../core/clock.js';
import type { ErrorCode } from '../../core/error-codes.js';

/** Pauses before a lost sharer is tried again; the last one is repeated: one that is back is to be seen soon. */
const PAUSES_MS = [500, 1000];
/** A connection that held that long was a good one: the pauses begin anew. */
const STEADY_MS = 5000;

/** After these a sharer that was watched before may come back; everything else ends the session. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['E_PEER_CLOSED', 'E_PEER_SILENT', 'E_CONNECT_REFUSED', 'E_CONNECT_TIMEOUT'] as const),
  ...(['E_UNREACHABLE', 'E_UNKNOWN_HOST', 'E_CONNECT', 'E_TOO_MANY_FILES'] as const),
]);

export function mayComeBack(code: ErrorCode): boolean {
  return PASSING.has(code);
}

/** How long to wait for a sharer that went away: longer each time, until it has held for a while. */
export class Retries {
  #failures = 0;

  /** @param watchedMs how long the connection that has just ended showed pictures; 0 when it never did */
  nextPauseMs(watchedMs: number): number {
    if (watchedMs > STEADY_MS) this.#failures = 0;
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)]!;
    this.#failures++;
    return pause;
  }
}

/** Waits, or until it is given up. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const over = () => {
      signal.removeEventListener('abort', over);
      cancel();
      resolve();
    };
    const cancel = clock.after(ms, over);
    signal.addEventListener('abort', over);
  });
}
