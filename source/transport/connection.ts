import type { Socket } from 'node:net';
import { plainText } from '../core/plain-text.js';
import { ReplaceableStream, type Transport, type Upgrade, type Written } from '../core/transport.js';
import { readTcpInfo, type TcpInfo } from '../native/tcp-info.js';

/** After `end`, the time to flush unsent data before the socket is destroyed. */
const END_MS = 1000;

/** Writes up to this size are joined: copying them costs less than a vectored write. */
const JOINED_BYTES = 4096;

/** A transport over a socket, which may know the round trip to the peer itself. */
type Carrier = Transport & { readonly roundTripMs?: number | null };

/**
 * A connection, accepted or dialled: a stream that can be upgraded in mid-session (TLS, sealed records), and its
 * socket. Counters and TCP_INFO are the socket's, framing included; `wirePosition` translates positions in the stream.
 */
export class Connection {
  /** Paused until somebody listens. Chunks passed to a `data` listener are valid until it returns. */
  readonly stream: ReplaceableStream;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #carrier: Carrier;
  #sent = 0;
  /** Bytes written to the stream, before any framing. */
  #payload = 0;
  #framed: boolean;

  /**
   * @param carrier the transport over the socket, from the start
   * @param framed whether the socket carries more bytes than that
   */
  constructor(socket: Socket, carrier: Carrier = socket, framed = false) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#framed = framed;
    this.stream = new ReplaceableStream(carrier);
    this.remoteAddress = displayAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = displayAddress(socket.localAddress ?? '');
    this.localPort = socket.localPort ?? 0;
    socket.setNoDelay(true);
    // Without a listener a socket error would end the process. `close` follows every error.
    socket.on('error', () => {});
  }

  get socket(): Socket {
    return this.#socket;
  }

  get open(): boolean {
    return !this.stream.destroyed && this.stream.writable;
  }

  /** Addresses of both ends. */
  get ends() {
    return {
      local: { address: this.localAddress, port: this.localPort },
      remote: { address: this.remoteAddress, port: this.remotePort },
    };
  }

  /** See ReplaceableStream. */
  replace(upgrade: Upgrade, unread: Uint8Array): void {
    this.#framed = true;
    this.stream.replace(upgrade, unread);
  }

  /**
   * Writes the pieces with one system call if possible. `done` is called once the system has the last byte, and never
   * if the connection closes first.
   */
  write(pieces: readonly Uint8Array[], done: () => void): void {
    if (!this.open) return;
    const written = (error: Error | null | undefined) => {
      if (!error) done();
    };
    this.#payload += writeTogether(this.stream, pieces, written);
  }

  /** See Transport: what is written is sent sooner if the event loop gets a turn after each write. */
  get sendsLater(): boolean {
    return this.stream.sendsLater;
  }

  /** Bytes received since the connection began. */
  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  /** Bytes handed to the system since the connection began. */
  get sentBytes(): number {
    const queue = writeQueue(this.#socket);
    if (queue) this.#sent = Math.max(this.#sent, queue.dispatched - queue.waiting);
    return this.#sent;
  }

  /** Bytes written to the stream that the system has not taken yet. */
  get pendingBytes(): number {
    // Every write has been reported as done: asking anything else would cost more.
    if (!this.#framed && this.stream.writableLength === 0) return 0;
    if (!this.open) return 0;
    const waiting = Math.max(this.#socket.bytesWritten - this.sentBytes, 0);
    // The socket has not seen unframed bytes yet; bytes being framed may be counted by both.
    return this.#framed ? Math.max(waiting, this.stream.writableLength) : waiting;
  }

  /**
   * Translates a position in the stream to one in the socket's bytes, which include framing. Exact once everything
   * written is with the system, and never too low.
   */
  wirePosition(position: number): number {
    if (!this.#framed) return position;
    const framed = this.#payload - this.stream.writableLength;
    return position + Math.max(this.#socket.bytesWritten - framed, 0);
  }

  tcpInfo(): TcpInfo | null {
    return readTcpInfo(this.#socket);
  }

  /** The round trip to the peer itself, where the transport has measured that: TCP may end before it. Null: unknown. */
  get peerRttMs(): number | null {
    return this.#carrier.roundTripMs ?? null;
  }

  /** Flushes, then closes. Cut after a second if the peer does not read. */
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

  /** Destroys with a TCP reset, which overtakes data still queued for the peer. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.stream.destroy();
  }
}

/**
 * Writes the pieces with one system call if possible.
 * @param written called once the system has the last one
 * @returns their length
 */
export function writeTogether(
  stream: Pick<Transport, 'write' | 'cork' | 'uncork'>,
  pieces: readonly Uint8Array[],
  written: Written,
): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  if (bytes <= JOINED_BYTES) {
    stream.write(joined(pieces, bytes), written);
    return bytes;
  }
  stream.cork();
  pieces.forEach((piece, index) => {
    if (index < pieces.length - 1) stream.write(piece);
    else stream.write(piece, written);
  });
  stream.uncork();
  return bytes;
}

/** As Buffer.concat, without its checks of each piece. */
function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = Buffer.allocUnsafe(bytes);
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

/** Shows an IPv4 peer on a dual-stack socket, `::ffff:192.168.1.86`, as `192.168.1.86`. */
export function displayAddress(address: string): string {
  return plainText(address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, ''), 64);
}

/**
 * Bytes given to libuv and bytes still queued there; node:net has both but exposes only the total with its own buffer.
 */
function writeQueue(socket: Socket): { dispatched: number; waiting: number } | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!handle || typeof handle !== 'object') return null;
  const dispatched: unknown = Reflect.get(handle, 'bytesWritten');
  const waiting: unknown = Reflect.get(handle, 'writeQueueSize');
  return typeof dispatched === 'number' && typeof waiting === 'number' ? { dispatched, waiting } : null;
}
