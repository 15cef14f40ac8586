import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { Region } from '../../../source/pixels/region.js';
import { RequestedArea } from '../../../source/session/share/rfb/requested-area.js';
import { TimeSlicedReader } from '../../../source/session/share/rfb/time-sliced-reader.js';
import { TurnQueue } from '../../../source/session/share/rfb/turn-queue.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { TimeBudget } from '../../../source/session/time-budget.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { areaMessage, RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled } from '../../helpers/scenes.js';

const SIZE = { width: 1024, height: 768 };
const WHOLE: Rectangle = { x: 0, y: 0, ...SIZE };
const HANDSHAKE = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1, 1)]);

let share: CanvasShare;
const closing: { close(): void }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) each.close();
  await share?.stop();
});

async function raw(): Promise<Socket> {
  const socket = connect(share.port, '127.0.0.1');
  socket.on('error', () => {});
  closing.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

async function viewer(encodings: readonly number[]): Promise<RfbTestViewer> {
  const made = await RfbTestViewer.open({ port: share.port, encodings });
  closing.push(made);
  return made;
}

function fence(payload: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(248, 0);
  head.writeUInt32BE(0x8000_0000, 4);
  head.writeUInt8(payload.length, 8);
  return Buffer.concat([head, Buffer.from(payload)]);
}

/** Narrow ones, each in rows of its own: the most bands that requests can make. */
function narrow(count: number): Rectangle[] {
  return Array.from({ length: count }, (_, index) => ({
    x: (index * 346) % (SIZE.width - 2),
    y: (index * 53) % (SIZE.height - 60),
    width: 1,
    height: 20 + ((index * 17) % 40),
  }));
}

describe('what a viewer makes the sharer compute', () => {
  it('delays nobody: another viewer is accepted before all messages of the first one have been read', async () => {
    share = await CanvasShare.start(SIZE);
    paintScene(share);
    const busy = await raw();
    const word = 'the last word';
    let tail = Buffer.alloc(0);
    let answered = false;
    busy.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]);
      answered ||= tail.includes(word);
      tail = tail.subarray(-word.length);
    });
    const requests = narrow(4000).map(area => areaMessage(3, false, area));
    busy.write(Buffer.concat([HANDSHAKE, ...requests, fence(word)]));
    await once(busy, 'data');
    await (await viewer([7])).until(() => true);
    expect(answered).toBe(false);
    while (!answered) await once(busy, 'data');
  });

  it('ends in the exact picture, whatever it requested', async () => {
    share = await CanvasShare.start(SIZE);
    paintScene(share);
    const made = await viewer([7, 1]);
    for (let round = 0; round < 4; round++) {
      share.canvas.paint({ x: 100 * round, y: 50, width: 300, height: 400 }, (x, y) => noise(x + round, y));
      for (const area of narrow(600)) made.request(round % 2 === 0, area);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    made.request(true);
    await settled(share, made);
  });

  it('is not restarted each time it changes its pixel format', async () => {
    share = await CanvasShare.start(SIZE);
    share.canvas.paint(WHOLE, noise);
    let running = 0;
    let most = 0;
    const { figures } = share;
    const begin = figures.beginEncoding.bind(figures);
    figures.beginEncoding = began => {
      most = Math.max(most, ++running);
      const end = begin(began);
      return (now, worked) => {
        running--;
        end(now, worked);
      };
    };
    const socket = await raw();
    socket.setNoDelay(true).resume().write(HANDSHAKE);
    for (let round = 0; round < 60; round++) {
      const level = Buffer.from([2, 0, 0, 2, 0, 0, 0, 6, 0xff, 0xff, 0xff, 0x00 + (round % 10)]);
      socket.write(Buffer.concat([level, areaMessage(3, false, WHOLE)]));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(most).toBe(1);
  });
});

describe('the area that a viewer requested', () => {
  const plan = (cells: readonly Rectangle[]) => ({
    ...{ screen: null as never, version: 1, moves: [], refreshed: 0, skipped: 0, capturedAt: null },
    cells: cells.map(rectangle => ({ rectangle, version: 1 })),
    dirty: new Region(),
  });

  it('grows with the requests only up to a limit, and contains each of them', () => {
    const area = new RequestedArea();
    const asked = narrow(1000);
    for (const each of asked) {
      area.request(false, each, WHOLE);
      expect(Math.max(area.dirty.spans, area.region.spans)).toBeLessThanOrEqual(VIEWER_LIMITS.spans);
      expect([area.dirty.covers(each), area.region.covers(each)]).toEqual([true, true]);
    }
    area.answered(plan([WHOLE]), WHOLE);
    expect([area.dirty.isEmpty, area.isEmpty]).toEqual([true, true]);
  });

  it('is exact while there are few pieces', () => {
    const area = new RequestedArea();
    const asked = narrow(20);
    for (const each of asked) area.request(false, each, WHOLE);
    expect(area.dirty.rectangles()).toEqual(Region.of(asked).rectangles());
  });
});

describe('reading in slices', () => {
  const COST = 0.1;

  function talkers(count: number, messages: number) {
    const clock = new FakeClock();
    const turns = new TurnQueue(clock, VIEWER_LIMITS.turnsShare);
    const order: number[] = [];
    const all = Array.from({ length: count }, (_, who) => {
      let left = messages;
      const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      const reading = new TimeSlicedReader(clock, turns, stream, {
        read: until => {
          for (; left > 0 && clock.now() < until; left--) {
            clock.advance(COST);
            order.push(who);
          }
          return left === 0;
        },
        done: () => {},
      });
      return { reading, stream, left: () => left };
    });
    return { clock, order, all };
  }

  it('reads a little at once, then reads others and pauses for everybody else', () => {
    const { clock, order, all } = talkers(3, 200);
    for (const { reading } of all) reading.onData(0);
    // A credit of each, and one turn that has begun meanwhile.
    expect(order.length).toBeLessThanOrEqual((4 * VIEWER_LIMITS.sliceMs) / COST + 4);
    expect(all.map(({ stream }) => stream.isPaused())).toEqual([true, true, true]);
    const before = order.length;
    clock.advance(100);
    const busy = (order.length - before) * COST;
    expect(busy).toBeLessThanOrEqual(100 * VIEWER_LIMITS.turnsShare * 1.2);
    expect(new Set(order.slice(before)).size).toBe(3);
    clock.advance(1000);
    expect(all.map(({ left }) => left())).toEqual([0, 0, 0]);
    expect(all.map(({ stream }) => stream.isPaused())).toEqual([false, false, false]);
  });

  it('reads a quiet viewer at once, however much others send', () => {
    const { clock, all } = talkers(2, 1000);
    all[0]!.reading.onData(0);
    clock.advance(50);
    const turns = new TurnQueue(clock, VIEWER_LIMITS.turnsShare);
    let read = 0;
    const stream = new Duplex({ read() {} });
    const quiet = new TimeSlicedReader(clock, turns, stream, {
      read: () => {
        read++;
        return true;
      },
      done: () => {},
    });
    quiet.onData(0);
    expect(read).toBe(1);
  });

  it('stops when the connection is closed', () => {
    const { clock, order, all } = talkers(1, 1000);
    all[0]!.reading.onData(0);
    all[0]!.reading.close();
    const before = order.length;
    clock.advance(1000);
    expect(order.length).toBe(before);
    expect(clock.pending).toBe(0);
  });

  it('has a budget that refills with time, up to a limit', () => {
    const budget = new TimeBudget(10, 0.5);
    budget.spend(14, 0);
    expect([budget.left(0), budget.waitMs(0)]).toEqual([-4, 8]);
    expect(budget.left(8)).toBe(0);
    expect(budget.left(1000)).toBe(10);
  });
});

describe('what a viewer makes the sharer answer', () => {
  it('disconnects it when it does not read the replies', async () => {
    share = await CanvasShare.start(SIZE);
    const socket = await raw();
    socket.pause();
    const ended = new Promise(resolve => socket.once('close', resolve));
    socket.write(HANDSHAKE);
    const many = Buffer.concat(Array.from({ length: 500 }, () => fence('x'.repeat(64))));
    const send = setInterval(() => socket.write(many), 1);
    await ended;
    clearInterval(send);
    await expect
      .poll(() => share.notices)
      .toContain('127.0.0.1 was disconnected: it does not read the replies to its messages');
  });

  it('is complete for a viewer that reads, however much it is', async () => {
    share = await CanvasShare.start(SIZE);
    const socket = await raw();
    socket.resume();
    const answered = 4000 * fence('x'.repeat(64)).length;
    socket.write(HANDSHAKE);
    for (let round = 0; round < 40; round++) {
      socket.write(Buffer.concat(Array.from({ length: 100 }, () => fence('x'.repeat(64)))));
    }
    while (socket.bytesRead < answered) await once(socket, 'data');
    expect(socket.destroyed).toBe(false);
  });

  it('never waits for pictures: messages are read while pictures are unread', async () => {
    // Both the picture and the text are more than the system holds for both ends.
    const large = { x: 0, y: 0, width: 2800, height: 1800 };
    share = await CanvasShare.start(large);
    const socket = await raw();
    socket.pause();
    socket.write(Buffer.concat([HANDSHAKE, areaMessage(3, false, large)]));
    await expect.poll(() => share.snapshot.viewers[0]?.unsentBytes ?? 0).toBeGreaterThan(4 * 1024 * 1024);
    const text = Buffer.alloc(8 + 1024 * 1024);
    text.writeUInt8(6, 0);
    text.writeUInt32BE(1024 * 1024, 4);
    for (let round = 0; round < 24; round++) socket.write(text);
    await expect.poll(() => socket.writableLength).toBe(0);
    expect(socket.destroyed).toBe(false);
  });
});
