import { expect, test } from 'vitest';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import type { LogMessage } from '../../../source/protocols/recording/messages.js';
import type { ReadyPart } from '../../../source/session/recording/screen-recorder.js';
import { BEGAN, coloursOf, MemoryLog, playedPicture, RecordedPicture } from '../../helpers/recorded-log.js';
import { drawSeed } from '../../helpers/seed.js';
import { apply, noise, paint, text } from '../../pixels/pictures.js';
import { random } from '../../pixels/planes.js';

const SIZE = { width: 400, height: 200 };
/** Many segments. */
const SHORT = { leastMs: 1000, leastBytes: 20_000, pictures: 0.1 };
/** A smooth picture of many colours, as photographs are. */
const photo = (seed: number) => (x: number, y: number) => {
  const value = (scale: number, turn: number) => Math.round(127 + 120 * Math.sin((x + seed) / scale + y / turn));
  return (value(37, 29) << 16) | (value(53, 31) << 8) | value(41, 47);
};

async function messagesOf(bytes: Uint8Array): Promise<LogMessage[][]> {
  const reader = await LogReader.open(new MemoryLog(bytes), nodeCrc32);
  const segments: LogMessage[][] = [];
  for (let segment = 0; segment < reader.segments.length; segment++) {
    const messages: LogMessage[] = [];
    for await (const message of reader.messages(segment)) messages.push(message);
    segments.push(messages);
  }
  return segments;
}

/** The picture after each update, of whoever begins with a segment, from its number on. */
async function follow(recorded: RecordedPicture, segments: readonly (readonly LogMessage[])[]) {
  const picture = playedPicture(recorded.clock, recorded.memory);
  const pictures = new Map<number, string>();
  for (const messages of segments) {
    let begins = false;
    for (const message of messages) {
      if (message.type === 'meta') {
        begins = sized(message.meta) !== sized(picture.size);
        if (begins) picture.begin(message.meta);
      } else if (message.type === 'update' || (message.type === 'cell' && begins)) {
        await picture.paint(message.rectangles);
        pictures.set(message.n, coloursOf(picture.framebuffer));
      }
    }
  }
  return { pictures, picture };
}

const sized = ({ width, height }: { readonly width: number; readonly height: number }) => `${width}x${height}`;

/** Paints at random, and says how. */
function changeAt(recorded: RecordedPicture, step: number, next: () => number) {
  const { framebuffer } = recorded;
  const side = (most: number) => 1 + Math.floor(next() * (most - 1));
  const rectangle: Rectangle = {
    x: side(SIZE.width / 2),
    y: side(SIZE.height / 2),
    width: side(200),
    height: side(100),
  };
  const kind = next();
  if (kind < 0.25) {
    const source = { x: 20, y: 60, width: 300, height: 120 };
    const move = { source, dx: Math.floor(next() * 30) - 15, dy: -Math.floor(next() * 40) };
    apply(framebuffer, { moves: [move], rectangles: [] }, framebuffer);
    return { ready: [{ kind: 'move', move }] satisfies ReadyPart[], areas: [] };
  }
  paint(framebuffer, rectangle, kind < 0.5 ? text(step) : kind < 0.75 ? photo(step) : noise(step));
  return { ready: [], areas: [rectangle] };
}

test('each update makes the picture that was recorded, exactly, and each segment begins with it', async () => {
  const next = random(drawSeed());
  const recorded = new RecordedPicture(SIZE, 'lossless', SHORT);
  paint(recorded.framebuffer, recorded.framebuffer.bounds, text(0));
  const expected = new Map<number, string>();
  await recorded.take([]);
  expected.set(0, coloursOf(recorded.framebuffer));
  for (let step = 1; step <= 25; step++) {
    recorded.clock.advance(400);
    const { ready, areas } = changeAt(recorded, step, next);
    await recorded.take(areas, { ready });
    expected.set(recorded.log.writer.n, coloursOf(recorded.framebuffer));
  }
  const segments = await messagesOf(await recorded.end());
  expect(segments.length).toBeGreaterThan(2);
  const { pictures } = await follow(recorded, segments);
  expect(Object.fromEntries(pictures)).toEqual(Object.fromEntries(expected));
  for (let index = 1; index < segments.length; index++) {
    const joined = await follow(recorded, segments.slice(index, index + 2));
    expect(Object.fromEntries(joined.pictures)).toEqual(
      Object.fromEntries([...expected].filter(([n]) => joined.pictures.has(n))),
    );
  }
});

test('what is lossy is the same to whoever begins anywhere, and exact once it was static', async () => {
  const next = random(drawSeed());
  const recorded = new RecordedPicture(SIZE, 'lossy', SHORT);
  paint(recorded.framebuffer, recorded.framebuffer.bounds, photo(0));
  await recorded.take([]);
  for (let step = 1; step <= 40; step++) {
    recorded.clock.advance(step % 10 === 0 ? 2500 : 40);
    const { ready, areas } = changeAt(recorded, step, next);
    await recorded.take(areas, { ready });
  }
  for (let turn = 0; turn < 60; turn++) {
    recorded.clock.advance(300);
    await recorded.take([]);
  }
  expect(recorded.refinements).toBeGreaterThan(0);
  const segments = await messagesOf(await recorded.end());
  expect(segments.length).toBeGreaterThan(2);
  const { pictures, picture } = await follow(recorded, segments);
  expect(coloursOf(picture.framebuffer)).toBe(coloursOf(recorded.framebuffer));
  for (let index = 1; index < segments.length; index++) {
    const joined = await follow(recorded, segments.slice(index, index + 2));
    expect(Object.fromEntries(joined.pictures)).toEqual(
      Object.fromEntries([...pictures].filter(([n]) => joined.pictures.has(n))),
    );
  }
});

test('another size begins a segment', async () => {
  const recorded = new RecordedPicture(SIZE);
  await recorded.take([]);
  recorded.resize({ width: 100, height: 500 });
  paint(recorded.framebuffer, recorded.framebuffer.bounds, text(3));
  await recorded.take([]);
  const segments = await messagesOf(await recorded.end());
  expect(segments.map(([first]) => first?.type === 'meta' && sized(first.meta))).toEqual(['400x200', '100x500']);
  const { picture } = await follow(recorded, segments);
  expect(coloursOf(picture.framebuffer)).toBe(coloursOf(recorded.framebuffer));
});

test('while nothing changes the time is noted now and then, and nothing else is written', async () => {
  const recorded = new RecordedPicture(SIZE);
  await recorded.take([]);
  const bytes = recorded.log.writer.bytes;
  recorded.clock.advance(60_000);
  expect(recorded.log.writer.bytes - bytes).toBeLessThan(300);
  const reader = await LogReader.open(new MemoryLog(recorded.log.bytes), nodeCrc32);
  expect(reader.endAt).toBe(BEGAN + 60_000);
});

test('a picture of little change is not written whole again and again', async () => {
  const recorded = new RecordedPicture({ width: 1280, height: 720 });
  paint(recorded.framebuffer, recorded.framebuffer.bounds, text(1));
  await recorded.take([]);
  for (let letter = 0; letter < 200; letter++) {
    recorded.clock.advance(100);
    const place = { x: 20 + letter * 6, y: 40, width: 6, height: 10 };
    paint(recorded.framebuffer, place, () => letter * 7);
    await recorded.take([place]);
  }
  expect(recorded.log.writer.segments).toBe(1);
});
