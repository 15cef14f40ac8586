import type { Clock } from '../../../core/clock.js';
import type { BusyMeter } from '../../stats/busy-meter.js';
import type { Candidate, EncodeTrial, TrialFrame } from './encode-trial.js';

/** Means per frame. */
export interface TrialCost {
  readonly ms: number;
  readonly bytes: number;
  readonly ratio: number;
}

export interface TrialContext {
  readonly clock: Clock;
  /** The number of units encoded in parallel. */
  readonly lanes: number;
  /** The share's own encoding. */
  readonly encoding: Pick<BusyMeter, 'since' | 'onIdle'>;
  /** The share's time to encode a frame. */
  frameMs(): number;
  stopped(): boolean;
}

/** The length of a slice of trials, at least one unit: a fraction of the share's time for a frame, within bounds. */
const MIN_SLICE_MS = 5;
const MAX_SLICE_MS = 40;
const FRAME_SHARE = 0.15;
/** The pause after a slice, relative to its length: the share needs the thread too. */
const REST_FACTOR = 1;
/**
 * A slice begins when the share has encoded a frame of its own, so the measured time is the encoder's alone. After this
 * long it begins anyway.
 */
const PATIENCE_MS = 200;
/** Fast candidates are repeated up to this total time and this many passes: first runs are often slow. */
const MIN_TOTAL_MS = 40;
const MAX_PASSES = 6;
/** Units that take this many times the median are repeated this often: something else was using the processor. */
const OUTLIER = 1.6;
const RETRIES = 2;

interface Measured {
  readonly ms: number;
  readonly bytes: number;
}

/** Tries every unit of a trial with one candidate after the other, in short slices between the share's own frames. */
export class TrialRun {
  readonly #trial: EncodeTrial;
  readonly #context: TrialContext;
  /** Milliseconds of trials since the last pause. */
  #spent = 0;

  constructor(trial: EncodeTrial, context: TrialContext) {
    this.#trial = trial;
    this.#context = context;
  }

  /** @returns null if it was stopped */
  async cost(candidate: Candidate): Promise<TrialCost | null> {
    const best: Measured[] = [];
    const all = Array.from({ length: this.#trial.units }, (_, unit) => unit);
    let total = 0;
    for (let pass = 0; pass < MAX_PASSES && total < MIN_TOTAL_MS; pass++) {
      const took = await this.#pass(candidate, all, best);
      if (took === null) return null;
      total += took;
    }
    for (let retry = 0; retry < RETRIES; retry++) {
      const median = [...best].sort((a, b) => a.ms - b.ms)[best.length >> 1]?.ms ?? 0;
      const outliers = all.filter(unit => best[unit]!.ms > median * OUTLIER);
      if ((await this.#pass(candidate, outliers, best)) === null) return null;
    }
    return costOf(this.#trial.frames, best, candidate.pooled ? this.#context.lanes : 1);
  }

  /**
   * Tries units once, and keeps the minimum of each.
   * @returns the total time in ms, or null if stopped
   */
  async #pass(candidate: Candidate, units: readonly number[], best: Measured[]): Promise<number | null> {
    const { clock, frameMs, stopped } = this.#context;
    const slice = Math.min(Math.max(frameMs() * FRAME_SHARE, MIN_SLICE_MS), MAX_SLICE_MS);
    let next = 0;
    let total = 0;
    const runSlice = () => {
      for (; next < units.length && this.#spent < slice; next++) {
        const unit = units[next]!;
        const began = clock.now();
        const bytes = this.#trial.encode(unit, candidate);
        const ms = clock.now() - began;
        this.#spent += ms;
        total += ms;
        best[unit] = { bytes, ms: Math.min(ms, best[unit]?.ms ?? ms) };
      }
    };
    while (next < units.length) {
      if (this.#spent >= slice) await this.#rest();
      if (stopped()) return null;
      await this.#whenIdle(runSlice);
    }
    return total;
  }

  async #rest(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#context.clock.after(this.#spent * REST_FACTOR, resolve);
    });
    this.#spent = 0;
  }

  /** Runs a slice once the share has encoded its present frame, before it begins the next one. */
  #whenIdle(runSlice: () => void): Promise<void> {
    const { clock, encoding, stopped } = this.#context;
    const idle = new Promise<void>(resolve => {
      if (encoding.since === null) return resolve();
      const forget = encoding.onIdle(() => {
        cancel();
        resolve();
      });
      const cancel = clock.after(PATIENCE_MS, () => {
        forget();
        resolve();
      });
    });
    return idle.then(() => {
      if (!stopped()) runSlice();
    });
  }
}

/**
 * @param units the measurements
 * @param lanes the number of units of a large frame that are encoded in parallel
 */
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
