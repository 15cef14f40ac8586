import type { Clock } from '../../../core/clock.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { EncodeBarrier } from './encode-barrier.js';
import type { EncodedSlice } from './pending-update.js';
import { TurnQueue } from './turn-queue.js';

interface Client {
  readonly credit: TimeBudget;
  /** One of its refreshes is being encoded on credit. */
  busy: boolean;
}

/**
 * Schedules refreshes: first pictures and non-incremental requests. Ordinary ones are encoded at once on the credit of
 * their client, whatever its number of connections. Without credit they queue and are sent piece by piece, with pauses
 * in between. Other viewers' changes wait for none of them: while there are other viewers, refreshes are encoded in
 * slices, and so are changes that would delay the others too much.
 */
export class RefreshQueue {
  readonly #clock: Clock;
  readonly #credit = new TimeBudget(VIEWER_LIMITS.refreshAllMs, VIEWER_LIMITS.refreshAllShare);
  readonly #clients = new Map<string, Client>();
  readonly #turns: TurnQueue;
  readonly #slices: TurnQueue;
  /** Those that wait for a slice, and may take part of another one. */
  readonly #takers = new Set<(slice: EncodedSlice) => void>();
  readonly #barrier: EncodeBarrier;

  /** @param barrier the encoding of large changes, which slices give way to */
  constructor(clock: Clock, barrier: EncodeBarrier) {
    this.#clock = clock;
    this.#barrier = barrier;
    this.#turns = new TurnQueue(clock, VIEWER_LIMITS.refreshQueueShare);
    this.#slices = new TurnQueue(clock, 1);
  }

  /**
   * Whether a viewer may be sent a whole refresh now.
   * @param key identifies its machine
   */
  mayBegin(key: string): boolean {
    const now = this.#clock.now();
    const { busy, credit } = this.#client(key);
    return !busy && credit.left(now) > 0 && this.#credit.left(now) > 0;
  }

  /**
   * Begins encoding, on credit or on a granted turn.
   * @returns the function that ends it, to be called once with the time it took
   */
  begin(key: string, granted: boolean): (ms: number) => void {
    const client = this.#client(key);
    const endTurn = granted ? this.#turns.hold() : null;
    if (!granted) client.busy = true;
    return ms => {
      const now = this.#clock.now();
      if (endTurn) {
        // A client that queues has no credit meanwhile. Its debt is limited to what it could have saved up.
        const max = Math.max(client.credit.left(now) + VIEWER_LIMITS.refreshMs, 0);
        client.credit.spend(Math.min(ms, max), now);
        endTurn(ms);
      } else {
        client.busy = false;
        client.credit.spend(ms, now);
        this.#credit.spend(ms, now);
      }
    };
  }

  /**
   * Waits until a slice of a refresh, or of a costly change, may be encoded: one at a time, and not while changes of
   * other viewers are waiting for the encoders. Viewers that join at once would each encode the whole picture if it
   * changes all the time; so whoever waits may take what another one's slice has encoded, at no cost.
   * @param takes called synchronously when another slice has ended; true: the caller takes part of it and stops waiting
   * @returns the function that ends the slice, to be called once with what it encoded; null after `takes` returned true
   */
  async slice(takes: (slice: EncodedSlice) => boolean): Promise<((slice: EncodedSlice | null) => void) | null> {
    const end = await new Promise<((ms: number) => void) | null>(resolve => {
      const turn = () => {
        this.#takers.delete(taker);
        resolve(this.#slices.hold());
      };
      const taker = (slice: EncodedSlice) => {
        if (!takes(slice)) return;
        this.#takers.delete(taker);
        this.#slices.forget(turn);
        resolve(null);
      };
      this.#takers.add(taker);
      this.#slices.wait(turn);
    });
    if (end === null) return null;
    if (this.#barrier.busy) await new Promise<void>(resolve => this.#barrier.wait(resolve));
    return slice => {
      if (slice) for (const taker of [...this.#takers]) taker(slice);
      end(0);
    };
  }

  /** Calls back once, on the caller's turn: it begins synchronously, or has nothing to do any more. */
  wait(turn: () => void): void {
    this.#turns.wait(turn);
  }

  /** Leaves the queue. */
  forget(turn: () => void): void {
    this.#turns.forget(turn);
  }

  #client(key: string): Client {
    const client = this.#clients.get(key) ?? {
      credit: new TimeBudget(VIEWER_LIMITS.refreshMs, VIEWER_LIMITS.refreshShare),
      busy: false,
    };
    // Most recently used clients are at the end of the map; the first one is forgotten.
    this.#clients.delete(key);
    this.#clients.set(key, client);
    if (this.#clients.size > VIEWER_LIMITS.refreshClients) this.#clients.delete(this.#clients.keys().next().value!);
    return client;
  }
}
