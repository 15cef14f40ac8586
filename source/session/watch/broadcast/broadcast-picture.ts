import type { StreamInflater } from '../../../codecs/decode/inflate.js';
import type { JpegDecoder } from '../../../codecs/jpeg/jpeg-decoder.js';
import type { Clock } from '../../../core/clock.js';
import type { Rectangle, Size } from '../../../core/rectangle.js';
import type { Framebuffer } from '../../../pixels/framebuffer.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';
import type { LogRectangle } from '../../../protocols/recording/messages.js';
import { LogPicture } from '../../play/log-picture.js';
import type { LogVideo } from '../../play/log-video.js';
import type { PictureRecorder, RecordedPointer } from '../picture-recorder.js';
import type { PictureUpdate } from '../protocol-session.js';
import type { MessagePainted } from './segment-session.js';

export interface BroadcastPictureHost {
  readonly memory: PixelMemory;
  readonly inflater: StreamInflater;
  readonly clock: Clock;
  readonly jpeg: JpegDecoder | null;
  readonly video: LogVideo;
  resize(size: Size): Framebuffer;
  present(update: PictureUpdate): void | Promise<void>;
  skipped(frames: number): void;
}

/** A reader that catches up shows one picture in so many milliseconds: nobody could see more. */
const CATCHING_UP_MS = 50;

const NO_FRAME = { frame: false, bytes: 0, rawBytes: 0, receiveMs: 0, decodeMs: 0 } as const;

/** What has been painted and not been shown. */
interface Unshown {
  dirty: Rectangle[];
  messages: number;
  bytes: number;
  rawBytes: number;
  decodeMs: number;
  receiveMs: number;
  encodings: Record<string, number>;
}

const nothing = (): Unshown => ({
  ...{ dirty: [], messages: 0, bytes: 0, rawBytes: 0, decodeMs: 0, receiveMs: 0, encodings: {} },
});

/** The picture of a broadcast. */
export class BroadcastPicture {
  readonly #host: BroadcastPictureHost;
  readonly #picture: LogPicture;
  #recorder: PictureRecorder | null = null;
  #painting = false;
  /** Whether a whole picture has been painted. */
  #whole = false;
  #unshown = nothing();
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(host: BroadcastPictureHost) {
    this.#host = host;
    this.#picture = new LogPicture(host);
  }

  begin(size: Size): void {
    const { width, height } = this.#picture.size;
    if (size.width !== width || size.height !== height) this.#whole = false;
    this.#picture.resize(size);
  }

  /** @throws LogFault */
  async paint(rectangles: readonly LogRectangle[]): Promise<void> {
    this.#painting = true;
    try {
      const { dirty, rawBytes, decodeMs, encodings } = await this.#picture.paint(rectangles);
      const unshown = this.#unshown;
      unshown.dirty.push(...dirty);
      unshown.rawBytes += rawBytes;
      unshown.decodeMs += decodeMs;
      for (const [name, count] of Object.entries(encodings)) {
        unshown.encodings[name] = (unshown.encodings[name] ?? 0) + count;
      }
    } finally {
      this.#painting = false;
    }
  }

  /** Shows what has been painted, unless there is more in a moment. */
  painted({ kind, bytes, receiveMs, more }: MessagePainted): void | Promise<void> {
    const { framebuffer } = this.#picture;
    if (!framebuffer) return;
    const unshown = this.#unshown;
    if (kind === 'picture') {
      this.#whole = true;
      unshown.dirty = [framebuffer.bounds];
    }
    this.withPicture((picture, pointer) => this.#recorder?.updated(picture, pointer));
    unshown.messages++;
    unshown.bytes += bytes;
    unshown.receiveMs += receiveMs;
    const now = this.#host.clock.now();
    if (more && now - this.#shownAt < CATCHING_UP_MS) return;
    this.#shownAt = now;
    this.#unshown = nothing();
    if (unshown.messages > 1) this.#host.skipped(unshown.messages - 1);
    const { messages: _, dirty, ...figures } = unshown;
    const disjoint = dirty.length > 1 ? Region.of(dirty).rectangles() : dirty;
    return this.#host.present({ ...figures, dirty: disjoint, frame: figures.rawBytes > 0 });
  }

  setCursor(shown: boolean): void {
    this.#picture.showPointer(shown);
    const { framebuffer, pointer } = this.#picture;
    if (!framebuffer || !pointer?.changed || this.#painting || !this.#whole) return;
    pointer.restore(framebuffer);
    const dirty = pointer.draw(framebuffer);
    if (dirty.length > 0) void this.#host.present({ dirty: Region.of(dirty).rectangles(), ...NO_FRAME });
  }

  record(recorder: PictureRecorder | null): void {
    this.#recorder = recorder;
    this.#picture.record(recorder);
    this.withPicture((framebuffer, pointer) => recorder?.updated(framebuffer, pointer));
  }

  /** Calls back at once with the picture as it is, without the pointer, unless it is being painted. */
  withPicture(use: (framebuffer: Framebuffer, pointer: RecordedPointer | null) => void): void {
    const { framebuffer, pointer } = this.#picture;
    if (!framebuffer || !pointer || this.#painting || !this.#whole) return;
    pointer.restore(framebuffer);
    use(framebuffer, pointer.placed);
    pointer.draw(framebuffer);
  }

  free(): void {
    this.#picture.free();
  }
}
