/**
 * A duplex byte stream, as much of one as a protocol's reader and writer need: a socket, or a layer over one. It starts
 * paused.
 */
export interface ByteStream {
  /** Chunks are valid until the listener returns. */
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** end: the peer closed its sending side. close: the stream is closed. drain: it accepts data again. */
  on(event: 'end' | 'close' | 'drain', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** The bytes must not change until they are sent. */
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
  /** Bytes written but not yet sent. */
  readonly writableLength: number;
  /** Whether to wait for `drain` before writing more. */
  readonly writableNeedDrain: boolean;
  /**
   * Continues over a stream layered on the present one; see ReplaceableStream. Without it, security types that need a
   * layer cannot be used.
   * @param unread bytes received that belong to the new layer
   */
  replace?(upgrade: Upgrade, unread: Uint8Array): void;
}

/**
 * The carrier of a session: a socket, a WebSocket, or a security layer (TLS, sealed records) over one of them. Every
 * Node Duplex is one. Contract:
 * - it starts paused, and `resume` delivers nothing before it returns;
 * - while paused, it takes no further data from the stream below;
 * - it ends, fails and closes with the stream below, and `destroy` closes that too.
 */
export interface Transport extends ByteStream {
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'end' | 'close' | 'drain', listener: () => void): unknown;
  /** `written` is called once the system has the bytes, or with the error that prevented it. */
  write(bytes: Uint8Array, written?: Written): unknown;
  /** Whether, of the writes of one turn of the event loop, only the first is sent in that turn; left out: all of them. */
  readonly sendsLater?: boolean;
  /** Writes until `uncork` are sent together. */
  cork(): void;
  uncork(): void;
  /** Closes the writing half once everything is written. */
  end(): unknown;
  readonly destroyed: boolean;
  /** False once `end` or `destroy` was called. */
  readonly writable: boolean;
}

export type Written = (error?: Error | null) => void;

/**
 * Layers a stream over another one in mid-session.
 * @param below paused, without other listeners, and all its data flushed
 * @param unread bytes received from it that belong to the new stream; they must not change
 */
export type Upgrade = (below: Transport, unread: Uint8Array) => Transport;

/** What a TLS handshake came to. */
export interface TlsFacts {
  /** E.g. "TLS 1.3". */
  readonly version: string;
  /** The SHA-256 of the other end's whole certificate, in lower-case hex; null where it has none. */
  readonly fingerprint: string | null;
}

/** TLS that is to be laid over a stream in mid-session. */
export interface TlsLayer {
  readonly upgrade: Upgrade;
  /** Settles when both ends have agreed; rejects with PeerglassError E_TLS when they did not. */
  readonly secure: Promise<void>;
  /** Null until both ends have agreed. */
  readonly facts: TlsFacts | null;
}

interface HeldWrite {
  readonly bytes: Uint8Array;
  readonly written: Written | undefined;
}

/** A stream whose carrier can be replaced any number of times while its users keep the same object. */
export class ReplaceableStream implements Transport {
  readonly #listeners = new StreamListeners();
  #current: Transport;
  #flowing = false;
  /** Writes since `replace`, until the previous carrier has been flushed; null: nothing waits. */
  #held: HeldWrite[] | null = null;
  #heldBytes = 0;
  #ended = false;

  /** @param carrier without other listeners, and paused from now on */
  constructor(carrier: Transport) {
    this.#current = carrier;
    carrier.pause();
    this.#attach();
  }

  on(event: 'data', listener: (chunk: Uint8Array) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end' | 'close' | 'drain', listener: () => void): this;
  on(event: string, listener: (value: never) => void): this {
    this.#listeners.add(event, listener);
    return this;
  }

  off(event: 'data', listener: (chunk: Uint8Array) => void): this;
  off(event: 'error', listener: (error: Error) => void): this;
  off(event: 'end' | 'close' | 'drain', listener: () => void): this;
  off(event: string, listener: (value: never) => void): this {
    this.#listeners.remove(event, listener);
    return this;
  }

  pause(): this {
    this.#flowing = false;
    this.#current.pause();
    return this;
  }

  resume(): this {
    this.#flowing = true;
    if (!this.#held) this.#current.resume();
    return this;
  }

  write(bytes: Uint8Array, written?: Written): void {
    if (!this.#held) {
      this.#current.write(bytes, written);
      return;
    }
    this.#held.push({ bytes, written });
    this.#heldBytes += bytes.length;
  }

  cork(): void {
    if (!this.#held) this.#current.cork();
  }

  uncork(): void {
    if (!this.#held) this.#current.uncork();
  }

  end(): void {
    this.#ended = true;
    if (!this.#held) this.#current.end();
  }

  destroy(): void {
    this.#current.destroy();
  }

  get writableLength(): number {
    return this.#heldBytes + this.#current.writableLength;
  }

  get writableNeedDrain(): boolean {
    return this.#held !== null || this.#current.writableNeedDrain;
  }

  get sendsLater(): boolean {
    return this.#current.sendsLater ?? false;
  }

  get destroyed(): boolean {
    return this.#current.destroyed;
  }

  get writable(): boolean {
    return !this.#ended && this.#current.writable;
  }

  /**
   * Continues over the stream that `upgrade` layers on the present carrier. Earlier writes leave unchanged, later ones
   * go over the new one. Listeners and the paused state are kept. Call it exactly where the new framing begins in the
   * received bytes, and outside `cork` and `uncork`.
   * @param unread bytes received beyond that point (copied)
   */
  replace(upgrade: Upgrade, unread: Uint8Array): void {
    if (this.#held) throw new Error('this stream is being replaced already');
    const below = this.#current;
    if (below.destroyed) return;
    const early = Uint8Array.from(unread);
    below.off('data', this.#received);
    below.off('end', this.#finished);
    below.off('drain', this.#drained);
    below.pause();
    if (below.writableLength === 0) {
      this.#switch(upgrade, early);
      return;
    }
    this.#held = [];
    below.write(new Uint8Array(0), error => {
      if (!error && !below.destroyed) this.#switch(upgrade, early);
    });
  }

  #switch(upgrade: Upgrade, unread: Uint8Array): void {
    const below = this.#current;
    try {
      this.#current = upgrade(below, unread);
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      below.destroy();
      return;
    }
    below.off('close', this.#closed);
    below.off('error', this.#failed);
    // The new carrier reports its errors. Without a listener here, an error would end a Node process.
    below.on('error', () => {});
    this.#attach();
    this.#release();
    // The caller of `replace` gets no data before it returns, and none twice.
    void Promise.resolve().then(() => {
      if (this.#flowing && !this.#held) this.#current.resume();
    });
  }

  #attach(): void {
    this.#current.on('data', this.#received);
    this.#current.on('end', this.#finished);
    this.#current.on('drain', this.#drained);
    this.#current.on('error', this.#failed);
    this.#current.on('close', this.#closed);
  }

  /** Sends the writes held back. */
  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    this.#heldBytes = 0;
    this.#current.cork();
    for (const { bytes, written } of held) this.#current.write(bytes, written);
    this.#current.uncork();
    if (this.#ended) this.#current.end();
    else if (!this.#current.writableNeedDrain) this.#drained();
  }

  readonly #received = (chunk: Uint8Array) => this.#listeners.tell('data', chunk);
  readonly #finished = () => this.#listeners.tell('end');
  readonly #drained = () => this.#listeners.tell('drain');
  readonly #failed = (error: Error) => this.#listeners.tell('error', error);

  readonly #closed = () => {
    const held = this.#held ?? [];
    this.#held = null;
    this.#heldBytes = 0;
    for (const { written } of held) written?.(new Error('the stream was closed'));
    this.#listeners.tell('close');
  };
}

type Listener = (value: never) => void;

/** The listeners of a stream that is not one of the platform's. */
export class StreamListeners {
  readonly #listeners = new Map<string, readonly Listener[]>();

  add(event: string, listener: Listener): void {
    this.#listeners.set(event, [...this.#of(event), listener]);
  }

  remove(event: string, listener: Listener): void {
    this.#listeners.set(
      event,
      this.#of(event).filter(each => each !== listener),
    );
  }

  tell(event: 'data', chunk: Uint8Array): void;
  tell(event: 'error', error: Error): void;
  tell(event: 'end' | 'close' | 'drain'): void;
  tell(event: string, value?: unknown): void {
    for (const listener of this.#of(event)) listener(value as never);
  }

  #of(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? [];
  }
}

/** The part that all streams share that are not one of the platform's: listeners, and writes gathered while corked. */
export abstract class GatheringStream {
  protected readonly listeners = new StreamListeners();
  #corks = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  on(event: string, listener: (value: never) => void): void {
    this.listeners.add(event, listener);
  }

  off(event: string, listener: (value: never) => void): void {
    this.listeners.remove(event, listener);
  }

  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    this.#corks = Math.max(this.#corks - 1, 0);
    if (this.#corks === 0) this.flush();
  }

  protected get gatheredBytes(): number {
    return this.#gatheredBytes;
  }

  protected gather(bytes: Uint8Array): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#corks === 0) this.flush();
  }

  protected flush(): void {
    const pieces = this.#gathered;
    if (pieces.length === 0) return;
    const bytes = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.send(pieces, bytes);
  }

  /** @param bytes the length of all pieces */
  protected abstract send(pieces: readonly Uint8Array[], bytes: number): void;
}
