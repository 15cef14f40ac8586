import type { Clock } from '../../core/clock.js';
import type { AccessPolicy } from '../share-options.js';

/** No answer for that long is a no. */
export const CONSENT_MS = 30_000;

export interface ConsentEvents {
  asking(viewer: number, address: string, expiresAt: number): void;
  asked(viewer: number): void;
  /** Its time ran out, which is a no; `asked` follows. */
  unanswered(viewer: number): void;
}

interface Question {
  readonly answer: (allowed: boolean) => void;
  readonly cancelTimer: () => void;
}

/** Asks the sharer whether a viewer may watch. Several may be waiting, each with its own time. */
export class Consent {
  readonly #clock: Clock;
  readonly #events: ConsentEvents;
  readonly #questions = new Map<number, Question>();
  #everybody: boolean;

  constructor(access: AccessPolicy, clock: Clock, events: ConsentEvents) {
    this.#everybody = access === 'open';
    this.#clock = clock;
    this.#events = events;
  }

  get waiting(): number {
    return this.#questions.size;
  }

  ask(viewer: number, address: string): Promise<boolean> {
    if (this.#everybody) return Promise.resolve(true);
    return new Promise(resolve => {
      const cancelTimer = this.#clock.after(CONSENT_MS, () => {
        this.#events.unanswered(viewer);
        this.#settle(viewer, false);
      });
      this.#questions.set(viewer, { answer: resolve, cancelTimer });
      this.#events.asking(viewer, address, Date.now() + CONSENT_MS);
    });
  }

  /** `all` also lets in everybody who asks already or comes later. */
  answer(viewer: number, answer: 'yes' | 'no' | 'all'): void {
    if (answer !== 'all') {
      this.#settle(viewer, answer === 'yes');
      return;
    }
    this.#everybody = true;
    for (const each of [...this.#questions.keys()]) this.#settle(each, true);
  }

  /** The viewer left, or the share ends: the answer is no. */
  withdraw(viewer: number): void {
    this.#settle(viewer, false);
  }

  #settle(viewer: number, allowed: boolean): void {
    const question = this.#questions.get(viewer);
    if (!question) return;
    this.#questions.delete(viewer);
    question.cancelTimer();
    this.#events.asked(viewer);
    question.answer(allowed);
  }
}
