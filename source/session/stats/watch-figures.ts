import { type Verdict, watchVerdict } from '../../analysis/bottleneck.js';
import type { PictureUpdate } from '../watch/protocol-session.js';
import { FrameFigures } from './frame-figures.js';
import { RollingWindow } from './rolling-window.js';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

const STAGES = ['receive', 'decode', 'present'] as const;
type Stage = (typeof STAGES)[number];

/** How long a latency reported by the sharer is shown, in ms. */
const LATENCY_SPAN_MS = 5000;

/** Every count of a watcher. Times are milliseconds of its clock. */
export class WatchFigures {
  skipped = 0;
  encodings: Record<string, number> = {};
  readonly #frames = new FrameFigures();
  #latency: { readonly time: number; readonly ms: Percentiles } | null = null;
  readonly #changed = new RollingWindow();
  readonly #stages: Record<Stage, RollingWindow> = {
    receive: new RollingWindow(),
    decode: new RollingWindow(),
    present: new RollingWindow(),
  };
  #last: Record<Stage, number> = { receive: 0, decode: 0, present: 0 };

  /** Frames received, including skipped ones. */
  get frames(): number {
    return this.#frames.frames + this.skipped;
  }

  get bytes(): number {
    return this.#frames.bytes;
  }

  /** Payload read from the socket: frames and all other messages. */
  received(now: number, bytes: number): void {
    if (bytes > 0) this.#frames.sent(now, bytes);
  }

  presented(now: number, update: PictureUpdate, presentMs: number): void {
    for (const [name, count] of Object.entries(update.encodings ?? {})) {
      this.encodings[name] = (this.encodings[name] ?? 0) + count;
    }
    if (!update.frame) return;
    this.#frames.frame(now, { bytes: update.bytes, rawBytes: update.rawBytes, kind: 'changed' });
    if (update.dirty.length > 0) this.#changed.add(now, 1);
    for (const [stage, ms] of [
      ['receive', update.receiveMs],
      ['decode', update.decodeMs],
      ['present', presentMs],
    ] as const) {
      this.#stages[stage].add(now, ms);
      this.#last[stage] = ms;
    }
  }

  /** The sharer reported this viewer's latency. */
  latency(now: number, ms: Percentiles): void {
    this.#latency = { time: now, ms: { p50: ms.p50, p95: ms.p95 } };
  }

  fps(now: number): number {
    return this.#frames.fps(now);
  }

  bytesPerFrame(now: number): number {
    return this.#frames.bytesPerFrame(now);
  }

  compressionRatio(now: number): number {
    return this.#frames.compressionRatio(now);
  }

  mbitPerSecond(now: number): number {
    return this.#frames.mbitPerSecond(now);
  }

  /** Means of the last second. An idle stage keeps its last value. */
  stagesMs(now: number): Record<Stage, number> {
    const mean = (stage: Stage) => this.#stages[stage].mean(now) ?? this.#last[stage];
    return { receive: mean('receive'), decode: mean('decode'), present: mean('present') };
  }

  /** The sharer's last report; null: none lately. */
  latencyMs(now: number): Percentiles | null {
    return this.#latency && this.#latency.time > now - LATENCY_SPAN_MS ? this.#latency.ms : null;
  }

  /**
   * What limits the frame rate, or null before the first frame.
   * @param still why the picture does not change, for people; null: nothing is wrong
   */
  verdict(now: number, frozen: boolean, still: string | null): Verdict | null {
    if (this.frames === 0) return null;
    const changed = this.#changed.count(now);
    return watchVerdict({ frozen, still, fps: this.fps(now), changed, stagesMs: this.stagesMs(now) });
  }

  reset(): void {
    this.#frames.reset();
    this.skipped = 0;
    this.encodings = {};
    this.#latency = null;
    this.#changed.clear();
    this.#last = { receive: 0, decode: 0, present: 0 };
    for (const stage of STAGES) this.#stages[stage].clear();
  }
}
