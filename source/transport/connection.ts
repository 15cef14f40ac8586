import type { Socket } from 'node:net';
import { plainText } from '../core/plain-text.js';
import { ReplaceableStream, type Transport, type Upgrade } from '../core/transport.js';
import { readTcpInfo, type TcpInfo } from '../native/tcp-info.js';

/** How long a connection that was ended may take to send its rest before it is cut. */
const END_MS = 1000;

/** Pieces of no more bytes together are joined: a copy of so few costs less than a list of them all the way down. */
const JOINED_BYTES = 4096;

/**
 * A connection, accepted or made: a stream that other streams may be laid under in mid-session (TLS, sealed records), and the
 * socket that carries all of them. What it counts, and what the system says of it, is of the socket.
 */
export class Connection {
  /** Paused, until somebody listens. What a listener for `data` is given is valid until it returns. */
  readonly stream: ReplaceableStream;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: Socket;
  #sent = 0;
  /** Bytes that were written here, before any framing. */
  #payload = 0;
  #framed = false;

  /** @param carrier what lies over the socket from the beginning on */
  constructor(socket: Socket, carrier: Transport = socket) {
    this.#socket = socket;
    this.stream = new ReplaceableStream(carrier);
    this.remoteAddress = displayAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = displayAddress(socket.localAddress ?? '');
    this.localPort = socket.localPort ?? 0;
    socket.setNoDelay(true);
    // Without a listener an error of a peer would end the process; `close` follows every error.
    socket.on('error', () => {});
  }

  get socket(): Socket {
    return this.#socket;
  }

  get open(): boolean {
    return !this.stream.destroyed && this.stream.writable;
  }

  /** Where the other end is reached, and where it reaches this one. */
  get ends() {
    return {
      local: { address: this.localAddress, port: this.localPort },
      remote: { address: this.remoteAddress, port: this.remotePort },
    };
  }

  /** As ReplaceableStream has it. */
  replace(upgrade: Upgrade, unread: Uint8Array): void {
    this.#framed = true;
    this.stream.replace(upgrade, unread);
  }

  /**
   * Writes the pieces with one system call where the system takes them. `done` is called once the last byte is with the
   * system, and never when the connection closes before that.
   */
  write(pieces: readonly Uint8Array[], done: () => void): void {
    if (!this.open) return;
    const written = (error: Error | null | undefined) => {
      if (!error) done();
    };
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#payload += bytes;
    if (bytes <= JOINED_BYTES) {
      this.stream.write(Buffer.concat(pieces), written);
      return;
    }
    this.stream.cork();
    pieces.forEach((piece, index) => {
      if (index < pieces.length - 1) this.stream.write(piece);
      else this.stream.write(piece, written);
    });
    this.stream.uncork();
  }

  /** Bytes that have come since the connection began. */
  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  /** Bytes that the system has taken since the connection began. */
  get sentBytes(): number {
    const queue = writeQueue(this.#socket);
    if (queue) this.#sent = Math.max(this.#sent, queue.dispatched - queue.waiting);
    return this.#sent;
  }

  /** Bytes written here that the system has not taken yet. */
  get pendingBytes(): number {
    if (!this.open) return 0;
    const waiting = Math.max(this.#socket.bytesWritten - this.sentBytes, 0);
    // What is still to be framed the socket has not seen yet; what it has seen of it may be counted by both.
    return this.#framed ? Math.max(waiting, this.stream.writableLength) : waiting;
  }

  /**
   * Where a position that is counted in what was written here lies in what the socket is given: framing adds to it. Exact
   * once everything written is with the system, and never before the place where it is.
   */
  wirePosition(position: number): number {
    if (!this.#framed) return position;
    const framed = this.#payload - this.stream.writableLength;
    return position + Math.max(this.#socket.bytesWritten - framed, 0);
  }

  tcpInfo(): TcpInfo | null {
    return readTcpInfo(this.#socket);
  }

  /** Sends what was written, then closes; cut after a second when the peer does not read. */
  end(): void {
    if (this.stream.destroyed) return;
    this.stream.end();
    this.stream.resume();
    const timer = setTimeout(() => this.destroy(), END_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.stream.destroy();
    this.#socket.destroy();
  }

  /** The same, and the other end is told before what still waits for it. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.stream.destroy();
  }
}

/** `::ffff:192.168.1.86`, an IPv4 peer on a dual-stack socket, is `192.168.1.86` to a person. */
export function displayAddress(address: string): string {
  return plainText(address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, ''), 64);
}

/** What libuv was given and what of it still waits; node:net counts both but shows only their difference to the buffer. */
function writeQueue(socket: Socket): { dispatched: number; waiting: number } | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!handle || typeof handle !== 'object') return null;
  const dispatched: unknown = Reflect.get(handle, 'bytesWritten');
  const waiting: unknown = Reflect.get(handle, 'writeQueueSize');
  return typeof dispatched === 'number' && typeof waiting === 'number' ? { dispatched, waiting } : null;
}
