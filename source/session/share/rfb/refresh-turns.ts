import type { Clock } from '../../../core/clock.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { EncodeTurns } from './encode-turns.js';
import { Turns } from './turns.js';

interface Place {
  readonly credit: TimeBudget;
  /** Of its refreshes one is encoded on credit now. */
  busy: boolean;
}

/**
 * Whose refreshes are encoded: first pictures, and what is asked for again. Ordinary ones go at once, out of a credit that
 * each machine has however often it connects; beyond it they go a piece at a time, when it is the viewer's turn among all
 * who wait, with rests in between. What changes for others waits for none of them: while there are others each is encoded
 * in slices, and so are changes that would cost the others too much.
 */
export class RefreshTurns {
  readonly #clock: Clock;
  readonly #credit = new TimeBudget(VIEWER_LIMITS.refreshAllMs, VIEWER_LIMITS.refreshAllShare);
  readonly #places = new Map<string, Place>();
  readonly #turns: Turns;
  readonly #slices: Turns;
  readonly #changes: EncodeTurns;

  /** @param changes the large work on what changed, which slices give way to */
  constructor(clock: Clock, changes: EncodeTurns) {
    this.#clock = clock;
    this.#changes = changes;
    this.#turns = new Turns(clock, VIEWER_LIMITS.refreshTurnsShare);
    this.#slices = new Turns(clock, 1);
  }

  /** Whether a viewer may be sent a whole refresh now. @param key what stands for its machine */
  mayBegin(key: string): boolean {
    const now = this.#clock.now();
    const { busy, credit } = this.#place(key);
    return !busy && credit.left(now) > 0 && this.#credit.left(now) > 0;
  }

  /**
   * Encoding begins, on credit or in a turn.
   * @returns what ends it, to be called once with the time that it took
   */
  begin(key: string, inTurn: boolean): (ms: number) => void {
    const place = this.#place(key);
    const endTurn = inTurn ? this.#turns.hold() : null;
    if (!inTurn) place.busy = true;
    return ms => {
      const now = this.#clock.now();
      if (endTurn) {
        // Who needs turns has no credit meanwhile, and afterwards no more to make up for than it could have saved.
        const most = Math.max(place.credit.left(now) + VIEWER_LIMITS.refreshMs, 0);
        place.credit.spend(Math.min(ms, most), now);
        endTurn(ms);
      } else {
        place.busy = false;
        place.credit.spend(ms, now);
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
    if (this.#changes.busy) await new Promise<void>(resolve => this.#changes.wait(resolve));
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

  #place(key: string): Place {
    const place = this.#places.get(key) ?? {
      credit: new TimeBudget(VIEWER_LIMITS.refreshMs, VIEWER_LIMITS.refreshShare),
      busy: false,
    };
    // Used last: to the end of the map, which is in the order in which places are forgotten.
    this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size > VIEWER_LIMITS.refreshPlaces) this.#places.delete(this.#places.keys().next().value!);
    return place;
  }
}
