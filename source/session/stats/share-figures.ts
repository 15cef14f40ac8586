import { BusyMeter } from './busy-meter.js';
import { CaptureGates } from './capture-gates.js';
import { type DeliveredFrame, FrameFigures } from './frame-figures.js';
import { LinkFigures } from './link-figures.js';
import { RollingWindow, Spread } from './rolling-window.js';

/** One viewer's counts. The share's totals include them. */
export class ViewerFigures extends FrameFigures {
  skipped = 0;
  readonly encodings: Record<string, number> = {};
  readonly link = new LinkFigures();
  readonly #share: FrameFigures;

  constructor(share: FrameFigures) {
    super();
    this.#share = share;
  }

  override frame(now: number, frame: DeliveredFrame): void {
    super.frame(now, frame);
    this.#share.frame(now, frame);
  }

  override sent(now: number, bytes: number): void {
    super.sent(now, bytes);
    this.#share.sent(now, bytes);
  }

  /** Rectangles sent, by the name of their encoding. */
  encoding(name: string, rectangles = 1): void {
    this.encodings[name] = (this.encodings[name] ?? 0) + rectangles;
  }

  override reset(): void {
    super.reset();
    this.skipped = 0;
    for (const name of Object.keys(this.encodings)) delete this.encodings[name];
  }
}

export const STAGES = ['capture', 'detect', 'encode', 'send'] as const;
export type Stage = (typeof STAGES)[number];

/** Every count of a share. Times are milliseconds of the share's clock. */
export class ShareFigures extends FrameFigures {
  capturedPixels = 0;
  changedPixels = 0;
  /** Calls of the compressors. */
  encodedRectangles = 0;
  /** Encoded buffers that were written to two or more sockets. */
  sharedRectangles = 0;
  readonly gates = new CaptureGates();
  /** When something is being compressed. */
  readonly encoding = new BusyMeter();
  readonly #stages: Record<Stage, RollingWindow> = {
    capture: new RollingWindow(),
    detect: new RollingWindow(),
    encode: new RollingWindow(),
    send: new RollingWindow(),
  };
  /** New pictures captured. */
  readonly published = new RollingWindow();
  readonly #latencies = new Spread();
  readonly #last: Record<Stage, number> = { capture: 0, detect: 0, encode: 0, send: 0 };
  readonly #viewers = new Set<ViewerFigures>();

  /** The figures of a new viewer, which are part of the share's. */
  viewer(): ViewerFigures {
    const figures = new ViewerFigures(this);
    this.#viewers.add(figures);
    return figures;
  }

  forget(viewer: ViewerFigures): void {
    this.#viewers.delete(viewer);
  }

  /**
   * One frame's time in a stage: capture and detect a capture, encode a set of rectangles, send a frame to a viewer.
   */
  stage(now: number, stage: Stage, ms: number): void {
    this.#stages[stage].add(now, ms);
    this.#last[stage] = ms;
  }

  /** Compression for an update begins. @returns ends it; its argument says whether anything was compressed */
  beginEncoding(began: number): (now: number, worked: boolean) => void {
    const end = this.encoding.begin(began);
    return (now, worked) => {
      end(now);
      if (worked) this.stage(now, 'encode', now - began);
    };
  }

  /** A viewer reported that it has processed a frame captured this long ago. */
  latency(now: number, ms: number): void {
    this.#latencies.add(now, ms);
  }

  /** Over all viewers that reported in the last second; null: none did. */
  latencyMs(now: number): { readonly p50: number; readonly p95: number } | null {
    return this.#latencies.percentiles(now);
  }

  /** Means of the last second. An idle stage keeps its last value. */
  stagesMs(now: number): Record<Stage, number> {
    const mean = (stage: Stage) => this.#stages[stage].mean(now) ?? this.#last[stage];
    return { capture: mean('capture'), detect: mean('detect'), encode: mean('encode'), send: mean('send') };
  }

  override reset(): void {
    super.reset();
    this.capturedPixels = 0;
    this.changedPixels = 0;
    this.encodedRectangles = 0;
    this.sharedRectangles = 0;
    for (const viewer of this.#viewers) viewer.reset();
  }
}
