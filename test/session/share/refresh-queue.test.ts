import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { overlaps, type Rectangle, type Size } from '../../../source/core/rectangle.js';
import { EncodeBarrier } from '../../../source/session/share/rfb/encode-barrier.js';
import { EncodeCache } from '../../../source/session/share/rfb/encode-cache.js';
import { RefreshQueue } from '../../../source/session/share/rfb/refresh-queue.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, settled } from '../../helpers/scenes.js';

/** Watches how cells that have not changed are encoded. */
class RefreshWatch {
  /** Such cells, and those of them that were encoded without credit and out of turn. */
  cells = 0;
  besides = 0;
  #running = 0;

  /** @param changing where the screen changes */
  constructor(changing: Rectangle) {
    const { encode } = EncodeCache.prototype;
    const { begin } = RefreshQueue.prototype;
    const watch = this;
    vi.spyOn(EncodeCache.prototype, 'encode').mockImplementation(function (this: EncodeCache, screen, cell, ...rest) {
      if (!overlaps(cell.rectangle, changing) && !this.has(screen, cell, rest[0])) {
        watch.cells++;
        if (watch.#running === 0) watch.besides++;
      }
      return encode.call(this, screen, cell, ...rest);
    });
    vi.spyOn(RefreshQueue.prototype, 'begin').mockImplementation(function (this: RefreshQueue, key, granted) {
      const allowed = granted || this.mayBegin(key);
      const end = begin.call(this, key, granted);
      if (allowed) watch.#running++;
      return ms => {
        if (allowed) watch.#running--;
        end(ms);
      };
    });
  }
}

const HANDSHAKE = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1, 1)]);

describe('the refresh queue', () => {
  /** Takes turns for ever, each of them a while. */
  function refresher(clock: FakeClock, turns: RefreshQueue, place: string, ms: number) {
    const taken: number[] = [];
    const turn = () => {
      const end = turns.begin(place, true);
      taken.push(clock.now());
      clock.after(ms, () => {
        end(ms);
        turns.wait(turn);
      });
    };
    turns.wait(turn);
    return { taken, turn };
  }

  it('is not needed by ordinary viewers', () => {
    const clock = new FakeClock();
    const turns = new RefreshQueue(clock, new EncodeBarrier());
    for (let round = 0; round < 100; round++) {
      expect(turns.mayBegin('a')).toBe(true);
      turns.begin('a', false)(20);
      clock.advance(300);
    }
  });

  it('is all that is left to a machine that has used up its credit, whatever its connections do', () => {
    const clock = new FakeClock();
    const turns = new RefreshQueue(clock, new EncodeBarrier());
    const end = turns.begin('a', false);
    expect([turns.mayBegin('a'), turns.mayBegin('b')]).toEqual([false, true]);
    end(2 * VIEWER_LIMITS.refreshMs);
    expect([turns.mayBegin('a'), turns.mayBegin('b')]).toEqual([false, true]);
    const { turn } = refresher(clock, turns, 'a', 10);
    clock.advance(10_000);
    expect(turns.mayBegin('a')).toBe(false);
    turns.forget(turn);
    clock.advance((2 * VIEWER_LIMITS.refreshMs) / VIEWER_LIMITS.refreshShare);
    expect(turns.mayBegin('a')).toBe(true);
  });

  it('also limits ever new clients at once', () => {
    const clock = new FakeClock();
    const turns = new RefreshQueue(clock, new EncodeBarrier());
    let spent = 0;
    for (let machine = 0; machine < 1000; machine++) {
      if (turns.mayBegin(`machine ${machine}`)) {
        turns.begin(`machine ${machine}`, false)(50);
        spent += 50;
      }
    }
    expect(spent).toBeLessThanOrEqual(VIEWER_LIMITS.refreshAllMs + 50);
  });

  it('uses a fraction of the time, divided equally', () => {
    const clock = new FakeClock();
    const turns = new RefreshQueue(clock, new EncodeBarrier());
    const all = [1, 2, 3].map(() => refresher(clock, turns, 'a', 10));
    clock.advance(10_000);
    const counts = all.map(({ taken }) => taken.length);
    const sum = counts.reduce((total, count) => total + count, 0);
    expect(sum * 10).toBeLessThanOrEqual(10_000 * VIEWER_LIMITS.refreshQueueShare * 1.1);
    expect(sum * 10).toBeGreaterThan(10_000 * VIEWER_LIMITS.refreshQueueShare * 0.8);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('skips turns in which there is nothing to do', () => {
    const clock = new FakeClock();
    const turns = new RefreshQueue(clock, new EncodeBarrier());
    let idle = 0;
    turns.wait(() => idle++);
    const { taken, turn } = refresher(clock, turns, 'a', 10);
    clock.advance(50);
    expect([idle, taken.length]).toEqual([1, 1]);
    turns.forget(turn);
    clock.advance(1000);
    turns.forget(turn);
    clock.advance(1000);
    expect(clock.pending).toBeLessThanOrEqual(2);
  });
});

describe('viewers that request whole pictures at ever new levels', () => {
  let share: CanvasShare;
  const closing: { close(): void }[] = [];
  afterEach(async () => {
    for (const each of closing.splice(0)) each.close();
    await share?.stop();
    vi.restoreAllMocks();
  });

  /** Asks for the whole picture at another level whenever it is read, and takes all that comes. */
  async function attack({ width, height }: Size): Promise<void> {
    const socket = connect(share.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    socket.write(HANDSHAKE);
    let round = 0;
    const timer = setInterval(() => {
      const bytes = Buffer.from([2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xff, round++ % 10, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeUInt16BE(width, 18);
      bytes.writeUInt16BE(height, 20);
      socket.write(bytes);
    }, 2);
    closing.push({
      close: () => {
        clearInterval(timer);
        socket.destroy();
      },
    });
  }

  async function noisyShare(size: Size): Promise<void> {
    share = await CanvasShare.start(size);
    share.canvas.paint({ x: 0, y: 0, ...size }, noise);
  }

  async function viewer(encodings: readonly number[]): Promise<RfbTestViewer> {
    const made = await RfbTestViewer.open({ port: share.port, encodings });
    closing.push(made);
    return made;
  }

  it('get nothing encoded but on credit and in their turns, however many they are', async () => {
    const size = { width: 1024, height: 768 };
    const changing = { x: 64, y: 64, width: 32, height: 32 };
    await noisyShare(size);
    const good = await viewer([7, 1]);
    await settled(share, good);
    const watch = new RefreshWatch(changing);
    for (let count = 0; count < 8; count++) await attack(size);
    const began = performance.now();
    for (let round = 0; round < 30 || watch.cells < 30 || performance.now() - began < 500; round++) {
      const { updates } = good;
      share.canvas.paint(changing, (x, y) => noise(x + round + 1, y));
      await good.until(() => good.updates > updates);
    }
    expect(watch.besides).toBe(0);
  });

  it('do not prevent a new one from getting its picture', async () => {
    const size = { width: 512, height: 384 };
    await noisyShare(size);
    for (let count = 0; count < 3; count++) await attack(size);
    await new Promise(resolve => setTimeout(resolve, 300));
    await settled(share, await viewer([7, 1]));
  });

  it('get exact pictures in the end, and changes at once', async () => {
    const size = { width: 1024, height: 768 };
    await noisyShare(size);
    const made = await viewer([7, 1]);
    await settled(share, made);
    for (let round = 0; round < 40; round++) {
      made.setEncodings([7, 1, -256 + (round % 10)]);
      made.request(false);
      share.canvas.paint({ x: 20 * round, y: 50, width: 40, height: 400 }, (x, y) => noise(x + round, y));
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    await settled(share, made);
  });

  it('share one picture when they join with the same profile: a class at once', async () => {
    await noisyShare({ width: 1024, height: 768 });
    const first = await viewer([7]);
    await settled(share, first);
    const encoded = share.figures.encodedRectangles;
    const pupils = await Promise.all(Array.from({ length: 12 }, () => viewer([7])));
    for (const pupil of pupils) await settled(share, pupil);
    expect(share.figures.encodedRectangles).toBe(encoded);
    expect(pupils.map(({ updates }) => updates)).toEqual(pupils.map(() => 1));
  });
});
