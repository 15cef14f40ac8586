import { ByteReader } from '../../core/byte-reader.js';
import type { ServerEvent } from '../../protocols/rfb/client-reader.js';
import type { RectangleHeader } from '../../protocols/rfb/messages.js';
import { ServerReader } from '../../protocols/rfb/server-reader.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import { HEAD_BYTES } from '../inspect/message-log.js';
import {
  clientMessage,
  handshakeMessage,
  type SentRectangle,
  serverMessage,
  updateMessage,
} from '../inspect/rfb-messages.js';
import { BUFFER_LIMITS } from './rfb/bounds.js';
import type { RfbTrace } from './rfb/rfb-host.js';

const NOTHING = new Uint8Array(0);
const RECTANGLE_HEADER = 12;

/** Reports the traffic of an rfb session to a trace. Parses messages only while somebody looks. */
export class SessionTrace implements RfbTrace {
  readonly #trace: ConnectionTrace;
  readonly #bytes: ByteReader;
  #handshake = true;
  #start = 0;
  #head: Uint8Array = NOTHING;
  #rectangles: SentRectangle[] = [];
  #rectangle: { readonly header: RectangleHeader; readonly start: number } | null = null;

  /** @param between whether the bytes read so far end with a message */
  constructor(trace: ConnectionTrace, bytes: ByteReader, between: () => boolean) {
    this.#trace = trace;
    this.#bytes = bytes;
    trace.unread = () => (between() ? bytes.peekBytes(bytes.available) : null);
  }

  /** Call before the bytes are read. */
  received(chunk: Uint8Array): void {
    this.#trace.received(chunk);
    if (this.#handshake) this.#trace.record(() => handshakeMessage('received', chunk));
  }

  handshakeOver(): void {
    this.#handshake = false;
    this.#trace.handshakeOver();
  }

  /** A client's message, about to be written. */
  sent(bytes: Uint8Array): void {
    this.#trace.sent(bytes);
    this.#trace.record(() => {
      if (this.#handshake) return handshakeMessage('sent', bytes);
      const reader = new ByteReader();
      reader.push(bytes);
      return clientMessage('sent', new ServerReader(reader).next()!, bytes, bytes.length);
    });
  }

  /** The same for a message that sets state, such as the pixel format. */
  sentSetting(name: string, bytes: Uint8Array): void {
    this.#trace.remember(name, 'sent', bytes);
    this.sent(bytes);
  }

  /** The next message, or the next part of an update, is about to be read. */
  reading(between: boolean): void {
    if (!between) return;
    this.#trace.boundary();
    this.#start = this.#bytes.consumed;
    const { available } = this.#bytes;
    this.#head = this.#trace.recording
      ? Uint8Array.from(this.#bytes.peekBytes(Math.min(available, HEAD_BYTES)))
      : NOTHING;
    this.#rectangles = [];
  }

  read(event: ServerEvent): void {
    if (!this.#trace.recording || event.type === 'update') return;
    const length = this.#bytes.consumed - this.#start;
    const head = this.#head.subarray(0, length);
    if (event.type === 'rectangle') this.#begin(event.header);
    else if (event.type === 'update-end') {
      const rectangles = this.#rectangles;
      this.#trace.record(() => updateMessage('received', rectangles, head, length));
    } else this.#trace.record(() => serverMessage('received', event, head, length));
  }

  rectangleDone(): void {
    if (!this.#rectangle) return;
    const { header, start } = this.#rectangle;
    this.#rectangle = null;
    this.#rectangles.push({ ...header, bytes: this.#bytes.consumed - start });
    if (this.#rectangles.length >= BUFFER_LIMITS.traced) this.#recordPart();
  }

  /** An endless update is listed in parts. */
  #recordPart(): void {
    const rectangles = this.#rectangles;
    const length = this.#bytes.consumed - this.#start;
    this.#trace.record(() => updateMessage('received', rectangles, this.#head.subarray(0, length), length));
    this.#rectangles = [];
    this.#start = this.#bytes.consumed;
    this.#head = NOTHING;
  }

  #begin(header: RectangleHeader): void {
    this.#rectangle = { header, start: this.#bytes.consumed - RECTANGLE_HEADER };
  }
}
