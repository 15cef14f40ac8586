import type { Kernels } from './kernels.js';

/**
 * Kernels that several threads may call at once, with the time of one pixel in nanoseconds on one core (the bench's
 * micro cases). A call that is made again, also after half of it, gives the same result: what a thread that died has
 * left is done again. copyRectangle does so where source and destination do not overlap.
 */
const SHARED = {
  compareCells: 0.35,
  sampleCells: 0.08,
  copyRectangle: 0.3,
  moveRows: 0.3,
  findAnchors: 1.5,
  photographicBlocks: 0.2,
  scaleRectangle: 2,
  encodeCosine: 2.4,
  decodeCosine: 2.4,
  inflateRectangle: 2,
} as const satisfies Partial<Record<keyof Kernels, number>>;

export type SharedKernel = keyof typeof SHARED;
const NAMES = Object.keys(SHARED) as SharedKernel[];

/**
 * The least work worth a part of its own, in nanoseconds: waking a sleeping thread takes 30 to 60 microseconds, in which
 * the caller has done about as much by itself.
 */
const LEAST_NS = 60_000;
/** More parts than threads, so that one that is woken late, or slower, leaves more to the others. */
const PARTS_PER_THREAD = 3;
export const MOST_THREADS = 16;
/** The most parts of one piece of work. */
export const MOST_PARTS = MOST_THREADS * PARTS_PER_THREAD;

// What threads tell each other: 32-bit words in the shared memory.
/** The number of the work (24 bits) and how many of its calls nobody has begun (8 bits): one word, one decision. */
const TICKET = 0;
/** Calls that are not done yet. */
const LEFT = 1;
const KERNEL = 2;
const COUNT = 3;
const READY = 4;
/** 1 once a thread has ended. */
const GONE = 5;
/** One word for each thread: 1 while it works. */
const ALIVE = 8;
const CALLS = 32;
/** Words of a call, two cache lines: its state, result, number of arguments, and these. */
const CALL = 32;
const STATE = 0;
const RESULT = 1;
const GIVEN = 2;
const ARGUMENTS = 3;
export const THREADS_BYTES = (CALLS + MOST_PARTS * CALL) * 4;

/** The states of a call; further ones: BEGUN and the number of the thread that has begun it. */
const OPEN = 0;
const DONE = 1;
const BEGUN = 2;
const UNBEGUN = 0xff;

/** The thread that hands out the work. */
const CALLER = 0;
/** Looks at a word, a few microseconds in all, before sleeping until the last threads are done. */
const LOOKS = 2000;
/** A thread that has done nothing for so long is taken for dead, in milliseconds. */
const PATIENCE_MS = 2000;
/** The time for a thread to stop once it was told to. */
const STOPPING_MS = 50;

type Kernel = (...values: number[]) => number | undefined;

export interface KernelThreadsOptions {
  /** Stops the other threads, as soon as they can. */
  readonly stop: () => void;
  /** Called once, when one of them was lost. */
  readonly lost?: (() => void) | undefined;
  /** Instead of LEAST_NS and PATIENCE_MS. */
  readonly leastNs?: number;
  readonly patienceMs?: number;
}

/**
 * Kernels on several threads over one memory: the calling one and others that sleep until there is work. The caller
 * blocks until all is done, and does what is left itself where threads are late. Where one is lost, all that it had not
 * finished is done again, and from then on the caller works alone.
 */
export class KernelThreads {
  readonly #kernels: Kernels;
  readonly #words: Int32Array;
  readonly #stop: () => void;
  readonly #lost: () => void;
  readonly #leastNs: number;
  readonly #patienceMs: number;
  #ended = false;
  #number = 0;

  /** @param words THREADS_BYTES of shared memory, zeroed, where the other threads `serve` */
  constructor(kernels: Kernels, words: Int32Array, options: KernelThreadsOptions) {
    this.#kernels = kernels;
    this.#words = words;
    this.#stop = options.stop;
    this.#lost = options.lost ?? (() => {});
    this.#leastNs = options.leastNs ?? LEAST_NS;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
  }

  /** The threads that work at present, the caller included. Others are up some 30 ms after their start. */
  get count(): number {
    return this.#ended ? 1 : 1 + Atomics.load(this.#words, READY);
  }

  /**
   * How many parts to cut a piece of work into; 1: it is not worth sharing.
   * @param most parts that it can be cut into
   */
  partsOf(kernel: SharedKernel, pixels: number, most: number): number {
    const { count } = this;
    if (count === 1) return 1;
    return Math.max(1, Math.min(Math.floor((pixels * SHARED[kernel]) / this.#leastNs), most, count * PARTS_PER_THREAD));
  }

  /**
   * Calls a kernel with each of these arguments, in any order and several at a time.
   * @param calls at most MOST_PARTS; none reads what another writes
   * @returns their results
   */
  run<Name extends SharedKernel>(kernel: Name, calls: readonly Readonly<Parameters<Kernels[Name]>>[]): number[] {
    const words = this.#words;
    if (this.#ended) return calls.map(values => (this.#kernels[kernel] as Kernel)(...values) ?? 0);
    calls.forEach((values: readonly number[], index) => {
      const call = CALLS + index * CALL;
      words[call + STATE] = OPEN;
      words[call + GIVEN] = values.length;
      words.set(values, call + ARGUMENTS);
    });
    words[KERNEL] = NAMES.indexOf(kernel);
    words[COUNT] = calls.length;
    Atomics.store(words, LEFT, calls.length);
    this.#number = (this.#number + 1) & 0xff_ffff;
    Atomics.store(words, TICKET, (this.#number << 8) | calls.length);
    Atomics.notify(words, TICKET, calls.length - 1);
    try {
      work(words, this.#kernels, CALLER);
      this.#await();
    } catch (thrown) {
      this.end();
      throw thrown;
    }
    return calls.map((_, index) => words[CALLS + index * CALL + RESULT]!);
  }

  /** Stops the other threads; the caller works alone from now on. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
  }

  /** A thread has died. */
  died(): void {
    if (this.#ended) return;
    this.end();
    this.#lost();
  }

  /** Waits for the calls that others have begun. */
  #await(): void {
    const words = this.#words;
    for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(words, LEFT) === 0) return;
    for (let left = Atomics.load(words, LEFT); left > 0; left = Atomics.load(words, LEFT)) {
      const patience = this.#anyBegun() ? this.#patienceMs : 0;
      if (Atomics.wait(words, LEFT, left, patience) !== 'timed-out' || Atomics.load(words, LEFT) !== left) continue;
      this.died();
      // A thread that was only held up must not write into what is used again.
      Atomics.wait(words, READY, Atomics.load(words, READY), patience > 0 ? STOPPING_MS : 0);
      for (let index = 0; index < words[COUNT]!; index++) {
        if (Atomics.load(words, CALLS + index * CALL + STATE) !== DONE) perform(words, this.#kernels, index, CALLER);
      }
      return;
    }
  }

  /** Whether a thread that lives has begun a call that is not done, or one may be about to. */
  #anyBegun(): boolean {
    const words = this.#words;
    for (let index = 0; index < words[COUNT]!; index++) {
      const state = Atomics.load(words, CALLS + index * CALL + STATE);
      if (state === OPEN || (state >= BEGUN && Atomics.load(words, ALIVE + state - BEGUN) === 1)) return true;
    }
    return false;
  }
}

/**
 * The life of another thread: sleeps until there is work, and does its share. Returns never.
 * @param words as given to KernelThreads
 * @param self its number, from 1 on
 */
export function serve(words: Int32Array, kernels: Kernels, self: number): never {
  Atomics.store(words, ALIVE + self, 1);
  Atomics.add(words, READY, 1);
  for (;;) {
    work(words, kernels, self);
    const ticket = Atomics.load(words, TICKET);
    if ((ticket & UNBEGUN) === 0) Atomics.wait(words, TICKET, ticket);
  }
}

/** To be called when such a thread ends, for whatever reason: the caller then waits for it no longer. */
export function leave(words: Int32Array, self: number): void {
  Atomics.store(words, ALIVE + self, 0);
  Atomics.store(words, GONE, 1);
  Atomics.notify(words, LEFT);
}

/** Makes calls until nobody has to begin one. */
function work(words: Int32Array, kernels: Kernels, self: number): void {
  for (;;) {
    const ticket = Atomics.load(words, TICKET);
    const unbegun = ticket & UNBEGUN;
    if (unbegun === 0) return;
    if (Atomics.compareExchange(words, TICKET, ticket, ticket - 1) !== ticket) continue;
    // From here on the work cannot end without this call, so that nothing of it changes.
    perform(words, kernels, words[COUNT]! - unbegun, self);
  }
}

function perform(words: Int32Array, kernels: Kernels, index: number, self: number): void {
  const call = CALLS + index * CALL;
  Atomics.store(words, call + STATE, BEGUN + self);
  const kernel = kernels[NAMES[words[KERNEL]!]!] as Kernel;
  const first = call + ARGUMENTS;
  words[call + RESULT] = kernel(...words.subarray(first, first + words[call + GIVEN]!)) ?? 0;
  Atomics.store(words, call + STATE, DONE);
  const last = Atomics.sub(words, LEFT, 1) === 1 || Atomics.load(words, GONE) === 1;
  if (last && self !== CALLER) Atomics.notify(words, LEFT);
}

/**
 * Cuts a range of rows into parts of about equal size.
 * @param unit rows that stay together; parts begin at its multiples
 */
export function cutRows(rows: number, parts: number, unit = 1): { readonly from: number; readonly to: number }[] {
  if (parts === 1) return [{ from: 0, to: rows }];
  const units = Math.ceil(rows / unit);
  const count = Math.min(parts, units);
  return Array.from({ length: count }, (_, part) => ({
    from: Math.floor((units * part) / count) * unit,
    to: Math.min(Math.floor((units * (part + 1)) / count) * unit, rows),
  }));
}
