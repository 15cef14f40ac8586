import { BusyMeter } from './busy-meter.js';
import { CaptureGates } from './capture-gates.js';
import { LinkFigures } from './link-figures.js';
import { RollingWindow, Spread } from './rolling-window.js';

/** A delivered frame: its last byte was handed to this machine's kernel. */
export interface DeliveredFrame {
  /** Socket payload, headers included. */
  readonly bytes: number;
  /** The same pixels as plain RGB. */
  readonly rawBytes: number;
  /** `repeated`: sent again only to keep a viewer alive. */
  readonly kind: 'changed' | 'repeated';
}

/** Counts of frames and bytes, in total and over the last second. */
export class FrameFigures {
  frames = 0;
  bytes = 0;
  changedFrames = 0;
  repeatedFrames = 0;
  readonly #frames = new RollingWindow();
  readonly #changed = new RollingWindow();
  readonly #frameBytes = new RollingWindow();
  readonly #rawBytes = new RollingWindow();
  readonly #bytes = new RollingWindow();
  #ratio = 0;

  frame(now: number, frame: DeliveredFrame): void {
    this.frames++;
    if (frame.kind === 'changed') {
      this.changedFrames++;
      this.#changed.add(now, 1);
    } else {
      this.repeatedFrames++;
    }
    this.#frames.add(now, 1);
    this.#frameBytes.add(now, frame.bytes);
    this.#rawBytes.add(now, frame.rawBytes);
  }

  /** Payload written to sockets: frames and all other messages. */
  sent(now: number, bytes: number): void {
    this.bytes += bytes;
    this.#bytes.add(now, bytes);
  }

  fps(now: number): number {
    return this.#frames.count(now);
  }

  /** Frames sent because something changed. */
  changedFps(now: number): number {
    return this.#changed.count(now);
  }

  bytesPerFrame(now: number): number {
    return this.#frameBytes.mean(now) ?? 0;
  }

  /** Of the last second that had a frame; 0 before the first. */
  compressionRatio(now: number): number {
    const bytes = this.#frameBytes.sum(now);
    if (bytes > 0) this.#ratio = this.#rawBytes.sum(now) / bytes;
    return this.#ratio;
  }

  mbitPerSecond(now: number): number {
    return (this.#bytes.sum(now) * 8) / 1e6;
  }

  reset(): void {
    this.frames = 0;
    this.bytes = 0;
    this.changedFrames = 0;
    this.repeatedFrames = 0;
    this.#ratio = 0;
    for (const window of [this.#frames, this.#changed, this.#frameBytes, this.#rawBytes, this.#bytes]) window.clear();
  }
}

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
