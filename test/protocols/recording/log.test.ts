import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainCrc32 } from '../../../source/core/crc32.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { LOG, LOG_KIND } from '../../../source/protocols/recording/constants.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import {
  bodyOf,
  LogFault,
  type LogMessage,
  messageOf,
  trailerOf,
} from '../../../source/protocols/recording/messages.js';
import { pointerPosition } from '../../../source/protocols/rfb/server-writer.js';
import { BEGAN, EPOCH, MemoryLog, WrittenLog } from '../../helpers/recorded-log.js';
import { drawSeed } from '../../helpers/seed.js';

const SIZE = { width: 300, height: 200 };
const CELLS = [0, 1, 2, 3].map(cell => ({ cell, rectangles: [pointerPosition(cell, 7)] }));

/** Three segments of five updates each, 100 ms apart. */
function written({ end }: { readonly end: boolean }): WrittenLog {
  const log = new WrittenLog();
  log.add(log.writer.begin());
  let at = BEGAN;
  for (let segment = 0; segment < 3; segment++) {
    log.add(...log.writer.segment(SIZE, 'a name', at, CELLS));
    for (let update = 0; update < 5; update++) {
      at += 100;
      log.add(log.writer.update(at, [pointerPosition(segment, update), pointerPosition(update, segment)]));
    }
  }
  at += 1000;
  log.add(log.writer.beat(at));
  if (end) log.add(...log.writer.end(at));
  return log;
}

async function allOf(reader: LogReader): Promise<LogMessage[]> {
  const messages: LogMessage[] = [];
  for (let segment = 0; segment < reader.segments.length; segment++) {
    for await (const message of reader.messages(segment)) messages.push(message);
  }
  return messages;
}

/** Segment after segment, each as far as it can be read. */
async function readableOf(reader: LogReader): Promise<LogMessage[]> {
  const messages: LogMessage[] = [];
  for (let segment = 0; segment < reader.segments.length; segment++) {
    try {
      for await (const message of reader.messages(segment)) messages.push(message);
    } catch (thrown) {
      if (!(thrown instanceof LogFault)) throw thrown;
    }
  }
  return messages;
}

const namesOf = (messages: readonly LogMessage[]) =>
  messages.map(message => ('n' in message ? `${message.type} ${message.n}` : message.type));

test('the check value is that of zip and PNG', () => {
  const bytes = new TextEncoder().encode('123456789');
  expect(plainCrc32(bytes)).toBe(0xcbf43926);
  expect(nodeCrc32(bytes)).toBe(0xcbf43926);
  expect(plainCrc32(bytes.subarray(4), plainCrc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
});

describe('a log', () => {
  test('is read as it was written', async () => {
    const reader = await LogReader.open(new MemoryLog(written({ end: true }).bytes), nodeCrc32);
    expect(reader.complete).toBe(true);
    expect([reader.startAt, reader.endAt, reader.n]).toEqual([BEGAN, BEGAN + 2500, 15]);
    expect(reader.segments.map(({ at, n }) => [at - BEGAN, n])).toEqual([
      [0, 0],
      [500, 5],
      [1000, 10],
    ]);
    const messages = await allOf(reader);
    expect(namesOf(messages.slice(0, 7))).toEqual([
      ...['meta', 'cell 0', 'cell 0', 'cell 0', 'cell 0'],
      ...['update 1', 'update 2'],
    ]);
    expect(messages[0]).toEqual({
      type: 'meta',
      meta: { ...SIZE, k: 1, n: 0, at: BEGAN, name: 'a name', cells: 4 },
    });
    expect(messages[6]).toMatchObject({
      ...{ type: 'update', n: 2, at: BEGAN + 200 },
      rectangles: [
        { x: 0, y: 1, width: 0, height: 0, encoding: -225 },
        { x: 1, y: 0, width: 0, height: 0, encoding: -225 },
      ],
    });
    expect(messages.at(-1)).toEqual({ type: 'beat', n: 15, at: BEGAN + 2500 });
  });

  test('names the segment of a time and of an update', async () => {
    const reader = await LogReader.open(new MemoryLog(written({ end: true }).bytes), nodeCrc32);
    const times = [-5, 0, 499, 500, 999, 1000, 9999];
    expect(times.map(ms => reader.segmentAt(BEGAN + ms))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect([0, 4, 5, 9, 10, 15].map(n => reader.segmentOf(n))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('without its index is found by a scan, the same', async () => {
    const whole = await LogReader.open(new MemoryLog(written({ end: true }).bytes), nodeCrc32);
    const cut = await LogReader.open(new MemoryLog(written({ end: false }).bytes), nodeCrc32);
    expect(cut.complete).toBe(false);
    expect({ ...cut, complete: true }).toEqual({ ...whole });
    expect(cut.segments).toEqual(whole.segments);
    expect([cut.endAt, cut.n]).toEqual([whole.endAt, whole.n]);
    expect(await allOf(cut)).toEqual(await allOf(whole));
  });

  test('that is cut off at any byte is played up to there', async () => {
    const log = written({ end: true });
    const { bytes } = log;
    const all = namesOf(await allOf(await LogReader.open(new MemoryLog(bytes), nodeCrc32)));
    const ends = log.pieces.map((_, index) =>
      log.pieces.slice(0, index + 1).reduce((sum, each) => sum + each.length, 0),
    );
    for (let length = 0; length < bytes.length; length++) {
      const opened = LogReader.open(new MemoryLog(bytes.slice(0, length)), nodeCrc32);
      // The first picture is whole after the magic, the description and four cells.
      if (length < ends[5]!) {
        await expect(opened).rejects.toThrow(LogFault);
        continue;
      }
      const reader = await opened;
      const played = namesOf(await allOf(reader));
      expect(played).toEqual(all.slice(0, played.length));
      // All messages that are whole, without those of a picture that is not.
      const whole = Math.min(ends.filter(end => end <= length).length - 1, all.length);
      const pictures = [0, 10, 20];
      const partOfPicture = pictures.find(first => whole > first && whole < first + 5);
      expect(played.length).toBe(partOfPicture ?? whole);
    }
  });

  test('that is damaged anywhere is read as far as it is whole: nothing else is believed', async () => {
    const { bytes } = written({ end: true });
    const all = new Set((await allOf(await LogReader.open(new MemoryLog(bytes), nodeCrc32))).map(each => said(each)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(bytes.length)),
        async (changes, length) => {
          const damaged = bytes.slice(0, length ?? bytes.length);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          try {
            const reader = await LogReader.open(new MemoryLog(damaged), nodeCrc32);
            for (const message of await readableOf(reader)) expect(all).toContain(said(message));
          } catch (thrown) {
            if (!(thrown instanceof LogFault)) throw thrown;
          }
        },
      ),
      { seed: drawSeed(), numRuns: 1000 },
    );
  });

  test('of any bytes is refused, or read without harm', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async noise => {
        const bytes = Uint8Array.from([...LOG.magic, ...noise]);
        await expect(LogReader.open(new MemoryLog(bytes))).rejects.toThrow(LogFault);
      }),
      { seed: drawSeed(), numRuns: 300 },
    );
  });

  test.each([
    ['not a recording', () => Uint8Array.of(1, 2, 3)],
    ['its first picture', () => LOG.magic],
  ])('is refused: %s', async (why, bytes) => {
    await expect(LogReader.open(new MemoryLog(bytes()), nodeCrc32)).rejects.toThrow(why);
  });

  test.each([
    ['before the one before it', [200, 100]],
    ['after the end of the recording', [100, 5000]],
  ])('has no update with a time %s', async (_, times) => {
    const log = new WrittenLog();
    log.add(log.writer.begin(), ...log.writer.segment(SIZE, '', BEGAN, CELLS));
    for (const time of times) log.add(log.writer.update(BEGAN + time, [pointerPosition(1, 1)]));
    log.add(...log.writer.end(BEGAN + 1000));
    const reader = await LogReader.open(new MemoryLog(log.bytes), nodeCrc32);
    await expect(allOf(reader)).rejects.toThrow('time');
  });

  test.each([
    ['a picture of no pixels', { width: 0, height: 200 }],
    ['a picture of too many pixels', { width: 16_384, height: 16_384 }],
    ['a side that is no number', { width: Number.NaN, height: 3 }],
    ['a side that is too long', { width: 70_000, height: 3 }],
  ])('is refused for %s', async (_, size) => {
    const log = new WrittenLog();
    log.add(log.writer.begin(), ...log.writer.segment(size, '', BEGAN, []));
    await expect(LogReader.open(new MemoryLog(log.bytes), nodeCrc32)).rejects.toThrow(LogFault);
  });

  test.each([
    [
      'beyond its end',
      [
        { offset: 8, at: BEGAN, n: 0 },
        { offset: 1 << 30, at: BEGAN, n: 0 },
      ],
    ],
    [
      'backwards',
      [
        { offset: 8, at: BEGAN, n: 9 },
        { offset: 400, at: BEGAN, n: 3 },
      ],
    ],
    ['at no segment', [{ offset: 9, at: BEGAN, n: 0 }]],
    ['at nothing', []],
  ])('with an index that points %s is scanned', async (_, entries) => {
    const log = written({ end: false });
    const index = messageOf(LOG_KIND.index, EPOCH, 99, bodyOf.index({ endAt: BEGAN + 1, n: 9, entries }), nodeCrc32);
    log.add(index, trailerOf(log.bytes.length));
    const reader = await LogReader.open(new MemoryLog(log.bytes), nodeCrc32);
    expect(reader.complete).toBe(false);
    expect(await allOf(reader)).toEqual(
      await allOf(await LogReader.open(new MemoryLog(written({ end: true }).bytes), nodeCrc32)),
    );
  });
});

function said(message: LogMessage): string {
  return JSON.stringify(message, (_, value) => (value instanceof Uint8Array ? [...value] : value));
}
