import type { Clock } from '../../../core/clock.js';
import type { BusyMeter } from '../../stats/busy-meter.js';
import type { Candidate, EncodeTrial, TrialFrame } from './encode-trial.js';

/** Means of a frame. */
export interface TrialCost {
  readonly ms: number;
  readonly bytes: number;
  readonly ratio: number;
}

export interface TrialContext {
  readonly clock: Clock;
  /** Units that are encoded at the same time where a frame's are. */
  readonly lanes: number;
  /** What the share itself encodes. */
  readonly encoding: Pick<BusyMeter, 'since' | 'onIdle'>;
  /** How long it takes for one of its frames. */
  frameMs(): number;
  stopped(): boolean;
}

/** Units are tried for so long in one runSlice, at least one: a part of what the share takes for a frame, within bounds. */
const MIN_SLICE_MS = 5;
const MAX_SLICE_MS = 40;
const FRAME_SHARE = 0.15;
/** Between two goes the share has the thread for at least as long as the last one took. */
const REST_FACTOR = 1;
/** A runSlice begins when the share has encoded a frame of its own: then its time is the encoder's alone. But not for ever. */
const PATIENCE_MS = 200;
/** What takes less than this is tried retry and retry, but not more often than that: the first times are often outliers. */
const MIN_TOTAL_MS = 40;
const MAX_PASSES = 6;
/** Units that take that many times what they mostly take are tried so often retry: something else had the processor. */
const OUTLIER = 1.6;
const RETRIES = 2;

interface Measured {
  readonly ms: number;
  readonly bytes: number;
}

/** Tries every unit of a trial with one candidate after the other, in short goes between the share's own frames. */
export class TrialRun {
  readonly #trial: EncodeTrial;
  readonly #context: TrialContext;
  /** What was tried since the last rest. */
  #spent = 0;

  constructor(trial: EncodeTrial, context: TrialContext) {
    this.#trial = trial;
    this.#context = context;
  }

  /** @returns null when it was stopped */
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

  /** Tries units once, and keeps what is the least of each. @returns how long it took in all, or null when stopped */
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

  /** As soon as the share has encoded what it is at: before it begins with the next frame. */
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

/** @param units as they were measured @param lanes in which those of a large frame are encoded side by side */
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
