import { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import type { Clock } from '../core/clock.js';
import { RecentLeast } from '../core/recent-least.js';
import { writeTogether } from './connection.js';

/** Bytes received and not read yet, at which reading from the socket stops. Each may have come in a message of its own. */
const UNREAD_BYTES = 4096;
/** FIN and the opcode of a binary message (RFC 6455, 5.2). */
const WHOLE_BINARY = 0x82;
/** Lengths that stand for a length in the next two, or eight, bytes. */
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;

/** A peer with reason for more messages without content has not been seen; each costs as much as a small one. */
const MAX_EMPTY = 16;

/**
 * When pings are sent, in ms after the WebSocket was opened and then after each other: the first ones often, as updates
 * may be in their way. Round trips older than one or two spans are forgotten.
 */
const FIRST_PINGS_MS = [0, 200, 200, 200, 400] as const;
const PING_MS = 10_000;
const SPAN_MS = 60_000;

/** The status of a WebSocket that was closed (RFC 6455, 7.4.1). */
const CLOSED = { normally: 1000, wrongKind: 1003 } as const;

/**
 * The bytes in the binary messages of a server's WebSocket, as a stream: where messages begin and end has no meaning. A
 * corked batch of writes leaves as one message. Text ends the stream.
 *
 * Pings measure the round trip to the browser itself, which answers them whatever its page is doing, through tunnels and
 * proxies too.
 */
export class WebStream extends Duplex {
  /** Its own queue waits for the socket to say that it has sent. */
  readonly sendsLater = true;
  readonly #webSocket: WebSocket;
  readonly #carrier: Duplex;
  /** Nothing is read any more. */
  #ended = false;
  #empty = 0;
  readonly #clock: Clock;
  readonly #roundTrips = new RecentLeast(SPAN_MS);
  #pings = 0;
  /** Since when a ping has waited for its pong; null: none does. */
  #pingedAt: number | null = null;
  #cancelPing: () => void = () => {};

  /** @param carrier what the WebSocket writes its own frames to */
  constructor(webSocket: WebSocket, carrier: Duplex, clock: Clock) {
    // Destroyed with the WebSocket: its last frame must leave first.
    super({ allowHalfOpen: false, autoDestroy: false, readableHighWaterMark: UNREAD_BYTES });
    this.#webSocket = webSocket;
    this.#carrier = carrier;
    this.#clock = clock;
    webSocket.binaryType = 'nodebuffer';
    webSocket.on('message', (message, isBinary) => this.#received(message as Buffer, isBinary));
    webSocket.on('pong', () => this.#answered());
    webSocket.on('close', () => {
      this.#cancelPing();
      this.#end();
      this.destroy();
    });
    // The WebSocket closes after a frame that breaks its protocol, and tells the peer why.
    webSocket.on('error', () => this.#end());
    this.#pingLater();
  }

  /** The least round trip of late, in ms; null: not known yet. */
  get roundTripMs(): number | null {
    const { least } = this.#roundTrips;
    return Number.isFinite(least) ? least : null;
  }

  override _read(): void {
    this.#webSocket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(
    writes: { readonly chunk: Uint8Array; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(
      writes.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#webSocket.close(CLOSED.normally);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#webSocket.terminate();
    done(error);
  }

  #pingLater(): void {
    this.#cancelPing = this.#clock.after(FIRST_PINGS_MS[this.#pings++] ?? PING_MS, () => this.#ping());
  }

  #ping(): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#pingedAt = this.#clock.now();
    this.#webSocket.ping();
  }

  #answered(): void {
    const pingedAt = this.#pingedAt;
    if (pingedAt === null) {
      // Nobody asked for it; each costs as much as a small message.
      this.#webSocket.terminate();
      return;
    }
    const now = this.#clock.now();
    this.#roundTrips.add(now - pingedAt, now);
    this.#pingedAt = null;
    // Only now: a browser that answers no ping is asked no more.
    this.#pingLater();
  }

  #received(message: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    if (!isBinary) {
      this.#webSocket.close(CLOSED.wrongKind, 'only binary messages');
      this.#end();
    } else if (message.length === 0) {
      if (++this.#empty > MAX_EMPTY) this.#webSocket.terminate();
    } else if (!this.push(message)) this.#webSocket.pause();
  }

  #end(): void {
    if (!this.#ended) this.push(null);
    this.#ended = true;
  }

  #send(pieces: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length === 0) done();
    else if (this.#webSocket.readyState !== this.#webSocket.OPEN) done(new Error('the WebSocket is closed'));
    else writeTogether(this.#carrier, [frameHeader(length), ...pieces], done);
  }
}

/** The header of a whole binary message of `length` bytes from a server, which masks nothing. */
function frameHeader(length: number): Uint8Array {
  if (length < IN_TWO_BYTES) return Uint8Array.of(WHOLE_BINARY, length);
  if (length < 0x10000) return Uint8Array.of(WHOLE_BINARY, IN_TWO_BYTES, length >> 8, length & 0xff);
  const header = Buffer.alloc(10);
  header.writeUInt8(WHOLE_BINARY, 0);
  header.writeUInt8(IN_EIGHT_BYTES, 1);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
