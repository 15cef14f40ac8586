import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JpegDecoder } from '../../../../source/codecs/jpeg/jpeg-decoder.js';
import type { JpegLibrary } from '../../../../source/codecs/jpeg/jpeg-library.js';
import { ByteReader } from '../../../../source/core/byte-reader.js';
import { BGRX } from '../../../../source/core/pixel-format.js';
import { contains, type Rectangle } from '../../../../source/core/rectangle.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { Region } from '../../../../source/pixels/region.js';
import { ENCODING, FENCE, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { shareStatus } from '../../../../source/protocols/rfb/share-status.js';
import {
  BUFFER_LIMITS,
  NOTICE_LIMITS,
  REPLY_LIMITS,
  TIME_SLICES,
  TIMEOUTS,
} from '../../../../source/session/watch/rfb/bounds.js';
import { RfbPicture } from '../../../../source/session/watch/rfb/rfb-picture.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { plainJpegOf } from '../../../helpers/plain-jpeg.js';
import { rectangle, ScriptedVncServer, update } from '../../../helpers/scripted-vnc-server.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const SIZE = { width: 600, height: 500 };
const { rre, raw } = ENCODING;
const COLOUR = 0x112233;
const fill = (x: number, y: number, width: number, height: number) =>
  rectangle(x, y, width, height, rre, [0, 0, 0, 0, 0x33, 0x22, 0x11, 0]);
const END_OF_CONTINUOUS_UPDATES = 150;
const FENCE_ANSWER = [248, 0, 0, 0, 0, 0, 0, FENCE.blockBefore, 0];
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

let host: WatchingHost;
let server: ScriptedVncServer;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  host = new WatchingHost({}, createInflater(), clock);
  server = new ScriptedVncServer(host, 1 << 20);
  server.welcome(SIZE);
  server.say(update(1, fill(0, 0, SIZE.width, SIZE.height)));
  await host.until(() => host.updates.length === 1);
});
afterEach(() => server.session.close());

/** Waits until the viewer does nothing more by itself. */
async function settled(): Promise<void> {
  for (let before = -1; before !== server.said.length + server.unsent(); await turn()) {
    before = server.said.length + server.unsent();
    for (let at = 0; at < 20; at++) await turn();
  }
}

describe('a server that reads nothing', () => {
  beforeEach(() => {
    server.say(FENCE_ANSWER);
    server.gate.close();
  });

  it('is not read while replies are queued, and loses none', async () => {
    const asked = 30_000;
    for (let sent = 0; sent < asked; sent += 10_000) {
      server.say(new Array<number>(10_000).fill(END_OF_CONTINUOUS_UPDATES));
      await turn();
    }
    await settled();
    expect(server.unsent()).toBeGreaterThan(REPLY_LIMITS.unsent / 2);
    expect(server.unsent()).toBeLessThan(REPLY_LIMITS.unsent + 100);
    server.gate.open();
    // After each wait the gate is open: it reads again.
    while (server.said.length < asked) await turn();
    await settled();
    expect(server.said.filter(({ type }) => type === 'continuous')).toHaveLength(asked);
  });

  it('gets merged requests', async () => {
    for (let sent = 0; sent < 20; sent++) server.say(new Array<number>(4000).fill(0));
    await settled();
    expect(server.unsent()).toBeLessThan(REPLY_LIMITS.unsent);
    server.gate.open();
    await settled();
    const requests = server.said.filter(({ type }) => type === 'request');
    expect(requests.at(-1)).toMatchObject({ incremental: true, area: [0, 0, SIZE.width, SIZE.height] });
    expect(requests.length).toBeLessThan(10_000);
  });

  it('is reported, and given up after a minute', async () => {
    server.say(new Array<number>(20_000).fill(END_OF_CONTINUOUS_UPDATES));
    await settled();
    clock.advance(5000);
    expect(host.notices).toEqual(["The sharer is not reading this viewer's replies."]);
    clock.advance(TIMEOUTS.giveUpTicks * TIMEOUTS.tickMs - 6000);
    expect(host.error).toBeNull();
    clock.advance(6000);
    expect(host.error).toMatchObject({ code: 'E_PEER_SILENT' });
  });
});

describe('an endless update', () => {
  const ENDLESS = update(0xffff);

  it('is shown in part, and continues', async () => {
    server.say(ENDLESS);
    for (let shown = 1; shown <= 3; shown++) {
      server.say(fill(shown, 0, 1, 1));
      await settled();
      expect(host.updates.length).toBe(shown);
      clock.advance(TIME_SLICES.interimMs + 1);
      server.say(fill(shown, 1, 1, 1));
      await host.until(() => host.updates.length > shown);
      expect(host.updates.at(-1)).toMatchObject({ frame: false });
      expect(Region.of(host.updates.at(-1)!.dirty).area).toBe(2);
    }
    server.say(rectangle(0, 0, 0, 0, PSEUDO_ENCODING.lastRect));
    await host.until(() => host.updates.length > 4);
    expect(host.updates.at(-1)).toMatchObject({ frame: true, rawBytes: 6 * 3 });
  });

  it('has the cursor drawn each time, and none of it stays in the framebuffer', async () => {
    const pointer = rectangle(0, 0, 1, 1, PSEUDO_ENCODING.cursorWithAlpha, [0, 0, 0, 0, 255, 0, 0, 255]);
    const at = (x: number) => rectangle(x, 0, 0, 0, PSEUDO_ENCODING.pointerPos);
    server.say(ENDLESS, pointer, at(5));
    await settled();
    clock.advance(TIME_SLICES.interimMs + 1);
    server.say(fill(0, 1, 1, 1));
    await host.until(() => host.updates.length > 1);
    server.say(at(9), rectangle(0, 0, 0, 0, PSEUDO_ENCODING.lastRect));
    await host.until(() => host.updates.length > 2);
    expect([host.colour(5, 0), host.colour(9, 0)]).toEqual([COLOUR, 0xff0000]);
  });

  it('keeps few rectangles, which cover everything painted', async () => {
    const painted: Rectangle[] = [];
    server.say(ENDLESS);
    for (let at = 0; at < 250; at++) {
      painted.push({ x: 2 * at, y: 0, width: 1, height: SIZE.height });
      painted.push({ x: 0, y: 2 * at, width: SIZE.width, height: 1 });
    }
    for (const { x, y, width, height } of painted) server.say(fill(x, y, width, height));
    server.say(rectangle(0, 0, 0, 0, PSEUDO_ENCODING.lastRect));
    await host.until(() => host.updates.length > 1);
    const { dirty } = host.updates.at(-1)!;
    expect(dirty.length).toBeLessThanOrEqual(BUFFER_LIMITS.presented);
    const region = Region.of(dirty);
    expect(region.area).toBe(dirty.reduce((sum, { width, height }) => sum + width * height, 0));
    expect(painted.every(each => region.covers(each))).toBe(true);
    expect(dirty.every(each => contains({ x: 0, y: 0, ...SIZE }, each))).toBe(true);
  });
});

it('gives up on a trickling handshake', async () => {
  const waiting = new WatchingHost({}, createInflater(), clock);
  const dripping = new ScriptedVncServer(waiting, 1 << 20);
  for (const byte of Buffer.from('RFB 003.00')) {
    dripping.say([byte]);
    await turn();
    clock.advance(TIMEOUTS.handshakeMs / 10 + 1);
  }
  expect(waiting.error).toMatchObject({ code: 'E_PEER_SILENT' });
});

describe('JPEG that waits for other threads', () => {
  it('is queued within bounds', () => {
    const cell = { width: 256, height: 128 };
    const jpeg = plainJpegOf(cell);
    const busy: JpegLibrary = {
      name: 'busy',
      compress: () => {
        throw new Error('not asked for');
      },
      decompress: () => new Promise(() => {}),
    };
    const size = { width: 256, height: 128 * 12 };
    const { memory, inflater } = host;
    const picture = new RfbPicture(
      { memory, inflater, clock, resize: each => host.resize(each), resized: () => {}, renamed: () => {} },
      size,
      BGRX,
      new JpegDecoder(busy),
    );
    // Three megabytes behind each picture's end, which a decoder does not look at.
    const data = Buffer.concat([jpeg, Buffer.alloc(3e6)]);
    const { length } = data;
    const head = [0x90, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
    let taken = 0;
    for (; taken < 12; taken++) {
      const header = { x: 0, y: 128 * taken, ...cell, encoding: ENCODING.tight };
      if (picture.mustWait(header)) break;
      const reader = new ByteReader();
      reader.push(Buffer.concat([Buffer.from(head), data]));
      expect(picture.rectangle(header, reader)).toBe('done');
    }
    expect(taken).toBe(Math.ceil(BUFFER_LIMITS.pendingBytes / (length + 4)));
  });

  it('shows and paints nothing after its connection was closed', async () => {
    let painted: (() => void) | null = null;
    const slow: JpegLibrary = {
      name: 'slow',
      compress: () => {
        throw new Error('not asked for');
      },
      decompress: () =>
        new Promise(resolve => {
          painted = resolve;
        }),
    };
    const watching = new WatchingHost({}, createInflater(), clock);
    const sender = new ScriptedVncServer(watching, 1 << 20, new JpegDecoder(slow));
    sender.welcome(SIZE);
    const jpeg = plainJpegOf(SIZE);
    const { length } = jpeg;
    const head = [0x90, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
    const cursor = rectangle(0, 0, 1, 1, PSEUDO_ENCODING.cursor, [0x33, 0x22, 0x11, 0], [0x80]);
    const position = rectangle(3, 3, 0, 0, PSEUDO_ENCODING.pointerPos);
    const picture = rectangle(0, 0, SIZE.width, SIZE.height, ENCODING.tight, head, [...jpeg]);
    sender.say(update(3, cursor, position, picture));
    await expect.poll(() => painted).not.toBeNull();
    await turn();
    sender.session.close();
    painted!();
    for (let at = 0; at < 10; at++) await turn();
    expect(watching.updates).toEqual([]);
    expect(watching.colour(3, 3)).toBe(0);
  });

  it('draws no cursor after its connection was closed', async () => {
    const watching = new WatchingHost({}, createInflater(), clock);
    const sender = new ScriptedVncServer(watching, 1 << 20);
    sender.welcome(SIZE);
    const cursor = rectangle(0, 0, 1, 1, PSEUDO_ENCODING.cursor, [0x33, 0x22, 0x11, 0], [0x80]);
    sender.say(update(2, cursor, rectangle(3, 3, 0, 0, PSEUDO_ENCODING.pointerPos)));
    await watching.until(() => watching.updates.length === 1);
    expect(watching.colour(3, 3)).toBe(0x112233);
    sender.session.close();
    sender.session.setCursor(false);
    sender.session.setCursor(true);
    expect([watching.colour(3, 3), watching.updates.length]).toEqual([0, 1]);
  });
});

describe('a message that begins and does not end', () => {
  it('is reported within five seconds, and given up after a minute', async () => {
    server.say(update(1), [0, 0]);
    await settled();
    clock.advance(1000);
    clock.advance(4000);
    expect(host.notices).toEqual(['The sharer stopped sending in the middle of an update.']);
    clock.advance(TIMEOUTS.giveUpTicks * TIMEOUTS.tickMs - 6000);
    expect(host.error).toBeNull();
    clock.advance(6000);
    expect(host.error).toMatchObject({ code: 'E_PEER_SILENT' });
  });

  it('is treated alike if it trickles', async () => {
    server.say(update(1), rectangle(0, 0, 500, 500, raw));
    for (let second = 0; second <= TIMEOUTS.giveUpTicks + 1; second++) {
      server.say([0]);
      await turn();
      clock.advance(1000);
    }
    expect(host.notices).toHaveLength(1);
    expect(host.error).toMatchObject({ code: 'E_PEER_SILENT' });
  });

  it('is not confused with a slow link or an idle server', async () => {
    server.say(update(1), rectangle(0, 0, 100, 30, raw));
    for (let sent = 0; sent < 12_000; sent += 100) {
      server.say(new Array<number>(100).fill(1));
      await turn();
      clock.advance(1000);
    }
    await host.until(() => host.updates.length > 1);
    clock.advance(1_000_000);
    expect(host.notices).toEqual([]);
    expect(host.error).toBeNull();
  });

  it('is not reported beside an unresponsive link, nor is its recovery', async () => {
    server.say(update(1), rectangle(0, 0, 1, 1, raw, [1]));
    await settled();
    host.missed = true;
    clock.advance(6000);
    host.missed = false;
    server.say([2, 3, 4]);
    await host.until(() => host.updates.length > 1);
    clock.advance(2000);
    expect(host.notices).toEqual([]);
  });

  it('may recover, which is reported too', async () => {
    server.say(update(1), rectangle(0, 0, 1, 1, raw, [1]));
    await settled();
    clock.advance(6000);
    server.say([2, 3, 4]);
    await host.until(() => host.updates.length > 1);
    clock.advance(2000);
    expect(host.notices).toEqual([
      'The sharer stopped sending in the middle of an update.',
      'The sharer is responding again.',
    ]);
  });
});

it("reports fast changes of the share's state once a second, the last one", async () => {
  const told: (string | undefined)[] = [];
  const describeTo = host.describe.bind(host);
  host.describe = facts => {
    if (facts.sharer) told.push(facts.sharer.text);
    describeTo(facts);
  };
  const state = (text: string) => [...shareStatus({ type: 'state', kind: 'paused', text })[0]!];
  server.say(Array.from({ length: 5000 }, (_, index) => state(`${index}`)).flat());
  await settled();
  expect(told).toEqual(['0', '1', '2', '3']);
  clock.advance(NOTICE_LIMITS.oneStateMs);
  expect(told.slice(4)).toEqual(['4999']);
  clock.advance(NOTICE_LIMITS.oneStateMs);
  server.say(state('at once'));
  await settled();
  expect(told.slice(5)).toEqual(['at once']);
  server.say(state('never'));
  await settled();
  server.session.close();
  clock.advance(NOTICE_LIMITS.oneStateMs);
  expect(told).not.toContain('never');
});
