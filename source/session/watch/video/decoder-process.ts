import { closeSync, readSync } from 'node:fs';
import { framesFile } from '../../../capture/frames-file.js';
import { wholeMacroblocks } from '../../../codecs/video/h264-check.js';
import type {
  DecodedFrame,
  EncodedVideoChunk,
  VideoDecoder,
  VideoDecoderConfig,
  VideoDecoderInit,
  VideoDecoders,
} from '../../../codecs/video/video-codec.js';
import type { Clock } from '../../../core/clock.js';
import type { Size } from '../../../core/rectangle.js';
import { hasVideoDecoder } from '../../../native/h264-decoder.js';
import { systemClock } from '../../../node/clock.js';
import { HelperProcess, programBeside } from '../../../node/helper-process.js';
import type { FromDecoders, ToDecoders } from './decoder-messages.js';

/** How long the process may take to find a library. */
const START_MS = 15_000;
/** A picture takes milliseconds: what takes longer than this hangs. */
const HANGS_MS = 1000;

/** A chunk that waits for its turn: they are decoded one after the other. */
interface Job {
  readonly decoder: ProcessDecoder;
  readonly message: ToDecoders;
}

/**
 * Decoders in a process of their own, which starts with the first picture and ends with the connection. When it crashes
 * all of its decoders fail, and the next picture starts another.
 */
export class DecoderProcess implements VideoDecoders {
  #process: HelperProcess<FromDecoders, ToDecoders> | null = null;
  /** Whether the process has found a library. */
  #loaded = false;
  #name = '';
  #file: number | null = null;
  #jobs: Job[] = [];
  /** Whose chunk the process has, and since when it could have decoded it. */
  #running: ProcessDecoder | null = null;
  #runningSince = 0;
  #buffer = Buffer.alloc(0);
  #ids = 0;
  #cancelStart: () => void = () => {};
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get starting(): boolean {
    return !this.#loaded;
  }

  get name(): string {
    return this.#name;
  }

  /** Of the process; null: there is none now. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  create(init: VideoDecoderInit): VideoDecoder {
    return new ProcessDecoder(this, ++this.#ids, init);
  }

  close(): void {
    this.#end();
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  // For its decoders.

  add(decoder: ProcessDecoder, message: ToDecoders): void {
    this.#jobs.push({ decoder, message });
    this.#next();
  }

  remove(decoder: ProcessDecoder): void {
    this.#jobs = this.#jobs.filter(job => job.decoder !== decoder);
    if (this.#running !== decoder) this.#send({ type: 'close', id: decoder.id });
    // Else it is told when it answers.
    else if (this.#loaded && this.#clock.now() - this.#runningSince > HANGS_MS)
      this.#crashed(`did not answer${this.#process?.said ?? ''}`);
  }

  #next(): void {
    if (this.#running) return;
    const job = this.#jobs.shift();
    if (!job) return;
    this.#running = job.decoder;
    this.#runningSince = this.#clock.now();
    try {
      if (!this.#process) this.#start();
      this.#send(job.message);
    } catch (thrown) {
      this.#crashed(`cannot be started: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  #start(): void {
    this.#file ??= framesFile();
    const helper: HelperProcess<FromDecoders, ToDecoders> = new HelperProcess(
      {
        program: programBeside(import.meta.url, './child.js'),
        environment: process.env,
        serialization: 'advanced',
        inherited: [this.#file],
      },
      message => {
        if (helper === this.#process) this.#take(message);
      },
      how => {
        if (helper === this.#process) this.#crashed(how);
      },
    );
    this.#process = helper;
    this.#cancelStart = this.#clock.after(START_MS, () => this.#crashed('does not start'));
  }

  #send(message: ToDecoders): void {
    this.#process?.send(message);
  }

  #take(message: FromDecoders): void {
    switch (message.type) {
      case 'loaded':
        this.#loaded = true;
        this.#cancelStart();
        this.#runningSince = this.#clock.now();
        this.#name = message.name;
        return;
      case 'unusable':
        this.#crashed(`finds no decoder: ${message.reason}`);
        return;
      case 'picture':
      case 'fault': {
        const decoder = this.#running;
        this.#running = null;
        if (message.type === 'picture') this.#show(decoder, message);
        else decoder?.fail(new Error(message.reason));
        this.#next();
      }
    }
  }

  #show(decoder: ProcessDecoder | null, { length, layout }: FromDecoders & { type: 'picture' }): void {
    if (!decoder || this.#file === null) return;
    if (decoder.closed) {
      this.#send({ type: 'close', id: decoder.id });
      return;
    }
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length);
    const data = this.#buffer.subarray(0, length);
    if (readSync(this.#file, data, 0, length, 0) < length) decoder.fail(new Error('its picture has too few bytes'));
    else decoder.show({ format: 'I420', layout, data });
  }

  #crashed(how: string): void {
    const failed = new Set([this.#running, ...this.#jobs.map(({ decoder }) => decoder)]);
    this.#end();
    const error = new Error(`the decoder's process ${how}`);
    for (const decoder of failed) decoder?.fail(error);
  }

  #end(): void {
    this.#cancelStart();
    this.#process?.kill();
    this.#process = null;
    this.#loaded = false;
    this.#running = null;
    this.#jobs = [];
  }
}

class ProcessDecoder implements VideoDecoder {
  readonly id: number;
  readonly #owner: DecoderProcess;
  readonly #init: VideoDecoderInit;
  #size: Size = { width: 0, height: 0 };
  #opened = false;
  #closed = false;

  constructor(owner: DecoderProcess, id: number, init: VideoDecoderInit) {
    this.#owner = owner;
    this.id = id;
    this.#init = init;
  }

  get closed(): boolean {
    return this.#closed;
  }

  configure({ codedWidth, codedHeight }: VideoDecoderConfig): void {
    this.#size = { width: wholeMacroblocks(codedWidth), height: wholeMacroblocks(codedHeight) };
    this.#opened = false;
  }

  decode({ data }: EncodedVideoChunk): void {
    if (this.#closed) return;
    const { id } = this;
    this.#owner.add(this, this.#opened ? { type: 'decode', id, data } : { type: 'open', id, data, ...this.#size });
    this.#opened = true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#opened) this.#owner.remove(this);
  }

  // For its owner.

  show(frame: DecodedFrame): void {
    if (!this.#closed) this.#init.output(frame);
  }

  fail(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#init.error(error);
  }
}

/** The decoders of a connection, or null where none seems to be installed. */
export function createVideoDecoders(): DecoderProcess | null {
  return hasVideoDecoder() ? new DecoderProcess() : null;
}
