import type { Clock } from '../../core/clock.js';
import type { ErrorCode } from '../../core/error-codes.js';

/** Pauses before reconnecting. The last one repeats, so that a sharer that is back is seen soon. */
const PAUSES_MS = [500, 1000];
/** A connection that lasted this long was a good one: the pauses start over. */
const STEADY_MS = 5000;

/**
 * After a peer that could check one guess at the code and proved nothing: longer each time, up to this. Otherwise
 * somebody in between who cuts each connection there could guess as often as they like.
 */
const GUESSED_MS = 1000;
const MOST_GUESSED_MS = 60_000;

/** After these errors a sharer may come back; all others end the session. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['E_PEER_CLOSED', 'E_PEER_SILENT', 'E_CONNECT_REFUSED', 'E_CONNECT_TIMEOUT'] as const),
  ...(['E_UNREACHABLE', 'E_UNKNOWN_HOST', 'E_CONNECT', 'E_TOO_MANY_FILES'] as const),
]);

export function mayComeBack(code: ErrorCode): boolean {
  return PASSING.has(code);
}

/** The pause before each attempt: longer each time, until a connection has lasted for a while. */
export class Retries {
  #failures = 0;
  #guesses = 0;

  /**
   * @param watchedMs how long the connection that has just ended showed pictures; 0 when it never did
   * @param guess whether its peer could check a guess at the code, and proved nothing
   */
  nextPauseMs(watchedMs: number, guess = false): number {
    if (watchedMs > STEADY_MS) {
      this.#failures = 0;
      this.#guesses = 0;
    }
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)]!;
    this.#failures++;
    return guess ? Math.min(GUESSED_MS * 2 ** this.#guesses++, MOST_GUESSED_MS) : pause;
  }
}

/** Waits, or returns early when aborted. */
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
