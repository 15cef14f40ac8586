import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { plainText } from '../core/plain-text.js';
import { readTcpInfo, type TcpInfo } from '../native/tcp-info.js';

/** How long a connection that was ended may take to send its rest before it is cut. */
const END_MS = 1000;

/** Pieces of no more bytes together are joined: a copy of so few costs less than a list of them all the way down. */
const JOINED_BYTES = 4096;

/** An accepted connection: a stream that may be wrapped (TLS, WebSocket), and the socket that carries it. */
export class Connection {
  readonly stream: Duplex;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: Socket;
  #sent = 0;

  constructor(socket: Socket, stream: Duplex = socket) {
    this.#socket = socket;
    this.stream = stream;
    this.remoteAddress = displayAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = displayAddress(socket.localAddress ?? '');
    this.localPort = socket.localPort ?? 0;
    socket.setNoDelay(true);
    // Without a listener an error of a peer would end the process; `close` follows every error.
    socket.on('error', () => {});
    if (stream !== socket) stream.on('error', () => {});
  }

  get socket(): Socket {
    return this.#socket;
  }

  get open(): boolean {
    return !this.stream.destroyed && this.stream.writable;
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
    if (pieces.reduce((sum, piece) => sum + piece.length, 0) <= JOINED_BYTES) {
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

  /** Payload bytes that the system has taken since the connection began. */
  get sentBytes(): number {
    const queue = writeQueue(this.#socket);
    if (queue) this.#sent = Math.max(this.#sent, queue.dispatched - queue.waiting);
    return this.#sent;
  }

  /** Bytes written here that the system has not taken yet. */
  get pendingBytes(): number {
    return this.open ? Math.max(this.#socket.bytesWritten - this.sentBytes, 0) : 0;
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

/** The addresses and ports of a connection. */
export function endsOf({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket) {
  return { local: { address: localAddress, port: localPort }, remote: { address: remoteAddress, port: remotePort } };
}
