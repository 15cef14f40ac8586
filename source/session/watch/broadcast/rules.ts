import { PeerglassError } from '../../../core/errors.js';
import type { StreamTimes } from './resource-stream.js';

/** When a viewer of a broadcast does what, in milliseconds. */
export const BROADCAST_TIMES = {
  /** A picture so much older than the best is late, and given up when it has been for so long without catching up. */
  lateMs: 3000,
  lateForMs: 1000,
  /** Given up twice within this time, or not live after so long: the link is too slow for the moving picture. */
  twiceWithinMs: 20_000,
  neverLiveMs: 10_000,
  /** Still pictures for so long, then another try. */
  stillMs: 30_000,
  /** Between two looks for a newer still picture. */
  stillPauseMs: 1000,
  /** A server that lets a viewer wait for so long is silent: a segment has something to say every second. */
  silentMs: 15_000,
  tickMs: 1000,
  /** Whoever streams answers with the running segment at once. */
  cacheMs: 5000,
  /** A viewer that is live for so long had a good start: the pauses begin again with the shortest one. */
  steadyMs: 5000,
  /** A broadcast that was there and is not any more may be started again for so long. */
  goneMs: 30_000,
} as const;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/** Pauses between failed attempts: longer each time, and not the same for all viewers that failed together. */
export class Pauses {
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  nextMs(): number {
    const ms = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures++;
    return ms * (0.5 + this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Of a segment: the least that a judgement rests on, and how much faster than it grew it came. */
const JUDGED_MS = 2000;
const FASTER = 4;
/** What is waited for is not there yet: so much of what the segment took. */
const WAITED = 0.5;

/** Notices a cache that hands out a segment only when it has ended. Its name is told once. */
export class CacheCheck {
  /** Segments are handed out when they have ended because the sharer wants it so. */
  closed = false;
  #named = false;

  /** The running segment has not been answered. @returns whether that is to be told */
  heldBack(): boolean {
    return this.#name(true);
  }

  /**
   * A segment has been read to its end.
   * @param spanMs between its first and its last message, by the sharer's clock
   * @returns whether that is to be told
   */
  segmentRead({ askedAt, firstAt, lastAt }: StreamTimes, spanMs: number): boolean {
    if (firstAt === null || spanMs < JUDGED_MS) return false;
    const waited = firstAt - askedAt;
    return this.#name(waited > spanMs * WAITED && lastAt - firstAt < spanMs / FASTER);
  }

  #name(stores: boolean): boolean {
    if (!stores || this.closed || this.#named) return false;
    this.#named = true;
    return true;
  }
}

export function cacheStores(server: string): PeerglassError {
  return new PeerglassError(
    'E_BROADCAST_CACHE',
    `${server} passes on each part of the broadcast only when it is complete: the picture is seconds late.`,
    'Use a cache that streams (docs/broadcast.md), or ask the sharer to share with --segment 1.',
  );
}

export function wrongKey(server: string): PeerglassError {
  return new PeerglassError(
    'E_BROADCAST_KEY',
    `The key in the link does not open the broadcast at ${server}.`,
    'Copy the whole link: the key is the 43 characters after the "#". If that does not help, ask the sharer for the current link.',
  );
}

export function notABroadcast(server: string): PeerglassError {
  return new PeerglassError(
    'E_NOT_A_SHARER',
    `${server} answered with something else than a broadcast.`,
    'Check the link. A login page of the network (hotels, trains) may have answered.',
  );
}

export function gone(server: string): PeerglassError {
  return new PeerglassError(
    'E_BROADCAST_GONE',
    `${server} has no broadcast at this link.`,
    'It has ended, or the link is incomplete. Ask the sharer for the current link.',
  );
}

export function ended(): PeerglassError {
  return new PeerglassError('E_BROADCAST_GONE', 'The sharer has ended the broadcast.', 'A new one has a new link.');
}

/** @param why the end of a sentence */
export function damaged(server: string, why: string, cause: unknown): PeerglassError {
  return new PeerglassError(
    'E_BROADCAST_DATA',
    `${server} sent what the sharer did not: ${why}.`,
    'A cache on the way damages or mixes up its data. Ask whoever runs it.',
    { cause },
  );
}

export function silent(server: string): PeerglassError {
  const message = `${server} has not answered for ${BROADCAST_TIMES.silentMs / 1000} s.`;
  return new PeerglassError('E_PEER_SILENT', message, 'Check the network between this machine and the server.');
}

/** @param why the end of a sentence */
export function brokenOff(server: string, why: string, cause: unknown): PeerglassError {
  const message = `${server} broke off: ${why}.`;
  return new PeerglassError('E_PEER_CLOSED', message, 'The sharer or the cache ended, or the network failed.', {
    cause,
  });
}

export function refused(server: string, status: number): PeerglassError {
  // A gateway that has nobody behind it, or too much to do: that may pass.
  if (status >= 500 || status === 429 || status === 408) {
    const message = `${server} does not reach the sharer (HTTP status ${status}).`;
    return new PeerglassError('E_PEER_CLOSED', message, 'Ask the sharer whether the broadcast is still running.');
  }
  const message = `${server} refuses this viewer (HTTP status ${status}).`;
  return new PeerglassError('E_PEER_REFUSED', message, 'Check the link, and ask whoever runs that server.');
}
