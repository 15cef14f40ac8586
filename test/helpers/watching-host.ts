import type { Inflater } from '../../source/codecs/decode/inflate.js';
import type { Clock } from '../../source/core/clock.js';
import type { PeerglassError } from '../../source/core/errors.js';
import type { Size } from '../../source/core/rectangle.js';
import { systemClock } from '../../source/node/clock.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PictureUpdate, ProtocolFacts, ProtocolHost } from '../../source/session/watch/protocol-session.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { picture } from './rgb-pictures.js';
import type { Picture } from './xvfb.js';

export const WATCH_OPTIONS: WatchOptions = {
  peer: { host: '127.0.0.1', port: null },
  broadcast: null,
  wire: 'rfb',
  view: 'none',
  code: null,
  secret: 'code',
  user: null,
  name: '',
  encrypt: 'off',
  trust: [],
  classicSize: null,
  scale: 'fit',
  fullscreen: false,
  quality: 'lossless',
  level: null,
  maxRate: null,
  threads: 1,
  video: true,
  frames: null,
  snapshotFile: null,
  terminalCells: null,
  reconnect: false,
  exportFile: null,
  recordFile: null,
};

/** The host of a watching session without a window. It records everything the session reports. */
export class WatchingHost implements ProtocolHost {
  readonly options: WatchOptions;
  readonly memory = createPixelMemory();
  readonly inflater: Inflater;
  readonly clock: Clock;
  readonly updates: PictureUpdate[] = [];
  readonly sizes: Size[] = [];
  readonly notices: string[] = [];
  facts: ProtocolFacts = {};
  latencyMs: { readonly p50: number; readonly p95: number } | null = null;
  error: PeerglassError | null = null;
  framebuffer: Framebuffer | null = null;
  #waiting: (() => void)[] = [];

  constructor(options: Partial<WatchOptions> = {}, inflater?: Inflater, clock: Clock = systemClock) {
    this.options = { ...WATCH_OPTIONS, ...options };
    this.inflater = inflater ?? createInflater({ memory: this.memory });
    this.clock = clock;
  }

  resize(size: Size): Framebuffer {
    this.sizes.push(size);
    const before = this.framebuffer;
    if (before?.width === size.width && before.height === size.height) return before;
    before?.free();
    this.framebuffer = new Framebuffer(this.memory, size);
    return this.framebuffer;
  }

  present(update: PictureUpdate): void | Promise<void> {
    this.updates.push(update);
    this.#wake();
  }

  skipped(): void {}

  describe(facts: ProtocolFacts): void {
    this.facts = { ...this.facts, ...facts };
    this.#wake();
  }

  latency(ms: { readonly p50: number; readonly p95: number }): void {
    this.latencyMs = ms;
    this.#wake();
  }

  missed = false;

  resumable(): void {}

  notice(_tone: string, text: string): void {
    this.notices.push(text);
  }

  ended(error: PeerglassError): void {
    this.error = error;
    this.#wake();
  }

  /** Resolves when the condition holds; it is checked after each update. @throws the error that ended the session */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.error) throw this.error;
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  /** The picture as packed RGB. */
  picture(): Picture {
    if (!this.framebuffer) throw new Error('there is no picture yet');
    return picture(this.framebuffer);
  }

  /** A pixel as 0xRRGGBB. */
  colour(x: number, y: number): number {
    if (!this.framebuffer) throw new Error('there is no picture yet');
    return new DataView(this.memory.memory.buffer).getUint32(this.framebuffer.at(x, y), true) & 0xffffff;
  }

  /** Rectangles by encoding, over all updates. */
  encodings(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const update of this.updates) {
      for (const [name, count] of Object.entries(update.encodings ?? {})) sum[name] = (sum[name] ?? 0) + count;
    }
    return sum;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
