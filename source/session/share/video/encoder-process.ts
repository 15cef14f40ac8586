import { closeSync } from 'node:fs';
import type { ChildUse } from '../../../capture/capture-source.js';
import { framesFile } from '../../../capture/frames-file.js';
import type {
  VideoEncoder,
  VideoEncoderConfig,
  VideoEncoderInit,
  VideoFrame,
} from '../../../codecs/video/video-codec.js';
import type { Clock } from '../../../core/clock.js';
import { plainText } from '../../../core/plain-text.js';
import { nativeMode } from '../../../native/native-mode.js';
import { SharedPixels } from '../../../native/shared-pixels.js';
import { HelperProcess, programBeside } from '../../../node/helper-process.js';
import type { FromEncoder, ToEncoder } from './encoder-messages.js';
import type { EncoderState, VideoEncoders } from './video-encoders.js';

/** Failures within this time after which it is no longer used. */
const MAX_FAILURES = 3;
const FAILURES_MS = 60_000;
/** Without a film for so long, the process ends; the next film starts another one. */
const IDLE_MS = 60_000;
/** Pages of the file that belong to one stream alone. */
const ALIGNMENT = 65_536;

/** One run of the process, and the file that it shares with this one. */
interface Run {
  readonly process: HelperProcess<FromEncoder, ToEncoder>;
  readonly frames: number;
  pixels: SharedPixels | null;
  length: number;
}

/** A part of the file. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

interface Stream {
  readonly init: VideoEncoderInit;
  config: VideoEncoderConfig | null;
  place: Place | null;
  queued: number;
}

/** The process that encodes films, started when it is first needed, and again after a crash. */
export class EncoderProcess implements VideoEncoders {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #streams = new Map<number, Stream>();
  #run: Run | null = null;
  #state: EncoderState = 'unknown';
  #name: string | null = null;
  #reason: string | null = null;
  #use: ChildUse | null = null;
  #failures: number[] = [];
  #nextStream = 1;
  #cancelEnd: (() => void) | null = null;
  /** The end of what streams use of the file, and places before it that they no longer do. */
  #end = 0;
  #spare: Place[] = [];
  #closed = false;

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get state(): EncoderState {
    return this.#state;
  }

  get name(): string | null {
    return this.#name;
  }

  get reason(): string | null {
    return this.#reason;
  }

  get use(): ChildUse | null {
    return this.#use;
  }

  get pid(): number | undefined {
    return this.#run?.process.pid;
  }

  start(): void {
    if (this.#closed || this.#state !== 'unknown') return;
    if (nativeMode() === 'off') this.#become('none');
    else this.#begin();
  }

  open(init: VideoEncoderInit): VideoEncoder {
    this.#cancelEnd?.();
    const number = this.#nextStream++;
    const stream: Stream = { init, config: null, place: null, queued: 0 };
    this.#streams.set(number, stream);
    return {
      get encodeQueueSize() {
        return stream.queued;
      },
      configure: config => {
        stream.config = config;
      },
      encode: (frame, { keyFrame }) => this.#encode(number, stream, frame, keyFrame),
      close: () => {
        if (!this.#streams.delete(number)) return;
        this.#send({ type: 'close', stream: number });
        this.#leave(stream);
        if (this.#streams.size === 0) this.#endLater();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelEnd?.();
    this.#streams.clear();
    await this.#leaveProcess()?.end();
  }

  #endLater(): void {
    this.#cancelEnd?.();
    this.#cancelEnd = this.#clock.after(IDLE_MS, () => {
      if (!this.#run || this.#streams.size > 0 || this.#state !== 'ready') return;
      this.#leaveProcess()?.kill();
      this.#use = null;
      this.#become('unknown');
    });
  }

  #begin(): void {
    this.#become('starting');
    const frames = framesFile();
    const helper = new HelperProcess<FromEncoder, ToEncoder>(
      {
        program: programBeside(import.meta.url, './child.js'),
        environment: process.env,
        serialization: 'advanced',
        inherited: [frames],
      },
      message => {
        if (this.#run === run) this.#take(message);
      },
      how => {
        run.pixels?.close();
        closeSync(frames);
        if (this.#run === run) this.#died(how);
      },
    );
    const run: Run = { process: helper, frames, pixels: null, length: 0 };
    this.#run = run;
    this.#end = 0;
    this.#spare = [];
  }

  /** @returns the process if there is one: to be ended, and no longer heard */
  #leaveProcess(): HelperProcess<FromEncoder, ToEncoder> | undefined {
    const run = this.#run;
    this.#run = null;
    return run?.process;
  }

  #take(message: FromEncoder): void {
    if (message.type === 'ready') {
      this.#name = message.encoder === null ? null : plainText(message.encoder);
      if (this.#name === null) this.#leaveProcess()?.kill();
      this.#become(this.#name === null ? 'none' : 'ready');
      return;
    }
    const stream = this.#streams.get(message.stream);
    if (message.type === 'chunk') {
      this.#use = message.use;
      if (!stream) return;
      stream.queued--;
      const { key, data, timestamp } = message;
      stream.init.output({ type: key ? 'key' : 'delta', data, timestamp });
    } else if (stream) {
      this.#streams.delete(message.stream);
      this.#leave(stream);
      this.#failed(plainText(message.reason));
      stream.init.error(new Error(message.reason));
    }
  }

  #died(how: string): void {
    this.#run = null;
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    this.#failed(how);
    if (!this.#closed && this.#state !== 'failing') this.#begin();
    for (const { init } of streams) init.error(new Error(`the encoder ${how}`));
  }

  #failed(reason: string): void {
    const now = this.#clock.now();
    this.#failures = [...this.#failures.filter(at => now - at < FAILURES_MS), now];
    if (this.#failures.length < MAX_FAILURES || this.#state === 'failing') return;
    this.#reason = reason;
    this.#leaveProcess()?.kill();
    this.#become('failing');
  }

  #become(state: EncoderState): void {
    this.#state = state;
    this.#changed();
  }

  #encode(number: number, stream: Stream, frame: VideoFrame, keyFrame: boolean): void {
    const run = this.#run;
    const { config } = stream;
    if (!run || !config || !this.#streams.has(number)) return;
    const { data, timestamp } = frame;
    const { offset } = this.#place(run, stream, data.length);
    // At most one picture of a stream is under way: the next one is written where the last one was.
    run.pixels?.write(data, offset);
    stream.queued++;
    this.#send({ type: 'encode', stream: number, config, offset, keyFrame, timestamp });
  }

  #place(run: Run, stream: Stream, length: number): Place {
    if (stream.place && stream.place.length >= length) return stream.place;
    this.#leave(stream);
    const spare = this.#spare.findIndex(place => place.length >= length);
    const [found] = spare < 0 ? [] : this.#spare.splice(spare, 1);
    const place = found ?? { offset: this.#end, length: Math.ceil(length / ALIGNMENT) * ALIGNMENT };
    stream.place = place;
    this.#end = Math.max(this.#end, place.offset + place.length);
    if (this.#end > run.length) this.#enlarge(run);
    return place;
  }

  #leave(stream: Stream): void {
    if (stream.place) this.#spare.push(stream.place);
    stream.place = null;
  }

  #enlarge(run: Run): void {
    SharedPixels.makeRoom(run.frames, this.#end);
    run.pixels?.close();
    run.length = this.#end;
    run.pixels = new SharedPixels(run.frames, run.length);
    this.#send({ type: 'memory', length: run.length });
  }

  #send(message: ToEncoder): void {
    this.#run?.process.send(message);
  }
}
