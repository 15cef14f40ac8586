import type { StreamInflater } from '../../codecs/decode/inflate.js';
import { encodingOf } from '../../codecs/encodings/registry.js';
import type { JpegDecoder } from '../../codecs/jpeg/jpeg-decoder.js';
import { ByteReader } from '../../core/byte-reader.js';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { BGRX } from '../../core/pixel-format.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { LOG_LIMITS } from '../../protocols/recording/constants.js';
import { LogFault, type LogRectangle } from '../../protocols/recording/messages.js';
import { ENCODING, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import type { PictureRecorder } from '../watch/picture-recorder.js';
import type { PointerOverlay } from '../watch/rfb/pointer-overlay.js';
import { RfbPicture } from '../watch/rfb/rfb-picture.js';
import type { LogVideo } from './log-video.js';

export interface LogPictureHost {
  readonly memory: PixelMemory;
  readonly inflater: StreamInflater;
  readonly clock: Clock;
  /** Null: recordings with JPEG cannot be decoded. */
  readonly jpeg: JpegDecoder | null;
  readonly video: LogVideo;
  /** Sets the picture's size. Returns a new framebuffer, or the present one if the size is the same. */
  resize(size: Size): Framebuffer;
}

/** The result of painting. */
export interface Painted {
  /** Disjoint. */
  readonly dirty: readonly Rectangle[];
  /** As packed RGB. */
  readonly rawBytes: number;
  readonly decodeMs: number;
  readonly encodings: Readonly<Record<string, number>>;
}

/** Pseudo-encodings. A new size comes with a new segment instead. */
const ALLOWED: ReadonlySet<number> = new Set([
  PSEUDO_ENCODING.cursor,
  PSEUDO_ENCODING.xCursor,
  PSEUDO_ENCODING.cursorWithAlpha,
  PSEUDO_ENCODING.pointerPos,
  PSEUDO_ENCODING.videoMask,
]);

/** The picture of a log, decoded from its rectangles. */
export class LogPicture {
  readonly #host: LogPictureHost;
  readonly #reader = new ByteReader(LOG_LIMITS.message);
  #picture: RfbPicture | null = null;
  #size: Size = { width: 0, height: 0 };
  #showPointer: boolean;
  #recorder: PictureRecorder | null = null;

  /** @param showPointer whether the pointer is drawn into the picture */
  constructor(host: LogPictureHost, showPointer = true) {
    this.#host = host;
    this.#showPointer = showPointer;
  }

  get size(): Size {
    return this.#size;
  }

  /** Null before the first picture. */
  get framebuffer(): Framebuffer | null {
    return this.#picture?.framebuffer ?? null;
  }

  get pointer(): PointerOverlay | null {
    return this.#picture?.pointer ?? null;
  }

  /** Begins another picture, black. The rectangles of a segment's cells follow. */
  begin(size: Size): void {
    const picture = this.resize(size);
    picture.pointer.restore(picture.framebuffer);
    picture.framebuffer.bytes().fill(0);
  }

  /** Gives the picture a size. One that has it stays as it is, until the rectangles of all its cells cover it. */
  resize({ width, height }: Size): RfbPicture {
    if (this.#picture && this.#size.width === width && this.#size.height === height) return this.#picture;
    this.#picture?.free();
    this.#picture = null;
    this.#size = { width, height };
    const { memory, inflater, clock, jpeg, video } = this.#host;
    const host = { memory, inflater, clock, resized: () => {}, renamed: () => {} };
    const resize = (size: Size) => this.#host.resize(size);
    this.#picture = new RfbPicture({ ...host, resize }, { width, height }, BGRX, jpeg, video.parts);
    this.#picture.pointer.show(this.#showPointer);
    this.#picture.recorder = this.#recorder;
    return this.#picture;
  }

  /** Whether the pointer is drawn, from the next painting on. */
  showPointer(shown: boolean): void {
    this.#showPointer = shown;
    this.#picture?.pointer.show(shown);
  }

  /** Tells a recorder each rectangle; null: nobody. */
  record(recorder: PictureRecorder | null): void {
    this.#recorder = recorder;
    if (this.#picture) this.#picture.recorder = recorder;
  }

  /** Paints the rectangles of an update. @throws as paintAll */
  paint(rectangles: readonly LogRectangle[]): Promise<Painted> {
    return this.paintAll([rectangles]);
  }

  /** Paints the rectangles of updates in this order. @throws LogFault; what follows must begin another picture */
  async paintAll(updates: readonly (readonly LogRectangle[])[]): Promise<Painted> {
    const picture = this.#picture;
    if (!picture) throw new LogFault('an update comes before the first picture');
    picture.begin();
    try {
      for (const rectangles of updates) {
        picture.nextUpdate();
        for (const rectangle of rectangles) {
          if (picture.mustWait(rectangle)) await picture.settle();
          this.#decode(picture, rectangle);
        }
      }
      await picture.settle();
    } catch (thrown) {
      this.#reader.skip(this.#reader.available);
      await picture.settle().catch(() => {});
      // Its decoders may still be at work.
      this.free();
      if (thrown instanceof PeerglassError) throw new LogFault('a rectangle cannot be decoded', { cause: thrown });
      throw thrown;
    }
    return picture.finish();
  }

  /** The framebuffer is the host's. */
  free(): void {
    this.#picture?.free();
    this.#picture = null;
    this.#host.video.close();
  }

  #decode(picture: RfbPicture, rectangle: LogRectangle): void {
    const { encoding, data } = rectangle;
    if (!encodingOf(encoding)?.decode && !ALLOWED.has(encoding)) {
      throw new LogFault(`a rectangle has the encoding ${encoding}`);
    }
    if (encoding === ENCODING.h264 && !this.#host.video.parts) {
      this.#host.video.skipped();
      return;
    }
    this.#reader.push(data);
    let decoded = picture.rectangle(rectangle, this.#reader);
    while (decoded === 'yield') decoded = picture.rectangle(rectangle, this.#reader);
    if (decoded !== 'done' || this.#reader.available > 0) throw new LogFault('a rectangle has another length');
  }
}
