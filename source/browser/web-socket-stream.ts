import { GatheringStream, type Transport, type Written } from '../core/transport.js';

/** Unsent bytes from which a writer should wait. */
const HIGH_WATER = 16 * 1024;
/** How often to check a full socket, which reports nothing. */
const DRAIN_MS = 20;
/**
 * The most bytes that may arrive while reading is paused, before the connection is given up: a browser cannot stop
 * receiving. A sharer that waits for fences stays far below.
 */
const MOST_UNREAD = 256 * 1024 * 1024;

/** The binary messages of a WebSocket as a stream of bytes. */
export class WebSocketStream extends GatheringStream implements Transport {
  readonly #socket: WebSocket;
  #paused = true;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #closed = false;
  #drain: ReturnType<typeof setInterval> | null = null;
  #received = 0;

  /** @param url of the sharer's WebSocket, which is opened now */
  constructor(url: string) {
    super();
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#take(data);
    socket.onclose = () => this.#closedNow();
  }

  /** Bytes so far. */
  get received(): number {
    return this.#received;
  }

  /** Calls back once it is open, never before this returns. */
  onceOpen(callback: () => void): void {
    if (this.writable) void Promise.resolve().then(callback);
    else this.#socket.onopen = callback;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#waiting.length > 0 || this.#ended) void Promise.resolve().then(() => this.#deliver());
  }

  write(bytes: Uint8Array, written?: Written): void {
    this.gather(bytes);
    written?.();
  }

  end(): void {
    this.flush();
    this.#socket.close();
  }

  destroy(): void {
    this.#socket.close();
    this.#closedNow();
  }

  get writableLength(): number {
    return this.gatheredBytes + this.#socket.bufferedAmount;
  }

  get writableNeedDrain(): boolean {
    return this.#drain !== null;
  }

  get destroyed(): boolean {
    return this.#closed;
  }

  get writable(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  protected send(pieces: readonly Uint8Array[], bytes: number): void {
    if (!this.writable) return;
    const message = new Uint8Array(bytes);
    let at = 0;
    for (const piece of pieces) {
      message.set(piece, at);
      at += piece.length;
    }
    this.#socket.send(message);
    if (this.#socket.bufferedAmount > HIGH_WATER) this.#awaitDrain();
  }

  #awaitDrain(): void {
    this.#drain ??= setInterval(() => {
      if (this.#socket.bufferedAmount > 0 && !this.#closed) return;
      this.#stopDrain();
      this.listeners.tell('drain');
    }, DRAIN_MS);
  }

  #stopDrain(): void {
    if (this.#drain !== null) clearInterval(this.#drain);
    this.#drain = null;
  }

  #take(data: ArrayBuffer | string): void {
    if (this.#closed) return;
    if (typeof data === 'string') {
      this.listeners.tell('error', new Error('the sharer sent text'));
      this.destroy();
      return;
    }
    const bytes = new Uint8Array(data);
    this.#received += bytes.length;
    if (!this.#paused && this.#waiting.length === 0) {
      this.listeners.tell('data', bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes <= MOST_UNREAD) return;
    this.listeners.tell('error', new Error('the sharer sends faster than this browser can take it'));
    this.destroy();
  }

  #deliver(): void {
    while (!this.#paused && this.#waiting.length > 0) {
      const bytes = this.#waiting.shift()!;
      this.#waitingBytes -= bytes.length;
      this.listeners.tell('data', bytes);
    }
    if (this.#paused || !this.#ended) return;
    this.#ended = false;
    this.listeners.tell('end');
    this.listeners.tell('close');
  }

  #closedNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopDrain();
    this.#ended = true;
    this.#deliver();
  }
}
