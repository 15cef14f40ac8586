import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { area, bounds, type Rectangle, type Size } from '../../core/rectangle.js';
import { bgrxToRgb, type Framebuffer } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import { Scratch } from '../pixel-reading.js';
import { REPLAY } from './replay-file.js';

const deflated = promisify(deflate);
/** The fastest level: recording must not slow down the session, and screens compress well anyway. */
const LEVEL = 1;
/** Bytes that may wait to be compressed and written. Beyond that, a frame's changes are merged into the next one. */
const MAX_WAITING = 64 << 20;
const LONGEST = 0xffffffff;

/** Writes a recording (see ReplayFile) during a session: pixels are copied at once and written later. */
export class Recorder {
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #scratch = new Scratch();
  readonly #began: number;
  #size: Size | null = null;
  #missed: Rectangle[] = [];
  #waiting = 0;
  #writing: Promise<void>;
  #failure: unknown = null;
  #frames = 0;

  private constructor(file: string, handle: FileHandle, began: number) {
    this.file = file;
    this.#handle = handle;
    this.#began = began;
    this.#writing = this.#write(Buffer.concat([REPLAY.magic, Buffer.of(REPLAY.version)]));
  }

  /**
   * @param file must not exist yet
   * @param began the clock's time, in milliseconds
   * @throws the system's error when the file cannot be created
   */
  static async create(file: string, began: number): Promise<Recorder> {
    return new Recorder(file, await open(file, 'wx', 0o600), began);
  }

  /** Frames recorded so far. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Records a frame. The first one, and the first one of a new size, has the whole picture.
   *
   * @throws the system's error when an earlier frame could not be written
   */
  add(rectangles: readonly Rectangle[], framebuffer: Framebuffer, now: number): void {
    if (this.#failure) throw this.#failure;
    const { width, height } = framebuffer;
    const another = !this.#size || this.#size.width !== width || this.#size.height !== height;
    const all = another ? [framebuffer.bounds] : [...this.#missed, ...rectangles];
    if (all.length === 0) return;
    let parts = Region.of(all).rectangles();
    if (parts.length > REPLAY.mostRectangles) parts = [parts.reduce(bounds)];
    const bytes = parts.reduce((sum, part) => sum + area(part), 0) * 3;
    if (this.#waiting > 0 && this.#waiting + bytes > MAX_WAITING) {
      this.#missed = another ? this.#missed : parts;
      return;
    }
    if (another) this.#writing = this.#after(() => this.#write(sizeRecord(framebuffer)));
    this.#size = { width, height };
    this.#missed = [];
    this.#frames++;
    this.#waiting += bytes;
    const time = Math.min(LONGEST, Math.max(0, Math.round(now - this.#began)));
    const pixels = this.#copy(parts, bytes, framebuffer);
    this.#writing = this.#after(async () => {
      await this.#write(await frameRecord(time, parts, pixels));
      this.#waiting -= bytes;
    });
  }

  /**
   * Writes the frames that are waiting and closes the file.
   *
   * @throws the system's error when a frame could not be written
   */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
    this.#scratch.free();
    if (this.#failure) throw this.#failure;
  }

  #copy(parts: readonly Rectangle[], bytes: number, framebuffer: Framebuffer): Buffer {
    const { memory } = framebuffer;
    const pointer = this.#scratch.take(memory, bytes);
    let offset = 0;
    for (const part of parts) {
      bgrxToRgb(framebuffer, part, pointer + offset);
      offset += area(part) * 3;
    }
    return Buffer.from(memory.bytes(pointer, bytes));
  }

  async #after(step: () => Promise<void>): Promise<void> {
    await this.#writing;
    if (this.#failure) return;
    try {
      await step();
    } catch (error) {
      this.#failure = error;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      await this.#handle.writeFile(bytes);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

function sizeRecord({ width, height }: Size): Buffer {
  const record = Buffer.alloc(REPLAY.recordHeadLength + 4);
  record.writeUInt8(REPLAY.record.size, 0);
  record.writeUInt32BE(4, 1);
  record.writeUInt16BE(width, REPLAY.recordHeadLength);
  record.writeUInt16BE(height, REPLAY.recordHeadLength + 2);
  return record;
}

async function frameRecord(time: number, parts: readonly Rectangle[], rgb: Buffer): Promise<Buffer> {
  const stream = await deflated(rgb, { level: LEVEL });
  const headLength = REPLAY.frameHeadLength + parts.length * REPLAY.rectangleLength;
  const head = Buffer.alloc(REPLAY.recordHeadLength + headLength);
  head.writeUInt8(REPLAY.record.frame, 0);
  head.writeUInt32BE(headLength + stream.length, 1);
  head.writeUInt32BE(time, REPLAY.recordHeadLength);
  head.writeUInt16BE(parts.length, REPLAY.recordHeadLength + 4);
  let offset = REPLAY.recordHeadLength + REPLAY.frameHeadLength;
  for (const { x, y, width, height } of parts) {
    for (const number of [x, y, width, height]) offset = head.writeUInt16BE(number, offset);
  }
  return Buffer.concat([head, stream]);
}
