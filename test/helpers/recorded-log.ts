import { createHash } from 'node:crypto';
import { chooseProfile, type EncodeProfile } from '../../source/codecs/encode/encode-profile.js';
import { qualityOfLevel } from '../../source/codecs/encode/levels.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { numbersToList } from '../../source/codecs/encodings/registry.js';
import type { VideoDecoders } from '../../source/codecs/video/video-codec.js';
import { joined } from '../../source/core/bytes.js';
import type { Clock } from '../../source/core/clock.js';
import { BGRX } from '../../source/core/pixel-format.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { nodeCrc32 } from '../../source/node/crc32.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import type { LogBytes } from '../../source/protocols/recording/log-reader.js';
import { LogWriter } from '../../source/protocols/recording/log-writer.js';
import { LogPicture } from '../../source/session/play/log-picture.js';
import { LogVideo } from '../../source/session/play/log-video.js';
import {
  endsAt,
  type RecordedChange,
  ScreenRecorder,
  SEGMENT,
  type SegmentLimits,
} from '../../source/session/recording/screen-recorder.js';
import { cutEvenly } from '../../source/session/share/rfb/cells.js';
import { anyJpegDecoder } from './any-jpeg.js';
import { FakeClock } from './fake-clock.js';

export const EPOCH = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
/** Unix milliseconds at which recordings begin. */
export const BEGAN = 1_700_000_000_000;

export function profileOf(quality: 'lossless' | 'lossy'): EncodeProfile {
  const asked = quality === 'lossy' ? qualityOfLevel(8) : null;
  return chooseProfile(numbersToList('cosine'), new WirePixels(BGRX), 6, asked, nodeCompressors);
}

/** A log in memory. */
export class MemoryLog implements LogBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.bytes.slice(offset, offset + length);
  }
}

/** A log whose messages a test writes. */
export class WrittenLog {
  readonly writer = new LogWriter(EPOCH, nodeCrc32);
  readonly pieces: Uint8Array[] = [];

  add(...pieces: readonly Uint8Array[]): void {
    this.pieces.push(...pieces);
  }

  get bytes(): Uint8Array {
    return joined(this.pieces);
  }
}

/** Records a picture that a test paints, into memory, at the time of a clock that it moves. */
export class RecordedPicture {
  readonly clock: FakeClock;
  readonly memory: PixelMemory;
  readonly profile: EncodeProfile;
  readonly log = new WrittenLog();
  readonly recorder: ScreenRecorder;
  framebuffer: Framebuffer;
  /** How often a refinement was asked for. */
  refinements = 0;
  #resolve: () => void = () => {};

  constructor(size: Size, quality: 'lossless' | 'lossy' = 'lossless', limits: Partial<SegmentLimits> = {}) {
    const memory = createPixelMemory();
    this.memory = memory;
    this.clock = new FakeClock();
    this.profile = profileOf(quality);
    this.framebuffer = new Framebuffer(memory, size);
    const host = {
      ...{ clock: this.clock, memory, compressors: nodeCompressors, writer: this.log.writer, date: BEGAN },
      write: (messages: readonly Uint8Array[]) => this.log.add(...messages),
      ready: () => this.#resolve(),
      refine: () => {
        this.refinements++;
      },
      failed: (error: unknown) => {
        throw error;
      },
    };
    this.recorder = new ScreenRecorder(host, endsAt({ ...SEGMENT, ...limits }));
  }

  resize(size: Size): void {
    this.framebuffer.free();
    this.framebuffer = new Framebuffer(this.memory, size);
  }

  /** Records what has changed, and waits until that is done. */
  async take(areas: readonly Rectangle[], change: Partial<RecordedChange> = {}): Promise<void> {
    const done = new Promise<void>(resolve => {
      this.#resolve = resolve;
    });
    this.recorder.take({
      ...{ framebuffer: this.framebuffer, ready: [], areas: areas.flatMap(cutEvenly), pointer: [] },
      ...{ time: this.clock.now(), name: 'a test', profile: this.profile, wholePointer: () => [] },
      ...change,
    });
    if (!this.recorder.ready) await done;
  }

  async end(): Promise<Uint8Array> {
    await this.recorder.end();
    return this.log.bytes;
  }
}

/** A picture to play into. */
export function playedPicture(
  clock: Clock,
  memory = createPixelMemory(),
  showPointer = true,
  decoders: VideoDecoders | null = null,
  told: string[] = [],
) {
  let framebuffer: Framebuffer | null = null;
  const video = new LogVideo({
    ...{ clock, decoders, patient: true, decodedBy: () => {} },
    cannot: text => told.push(text),
  });
  const host = { memory, inflater: createInflater({ memory }), clock, jpeg: anyJpegDecoder(), video };
  return new LogPicture(
    {
      ...host,
      resize: size => {
        framebuffer?.free();
        framebuffer = new Framebuffer(memory, size);
        return framebuffer;
      },
    },
    showPointer,
  );
}

/** The same for pictures with the same colours: the fourth byte of a pixel has none. */
export function coloursOf(framebuffer: Framebuffer | null): string {
  if (!framebuffer) return 'no picture';
  const pixels = new Uint32Array(framebuffer.bytes().slice().buffer).map(pixel => pixel & 0xffffff);
  const size = `${framebuffer.width}x${framebuffer.height}`;
  return `${size} ${createHash('md5').update(Buffer.from(pixels.buffer)).digest('hex')}`;
}
