import { Duplex } from 'node:stream';
import type WebSocket from 'ws';
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

/** The status of a WebSocket that was closed (RFC 6455, 7.4.1). */
const CLOSED = { normally: 1000, wrongKind: 1003 } as const;

/**
 * The bytes in the binary messages of a server's WebSocket, as a stream: where messages begin and end has no meaning. A
 * corked batch of writes leaves as one message. Text ends the stream.
 */
export class WebStream extends Duplex {
  readonly #webSocket: WebSocket;
  readonly #carrier: Duplex;
  /** Nothing is read any more. */
  #ended = false;
  #empty = 0;

  /** @param carrier what the WebSocket writes its own frames to */
  constructor(webSocket: WebSocket, carrier: Duplex) {
    // Destroyed with the WebSocket: its last frame must leave first.
    super({ allowHalfOpen: false, autoDestroy: false, readableHighWaterMark: UNREAD_BYTES });
    this.#webSocket = webSocket;
    this.#carrier = carrier;
    webSocket.binaryType = 'nodebuffer';
    webSocket.on('message', (message, isBinary) => this.#received(message as Buffer, isBinary));
    // This end sends no ping, so nothing is answered by a pong.
    webSocket.on('pong', () => webSocket.terminate());
    webSocket.on('close', () => {
      this.#end();
      this.destroy();
    });
    // The WebSocket closes after a frame that breaks its protocol, and tells the peer why.
    webSocket.on('error', () => this.#end());
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
