import type { Clock } from '../../core/clock.js';
import { clientKeyOf } from '../../node/address-scope.js';
import { unixTime } from '../../node/clock.js';
import { REASON } from '../../protocols/rfb/refusals.js';
import type { AccessPolicy } from '../share-options.js';
import { AddressBackoff } from './address-backoff.js';

/** Without an answer within this time the viewer is declined. */
export const CONSENT_MS = 30_000;

/** The delay before a refused address may ask again, and an address that repeatedly left before it was answered. */
const WAITS = { firstMs: 15_000, maxMs: 3_600_000, forgetMs: 3_600_000, sharesForgotten: false };
const REFUSED = { ...WAITS, free: 0 };
const WITHDREW = { ...WAITS, free: 2 };

export interface AskedQuestion {
  readonly viewer: number;
  readonly address: string;
  /** It gave the right code, which was not enough: so many wrong ones are tried. */
  readonly gaveCode: boolean;
  /** Unix ms: when no answer is a no. */
  readonly expiresAt: number;
}

export interface ConsentEvents {
  asking(question: AskedQuestion): void;
  asked(viewer: number): void;
}

/** Why a viewer may not watch, worded for each end. */
export interface Refusal {
  /** For the viewer's person; sent if the protocol has room for it. */
  readonly reason: string;
  /** For the sharer, after the address: "was refused". */
  readonly said: string;
}

const DECLINED: Refusal = { reason: REASON.declined, said: 'was refused' };
const UNANSWERED: Refusal = {
  reason: `${REASON.unanswered} within ${CONSENT_MS / 1000} seconds.`,
  said: `was refused: no answer in ${CONSENT_MS / 1000} s`,
};
export const SHARE_ENDED: Refusal = { reason: REASON.ended, said: 'left before it was answered' };

/** The sharer is not told about a refused viewer that asks again. */
export const ASKED_TOO_SOON = 'asked again too soon';

interface Question {
  readonly address: string;
  readonly answer: (refusal: Refusal | null) => void;
  readonly cancelTimer: () => void;
}

/** Asks the sharer whether viewers may watch. Several may be waiting, each with its own timeout. */
export class Consent {
  readonly #clock: Clock;
  readonly #events: ConsentEvents;
  readonly #questions = new Map<number, Question>();
  readonly #refused = new AddressBackoff(REFUSED);
  readonly #withdrew = new AddressBackoff(WITHDREW);
  #everybody: boolean;

  constructor(access: AccessPolicy, clock: Clock, events: ConsentEvents) {
    this.#everybody = access === 'open';
    this.#clock = clock;
    this.#events = events;
  }

  get waiting(): number {
    return this.#questions.size;
  }

  /** Resolves with the reason why the viewer may not watch; null: it may. */
  ask(viewer: number, address: string, gaveCode = false): Promise<Refusal | null> {
    if (this.#everybody) return Promise.resolve(null);
    const now = this.#clock.now();
    const wait = Math.max(this.#refused.waitMs(address, now), this.#withdrew.waitMs(address, now));
    if (wait > 0) return Promise.resolve(tooSoon(wait));
    return new Promise(resolve => {
      const cancelTimer = this.#clock.after(CONSENT_MS, () => this.#refuse(viewer, UNANSWERED));
      this.#questions.set(viewer, { address, answer: resolve, cancelTimer });
      this.#events.asking({ viewer, address, gaveCode, expiresAt: unixTime() + CONSENT_MS });
    });
  }

  /**
   * Answers a viewer that is waiting; ignored if it has left. `all` also accepts all others that are waiting or come
   * later; `no` applies to all that are waiting from the same client.
   */
  answer(viewer: number, answer: 'yes' | 'no' | 'all'): void {
    const question = this.#questions.get(viewer);
    if (!question) return;
    if (answer === 'yes') this.#allow(viewer);
    else if (answer === 'no') this.#refuse(viewer, DECLINED);
    else {
      this.#everybody = true;
      for (const each of [...this.#questions.keys()]) this.#allow(each);
    }
  }

  /** The viewer left, or the share ends: the answer is no. */
  withdraw(viewer: number): void {
    const question = this.#questions.get(viewer);
    if (!question) return;
    this.#withdrew.failed(question.address, this.#clock.now());
    this.#settle(viewer, SHARE_ENDED);
  }

  #allow(viewer: number): void {
    const question = this.#questions.get(viewer);
    if (question) {
      this.#refused.succeeded(question.address);
      this.#withdrew.succeeded(question.address);
    }
    this.#settle(viewer, null);
  }

  #refuse(viewer: number, refusal: Refusal): void {
    const address = this.#questions.get(viewer)?.address;
    if (address === undefined) return;
    this.#refused.failed(address, this.#clock.now());
    this.#settle(viewer, refusal);
    const clientKey = clientKeyOf(address);
    for (const [other, question] of [...this.#questions]) {
      if (clientKeyOf(question.address) === clientKey) this.#settle(other, refusal);
    }
  }

  #settle(viewer: number, refusal: Refusal | null): void {
    const question = this.#questions.get(viewer);
    if (!question) return;
    this.#questions.delete(viewer);
    question.cancelTimer();
    this.#events.asked(viewer);
    question.answer(refusal);
  }
}

function tooSoon(waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    reason: `The sharer accepts no requests from this address for now. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    said: ASKED_TOO_SOON,
  };
}
