import { closeSync } from 'node:fs';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { SharedPixels } from '../../native/shared-pixels.js';
import { HelperProcess, programBeside } from '../../node/helper-process.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import type { ChildUse } from '../capture-source.js';
import { framesFile } from '../frames-file.js';
import type { FromCast, ToCast } from './cast-messages.js';
import type { CastStream } from './screen-cast.js';

export interface CastEvents {
  /** The picture has this size from now on. */
  size(size: Size): void;
  /** These areas differ from what was read before. */
  changed(rectangles: readonly Rectangle[]): void;
  cursor(cursor: Extract<FromCast, { type: 'cursor' }>): void;
  streaming(streaming: boolean): void;
  placed(placed: boolean): void;
  stalled(): void;
  /** The process has died. The screen cast may still exist. */
  crashed(error: PeerglassError): void;
  /** The picture has ended. */
  ended(error: PeerglassError): void;
}

export interface CastProcessOptions {
  readonly streams: readonly CastStream[];
  readonly region: Rectangle | null;
  /** The descriptor of a connection to PipeWire, which this closes; null for the user's own. */
  readonly remote: number | null;
  readonly environment: NodeJS.ProcessEnv;
}

/** The process that reads the streams of a screen cast, and the picture that it shares with this one. */
export class CastProcess {
  readonly #process: HelperProcess<FromCast, ToCast>;
  readonly #frames: number;
  readonly #events: CastEvents;
  #pixels: SharedPixels | null = null;
  #size: Size | null = null;
  /** Number of times that the process was allowed to write, and of its answers. */
  #asked = 0;
  #answered = 0;
  /** The process has newer pixels than it has written. */
  #newer = false;
  #waiting: (() => void)[] = [];
  #use: ChildUse | null = null;
  #ended = false;

  constructor({ streams, region, remote, environment }: CastProcessOptions, events: CastEvents) {
    this.#events = events;
    this.#frames = framesFile();
    this.#process = new HelperProcess(
      {
        program: programBeside(import.meta.url, './child.js'),
        environment,
        serialization: 'advanced',
        inherited: [this.#frames, remote ?? 'ignore'],
      },
      message => this.#take(message),
      how => this.#die(how),
    );
    if (remote !== null) closeSync(remote);
    this.#send({ type: 'open', streams, region, remote: remote !== null });
    this.#next(true);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** As of the last frame. */
  get use(): ChildUse | null {
    return this.#use;
  }

  /** Whether frames are wanted. If so, the whole picture is soon reported as changed. */
  setActive(active: boolean): void {
    this.#send({ type: 'active', active });
    if (active && this.#answered === this.#asked) this.#next(true);
  }

  /**
   * Copies these areas of the newest picture. Other changes up to it are reported by `changed`.
   * @returns false when the picture has another size, or there is none
   */
  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<boolean> {
    if (this.#newer || this.#answered < this.#asked) {
      this.#next(false);
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    const size = this.#size;
    const fits = size?.width === incoming.width && size.height === incoming.height;
    if (this.#pixels && fits) for (const rectangle of rectangles) copy(this.#pixels, rectangle, incoming);
    this.#next(true);
    return fits && this.#pixels !== null;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#process.end();
    this.#wake();
    this.#pixels?.close();
    this.#pixels = null;
    closeSync(this.#frames);
  }

  #next(wait: boolean): void {
    this.#asked++;
    this.#newer = false;
    this.#send({ type: 'next', wait });
  }

  #send(message: ToCast): void {
    if (!this.#ended) this.#process.send(message);
  }

  #take(message: FromCast): void {
    if (this.#ended) return;
    const events = this.#events;
    switch (message.type) {
      case 'size':
        this.#resize(message);
        break;
      case 'frame':
        this.#answered = message.answers;
        this.#use = message.use;
        if (message.rectangles.length > 0) events.changed(message.rectangles);
        if (this.#answered === this.#asked) this.#wake();
        break;
      case 'newer':
        this.#newer = true;
        break;
      case 'cursor':
        events.cursor(message);
        break;
      case 'streaming':
        events.streaming(message.streaming);
        break;
      case 'placed':
        events.placed(message.placed);
        break;
      case 'stalled':
        events.stalled();
        break;
      case 'ended':
        this.#end('ended', PeerglassError.from(message.error));
        break;
    }
  }

  #resize({ width, height }: Size): void {
    const length = width * height * BYTES_PER_PIXEL;
    this.#pixels?.close();
    this.#pixels = null;
    try {
      SharedPixels.makeRoom(this.#frames, length);
    } catch (cause) {
      const message = `There is no memory for a picture of ${width}x${height}.`;
      this.#end(
        'ended',
        new PeerglassError('E_CAPTURE', message, 'Close other programs, then share again.', { cause }),
      );
      return;
    }
    this.#pixels = new SharedPixels(this.#frames, length);
    this.#size = { width, height };
    this.#events.size({ width, height });
    this.#send({ type: 'memory', width, height });
  }

  #die(how: string): void {
    const message = `The process that reads the desktop's picture from PipeWire ${how}.`;
    this.#end('crashed', new PeerglassError('E_PIPEWIRE', message, 'Share again.'));
  }

  #end(how: 'crashed' | 'ended', error: PeerglassError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake();
    this.#events[how](error);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function copy(pixels: SharedPixels, { x, y, width, height }: Rectangle, incoming: Framebuffer): void {
  const target = incoming.bytes();
  const { stride } = incoming;
  const start = y * stride + x * BYTES_PER_PIXEL;
  if (width === incoming.width) {
    pixels.read(target.subarray(start, start + height * stride), start);
    return;
  }
  for (let at = start; at < start + height * stride; at += stride) {
    pixels.read(target.subarray(at, at + width * BYTES_PER_PIXEL), at);
  }
}
