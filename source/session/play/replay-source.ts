import path from 'node:path';
import type { CaptureEvents, CaptureSource, SourceDescription, SourceEvent } from '../../capture/capture-source.js';
import { copyPixels } from '../../capture/pixel-reading.js';
import type { CursorImage } from '../../codecs/decode/cursor-decoder.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError } from '../../core/errors.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import { loadJpegDecoder } from '../../node/compressors.js';
import { createInflater } from '../../node/inflater.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { withinMemory } from '../watch/picture-memory.js';
import { createVideoDecoders } from '../watch/video/decoder-process.js';
import { LogPicture, type Painted } from './log-picture.js';
import { LogVideo } from './log-video.js';
import { type OpenRecording, openRecording, unreadable } from './open-recording.js';
import { Player } from './player.js';

/** How long the last picture is shown before the recording begins again. */
const PAUSE_MS = 1000;

interface Opened {
  readonly recording: OpenRecording;
  readonly picture: LogPicture;
  readonly player: Player;
}

/** Shares a recording at its own pace, over and over. It pauses while nobody watches. */
export class ReplaySource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #file: string;
  readonly #why: string;
  readonly #clock: Clock;
  readonly #memory = createPixelMemory();
  #opened: Opened | null = null;
  #framebuffer: Framebuffer | null = null;
  /** The last description given. */
  #size: Size = { width: 0, height: 0 };
  #image: CursorImage | null = null;
  #serial = 0;
  #events: CaptureEvents | null = null;
  #tell: (event: SourceEvent) => void = () => {};
  #cancelPause: () => void = () => {};

  constructor(file: string, why: string, clock: Clock) {
    this.#file = file;
    this.#why = why;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    const recording = await openRecording(this.#file);
    let damage: string | null = null;
    let failure: unknown = null;
    const parts = {
      memory: this.#memory,
      inflater: createInflater({ memory: this.#memory }),
      clock: this.#clock,
      jpeg: loadJpegDecoder(),
    };
    const video = new LogVideo({
      ...{ clock: this.#clock, decoders: createVideoDecoders(), patient: true, decodedBy: () => {} },
      cannot: text => this.#tell({ kind: 'changed', text }),
    });
    const picture = new LogPicture({ ...parts, video, resize: size => this.#resize(size) }, false);
    const player = new Player(recording.reader, picture, {
      clock: this.#clock,
      shown: (painted, whole) => this.#shown(painted, whole),
      changed: () => this.#changed(),
      damaged: why => {
        damage = why;
        const text = `A part of the recording is damaged and left out: ${why}.`;
        this.#tell({ kind: 'changed', text });
      },
      failed: error => {
        failure = error;
        this.#events?.ended(asPeerglassError(error));
      },
    });
    this.#opened = { recording, picture, player };
    await player.seek(0);
    if (this.#framebuffer && failure === null) return;
    await this.close();
    throw failure === null ? unreadable(this.#file, damage ?? 'it has no picture') : asPeerglassError(failure);
  }

  describe(): SourceDescription {
    const { width, height } = this.#size;
    const description = `recording ${path.basename(this.#file)} (${width}x${height})`;
    return { kind: 'replay', description, why: this.#why, width, height };
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#tell = listener;
  }

  start(events: CaptureEvents): void {
    this.#events = events;
    events.damage([{ x: 0, y: 0, ...this.#size }]);
    this.#image = null;
    this.#point();
    this.#opened?.player.play();
  }

  stop(): void {
    this.#events = null;
    this.#cancelPause();
    this.#opened?.player.pause();
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    await this.#opened?.player.settled();
    const framebuffer = this.#framebuffer;
    const { width, height } = this.#size;
    if (!framebuffer || incoming.width !== width || incoming.height !== height) return 0;
    const rows = Buffer.from(framebuffer.bytes().buffer, framebuffer.pointer, framebuffer.stride * height);
    for (const rectangle of rectangles) copyPixels(rows, width, rectangle, incoming, rectangle);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
    const opened = this.#opened;
    this.#opened = null;
    await opened?.player.close();
    await opened?.recording.close();
    opened?.picture.free();
    this.#framebuffer?.free();
    this.#framebuffer = null;
  }

  #resize(size: Size): Framebuffer {
    this.#framebuffer?.free();
    this.#framebuffer = null;
    this.#framebuffer = withinMemory(size, () => new Framebuffer(this.#memory, size));
    return this.#framebuffer;
  }

  #shown({ dirty }: Painted, whole: boolean): void {
    const framebuffer = this.#framebuffer;
    if (!framebuffer) return;
    const { width, height } = framebuffer;
    const resized = this.#size.width !== width || this.#size.height !== height;
    this.#size = { width, height };
    if (resized) this.#events?.resized(this.#size);
    const damage = whole ? [framebuffer.bounds] : dirty;
    if (damage.length > 0) this.#events?.damage(damage);
    this.#point();
  }

  #changed(): void {
    if (this.#opened?.player.state !== 'ended' || !this.#events) return;
    this.#cancelPause();
    this.#cancelPause = this.#clock.after(PAUSE_MS, () => this.#opened?.player.play());
  }

  #point(): void {
    const placed = this.#opened?.picture.pointer?.placed;
    if (!placed || !this.#events) return;
    const { x, y, image } = placed;
    if (image !== this.#image) this.#serial++;
    this.#image = image;
    this.#events.cursor({ x, y, shape: image && image.width > 0 ? { ...image, serial: this.#serial } : null });
  }
}
