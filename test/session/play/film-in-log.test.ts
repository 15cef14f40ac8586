import { describe, expect, test } from 'vitest';
import { viewOf } from '../../../source/core/bytes.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import { ENCODING, H264 } from '../../../source/protocols/rfb/constants.js';
import { videoMask } from '../../../source/protocols/rfb/server-writer.js';
import { Player } from '../../../source/session/play/player.js';
import { encodedPicture } from '../../../source/session/share/video/video-stream.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakeVideoDecoders } from '../../helpers/fake-video-decoders.js';
import { FILM_KEYS, FILM_SIZE, filmUnits } from '../../helpers/film.js';
import { BEGAN, coloursOf, MemoryLog, playedPicture, WrittenLog } from '../../helpers/recorded-log.js';

const SIZE = { width: 160, height: 96 };
const FILM = { x: 4, y: 2, ...FILM_SIZE };
const MENU = { x: 40, y: 20, width: 30, height: 10 };
/** Between two updates. */
const MS = 40;

function plain({ x, y, width, height }: typeof FILM, colour: number): Uint8Array {
  const bytes = new Uint8Array(12 + width * height * 4);
  const view = viewOf(bytes);
  for (const [at, value] of [x, y, width, height].entries()) view.setUint16(2 * at, value);
  view.setInt32(8, ENCODING.raw);
  for (let at = 12; at < bytes.length; at += 4) view.setUint32(at, colour, true);
  return bytes;
}

/** A menu that comes and goes over a film: shown exactly once, and named in each picture until it goes. */
function filmLog(): Uint8Array {
  const log = new WrittenLog();
  log.add(log.writer.begin());
  const cells = [{ cell: 0, rectangles: [plain({ x: 0, y: 0, ...SIZE }, 0x336699)] }];
  log.add(...log.writer.segment(SIZE, 'a film', BEGAN, cells));
  for (const [index, unit] of filmUnits('x264').entries()) {
    const key = FILM_KEYS.includes(index);
    const film = encodedPicture(FILM, unit, key).bytes.slice();
    if (index === 0) viewOf(film).setUint32(16, H264.resetContext | H264.resetAllContexts);
    const covered = index >= 3 && index < 11;
    const parts = [...(covered ? [videoMask(MENU)] : []), film, ...(index === 3 ? [plain(MENU, 0xffffff)] : [])];
    log.add(log.writer.update(BEGAN + MS * (index + 1), parts));
  }
  log.add(...log.writer.end(BEGAN + MS * 20));
  return log.bytes;
}

async function opened(decoders: FakeVideoDecoders | null) {
  const reader = await LogReader.open(new MemoryLog(filmLog()), nodeCrc32);
  const clock = new FakeClock();
  const told: string[] = [];
  const damage: string[] = [];
  const picture = playedPicture(clock, createPixelMemory(), false, decoders, told);
  const host = { clock, shown: () => {}, changed: () => {}, damaged: (why: string) => damage.push(why) };
  const player = new Player(reader, picture, {
    ...host,
    failed: error => {
      throw error;
    },
  });
  return { player, picture, told, damage, updates: reader.n, clock };
}

/** Each picture of a stream has a grey of its own. */
function decoding(): FakeVideoDecoders {
  const decoders = new FakeVideoDecoders();
  decoders.onChunk = decoder => setImmediate(() => decoder.show(3 * decoder.chunks.length));
  return decoders;
}

/** The pictures of all updates, one after the other. */
async function stepped() {
  const { player, picture, damage, updates } = await opened(decoding());
  await player.seek(0);
  const pictures: string[] = [];
  for (let n = 1; n <= updates; n++) {
    await player.step(1);
    pictures.push(coloursOf(picture.framebuffer));
  }
  expect(damage).toEqual([]);
  return pictures;
}

describe('a film in a log', () => {
  test('is the same picture wherever one begins to play, whatever stands over it', async () => {
    const pictures = await stepped();
    expect(new Set(pictures).size).toBe(pictures.length);
    for (const n of [1, 5, 9, 12, pictures.length]) {
      const decoders = decoding();
      const { player, picture } = await opened(decoders);
      await player.seek(MS * n);
      expect(coloursOf(picture.framebuffer), `update ${n}`).toBe(pictures[n - 1]);
      // No picture before the last IDR is decoded.
      const key = FILM_KEYS.findLast(each => each < n)!;
      expect(decoders.all.map(({ chunks }) => chunks.length)).toEqual([n - key]);
    }
  });

  test('is the same picture when it is played so fast that updates are painted together', async () => {
    const pictures = await stepped();
    const { player, picture, clock } = await opened(decoding());
    await player.seek(0);
    player.setSpeed(16);
    player.play();
    for (let ms = 0; ms < 80; ms += 12) {
      clock.advance(12);
      await player.settled();
      await new Promise(resolve => setImmediate(resolve));
      await player.settled();
      if (player.update > 0) expect(coloursOf(picture.framebuffer)).toBe(pictures[player.update - 1]);
    }
    expect(player.update).toBe(pictures.length);
  });

  test('stays as its segment began where nothing decodes it, which is said once', async () => {
    const { player, picture, told, damage } = await opened(null);
    await player.seek(0);
    const began = coloursOf(picture.framebuffer);
    await player.seek(MS * 2);
    expect(coloursOf(picture.framebuffer)).toBe(began);
    await player.seek(MS * 5);
    expect(coloursOf(picture.framebuffer)).not.toBe(began);
    expect(damage).toEqual([]);
    expect(told).toEqual([
      expect.stringMatching(/^Films are shown as pictures that change every few seconds: .*H\.264/),
    ]);
  });

  test('that a decoder refuses again and again is given up, and the rest goes on', async () => {
    const decoders = new FakeVideoDecoders();
    decoders.onChunk = decoder => setImmediate(() => decoder.fail());
    const { player, told, damage, updates } = await opened(decoders);
    for (let time = 0; time < 2; time++) {
      await player.seek(0);
      for (let n = 1; n <= updates; n++) await player.step(1);
    }
    expect(damage).toEqual([]);
    expect(told).toEqual([expect.stringContaining('3 times in 10 s')]);
  });

  test('waits for a decoder that has yet to start', async () => {
    const decoders = new FakeVideoDecoders();
    decoders.starting = true;
    decoders.onChunk = decoder =>
      setTimeout(() => {
        decoders.starting = false;
        decoder.show(3 * decoder.chunks.length);
      }, 20);
    const { player, picture } = await opened(decoders);
    await player.seek(MS);
    expect(coloursOf(picture.framebuffer)).toBe((await stepped())[0]);
  });
});
