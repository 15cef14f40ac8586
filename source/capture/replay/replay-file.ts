import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { PeerglassError } from '../../core/errors.js';
import { area, contains, type Rectangle, type Size } from '../../core/rectangle.js';
import { whyUnread } from '../../node/whole-file.js';

/**
 * A recording of a screen: what changed, when, and to which pixels. Numbers are big-endian.
 *
 *     "PGREPLAY"  u8 version (1)
 *     records until the end of the file:  u8 type  u32 length  `length` bytes
 *       type 1, a new picture, all black:  u16 width  u16 height
 *       type 2, a frame:  u32 milliseconds since the recording began  u16 count  count * (u16 x, y, width, height)
 *                         then a zlib stream of the rectangles' pixels in this order: R G B, rows from the top
 *
 * The first record has type 1; a later one means that the screen was resized. Times never decrease.
 */
export const REPLAY = {
  magic: Buffer.from('PGREPLAY'),
  version: 1,
  prefixLength: 9,
  recordHeadLength: 5,
  record: { size: 1, frame: 2 },
  frameHeadLength: 6,
  rectangleLength: 8,
  mostRectangles: 4_096,
  mostRecords: 1_000_000,
  /** Pixels of one side; their product is limited as well. */
  mostSide: 16_384,
  mostPixels: 1 << 26,
} as const;

const inflated = promisify(inflate);

export interface ReplayFrame {
  /** Milliseconds since the recording began. */
  readonly time: number;
  /** Of the picture that this frame changes. */
  readonly size: Size;
  /** Whether it is the first frame of a picture, which is black before. */
  readonly fresh: boolean;
  readonly offset: number;
  readonly length: number;
}

export interface ReplayPixels {
  readonly rectangles: readonly Rectangle[];
  /** The rectangles' pixels in their order: R G B. */
  readonly rgb: Buffer;
}

/** Reads a recording. Opening it checks its whole structure; pixels are read frame by frame. */
export class ReplayFile {
  readonly frames: readonly ReplayFrame[];
  readonly #handle: FileHandle;
  readonly #name: string;

  private constructor(name: string, handle: FileHandle, frames: readonly ReplayFrame[]) {
    this.#name = name;
    this.#handle = handle;
    this.frames = frames;
  }

  /** @throws PeerglassError E_REPLAY_FILE */
  static async open(name: string): Promise<ReplayFile> {
    let handle: FileHandle;
    try {
      handle = await open(name, 'r');
    } catch (error) {
      throw broken(name, whyUnread(error), { cause: error });
    }
    try {
      const frames = await readIndex(name, handle);
      const replay = new ReplayFile(name, handle, frames);
      await replay.pixels(0);
      return replay;
    } catch (error) {
      await handle.close();
      if (error instanceof PeerglassError) throw error;
      throw broken(name, whyUnread(error), { cause: error });
    }
  }

  /** @throws PeerglassError E_REPLAY_FILE */
  async pixels(index: number): Promise<ReplayPixels> {
    const frame = this.frames[index];
    if (!frame) throw new RangeError(`There is no frame ${index}`);
    const record = await readExactly(this.#name, this.#handle, frame.offset, frame.length);
    const rectangles = readRectangles(this.#name, record, frame.size);
    const expected = rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0) * 3;
    const stream = record.subarray(REPLAY.frameHeadLength + rectangles.length * REPLAY.rectangleLength);
    let rgb: Buffer;
    try {
      rgb = await inflated(stream, { maxOutputLength: Math.max(1, expected), chunkSize: Math.max(64, expected) });
    } catch (error) {
      throw broken(this.#name, `the pixels of frame ${index} cannot be inflated`, { cause: error });
    }
    if (rgb.length !== expected) throw broken(this.#name, `frame ${index} has ${rgb.length} bytes, not ${expected}`);
    return { rectangles, rgb };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readIndex(name: string, handle: FileHandle): Promise<ReplayFrame[]> {
  const { size: end } = await handle.stat();
  const prefix = await readExactly(name, handle, 0, REPLAY.prefixLength);
  if (!prefix.subarray(0, REPLAY.magic.length).equals(REPLAY.magic)) throw broken(name, 'it is not a recording');
  const version = prefix[REPLAY.magic.length];
  if (version !== REPLAY.version) throw broken(name, `it has version ${version}, not ${REPLAY.version}`);
  const frames: ReplayFrame[] = [];
  let size: Size | null = null;
  let fresh = true;
  let offset: number = REPLAY.prefixLength;
  for (let records = 0; offset < end; records++) {
    if (records >= REPLAY.mostRecords) throw broken(name, 'it has too many records');
    const head = await readExactly(name, handle, offset, REPLAY.recordHeadLength);
    const length = head.readUInt32BE(1);
    const start = offset + REPLAY.recordHeadLength;
    offset = start + length;
    if (offset > end) throw broken(name, 'its end is missing');
    if (head[0] === REPLAY.record.size) {
      size = await readSize(name, handle, start, length);
      fresh = true;
    } else if (head[0] === REPLAY.record.frame && size) {
      if (length < REPLAY.frameHeadLength) throw broken(name, 'a frame is too short');
      if (length > longestFrame(size)) throw broken(name, 'a frame is longer than its pixels');
      const time = (await readExactly(name, handle, start, 4)).readUInt32BE(0);
      if (time < (frames.at(-1)?.time ?? 0)) throw broken(name, 'its times decrease');
      frames.push({ time, size, fresh, offset: start, length });
      fresh = false;
    } else {
      throw broken(name, size ? `it has a record of type ${head[0]}` : 'it does not begin with a size');
    }
  }
  if (frames.length === 0) throw broken(name, 'it has no frames');
  return frames;
}

async function readSize(name: string, handle: FileHandle, start: number, length: number): Promise<Size> {
  if (length !== 4) throw broken(name, `a size has ${length} bytes`);
  const bytes = await readExactly(name, handle, start, length);
  const size = { width: bytes.readUInt16BE(0), height: bytes.readUInt16BE(2) };
  const { width, height } = size;
  const possible = width > 0 && height > 0 && width <= REPLAY.mostSide && height <= REPLAY.mostSide;
  if (!possible || width * height > REPLAY.mostPixels) throw broken(name, `it has a picture of ${width}x${height}`);
  return size;
}

function readRectangles(name: string, record: Buffer, size: Size): Rectangle[] {
  const count = record.readUInt16BE(4);
  const end = REPLAY.frameHeadLength + count * REPLAY.rectangleLength;
  if (count > REPLAY.mostRectangles || end > record.length) throw broken(name, `a frame has ${count} rectangles`);
  const bounds = { x: 0, y: 0, ...size };
  const rectangles: Rectangle[] = [];
  let pixels = 0;
  for (let offset: number = REPLAY.frameHeadLength; offset < end; offset += REPLAY.rectangleLength) {
    const [x, y, width, height] = [0, 2, 4, 6].map(place => record.readUInt16BE(offset + place)) as [
      number,
      number,
      number,
      number,
    ];
    const rectangle = { x, y, width, height };
    if (!contains(bounds, rectangle)) throw broken(name, 'a rectangle is outside of the picture');
    pixels += area(rectangle);
    rectangles.push(rectangle);
  }
  // Only a file made to exhaust memory has overlapping rectangles.
  if (pixels > area(size)) throw broken(name, 'a frame has more pixels than its picture');
  return rectangles;
}

/** The most bytes of a frame's record, with room for pixels that zlib cannot compress. */
function longestFrame(size: Size): number {
  const stream = area(size) * 3;
  return REPLAY.frameHeadLength + REPLAY.mostRectangles * REPLAY.rectangleLength + stream + (stream >> 6) + 1_024;
}

async function readExactly(name: string, handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { size: end } = await handle.stat();
  if (offset + length > end) throw broken(name, 'its end is missing');
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, offset);
  if (bytesRead !== length) throw broken(name, 'its end is missing');
  return buffer;
}

function broken(name: string, why: string, options?: ErrorOptions): PeerglassError {
  const remedy = 'Give a recording of peerglass, such as those in its folder fixtures/replay.';
  return new PeerglassError('E_REPLAY_FILE', `The recording ${name} cannot be read: ${why}.`, remedy, options);
}
