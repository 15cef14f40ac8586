import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Pattern } from '../../../source/capture/pattern/pattern.js';
import { Recorder } from '../../../source/capture/replay/recorder.js';
import { REPLAY, ReplayFile } from '../../../source/capture/replay/replay-file.js';
import { ReplaySource } from '../../../source/capture/replay/replay-source.js';
import type { Rectangle, Size } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = createPixelMemory();
let files = 0;
const newFile = () => path.join(folder, `${files++}.pgreplay`);

/** Paints a pattern's picture into a framebuffer. */
function show(pattern: Pattern, framebuffer: Framebuffer): void {
  framebuffer.bytes().set(Buffer.from(pattern.canvas.pixels.buffer));
}

/** Colours without the byte that has no meaning. */
function colours(framebuffer: Framebuffer): string {
  const pixels = new Uint32Array(framebuffer.bytes().slice().buffer).map(pixel => pixel & 0xffffff);
  return Buffer.from(pixels.buffer).toString('base64');
}

/** Records frames of the pattern in each of the sizes, and gives back what they look like. */
async function record(file: string, sizes: readonly Size[], frames: number): Promise<string[]> {
  const pictures: string[] = [];
  const recorder = await Recorder.create(file, 1000);
  let time = 1000;
  for (const size of sizes) {
    const pattern = new Pattern(size);
    const framebuffer = new Framebuffer(memory, size);
    for (let frame = 0; frame < frames; frame++, time += 40) {
      const damage = pattern.draw(frame * 3);
      show(pattern, framebuffer);
      recorder.add(damage, framebuffer, time);
      pictures.push(colours(framebuffer));
    }
    framebuffer.free();
  }
  await recorder.close();
  return pictures;
}

async function settle(events: RecordingEvents, clock: FakeClock, ms: number): Promise<Rectangle[]> {
  events.take();
  clock.advance(ms);
  await events.until(() => events.damaged.length > 0);
  return events.take();
}

test('what was recorded is played, frame by frame, at its pace, over and over', async () => {
  const file = newFile();
  const size = { width: 160, height: 90 };
  const pictures = await record(file, [size], 5);
  const clock = new FakeClock();
  const source = new ReplaySource(file, 'asked for', clock);
  await source.open();
  expect(source.describe()).toEqual({
    kind: 'replay',
    description: `recording ${path.basename(file)} (160x90)`,
    why: 'asked for',
    ...size,
  });
  const events = new RecordingEvents();
  source.start(events);
  expect(events.take()).toEqual([{ x: 0, y: 0, ...size }]);
  const incoming = new Framebuffer(memory, size);
  await source.read([incoming.bounds], incoming);
  expect(colours(incoming)).toBe(pictures[0]);
  for (let frame = 1; frame < 12; frame++) {
    const damage = await settle(events, clock, frame % 5 === 0 ? 1000 : 40);
    await source.read(damage, incoming);
    expect(colours(incoming)).toBe(pictures[frame % 5]);
  }
  source.stop();
  expect(clock.pending).toBe(0);
  await source.close();
});

test('another size is recorded and played', async () => {
  const file = newFile();
  const sizes = [
    { width: 64, height: 48 },
    { width: 80, height: 40 },
  ];
  const pictures = await record(file, sizes, 2);
  const clock = new FakeClock();
  const source = new ReplaySource(file, '', clock);
  await source.open();
  const events = new RecordingEvents();
  source.start(events);
  await settle(events, clock, 40);
  await settle(events, clock, 40);
  expect(events.sizes).toEqual([sizes[1]]);
  const old = new Framebuffer(memory, sizes[0]!);
  expect(await source.read([old.bounds], old)).toBe(0);
  const incoming = new Framebuffer(memory, sizes[1]!);
  expect(await source.read([incoming.bounds], incoming)).toBe(3200);
  expect(colours(incoming)).toBe(pictures[2]);
  await source.close();
});

test('what had no room while earlier frames were written goes into the next one', async () => {
  const file = newFile();
  const framebuffer = new Framebuffer(memory, { width: 4000, height: 3000 });
  const recorder = await Recorder.create(file, 0);
  for (let frame = 0; frame < 6; frame++) {
    memory.kernels.fillRectangle(framebuffer.at(frame * 10, 0), framebuffer.stride, 10, 10, 0x112233 * (frame + 1));
    recorder.add(
      frame % 2 ? [framebuffer.bounds] : [{ x: frame * 10, y: 0, width: 10, height: 10 }],
      framebuffer,
      frame,
    );
  }
  const taken = recorder.frames;
  expect(taken).toBeLessThan(6);
  while (recorder.frames === taken) {
    await new Promise(resolve => setTimeout(resolve, 10));
    recorder.add([], framebuffer, 6);
  }
  const expected = colours(framebuffer);
  await recorder.close();
  const clock = new FakeClock();
  const source = new ReplaySource(file, '', clock);
  await source.open();
  const events = new RecordingEvents();
  source.start(events);
  for (let frame = 1; frame < recorder.frames; frame++) await settle(events, clock, 6);
  framebuffer.bytes().fill(0);
  await source.read([framebuffer.bounds], framebuffer);
  expect(colours(framebuffer) === expected).toBe(true);
  await source.close();
  framebuffer.free();
});

test('a recording is not written over another file, nor where it may not', async () => {
  const file = newFile();
  await (await Recorder.create(file, 0)).close();
  await expect(Recorder.create(file, 0)).rejects.toMatchObject({ code: 'EEXIST' });
  const nowhere = path.join(folder, 'missing', 'x');
  await expect(Recorder.create(nowhere, 0)).rejects.toMatchObject({ code: 'ENOENT' });
});

const PREFIX = Buffer.concat([REPLAY.magic, Buffer.of(REPLAY.version)]);

function recordOf(type: number, payload: Buffer, length = payload.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(type, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, payload]);
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 2);
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, index * 2);
  return bytes;
}

function frame(time: number, rectangles: readonly number[][], pixels: Buffer, count = rectangles.length): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(time, 0);
  head.writeUInt16BE(count, 4);
  return recordOf(2, Buffer.concat([head, words(...rectangles.flat()), pixels]));
}

const SIZE = recordOf(1, words(4, 2));
const WHOLE = [[0, 0, 4, 2]];
const GOOD = deflateSync(Buffer.alloc(24));
const FIRST = frame(0, WHOLE, GOOD);

describe('a file that is no recording is refused', () => {
  test.each<[string, Buffer]>([
    ['nothing at all', Buffer.alloc(0)],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')],
    ['another version', Buffer.concat([REPLAY.magic, Buffer.of(2), SIZE, FIRST])],
    ['no records', PREFIX],
    ['no frames', Buffer.concat([PREFIX, SIZE])],
    ['a frame before any size', Buffer.concat([PREFIX, FIRST])],
    ['a record of a type that does not exist', Buffer.concat([PREFIX, SIZE, FIRST, recordOf(3, Buffer.alloc(2))])],
    ['a record longer than the file', Buffer.concat([PREFIX, SIZE, FIRST, recordOf(2, GOOD, 0xffffffff)])],
    ['a record head that is cut', Buffer.concat([PREFIX, SIZE, FIRST, Buffer.of(2, 0)])],
    ['a size of nothing', Buffer.concat([PREFIX, recordOf(1, words(0, 2)), FIRST])],
    ['a size beyond bounds', Buffer.concat([PREFIX, recordOf(1, words(65_535, 2)), FIRST])],
    ['a size of too many pixels', Buffer.concat([PREFIX, recordOf(1, words(16_384, 16_384)), FIRST])],
    ['a size with more to it', Buffer.concat([PREFIX, recordOf(1, words(4, 2, 1)), FIRST])],
    ['a frame that is too short', Buffer.concat([PREFIX, SIZE, recordOf(2, Buffer.alloc(5))])],
    ['a frame longer than its pixels can be', Buffer.concat([PREFIX, SIZE, recordOf(2, Buffer.alloc(40_000))])],
    ['times that go back', Buffer.concat([PREFIX, SIZE, frame(9, WHOLE, GOOD), frame(8, WHOLE, GOOD)])],
    ['more rectangles than there are', Buffer.concat([PREFIX, SIZE, frame(0, WHOLE, GOOD, 500)])],
    ['a rectangle outside', Buffer.concat([PREFIX, SIZE, frame(0, [[1, 0, 4, 2]], GOOD)])],
    ['rectangles over one another', Buffer.concat([PREFIX, SIZE, frame(0, [...WHOLE, ...WHOLE], GOOD)])],
    ['pixels that are no zlib stream', Buffer.concat([PREFIX, SIZE, frame(0, WHOLE, Buffer.from('nonsense'))])],
    ['pixels that are cut', Buffer.concat([PREFIX, SIZE, frame(0, WHOLE, GOOD.subarray(0, -5))])],
    ['too few pixels', Buffer.concat([PREFIX, SIZE, frame(0, WHOLE, deflateSync(Buffer.alloc(23)))])],
    ['a bomb', Buffer.concat([PREFIX, SIZE, frame(0, WHOLE, deflateSync(Buffer.alloc(1 << 24)))])],
  ])('%s', async (_name, bytes) => {
    const file = newFile();
    writeFileSync(file, bytes);
    const source = new ReplaySource(file, '', new FakeClock());
    await expect(source.open()).rejects.toMatchObject({ code: 'E_REPLAY_FILE', remedy: expect.stringMatching(/./) });
  });

  test.each(['missing.pgreplay', '.'])('%s', async name => {
    const source = new ReplaySource(path.join(folder, name), '', new FakeClock());
    await expect(source.open()).rejects.toMatchObject({ code: 'E_REPLAY_FILE' });
  });

  test('every place where it can be cut', async () => {
    const bytes = Buffer.concat([PREFIX, SIZE, FIRST]);
    const file = newFile();
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      await expect(ReplayFile.open(file)).rejects.toMatchObject({ code: 'E_REPLAY_FILE' });
    }
    writeFileSync(file, bytes);
    await (await ReplayFile.open(file)).close();
  });
});

test('pixels that turn out broken in the middle end the source', async () => {
  const file = newFile();
  writeFileSync(file, Buffer.concat([PREFIX, SIZE, FIRST, frame(10, WHOLE, Buffer.from('nonsense'))]));
  const clock = new FakeClock();
  const source = new ReplaySource(file, '', clock);
  await source.open();
  const events = new RecordingEvents();
  source.start(events);
  clock.advance(10);
  await events.until(() => events.errors.length > 0);
  expect(events.errors).toMatchObject([{ code: 'E_REPLAY_FILE' }]);
  expect(clock.pending).toBe(0);
  await source.close();
});

test('the recording that comes with the program is the pattern', async () => {
  const file = fileURLToPath(new URL('../../../fixtures/replay/pattern.pgreplay', import.meta.url));
  const replay = await ReplayFile.open(file);
  const { size } = replay.frames[0]!;
  const pattern = new Pattern(size);
  const played = new Uint32Array(size.width * size.height);
  for (const [index, { time }] of replay.frames.entries()) {
    pattern.draw(Math.round((time * 60) / 1000));
    const { rectangles, rgb } = await replay.pixels(index);
    let source = 0;
    for (const { x, y, width, height } of rectangles) {
      for (let place = 0; place < width * height; place++, source += 3) {
        const pixel = rgb.readUIntBE(source, 3);
        played[(y + Math.floor(place / width)) * size.width + x + (place % width)] = pixel;
      }
    }
    expect(Buffer.from(played.buffer).equals(Buffer.from(pattern.canvas.pixels.buffer))).toBe(true);
  }
  await replay.close();
});
