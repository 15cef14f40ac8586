import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket } from 'ws';
import { readTight } from '../codecs/encodings/tight.js';
import { ByteReader } from '../core/byte-reader.js';
import { BGRX } from '../core/pixel-format.js';
import { ClientHandshake } from '../protocols/rfb/client-handshake.js';
import { ClientReader } from '../protocols/rfb/client-reader.js';
import {
  enableContinuousUpdates,
  fenceAnswer,
  setEncodings,
  setPixelFormat,
  updateRequest,
} from '../protocols/rfb/client-writer.js';
import { ENCODING, FENCE, LEVEL_ENCODINGS, PSEUDO_ENCODING } from '../protocols/rfb/constants.js';
import type { RectangleHeader } from '../protocols/rfb/messages.js';

/** The encodings that xtigervncviewer requests on a fast link. */
const ENCODINGS = [
  ENCODING.tight,
  ENCODING.copyRect,
  ENCODING.raw,
  PSEUDO_ENCODING.lastRect,
  LEVEL_ENCODINGS.quality.base + 8,
  LEVEL_ENCODINGS.compression.base + 2,
];
/** Those of viewers that decode video, and are sent updates as they come. */
const MODERN_ENCODINGS = [ENCODING.h264, ...ENCODINGS, PSEUDO_ENCODING.fence, PSEUDO_ENCODING.continuousUpdates];
const PIXEL_BYTES = 4;
const TIGHT_PIXEL_BYTES = 3;
const COPY_RECT_BYTES = 4;
/** Of a video's rectangle, between the length and the data. */
const FLAGS_BYTES = 4;

export interface LightViewerOptions {
  /** The sharer's address; this machine's by default. */
  readonly host?: string;
  /** The delay before the request for the next update. */
  readonly thinkMs?: number;
  /** Over a WebSocket. */
  readonly web?: boolean;
  /** Takes video, answers fences and has updates sent unasked, as TigerVNC's viewer does, instead of lockstep. */
  readonly modern?: boolean;
}

/**
 * A viewer that skips all pixels and only finds the end of each update, so that many of them cost next to nothing. It
 * requests one update at a time, in lockstep, unless it is modern.
 */
export class LightViewer {
  /** The time at which each update was complete, in milliseconds of this process. */
  readonly updates: number[] = [];
  bytes = 0;
  readonly #stream: Duplex;
  readonly #reader = new ByteReader();
  readonly #handshake = new ClientHandshake({ code: null, shared: true });
  readonly #messages = new ClientReader();
  #size: { readonly width: number; readonly height: number } | null = null;
  #rectangle: RectangleHeader | null = null;
  #inUpdate = false;
  readonly #thinkMs: number;
  readonly #modern: boolean;
  #continuous = false;

  private constructor(stream: Duplex, { thinkMs = 0, modern = false }: LightViewerOptions) {
    this.#stream = stream;
    this.#thinkMs = thinkMs;
    this.#modern = modern;
  }

  /**
   * Resolves after the first update.
   * @throws when the sharer cannot be reached or closes the connection
   */
  static async connect(port: number, options: LightViewerOptions = {}): Promise<LightViewer> {
    const { host = '127.0.0.1' } = options;
    const socket = connect(port, host);
    socket.setNoDelay(true);
    const overWebSocket = () =>
      createWebSocketStream(new WebSocket(`ws://${host}:${port}/rfb`, { createConnection: () => socket }));
    const stream = options.web ? overWebSocket() : socket;
    const viewer = new LightViewer(stream, options);
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject);
      stream.on('close', () => reject(new Error('the sharer closed the connection')));
      stream.on('data', chunk => {
        try {
          viewer.#receive(chunk);
        } catch (error) {
          stream.destroy(error instanceof Error ? error : new Error(String(error)));
        }
        if (viewer.updates.length > 0) resolve();
      });
    });
    return viewer;
  }

  /** Stops reading; the connection stays. */
  stall(): void {
    this.#stream.pause();
  }

  close(): void {
    this.#stream.destroy();
  }

  #receive(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#reader.push(chunk);
    if (this.#size === null && !this.#shakeHands()) return;
    while (this.#step()) {
      // until it needs more bytes
    }
  }

  #shakeHands(): boolean {
    for (;;) {
      const step = this.#handshake.advance(this.#reader);
      if (step === undefined) return false;
      if (step.type === 'code-required') throw new Error('the sharer asks for a code');
      if (step.type === 'replace' || step.type === 'wait') throw new Error('the sharer wants to encrypt');
      if (step.type === 'send') {
        this.#stream.write(step.bytes);
        continue;
      }
      this.#size = step.server;
      this.#stream.write(setPixelFormat(BGRX));
      this.#stream.write(setEncodings(this.#modern ? MODERN_ENCODINGS : ENCODINGS));
      this.#ask(false);
      return true;
    }
  }

  get #bounds() {
    const { width, height } = this.#size ?? { width: 0, height: 0 };
    return { x: 0, y: 0, width, height };
  }

  #ask(incremental: boolean): void {
    if (!incremental || !this.#continuous) this.#stream.write(updateRequest(incremental, this.#bounds));
  }

  #step(): boolean {
    if (this.#rectangle) {
      const rectangle = this.#rectangle;
      if (this.#reader.attempt(() => this.#skip(rectangle)) === undefined) return false;
      this.#rectangle = null;
      this.#messages.rectangleDone();
    }
    const event = this.#messages.next(this.#reader);
    if (event === undefined) return false;
    if (event.type === 'update') this.#inUpdate = true;
    else if (event.type === 'rectangle') this.#rectangle = event.header;
    else if (event.type === 'update-end' && this.#inUpdate) {
      this.#inUpdate = false;
      this.updates.push(performance.now());
      if (this.#thinkMs > 0) setTimeout(() => this.#ask(true), this.#thinkMs);
      else this.#ask(true);
    } else if (event.type === 'fence' && (event.flags & FENCE.request) !== 0) {
      this.#stream.write(fenceAnswer(event.flags, event.payload));
    } else if (event.type === 'end-of-continuous-updates' && !this.#continuous) {
      this.#continuous = true;
      this.#stream.write(enableContinuousUpdates(true, this.#bounds));
    }
    return true;
  }

  /** Reads past the bytes of a rectangle. */
  #skip(rectangle: RectangleHeader): true {
    switch (rectangle.encoding) {
      case ENCODING.tight:
        readTight(this.#reader, rectangle, TIGHT_PIXEL_BYTES);
        return true;
      case ENCODING.h264: {
        const length = this.#reader.u32();
        this.#reader.bytes(FLAGS_BYTES + length);
        return true;
      }
      case ENCODING.copyRect:
        this.#reader.bytes(COPY_RECT_BYTES);
        return true;
      case ENCODING.raw:
        this.#reader.bytes(rectangle.width * rectangle.height * PIXEL_BYTES);
        return true;
      default:
        throw new Error(`the sharer sent encoding ${rectangle.encoding}, which was not requested`);
    }
  }
}
