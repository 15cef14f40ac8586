import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';
import { StreamListeners, type Transport } from '../core/transport.js';

const RECEIVE_BYTES = 128 * 1024;

/**
 * A socket of ours that receives everything in one buffer, which is used again and again, straight to who listens for `data`.
 * (A buffer for each piece, as sockets have otherwise, was 18 MB more of memory while a film was watched.)
 */
export class SocketStream implements Transport {
  readonly socket: Socket;
  readonly #listeners = new StreamListeners();

  /** Begins to connect. */
  constructor(options: TcpNetConnectOpts) {
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    const received = (length: number) => {
      this.#listeners.tell('data', buffer.subarray(0, length));
      return true;
    };
    this.socket = connect({ ...options, onread: { buffer, callback: received } });
  }

  on(event: 'data', listener: (chunk: Uint8Array) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end' | 'close' | 'drain', listener: () => void): this;
  on(event: string, listener: (value: never) => void): this {
    if (event === 'data') this.#listeners.add(event, listener);
    else this.socket.on(event, listener as () => void);
    return this;
  }

  off(event: 'data', listener: (chunk: Uint8Array) => void): this;
  off(event: 'error', listener: (error: Error) => void): this;
  off(event: 'end' | 'close' | 'drain', listener: () => void): this;
  off(event: string, listener: (value: never) => void): this {
    if (event === 'data') this.#listeners.remove(event, listener);
    else this.socket.off(event, listener as () => void);
    return this;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  write(bytes: Uint8Array, written?: (error?: Error | null) => void): void {
    this.socket.write(bytes, written);
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  get writableLength(): number {
    return this.socket.writableLength;
  }

  get writableNeedDrain(): boolean {
    return this.socket.writableNeedDrain;
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  get writable(): boolean {
    return this.socket.writable;
  }
}

/** The stream of Node's that a transport is, or has under it. @throws TypeError where it is neither */
export function duplexOf(transport: Transport): Duplex {
  if (transport instanceof Duplex) return transport;
  if (transport instanceof SocketStream) return transport.socket;
  throw new TypeError('only a stream of Node can carry TLS');
}
