import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Pattern } from '../../../source/capture/pattern/pattern.js';
import { encodeCursorWithAlpha } from '../../../source/codecs/encode/cursor-encoder.js';
import type { Rectangle, Size } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { LOG } from '../../../source/protocols/recording/constants.js';
import { pointerPosition } from '../../../source/protocols/rfb/server-writer.js';
import { ReplaySource } from '../../../source/session/play/replay-source.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { coloursOf, RecordedPicture } from '../../helpers/recorded-log.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = createPixelMemory();
let files = 0;

function written(bytes: Uint8Array): string {
  const file = path.join(folder, `${files++}.pglog`);
  writeFileSync(file, bytes);
  return file;
}

/** Records frames of the pattern in each of the sizes, 40 ms apart, and gives back what they look like. */
async function record(sizes: readonly Size[], frames: number) {
  const recorded = new RecordedPicture(sizes[0]!);
  const pictures: string[] = [];
  for (const [index, size] of sizes.entries()) {
    if (index > 0) recorded.resize(size);
    const pattern = new Pattern(size);
    for (let frame = 0; frame < frames; frame++) {
      if (pictures.length > 0) recorded.clock.advance(40);
      const damage = pattern.draw(frame * 3);
      recorded.framebuffer.bytes().set(Buffer.from(pattern.canvas.pixels.buffer));
      await recorded.take(damage);
      pictures.push(coloursOf(recorded.framebuffer));
    }
  }
  return { file: written(await recorded.end()), bytes: recorded.log.bytes, pictures };
}

async function settle(events: RecordingEvents, clock: FakeClock, ms: number): Promise<Rectangle[]> {
  events.take();
  clock.advance(ms);
  await events.until(() => events.damaged.length > 0);
  return events.take();
}

test('what was recorded is shared at its pace, over and over, while somebody watches', async () => {
  const size = { width: 160, height: 90 };
  const { file, pictures } = await record([size], 5);
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
  expect(coloursOf(incoming)).toBe(pictures[0]);
  for (let frame = 1; frame < 12; frame++) {
    const damage = await settle(events, clock, frame % 5 === 0 ? 1000 : 40);
    await source.read(damage, incoming);
    expect([frame, coloursOf(incoming)]).toEqual([frame, pictures[frame % 5]]);
  }
  source.stop();
  expect(clock.pending).toBe(0);
  clock.advance(10_000);
  source.start(events);
  await source.read([incoming.bounds], incoming);
  expect(coloursOf(incoming)).toBe(pictures[1]);
  await source.close();
  expect(clock.pending).toBe(0);
});

test('another size is told before its pixels', async () => {
  const sizes = [
    { width: 64, height: 48 },
    { width: 80, height: 40 },
  ];
  const { file, pictures } = await record(sizes, 2);
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
  expect(coloursOf(incoming)).toBe(pictures[2]);
  await source.close();
});

test('the pointer is not in the pixels: it is told beside them', async () => {
  const recorded = new RecordedPicture({ width: 50, height: 40 });
  const rgba = new Uint8Array(4 * 4 * 4).fill(255);
  const shape = encodeCursorWithAlpha({ width: 4, height: 4, hotspotX: 1, hotspotY: 2, rgba });
  await recorded.take([], { wholePointer: () => [shape, pointerPosition(10, 12)] });
  recorded.clock.advance(100);
  await recorded.take([], { pointer: [pointerPosition(30, 5)] });
  const clock = new FakeClock();
  const source = new ReplaySource(written(await recorded.end()), '', clock);
  await source.open();
  const events = new RecordingEvents();
  source.start(events);
  const incoming = new Framebuffer(memory, { width: 50, height: 40 });
  await source.read([incoming.bounds], incoming);
  expect(coloursOf(incoming)).toBe(coloursOf(recorded.framebuffer));
  clock.advance(100);
  await events.until(() => events.cursors.length > 1);
  expect(events.cursors).toMatchObject([
    { x: 10, y: 12, shape: { width: 4, height: 4, hotspotX: 1, hotspotY: 2 } },
    { x: 30, y: 5, shape: { width: 4 } },
  ]);
  expect(events.cursors[0]!.shape!.serial).toBe(events.cursors[1]!.shape!.serial);
  await source.close();
});

describe('a file that is no recording is refused', () => {
  test.each<[string, () => Uint8Array]>([
    ['nothing at all', () => Buffer.alloc(0)],
    ['a picture', () => Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')],
    ['no messages', () => LOG.magic],
  ])('%s', async (_name, bytes) => {
    const source = new ReplaySource(written(bytes()), '', new FakeClock());
    await expect(source.open()).rejects.toMatchObject({ code: 'E_REPLAY_FILE', remedy: expect.stringMatching(/./) });
  });

  test.each(['missing.pglog', '.', '/dev/null'])('%s', async name => {
    const source = new ReplaySource(path.resolve(folder, name), '', new FakeClock());
    await expect(source.open()).rejects.toMatchObject({ code: 'E_REPLAY_FILE' });
  });
});

test('what is damaged in the middle is left out, and told', async () => {
  const size = { width: 64, height: 48 };
  const { bytes, pictures } = await record([size], 4);
  const damaged = bytes.slice();
  const last = damaged.length - LOG.trailerBytes - 120;
  damaged[last] = damaged[last]! ^ 0xff;
  const clock = new FakeClock();
  const source = new ReplaySource(written(damaged), '', clock);
  await source.open();
  const events = new RecordingEvents();
  source.onEvent(events.hear);
  source.start(events);
  clock.advance(1000);
  await events.until(() => events.news.length > 0);
  expect(events.news).toMatchObject([{ kind: 'changed', text: expect.stringContaining('damaged') }]);
  const incoming = new Framebuffer(memory, size);
  await source.read([incoming.bounds], incoming);
  expect(pictures.slice(0, 3)).toContain(coloursOf(incoming));
  expect(events.errors).toEqual([]);
  await source.close();
});

test('the recording that comes with the program is the pattern', async () => {
  const file = fileURLToPath(new URL('../../../fixtures/replay/pattern.pglog', import.meta.url));
  const clock = new FakeClock();
  const source = new ReplaySource(file, '', clock);
  await source.open();
  const { width, height } = source.describe();
  const pattern = new Pattern({ width, height });
  const events = new RecordingEvents();
  source.start(events);
  const incoming = new Framebuffer(memory, { width, height });
  for (let frame = 0; frame < 60; frame++) {
    pattern.draw(frame * 2);
    await source.read([incoming.bounds], incoming);
    const pixels = new Uint32Array(incoming.bytes().slice().buffer).map(pixel => pixel & 0xffffff);
    expect(Buffer.from(pixels.buffer).equals(Buffer.from(pattern.canvas.pixels.buffer))).toBe(true);
    if (frame < 59) await settle(events, clock, Math.ceil(((frame + 1) * 1000) / 30) - Math.ceil((frame * 1000) / 30));
  }
  await source.close();
});
