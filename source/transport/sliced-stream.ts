import { Duplex } from 'node:stream';

/** Decides when what was received may go on to whoever parses it. */
export interface SlicePace {
  /** Whether that many bytes may go on now; they then count. */
  take(bytes: number): boolean;
  /** Calls back once, when the next slice may go on whatever `take` says. */
  wait(turn: () => void): void;
  forget(turn: () => void): void;
}

/** The most bytes that go on at once: a hundred of the shortest frames. */
const SLICE_BYTES = 1024;

/**
 * A stream that passes on what another one receives in slices, at a given pace. For parsers that cannot be stopped between
 * two frames of a chunk: the frames of 64 kB, each a few bytes long, would hold up everybody else.
 */
export class SlicedStream extends Duplex {
  readonly #below: Duplex;
  readonly #pace: SlicePace;
  readonly #received: Buffer[] = [];
  #ended = false;
  #wanted = false;
  #waiting = false;

  /** @param below paused, without other readers */
  constructor(below: Duplex, pace: SlicePace) {
    super({ readableHighWaterMark: SLICE_BYTES });
    this.#below = below;
    this.#pace = pace;
    below.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#go();
    });
    below.on('end', () => {
      this.#ended = true;
      this.#go();
    });
    below.on('close', () => this.destroy());
    below.on('error', error => this.destroy(error));
  }

  override _read(): void {
    this.#wanted = true;
    this.#go();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#below.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#below.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pace.forget(this.#turn);
    this.#below.destroy();
    done(error);
  }

  readonly #turn = () => {
    this.#waiting = false;
    const slice = this.#next();
    if (slice) this.#pass(slice);
    this.#go();
  };

  #go(): void {
    while (this.#wanted && !this.#waiting) {
      const slice = this.#next();
      if (!slice) break;
      if (!this.#pace.take(slice.length)) {
        this.#waiting = true;
        this.#pace.wait(this.#turn);
      } else this.#pass(slice);
    }
    if (this.#received.length > 0 || !this.#wanted) this.#below.pause();
    else if (this.#ended) this.push(null);
    else this.#below.resume();
  }

  /** The next slice, which stays there until it is passed on. */
  #next(): Buffer | undefined {
    return this.#received[0]?.subarray(0, SLICE_BYTES);
  }

  #pass(slice: Buffer): void {
    const chunk = this.#received[0]!;
    if (slice.length === chunk.length) this.#received.shift();
    else this.#received[0] = chunk.subarray(slice.length);
    // Readers may ask for more before this returns.
    this.#wanted = false;
    if (this.push(slice)) this.#wanted = true;
  }
}
