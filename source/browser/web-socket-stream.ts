import { StreamListeners, type Transport, type Written } from '../core/transport.js';

/** Unsent bytes from which a writer should wait. */
const HIGH_WATER = 16 * 1024;
/** How often an overfull socket is looked at: it does not tell. */
const DRAIN_MS = 20;
/**
 * What may come while nobody reads, before the connection is given up: a browser takes whatever is sent. A sharer that
 * waits for fences never comes near it.
 */
const MOST_UNREAD = 256 * 1024 * 1024;

/** The binary messages of a WebSocket as a stream of bytes. */
export class WebSocketStream implements Transport {
  readonly #socket: WebSocket;
  readonly #listeners = new StreamListeners();
  #paused = true;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #corks = 0;
  #gathered: Uint8Array[] = [];
  #ended = false;
  #closed = false;
  #drain: ReturnType<typeof setInterval> | null = null;
  #received = 0;

  /** @param socket of type `arraybuffer`, not open yet */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#take(data);
    socket.onclose = () => this.#closedNow();
  }

  /** Bytes so far. */
  get received(): number {
    return this.#received;
  }

  on(event: string, listener: (value: never) => void): void {
    this.#listeners.add(event, listener);
  }

  off(event: string, listener: (value: never) => void): void {
    this.#listeners.remove(event, listener);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#waiting.length > 0 || this.#ended) void Promise.resolve().then(() => this.#deliver());
  }

  write(bytes: Uint8Array, written?: Written): void {
    this.#gathered.push(bytes);
    if (this.#corks === 0) this.#flush();
    written?.();
  }

  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    this.#corks = Math.max(this.#corks - 1, 0);
    if (this.#corks === 0) this.#flush();
  }

  end(): void {
    this.#flush();
    this.#socket.close();
  }

  destroy(): void {
    this.#socket.close();
    this.#closedNow();
  }

  get writableLength(): number {
    return this.#gathered.reduce((sum, each) => sum + each.length, 0) + this.#socket.bufferedAmount;
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

  #flush(): void {
    const pieces = this.#gathered;
    if (pieces.length === 0) return;
    this.#gathered = [];
    if (!this.writable) return;
    const length = pieces.reduce((sum, each) => sum + each.length, 0);
    const message = new Uint8Array(length);
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
      this.#listeners.tell('drain');
    }, DRAIN_MS);
  }

  #stopDrain(): void {
    if (this.#drain !== null) clearInterval(this.#drain);
    this.#drain = null;
  }

  #take(data: ArrayBuffer | string): void {
    if (this.#closed) return;
    if (typeof data === 'string') {
      this.#listeners.tell('error', new Error('the sharer sent text'));
      this.destroy();
      return;
    }
    const bytes = new Uint8Array(data);
    this.#received += bytes.length;
    if (!this.#paused && this.#waiting.length === 0) {
      this.#listeners.tell('data', bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes <= MOST_UNREAD) return;
    this.#listeners.tell('error', new Error('the sharer sends faster than this browser can take it'));
    this.destroy();
  }

  #deliver(): void {
    while (!this.#paused && this.#waiting.length > 0) {
      const bytes = this.#waiting.shift()!;
      this.#waitingBytes -= bytes.length;
      this.#listeners.tell('data', bytes);
    }
    if (this.#paused || !this.#ended) return;
    this.#ended = false;
    this.#listeners.tell('end');
    this.#listeners.tell('close');
  }

  #closedNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopDrain();
    this.#ended = true;
    this.#deliver();
  }
}
