import { describe, expect, test } from 'vitest';
import { viewOf } from '../../../source/core/bytes.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Region } from '../../../source/pixels/region.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import { ENCODING, H264 } from '../../../source/protocols/rfb/constants.js';
import { videoMask } from '../../../source/protocols/rfb/server-writer.js';
import { Player } from '../../../source/session/play/player.js';
import type { RecordedChange } from '../../../source/session/recording/screen-recorder.js';
import { encodedPicture } from '../../../source/session/share/video/video-stream.js';
import { RecordedFilms } from '../../../source/session/watch/recorded-films.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakeVideoDecoders } from '../../helpers/fake-video-decoders.js';
import { keyPicture, nextPicture } from '../../helpers/h264-writer.js';
import { coloursOf, MemoryLog, playedPicture, RecordedPicture } from '../../helpers/recorded-log.js';
import { paint, text } from '../../pixels/pictures.js';

const SIZE = { width: 300, height: 150 };
const FILM = { x: 20, y: 10, width: 32, height: 32 };
const OTHER = { x: 100, y: 60, width: 32, height: 32 };
const MENU = { x: 24, y: 12, width: 10, height: 8 };
const PICTURE_MS = 40;
const SHORT = { leastMs: 1000, leastBytes: 1000, pictures: 0.01 };

/** Each picture of a stream has a grey of its own. */
function decoding(): FakeVideoDecoders {
  const decoders = new FakeVideoDecoders();
  decoders.onChunk = decoder => setImmediate(() => decoder.show((7 * decoder.chunks.length) % 219));
  return decoders;
}

const pictureOf = (rectangle: typeof FILM, key: boolean) =>
  encodedPicture(rectangle, key ? keyPicture() : nextPicture(), key).bytes;

async function readerOf(bytes: Uint8Array): Promise<LogReader> {
  return LogReader.open(new MemoryLog(bytes), nodeCrc32);
}

async function opened(reader: LogReader) {
  const picture = playedPicture(new FakeClock(), createPixelMemory(), false, decoding());
  const damage: string[] = [];
  const player = new Player(reader, picture, {
    ...{ clock: new FakeClock(), shown: () => {}, changed: () => {}, damaged: (why: string) => damage.push(why) },
    failed: error => {
      throw error;
    },
  });
  await player.seek(0);
  return { player, damage, colours: () => coloursOf(picture.framebuffer) };
}

/** Every moment that is sought for looks as it does to whoever plays on. */
async function seekable(bytes: Uint8Array) {
  const reader = await readerOf(bytes);
  const on = await opened(reader);
  const pictures = [on.colours()];
  while (on.player.update < reader.n) {
    await on.player.step(1);
    pictures.push(on.colours());
  }
  const from = on.player.updates - pictures.length + 1;
  const other = await opened(reader);
  for (let n = reader.n; n >= from; n -= 3) {
    await other.player.step(n - other.player.update);
    expect(other.colours(), `update ${n}`).toBe(pictures[n - from]);
  }
  expect([...on.damage, ...other.damage]).toEqual([]);
  return { reader, pictures };
}

/** The flags of the films in each segment, in their order. */
async function flagsOf(reader: LogReader): Promise<number[][]> {
  const flags: number[][] = [];
  for (let segment = 0; segment < reader.segments.length; segment++) {
    const own: number[] = [];
    for await (const message of reader.messages(segment)) {
      if (message.type !== 'update') continue;
      for (const { encoding, data } of message.rectangles) {
        if (encoding === ENCODING.h264) own.push(viewOf(data).getUint32(4));
      }
    }
    flags.push(own);
  }
  return flags;
}

describe('films in a recording', () => {
  test('begin with an IDR in each segment, after a picture of them', async () => {
    const recorded = new RecordedPicture(SIZE, 'lossy', SHORT);
    paint(recorded.framebuffer, recorded.framebuffer.bounds, text(1));
    await recorded.take([]);
    let begin = true;
    let segments = 1;
    for (let step = 0; step < 120; step++) {
      recorded.clock.advance(PICTURE_MS);
      paint(recorded.framebuffer, FILM, (x, y) => (x * y + step * 9) & 0xffffff);
      paint(recorded.framebuffer, MENU, () => 0xffffff);
      const films = [FILM, OTHER].map(rectangle => ({
        ...{ kind: 'film' as const, rectangle, bytes: pictureOf(rectangle, begin) },
        masks: rectangle === FILM ? [videoMask(MENU)] : [],
      }));
      const exact = step === 0 ? [MENU] : [];
      const parts = () => [
        { rectangle: FILM, exact: Region.of([MENU]) },
        { rectangle: OTHER, exact: new Region() },
      ];
      await recorded.take([], { ready: films, exact, films: parts });
      begin = recorded.log.writer.segments > segments;
      segments = recorded.log.writer.segments;
    }
    const { reader } = await seekable(await recorded.end());
    expect(reader.segments.length).toBeGreaterThan(2);
    const both = H264.resetContext | H264.resetAllContexts;
    for (const flags of await flagsOf(reader)) {
      expect(flags.slice(0, 2)).toEqual([both, H264.resetContext]);
      expect(flags.slice(2).every(each => each === 0)).toBe(true);
    }
  });

  test('as a viewer receives them wait with a segment for a picture to begin with, and ask for it', async () => {
    const recorded = new RecordedPicture(SIZE, 'lossy', SHORT);
    const films = new RecordedFilms();
    paint(recorded.framebuffer, recorded.framebuffer.bounds, text(1));
    await recorded.take([]);
    let asked = 0;
    let segments = 1;
    /** After so many pictures the sharer answers. */
    let answer = 0;
    for (let step = 0; step < 150; step++) {
      recorded.clock.advance(PICTURE_MS);
      const now = recorded.clock.now();
      films.masked(MENU);
      const part = films.arrived(FILM, pictureOf(FILM, answer === 0).subarray(12), now)!;
      answer--;
      const change: Partial<RecordedChange> = { films: () => films.present(now), mayBegin: films.mayBegin(now) };
      await recorded.take([], { ...change, ready: [part] });
      if (recorded.log.writer.segments > segments) films.begun();
      segments = recorded.log.writer.segments;
      for (const rectangle of films.next(now, recorded.recorder.isDue)) {
        expect(rectangle).toEqual(FILM);
        asked++;
        answer = 3;
      }
    }
    const { reader } = await seekable(await recorded.end());
    expect(reader.segments.length).toBeGreaterThan(3);
    // The first one begins without a film.
    expect(asked - reader.segments.length + 1).toBeOneOf([0, 1]);
    const both = H264.resetContext | H264.resetAllContexts;
    const [, ...later] = await flagsOf(reader);
    for (const flags of later) expect([flags[0], flags.slice(1, -1).every(each => each === 0)]).toEqual([both, true]);
  });

  test('that have ended are refined although nothing else changes', async () => {
    const recorded = new RecordedPicture(SIZE, 'lossy', SHORT);
    await recorded.take([]);
    recorded.clock.advance(2000);
    expect(recorded.refinements).toBe(0);
    recorded.recorder.sent(FILM, true, recorded.clock.now());
    recorded.clock.advance(500);
    expect(recorded.refinements).toBeGreaterThan(0);
    await recorded.end();
  });

  test('that nobody begins anew hold up a segment for some seconds only', async () => {
    const recorded = new RecordedPicture(SIZE, 'lossy', SHORT);
    const films = new RecordedFilms();
    await recorded.take([]);
    let left = 0;
    for (let step = 0; step < 300; step++) {
      recorded.clock.advance(PICTURE_MS);
      const now = recorded.clock.now();
      const part = films.arrived(FILM, pictureOf(FILM, step === 0).subarray(12), now);
      if (!part) left++;
      const before = recorded.log.writer.segments;
      const change: Partial<RecordedChange> = { films: () => films.present(now), mayBegin: films.mayBegin(now) };
      await recorded.take(part ? [] : [FILM], { ...change, ready: part ? [part] : [] });
      if (recorded.log.writer.segments > before) films.begun();
      films.next(now, recorded.recorder.isDue);
    }
    const { reader } = await seekable(await recorded.end());
    expect(reader.segments.length).toBeGreaterThan(1);
    expect(left).toBeGreaterThan(50);
  });
});

describe('films that a viewer receives', () => {
  const arrives = (films: RecordedFilms, key: boolean, now = 0) =>
    films.arrived(FILM, pictureOf(FILM, key).subarray(12), now);

  test('are recorded as they come from a picture on with which decoding can begin, which is asked for', () => {
    const films = new RecordedFilms();
    expect(arrives(films, false)).toBeNull();
    expect(films.next(0, false)).toEqual([FILM]);
    expect(arrives(films, false, 40)).toBeNull();
    expect(films.next(40, false)).toEqual([]);
    films.masked(MENU);
    const part = arrives(films, true, 80)!;
    expect(part.masks).toEqual([videoMask(MENU)]);
    expect([part.rectangle, part.bytes]).toEqual([FILM, pictureOf(FILM, true)]);
    expect(films.visible(part)).not.toContainEqual(FILM);
    expect(films.next(80, false)).toEqual([]);
    expect(arrives(films, false, 120)).not.toBeNull();
  });

  test('are not once a picture was not recorded, or all decoders were told to begin anew', () => {
    const films = new RecordedFilms();
    arrives(films, true);
    films.lost([FILM]);
    expect(arrives(films, false)).toBeNull();
    arrives(films, true);
    const all = encodedPicture(OTHER, keyPicture(), true).bytes.slice(12);
    viewOf(all).setUint32(4, H264.resetAllContexts);
    expect(films.arrived(OTHER, all, 0)).not.toBeNull();
    expect(arrives(films, false)).toBeNull();
  });

  test('no longer hold up a segment once they have stopped', () => {
    const films = new RecordedFilms();
    arrives(films, true);
    films.next(0, false);
    expect(films.mayBegin(900)).toBe(false);
    expect(films.mayBegin(1100)).toBe(true);
    expect(films.next(1100, true)).toEqual([]);
  });
});
