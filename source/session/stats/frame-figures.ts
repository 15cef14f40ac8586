import { RollingWindow } from './rolling-window.js';

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
    this.#frameBytes.add(now, frame.bytes);
    this.#rawBytes.add(now, frame.rawBytes);
  }

  /** Payload written to sockets: frames and all other messages. */
  sent(now: number, bytes: number): void {
    this.bytes += bytes;
    this.#bytes.add(now, bytes);
  }

  fps(now: number): number {
    return this.#frameBytes.count(now);
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
    for (const window of [this.#changed, this.#frameBytes, this.#rawBytes, this.#bytes]) window.clear();
  }
}
