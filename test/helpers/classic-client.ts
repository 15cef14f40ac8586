import { connect, type Socket } from 'node:net';
import { inflateSync } from 'node:zlib';
import { ByteReader } from '../../source/core/byte-reader.js';
import { ClassicFrameReader } from '../../source/protocols/classic/frames.js';

export interface ClientFrame {
  /** Header and body. */
  readonly bytes: number;
  readonly at: number;
  readonly body: Buffer;
}

/** A classic viewer that keeps every frame and counts every byte. */
export class ClassicClient {
  readonly frames: ClientFrame[] = [];
  readonly closed: Promise<void>;
  readonly socket: Socket;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  /** @param from its own loopback address, where viewers are distinguished by address */
  constructor(port: number, host = '127.0.0.1', from = '127.0.0.1') {
    const reader = new ByteReader();
    const frames = new ClassicFrameReader(reader, 2 ** 26);
    let headerLength = 0;
    this.socket = connect({ port, host, localAddress: from });
    this.socket.on('error', () => {});
    this.socket.on('data', chunk => {
      reader.push(chunk);
      for (let message = frames.next(); message; message = frames.next()) {
        if (message.type === 'header') headerLength = message.headerLength;
        else this.#take(Buffer.from(message.body), headerLength);
      }
    });
    this.closed = new Promise(resolve => {
      this.socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  get bytes(): number {
    return this.socket.bytesRead;
  }

  get last(): ClientFrame {
    const last = this.frames.at(-1);
    if (!last) throw new Error('no frame has come yet');
    return last;
  }

  /** The pixels of a frame, R, G, B. */
  static pixels(frame: ClientFrame): Buffer {
    return inflateSync(frame.body);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) throw new Error(`the sharer closed after ${this.frames.length} frames`);
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  moreFrames(count: number): Promise<void> {
    const target = this.frames.length + count;
    return this.until(() => this.frames.length >= target);
  }

  async stop(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #take(body: Buffer, headerLength: number): void {
    this.frames.push({ bytes: headerLength + body.length, at: performance.now(), body });
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
