/**
 * A stream of bytes both ways, as far as a protocol's reader and writer need one: a socket, or what is laid over one. It begins
 * paused.
 */
export interface ByteStream {
  /** The bytes are valid until the listener returns. */
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** end: the peer says nothing more. close: it is over. drain: the stream takes more again. */
  on(event: 'end' | 'close' | 'drain', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** The bytes must stay as they are until they are gone. */
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
  /** Bytes that were written and are not gone yet. */
  readonly writableLength: number;
  /** Whether `drain` will come, and writing had better wait for it. */
  readonly writableNeedDrain: boolean;
  /**
   * Goes on over another stream that is laid over the one that carries this one: ReplaceableStream has it. Where it is missing
   * no security type can be used that needs one.
   * @param unread what was received and belongs to the other one already
   */
  replace?(upgrade: Upgrade, unread: Uint8Array): void;
}

/**
 * What carries a session: a socket, a WebSocket, or what a security type puts over one of them (TLS, sealed records). Every
 * Duplex of Node's is one. Who implements one keeps to this:
 * - it begins paused, and `resume` delivers nothing before it returns;
 * - while it is paused it takes no more from the stream below than it was given already;
 * - it ends, fails and closes with the stream below, and `destroy` closes that too.
 */
export interface Transport extends ByteStream {
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'end' | 'close' | 'drain', listener: () => void): unknown;
  /** `written` is called once the bytes are with the system, or with the error that kept them from it. */
  write(bytes: Uint8Array, written?: Written): unknown;
  /** What is written until `uncork` leaves together. */
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
 * Lays a stream over another one in mid-session.
 * @param below paused, nobody else listens on it any more, and all that was written to it is gone
 * @param unread what came over it and belongs to the new stream already; it stays as it is
 */
export type Upgrade = (below: Transport, unread: Uint8Array) => Transport;

interface HeldWrite {
  readonly bytes: Uint8Array;
  readonly written: Written | undefined;
}

/** A stream that stays the same for whoever holds it while what carries it is replaced, as often as need be. */
export class ReplaceableStream implements Transport {
  readonly #listeners = new StreamListeners();
  #current: Transport;
  #flowing = false;
  /** What was written since `replace`, until the stream before has let go of all that it had; null: nothing waits. */
  #held: HeldWrite[] | null = null;
  #heldBytes = 0;
  #ended = false;

  /** @param carrier not listened to by anybody else, and paused from now on */
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

  get destroyed(): boolean {
    return this.#current.destroyed;
  }

  get writable(): boolean {
    return !this.#ended && this.#current.writable;
  }

  /**
   * Goes on over what `upgrade` makes of the stream that carries this one now. What was written before leaves as it is, what
   * is written from now on goes over the new one; listeners, and whether it is paused, stay as they are. To be called
   * between two bytes: by whoever has read up to where the new framing begins, and outside of `cork` and `uncork`.
   * @param unread what was received beyond that (copied)
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
    // It fails with the new one, which tells of it; without a listener its error would end a process of Node's.
    below.on('error', () => {});
    this.#attach();
    this.#release();
    // Whoever called `replace` is not given anything before that returns, and not twice.
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

  /** Writes what was held back. */
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

/** Who listens to a stream that is not one of the platform's. */
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
