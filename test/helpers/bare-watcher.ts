// The watching side of rfb without any platform: bundled, and run by a bare JavaScript engine.
import {
  type ByteStream,
  bindKernels,
  ClientConnection,
  type Clock,
  Framebuffer,
  kernelStreams,
  noTrace,
  type PeerglassError,
  type PictureUpdate,
  type ProtocolFacts,
  type RfbHost,
  type Size,
} from '../../source/library/decoder.js';
import { type SeenUpdate, seenUpdate } from './seen-update.js';

/** Globals that belong to a platform, not to the language. */
const PLATFORM = ['process', 'Buffer', 'require', 'setTimeout', 'setImmediate', 'performance', 'TextDecoder', 'fetch'];

export interface BareReport {
  /** Platform globals that exist here, although none should. */
  readonly platform: readonly string[];
  readonly name: string | undefined;
  readonly size: Size | null;
  readonly updates: readonly SeenUpdate[];
  readonly ended: string;
}

class RecordedStream implements ByteStream {
  readonly writableLength = 0;
  readonly writableNeedDrain = false;
  #data: (chunk: Uint8Array) => void = () => {};
  #end = () => {};
  #paused = true;
  #resumed = () => {};

  on(event: string, listener: (value: never) => void): void {
    if (event === 'data') this.#data = listener as (chunk: Uint8Array) => void;
    if (event === 'end') this.#end = listener as () => void;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#resumed();
  }

  write(): void {}
  destroy(): void {}

  /** Delivers all bytes, in pieces whose sizes repeat in turn. Each piece is overwritten as soon as it has been read. */
  async play(recording: Uint8Array, pieces: readonly number[]): Promise<void> {
    for (let at = 0, turn = 0; at < recording.length; turn++) {
      while (this.#paused) {
        await new Promise<void>(resolve => {
          this.#resumed = resolve;
        });
      }
      const piece = recording.slice(at, at + pieces[turn % pieces.length]!);
      at += piece.length;
      this.#data(piece);
      piece.fill(0xa5);
      await undefined;
    }
    this.#end();
  }
}

/** A clock that advances with every call of now(), so that the session yields all the time. */
class CountingClock implements Clock {
  #now = 0;

  now(): number {
    this.#now += 1;
    return this.#now;
  }

  after(): () => void {
    return () => {};
  }

  soon(callback: () => void): void {
    void Promise.resolve().then(callback);
  }
}

class BareHost implements RfbHost {
  readonly options = { code: null, quality: 'lossless', level: null, maxRate: null } as const;
  readonly memory;
  readonly inflater;
  readonly clock = new CountingClock();
  readonly updates: SeenUpdate[] = [];
  framebuffer: Framebuffer | null = null;
  readonly missed = false;
  name: string | undefined;
  onEnded: (error: PeerglassError) => void = () => {};

  constructor(kernels: Uint8Array) {
    this.memory = bindKernels(new WebAssembly.Module(kernels));
    this.inflater = kernelStreams(this.memory);
  }

  resize(size: Size): Framebuffer {
    this.framebuffer?.free();
    this.framebuffer = new Framebuffer(this.memory, size);
    return this.framebuffer;
  }

  present(update: PictureUpdate): void {
    const seen = this.framebuffer && seenUpdate(update, this.framebuffer);
    if (seen) this.updates.push(seen);
  }

  describe(facts: ProtocolFacts): void {
    this.name = facts.name ?? this.name;
  }

  ended(error: PeerglassError): void {
    this.onEnded(error);
  }

  skipped(): void {}
  latency(): void {}
  notice(): void {}
  resumable(): void {}
}

/**
 * Watches a server's recorded bytes to their end.
 * @param kernels a WebAssembly module
 * @param pieces bytes that arrive at a time; the sizes repeat in turn
 * @returns a BareReport as JSON
 */
export async function watchRecording(
  kernels: Uint8Array,
  recording: Uint8Array,
  pieces: readonly number[],
): Promise<string> {
  const host = new BareHost(new Uint8Array(kernels));
  const stream = new RecordedStream();
  const early = new Uint8Array(0);
  const connection = { stream, early, peer: 'recording', resume: null, jpeg: null, createTrace: noTrace };
  const session = new ClientConnection(connection, host, {});
  const ended = new Promise<PeerglassError>(resolve => {
    host.onEnded = resolve;
  });
  session.start();
  await stream.play(new Uint8Array(recording), pieces);
  const { code } = await ended;
  const platform = PLATFORM.filter(name => name in globalThis);
  const { framebuffer, name, updates } = host;
  const size = framebuffer && { width: framebuffer.width, height: framebuffer.height };
  const report: BareReport = { platform, name, size, updates, ended: code };
  return JSON.stringify(report);
}
