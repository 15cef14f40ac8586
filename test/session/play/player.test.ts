import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Size } from '../../../source/core/rectangle.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import type { LogPicture } from '../../../source/session/play/log-picture.js';
import { Player } from '../../../source/session/play/player.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { coloursOf, MemoryLog, playedPicture, RecordedPicture } from '../../helpers/recorded-log.js';
import { drawSeed } from '../../helpers/seed.js';
import { noise, paint, text } from '../../pixels/pictures.js';
import { random } from '../../pixels/planes.js';

const SIZE = { width: 320, height: 160 };
const STEPS = 30;
const STEP_MS = 500;

/** A recording of a picture that changes each half second, in several segments, and the picture of each update. */
async function record(size: Size): Promise<{ readonly bytes: Uint8Array; readonly shown: readonly string[] }> {
  const recorded = new RecordedPicture(size, 'lossless', { leastBytes: size.width * size.height, pictures: 1 });
  const { framebuffer } = recorded;
  const shown: string[] = [];
  paint(framebuffer, framebuffer.bounds, text(1));
  await recorded.take([]);
  shown.push(coloursOf(framebuffer));
  for (let step = 1; step <= STEPS; step++) {
    recorded.clock.advance(STEP_MS);
    const [x, y] = [(step * 37) % ((size.width * 2) / 3), (step * 11) % (size.height / 2)].map(Math.floor);
    const area = { x: x!, y: y!, width: Math.floor(size.width / 3), height: Math.floor(size.height / 2) };
    paint(framebuffer, area, step % 3 === 0 ? text(step) : noise(step));
    await recorded.take([area]);
    shown.push(coloursOf(framebuffer));
  }
  recorded.clock.advance(3000);
  return { bytes: await recorded.end(), shown };
}

let bytes: Uint8Array;
let shown: readonly string[];
const memory = createPixelMemory();
let clock: FakeClock;
let picture: LogPicture | null = null;
let player: Player;
const told = { shown: 0, damaged: [] as string[], failed: [] as unknown[] };

beforeAll(async () => {
  ({ bytes, shown } = await record(SIZE));
});

async function open(log: Uint8Array): Promise<LogReader> {
  clock = new FakeClock();
  picture?.free();
  picture = playedPicture(clock, memory);
  told.shown = 0;
  told.damaged = [];
  told.failed = [];
  const reader = await LogReader.open(new MemoryLog(log), nodeCrc32);
  player = new Player(reader, picture, {
    clock,
    shown: () => told.shown++,
    changed: () => {},
    damaged: why => told.damaged.push(why),
    failed: error => told.failed.push(error),
  });
  return reader;
}

beforeEach(async () => {
  await open(bytes);
  await player.seek(0);
});

/** Lets time pass and everything that falls due be painted. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 25) {
    clock.advance(25);
    await player.settled();
  }
}

const now = () => coloursOf(picture?.framebuffer ?? null);

describe('a player', () => {
  test('shows each picture when it was there', async () => {
    player.play();
    for (let step = 0; step <= STEPS; step++) {
      expect([player.update, now()]).toEqual([step, shown[step]]);
      await pass(STEP_MS);
    }
    await pass(3000);
    expect([player.state, player.positionMs]).toEqual(['ended', player.durationMs]);
    expect(player.durationMs).toBe(STEPS * STEP_MS + 3000);
    expect(told.failed).toEqual([]);
  });

  test.each([0.25, 4, 16])('goes at %f times its speed', async speed => {
    player.setSpeed(speed);
    player.play();
    await pass((10 * STEP_MS) / speed + 25);
    const step = Math.floor(player.positionMs / STEP_MS);
    expect([10, 11]).toContain(step);
    expect([player.update, now()]).toEqual([step, shown[step]]);
  });

  test('keeps its place when the speed changes', async () => {
    player.play();
    await pass(2000);
    player.setSpeed(2);
    expect(Math.round(player.positionMs)).toBe(2000);
    await pass(1000);
    expect(Math.round(player.positionMs)).toBe(4000);
    expect(player.update).toBe(8);
  });

  test('stands still while paused, and goes on from there', async () => {
    player.play();
    await pass(1200);
    player.pause();
    await pass(5000);
    expect([player.positionMs, player.update]).toEqual([1200, 2]);
    player.play();
    await pass(300);
    expect(player.update).toBe(3);
  });

  test('seeks to any time: the picture is the one that playing shows then', async () => {
    const next = random(drawSeed());
    for (let turn = 0; turn < 40; turn++) {
      const ms = Math.floor(next() * STEPS * STEP_MS);
      await player.seek(ms);
      const step = Math.floor(ms / STEP_MS);
      expect([ms, player.positionMs, player.update, now()]).toEqual([ms, ms, step, shown[step]]);
    }
    await player.seek(-50);
    expect([player.positionMs, now()]).toEqual([0, shown[0]]);
    await player.seek(1e9);
    expect([player.positionMs, now()]).toEqual([player.durationMs, shown[STEPS]]);
  });

  test('plays on from where it seeked to', async () => {
    player.play();
    await pass(1000);
    await player.seek(9000);
    await pass(1000);
    expect([player.update, now()]).toEqual([20, shown[20]]);
  });

  test('shows the last of many places that are asked for at once', async () => {
    const before = told.shown;
    const all = [1000, 2000, 3000, 4000, 5000].map(ms => player.seek(ms));
    await Promise.all(all);
    expect([player.positionMs, now()]).toEqual([5000, shown[10]]);
    expect(told.shown - before).toBe(1);
  });

  test('goes on from the place that it was told to go to', async () => {
    await Promise.all([player.seekBy(2000), player.seekBy(2000), player.seekBy(-500)]);
    expect([player.positionMs, now()]).toEqual([3500, shown[7]]);
    await Promise.all([player.step(1), player.step(1), player.step(-1)]);
    expect([player.update, now()]).toEqual([8, shown[8]]);
  });

  test('steps by updates, forwards and back', async () => {
    await player.step(1);
    await player.step(1);
    expect([player.update, player.positionMs, now()]).toEqual([2, 1000, shown[2]]);
    await player.step(-1);
    expect([player.update, player.positionMs, now()]).toEqual([1, 500, shown[1]]);
    await player.step(-5);
    expect([player.update, now()]).toEqual([0, shown[0]]);
    await player.step(1000);
    expect([player.update, now()]).toEqual([STEPS, shown[STEPS]]);
    expect(player.state).toBe('paused');
  });

  test('passes over times without a change, where asked to', async () => {
    await player.seek(STEPS * STEP_MS - 700);
    player.skipStill(true);
    player.play();
    await pass(1600);
    expect(player.state).toBe('ended');
  });

  test('begins again after its end', async () => {
    await player.seek(player.durationMs - 10);
    player.play();
    await pass(100);
    expect(player.state).toBe('ended');
    player.play();
    await player.settled();
    expect([player.update, now()]).toEqual([0, shown[0]]);
  });

  test('decodes only what shows in the end', async () => {
    await player.seek(STEPS * STEP_MS);
    const raw: number[] = [];
    const reader = await LogReader.open(new MemoryLog(bytes), nodeCrc32);
    const watching = new Player(reader, playedPicture(clock, memory), {
      clock,
      shown: ({ rawBytes }) => raw.push(rawBytes),
      changed: () => {},
      damaged: () => {},
      failed: () => {},
    });
    await watching.seek(STEPS * STEP_MS);
    // The whole picture and all updates of its segment would be many times that.
    expect(raw[0]).toBeLessThan(SIZE.width * SIZE.height * 3 * 4);
  });
});

describe('a damaged recording', () => {
  test('is played around its damage', async () => {
    const whole = await open(bytes);
    const [, second] = whole.segments;
    const damaged = bytes.slice();
    damaged[second!.offset + 300] = damaged[second!.offset + 300]! ^ 0xff;
    const reader = await open(damaged);
    await player.seek(0);
    player.play();
    await pass(reader.endAt - reader.startAt + 100);
    expect(told.damaged.length).toBeGreaterThan(0);
    expect(told.failed).toEqual([]);
    expect([player.state, now()]).toEqual(['ended', shown[STEPS]]);
    await player.seek(second!.at - reader.startAt);
    // The next whole picture that there is.
    expect([player.update, now()]).toEqual([whole.segments[2]!.n, shown[whole.segments[2]!.n]]);
  });

  test('that is cut off at any byte plays up to there', async () => {
    const small = await record({ width: 66, height: 44 });
    const next = random(drawSeed());
    const lengths = Array.from({ length: 200 }, () => Math.floor(next() * small.bytes.length));
    // The first bytes hold the magic number, which a drawn length seldom cuts.
    for (const length of [0, 1, 3, 7, 8, 9, 20, ...lengths]) {
      try {
        const reader = await open(small.bytes.slice(0, length));
        await player.seek(reader.endAt - reader.startAt);
        expect([player.update, now()]).toEqual([reader.n, small.shown[reader.n]]);
        expect(told.damaged).toEqual([]);
      } catch (thrown) {
        // Nothing can be played of a recording without its first picture.
        expect(String(thrown)).toContain('before its first picture');
      }
    }
  });
});
