import type { Clock } from '../../core/clock.js';
import { area, type Rectangle, type Size, sameRectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { scalesOf, type VideoColours } from '../../pixels/video-scales.js';
import { H264 } from '../../protocols/rfb/constants.js';
import type { LatePicture } from '../decode/rectangle-decoder.js';
import { H264Fault, MissingKey } from './h264-bits.js';
import { type CodedPicture, H264Check } from './h264-check.js';
import type { DecodedFrame, PlaneLayout, VideoDecoder, VideoDecoders } from './video-codec.js';

/** Pixels of all contexts, in pictures. */
const MAX_PICTURES = 2;
/** A decoder that gives no picture for so long has failed. */
const TIMEOUT_MS = 2000;

/** Who is told how the decoding goes. */
export interface VideoEvents {
  /** False: the data of rectangles is skipped. */
  readonly wanted: boolean;
  decoded(rectangle: Rectangle): void;
  /**
   * This rectangle shows an earlier picture, until the sharer sends one that decoding can begin with.
   * @param why goes on from "The sharer sent H.264 "; null: such a picture has not come yet
   */
  failed(rectangle: Rectangle, why: string | null): void;
}

export interface VideoParts {
  readonly decoders: VideoDecoders;
  readonly clock: Clock;
  readonly events: VideoEvents;
  /** Whether a picture waits until the decoder has started. */
  readonly patient?: boolean;
}

/** The decoders of a connection, one for each rectangle (rfbproto's Open H.264: "contexts"). */
export class VideoContexts {
  readonly #memory: PixelMemory;
  readonly #parts: VideoParts;
  /** The least recently used first. */
  #contexts: Context[] = [];

  constructor(memory: PixelMemory, parts: VideoParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /**
   * Begins to decode the data of a rectangle.
   * @param picturePixels of the whole picture
   * @param data valid during the call
   * @returns null: it gives no picture
   */
  decode(rectangle: Rectangle, flags: number, data: Uint8Array, picturePixels: number): LatePicture | null {
    if ((flags & H264.resetAllContexts) !== 0) this.free();
    const known = this.#take(rectangle);
    const anew = known === undefined || (flags & H264.resetContext) !== 0;
    if (anew) known?.free();
    if (data.length === 0 && anew) return null;
    const context = anew ? new Context(rectangle, this.#memory, this.#parts) : known;
    if (anew) this.#makeRoom(area(rectangle), picturePixels);
    this.#contexts.push(context);
    return context.decode(data);
  }

  /** The data of a rectangle was not even read. */
  refuse(rectangle: Rectangle, why: string): void {
    this.#take(rectangle)?.free();
    this.#parts.events.failed(rectangle, why);
  }

  free(): void {
    for (const context of this.#contexts) context.free();
    this.#contexts = [];
  }

  #take(rectangle: Rectangle): Context | undefined {
    const index = this.#contexts.findIndex(each => sameRectangle(each.rectangle, rectangle));
    return index < 0 ? undefined : this.#contexts.splice(index, 1)[0];
  }

  /** Drops the contexts that have not been used for longest. */
  #makeRoom(pixels: number, picturePixels: number): void {
    let all = this.#contexts.reduce((sum, { rectangle }) => sum + area(rectangle), pixels);
    while (this.#contexts.length >= H264.maxContexts || all > MAX_PICTURES * picturePixels) {
      const oldest = this.#contexts.shift();
      if (!oldest) return;
      all -= area(oldest.rectangle);
      oldest.free();
    }
  }
}

/** A decoded picture in the kernels' memory. */
interface Shown {
  readonly pointer: number;
  /** Bytes there. */
  readonly room: number;
  readonly format: DecodedFrame['format'];
  readonly layout: DecodedFrame['layout'];
  readonly colours: VideoColours;
}

/** A rectangle whose pictures are being decoded. */
interface Waiting {
  pictures: number;
  /** @param decoded false: the decoding failed */
  readonly done: (decoded: boolean) => void;
}

class Context {
  readonly rectangle: Rectangle;
  readonly #memory: PixelMemory;
  readonly #parts: VideoParts;
  /** Of the stream that is being decoded; after a fault of the one that is to come. */
  #check: H264Check;
  /** Null: there is none for this stream yet. */
  #decoder: VideoDecoder | null = null;
  #codec = '';
  #colours: VideoColours | null = null;
  #waiting: Waiting[] = [];
  #cancelTimeout: () => void = () => {};
  #shown: Shown | null = null;
  #timestamp = 0;

  constructor(rectangle: Rectangle, memory: PixelMemory, parts: VideoParts) {
    this.rectangle = rectangle;
    this.#memory = memory;
    this.#parts = parts;
    this.#check = new H264Check(rectangle);
  }

  decode(data: Uint8Array): LatePicture | null {
    let pictures: CodedPicture[];
    try {
      pictures = this.#check.pictures(data);
    } catch (thrown) {
      if (!(thrown instanceof H264Fault)) throw thrown;
      this.#fail(thrown instanceof MissingKey ? null : thrown.message);
      return null;
    }
    if (pictures.length === 0) return null;
    const ready = new Promise<boolean>(done => this.#waiting.push({ pictures: pictures.length, done }));
    if (this.#waiting.length === 1) this.#watch();
    const waiting = this.#waiting.at(-1);
    for (const picture of pictures) this.#feed(picture);
    // Live, nobody waits for a start: the film is seen from the first picture that comes in time.
    if (this.#parts.decoders.starting && !this.#parts.patient) waiting?.done(false);
    return { ready, paint: (framebuffer, parts) => this.#paint(framebuffer, parts) };
  }

  free(): void {
    this.#close();
    this.#dropShown();
  }

  #feed({ key, bytes, sequence }: CodedPicture): void {
    if (key && (!this.#decoder || this.#codec !== sequence.codec)) this.#open(sequence.codec);
    this.#colours = sequence.colours;
    this.#decoder?.decode({ type: key ? 'key' : 'delta', data: bytes, timestamp: this.#timestamp++ });
  }

  #open(codec: string): void {
    this.#decoder?.close();
    const decoder = this.#parts.decoders.create({
      output: frame => {
        if (decoder === this.#decoder) this.#output(frame);
      },
      error: ({ message }) => {
        if (decoder === this.#decoder) this.#fail(`that cannot be decoded: ${message}`);
      },
    });
    this.#decoder = decoder;
    this.#codec = codec;
    const { width, height } = this.rectangle;
    decoder.configure({ codec, codedWidth: width, codedHeight: height });
  }

  #output(frame: DecodedFrame): void {
    const [waiting] = this.#waiting;
    if (!waiting || !this.#colours) return;
    if (!holds(frame, this.rectangle)) {
      this.#fail('that came out of the decoder in another size');
      return;
    }
    this.#keep(frame, this.#colours);
    if (--waiting.pictures > 0) return;
    this.#waiting.shift();
    this.#watch();
    this.#parts.events.decoded(this.rectangle);
    waiting.done(true);
  }

  #keep({ data, format, layout }: DecodedFrame, colours: VideoColours): void {
    if (this.#shown && this.#shown.room < data.length) this.#dropShown();
    const { pointer, room } = this.#shown ?? { pointer: this.#memory.allocate(data.length), room: data.length };
    this.#memory.bytes(pointer, data.length).set(data);
    this.#shown = { pointer, room, format, layout, colours };
  }

  #paint(framebuffer: Framebuffer, parts: readonly Rectangle[]): void {
    if (!this.#shown) return;
    const { pointer, format, layout, colours } = this.#shown;
    const [luma, u, v] = planesOf(format, layout);
    const { black, lumaScale, redFromV, greenFromU, greenFromV, blueFromU } = scalesOf(colours);
    for (const { x, y, width, height } of parts) {
      this.#memory.kernels.videoToBgrx(
        ...([pointer + luma.offset, luma.stride] as const),
        ...([pointer + u.offset, pointer + v.offset, u.stride, format === 'NV12' ? 2 : 1] as const),
        ...([x - this.rectangle.x, y - this.rectangle.y] as const),
        ...([framebuffer.at(x, y), framebuffer.stride, width, height] as const),
        ...([black, lumaScale, redFromV, greenFromU, greenFromV, blueFromU] as const),
      );
    }
  }

  /** Waits for the next picture, if there is one to come. */
  #watch(): void {
    this.#cancelTimeout();
    this.#cancelTimeout = () => {};
    if (this.#waiting.length === 0) return;
    this.#cancelTimeout = this.#parts.clock.after(TIMEOUT_MS, () => {
      if (this.#parts.decoders.starting) this.#watch();
      else this.#fail(`that gave no picture within ${TIMEOUT_MS / 1000} s`);
    });
  }

  #fail(why: string | null): void {
    this.#close();
    this.#check = new H264Check(this.rectangle);
    this.#parts.events.failed(this.rectangle, why);
  }

  #close(): void {
    this.#cancelTimeout();
    this.#decoder?.close();
    this.#decoder = null;
    for (const { done } of this.#waiting.splice(0)) done(false);
  }

  #dropShown(): void {
    if (this.#shown) this.#memory.free(this.#shown.pointer);
    this.#shown = null;
  }
}

/** Luma, U and V; in NV12 V begins one byte after U. */
function planesOf(
  format: DecodedFrame['format'],
  layout: DecodedFrame['layout'],
): [PlaneLayout, PlaneLayout, PlaneLayout] {
  const [luma, u, v] = layout;
  if (!luma || !u) throw new Error('a picture without planes');
  return [luma, u, format === 'NV12' || !v ? { ...u, offset: u.offset + 1 } : v];
}

/** Whether the planes lie in the data, and hold all of the rectangle. */
function holds({ format, layout, data }: DecodedFrame, { width, height }: Size): boolean {
  if (layout.length !== (format === 'NV12' ? 2 : 3)) return false;
  const [halfWidth, halfHeight] = [(width + 1) >> 1, (height + 1) >> 1];
  return layout.every(({ offset, stride }, plane) => {
    const rowBytes = plane === 0 ? width : format === 'NV12' ? 2 * halfWidth : halfWidth;
    const rows = plane === 0 ? height : halfHeight;
    return offset >= 0 && stride >= rowBytes && offset + (rows - 1) * stride + rowBytes <= data.length;
  });
}
