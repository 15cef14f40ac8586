import type { Clock } from '../../../core/clock.js';
import type { Candidate, EncodeTrial, TrialFrame } from './encode-trial.js';

/** Means of a frame. */
export interface TrialCost {
  readonly ms: number;
  readonly bytes: number;
  readonly ratio: number;
}

export interface TrialSurroundings {
  readonly clock: Clock;
  /** Units that are encoded at the same time where a frame's are. */
  readonly lanes: number;
  /** Whether the share is encoding something itself. */
  busy(): boolean;
  stopped(): boolean;
}

/** After that much work the share has the thread, and the cores, for as long; but not for longer than the second. */
const SLICE_MS = 4;
const MOST_BREAK_MS = 20;
/** While the share encodes a frame of its own the trial waits, but not for ever: it may do nothing else. */
const PATIENCE_MS = 16;
/** What takes less than this is tried again and again, but not more often than that: the first times are often late. */
const ENOUGH_MS = 40;
const MOST_PASSES = 6;

interface Measured {
  readonly ms: number;
  readonly bytes: number;
}

/** Tries every unit of a trial with one candidate after the other, in short slices with breaks between them. */
export class TrialRun {
  readonly #trial: EncodeTrial;
  readonly #around: TrialSurroundings;
  #spent = 0;

  constructor(trial: EncodeTrial, around: TrialSurroundings) {
    this.#trial = trial;
    this.#around = around;
  }

  /** @returns null when it was stopped */
  async cost(candidate: Candidate): Promise<TrialCost | null> {
    let best: Measured[] | null = null;
    let total = 0;
    for (let pass = 0; pass < MOST_PASSES && total < ENOUGH_MS; pass++) {
      const units = await this.#pass(candidate);
      if (units === null) return null;
      for (const { ms } of units) total += ms;
      best = units.map((unit, index) => (best && best[index]!.ms < unit.ms ? best[index]! : unit));
    }
    return costOf(this.#trial.frames, best ?? [], this.#around.lanes);
  }

  async #pass(candidate: Candidate): Promise<Measured[] | null> {
    const { clock, stopped } = this.#around;
    const units: Measured[] = [];
    for (let unit = 0; unit < this.#trial.units; unit++) {
      await this.#breathe();
      if (stopped()) return null;
      const began = clock.now();
      const encoded = this.#trial.encode(unit, candidate);
      const bytes = encoded instanceof Promise ? await encoded : encoded;
      const ms = clock.now() - began;
      this.#spent += ms;
      units.push({ ms, bytes });
    }
    return units;
  }

  async #breathe(): Promise<void> {
    const { clock, busy, stopped } = this.#around;
    if (this.#spent < SLICE_MS) return;
    await pause(clock, Math.min(this.#spent, MOST_BREAK_MS));
    this.#spent = 0;
    const until = clock.now() + PATIENCE_MS;
    while (busy() && !stopped() && clock.now() < until) await pause(clock, 1);
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(ms, resolve);
  });
}

/** @param units as they were measured @param lanes in which those of a pooled frame are encoded side by side */
export function costOf(frames: readonly TrialFrame[], units: readonly Measured[], lanes: number): TrialCost {
  let ms = 0;
  let bytes = 0;
  let raw = 0;
  for (const frame of frames) {
    const times = frame.encoded.map(unit => units[unit]!.ms);
    const work = times.reduce((sum, each) => sum + each, 0) * frame.scale;
    ms += frame.pooled ? Math.max(work / Math.max(1, Math.min(lanes, times.length)), ...times) : work;
    const content = frame.sent.reduce((sum, unit) => sum + units[unit]!.bytes, 0) * frame.scale;
    bytes += content + frame.overhead(content);
    raw += frame.rawBytes;
  }
  return { ms: ms / frames.length, bytes: bytes / frames.length, ratio: bytes > 0 ? raw / bytes : 0 };
}
