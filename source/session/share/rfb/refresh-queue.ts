import type { Clock } from '../../../core/clock.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { EncodeBarrier } from './encode-barrier.js';
import { TurnQueue } from './turn-queue.js';

interface Client {
  readonly credit: TimeBudget;
  /** Of its refreshes one is encoded on credit now. */
  busy: boolean;
}

/**
 * Whose refreshes are encoded: first pictures, and what is asked for again. Ordinary ones go at once, out of a credit that
 * each machine has however often it connects; beyond it they go a piece at a time, when it is the viewer's turn among all
 * who wait, with rests in between. What barrier for others waits for none of them: while there are others each is encoded
 * in slices, and so are barrier that would cost the others too much.
 */
export class RefreshQueue {
  readonly #clock: Clock;
  readonly #credit = new TimeBudget(VIEWER_LIMITS.refreshAllMs, VIEWER_LIMITS.refreshAllShare);
  readonly #clients = new Map<string, Client>();
  readonly #turns: TurnQueue;
  readonly #slices: TurnQueue;
  readonly #barrier: EncodeBarrier;

  /** @param barrier the large work on what changed, which slices give way to */
  constructor(clock: Clock, barrier: EncodeBarrier) {
    this.#clock = clock;
    this.#barrier = barrier;
    this.#turns = new TurnQueue(clock, VIEWER_LIMITS.refreshQueueShare);
    this.#slices = new TurnQueue(clock, 1);
  }

  /** Whether a viewer may be sent a whole refresh now. @param key what stands for its machine */
  mayBegin(key: string): boolean {
    const now = this.#clock.now();
    const { busy, credit } = this.#client(key);
    return !busy && credit.left(now) > 0 && this.#credit.left(now) > 0;
  }

  /**
   * Encoding begins, on credit or in a turn.
   * @returns what ends it, to be called once with the time that it took
   */
  begin(key: string, granted: boolean): (ms: number) => void {
    const client = this.#client(key);
    const endTurn = granted ? this.#turns.hold() : null;
    if (!granted) client.busy = true;
    return ms => {
      const now = this.#clock.now();
      if (endTurn) {
        // Who needs turns has no credit meanwhile, and afterwards no more to make up for than it could have saved.
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
   * Waits until a slice of a refresh, or of a costly change, may be encoded: one at a time, and no second one while what changed for others waits
   * for the encoders.
   * @returns what ends it, to be called once
   */
  async slice(): Promise<() => void> {
    const end = await new Promise<(ms: number) => void>(resolve =>
      this.#slices.wait(() => resolve(this.#slices.hold())),
    );
    if (this.#barrier.busy) await new Promise<void>(resolve => this.#barrier.wait(resolve));
    return () => end(0);
  }

  /** Calls back once, when it is the caller's turn: it begins then and there, or has nothing to do any more. */
  wait(turn: () => void): void {
    this.#turns.wait(turn);
  }

  /** No longer waits. */
  forget(turn: () => void): void {
    this.#turns.forget(turn);
  }

  #client(key: string): Client {
    const client = this.#clients.get(key) ?? {
      credit: new TimeBudget(VIEWER_LIMITS.refreshMs, VIEWER_LIMITS.refreshShare),
      busy: false,
    };
    // Used last: to the end of the map, which is in the order in which clients are forgotten.
    this.#clients.delete(key);
    this.#clients.set(key, client);
    if (this.#clients.size > VIEWER_LIMITS.refreshClients) this.#clients.delete(this.#clients.keys().next().value!);
    return client;
  }
}
