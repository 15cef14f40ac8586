import type { Clock } from '../../core/clock.js';
import { networksOf } from '../../node/address-scope.js';
import { type Crowding, crowded } from './crowding.js';
import { VIEWER_LIMITS } from './viewer-limits.js';
import type { WrongTries } from './wrong-tries.js';

/** What a viewer answered to show that it may watch. */
export interface Answer {
  readonly address: string;
  readonly right: boolean;
  /** The viewer gets its verdict. */
  tell(): void;
  /** It will not be judged in time: the person decides about it, where it was right. It learns nothing of that. */
  ask(): void;
  /** There is neither time nor room for it: it is turned away, and learns not whether it was right. */
  turnAway(): void;
}

interface Entry extends Crowding {
  readonly answer: Answer;
  readonly dueAt: number;
  asked: boolean;
}

export interface AnswerLineOptions {
  readonly clock: Clock;
  /** Whether a person can be asked. */
  readonly attended: boolean;
  /** A machine got the verdict "wrong"; `count` is the number of times so far. */
  readonly wrong: (address: string, times: number) => void;
}

/**
 * Answers are judged one after the other, even if they arrive together, and a machine's next answer only after the
 * delay that its wrong ones have caused. Only verdicts count as tries, not connections or challenges: a class behind
 * one router may type its codes at the same time, and many connections give nobody an extra try. Answers that cannot be
 * judged in time go to the user.
 */
export class AnswerLine {
  readonly #options: AnswerLineOptions;
  readonly #tries: WrongTries;
  readonly #line = new Set<Entry>();
  #cancelTimer: (() => void) | null = null;

  constructor(tries: WrongTries, options: AnswerLineOptions) {
    this.#tries = tries;
    this.#options = options;
  }

  /** Answers that wait to be judged or for the person. */
  get length(): number {
    return this.#line.size;
  }

  /** Takes an answer, which may be told at once. @returns what to call when the viewer has left, or was let in */
  add(answer: Answer): () => void {
    const { clock, attended } = this.#options;
    const patience = attended ? VIEWER_LIMITS.answerMs : VIEWER_LIMITS.unattendedAnswerMs;
    const dueAt = clock.now() + patience;
    const entry: Entry = { answer, networks: networksOf(answer.address), dueAt, asked: false };
    const others = [...this.#line];
    this.#line.add(entry);
    this.#pump();
    if (this.#line.size > VIEWER_LIMITS.answersWaiting) this.#makeRoom(others, entry);
    return () => {
      this.#line.delete(entry);
    };
  }

  close(): void {
    this.#cancelTimer?.();
    this.#line.clear();
  }

  #makeRoom(others: readonly Entry[], newcomer: Entry): void {
    const victim = crowded(others, newcomer)?.at(-1) ?? newcomer;
    this.#line.delete(victim);
    victim.answer.turnAway();
  }

  #pump(): void {
    const { clock, attended } = this.#options;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#inOrder()) {
      if (entry.asked || !this.#line.has(entry)) continue;
      const wait = this.#tries.waitMs(entry.answer.address, now);
      if (wait <= 0) {
        this.#line.delete(entry);
        this.#judge(entry.answer, now);
      } else if (now < entry.dueAt) {
        next = Math.min(next, now + wait, entry.dueAt);
      } else if (attended) {
        entry.asked = true;
        entry.answer.ask();
      } else {
        this.#line.delete(entry);
        entry.answer.turnAway();
      }
    }
    this.#cancelTimer?.();
    this.#cancelTimer = Number.isFinite(next) ? clock.after(next - now, () => this.#pump()) : null;
  }

  /**
   * Networks with the fewest waiting answers come first, then the earliest answer, so that a network with many delays
   * nobody else.
   */
  #inOrder(): Entry[] {
    const entries = [...this.#line];
    const wanted = new Map<string, number>();
    for (const { networks } of entries) wanted.set(networks[0], (wanted.get(networks[0]) ?? 0) + 1);
    return entries.sort((a, b) => wanted.get(a.networks[0])! - wanted.get(b.networks[0])!);
  }

  #judge(answer: Answer, now: number): void {
    if (answer.right) this.#tries.right(answer.address);
    else this.#options.wrong(answer.address, this.#tries.wrong(answer.address, now));
    answer.tell();
  }
}
