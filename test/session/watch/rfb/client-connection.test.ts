import { afterEach, describe, expect, it, vi } from 'vitest';
import { JpegDecoder } from '../../../../source/codecs/jpeg/jpeg-decoder.js';
import type { JpegLibrary } from '../../../../source/codecs/jpeg/jpeg-library.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { Framebuffer } from '../../../../source/pixels/framebuffer.js';
import { ENCODING, FENCE, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import type { PictureUpdate } from '../../../../source/session/watch/protocol-session.js';
import { anyJpegLibrary } from '../../../helpers/any-jpeg.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { full } from '../../../helpers/full-memory.js';
import { plainJpegOf } from '../../../helpers/plain-jpeg.js';
import { BGRX_BYTES, rectangle, ScriptedVncServer, u16, update } from '../../../helpers/scripted-vnc-server.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const SIZE = { width: 8, height: 6 };
const WHOLE = [0, 0, 8, 6];
const { raw, copyRect, rre, hextile, tight } = ENCODING;

const fill = (x: number, y: number, width: number, height: number, colour: number) =>
  rectangle(x, y, width, height, rre, [0, 0, 0, 0, colour & 0xff, (colour >> 8) & 0xff, colour >> 16, 0]);
const BACKGROUND = 0x203040;
const NO_DESKTOP = rectangle(0, 0, 0, 4, PSEUDO_ENCODING.desktopSize);
const fence = (flags: number, ...payload: number[]) => {
  return [248, 0, 0, 0, (flags >>> 24) & 0xff, 0, 0, flags & 0xff, payload.length, ...payload];
};
const SERVER_FENCE = fence(FENCE.request | FENCE.blockBefore, 7);
const END_OF_CONTINUOUS_UPDATES = [150];

let servers: ScriptedVncServer[] = [];
afterEach(() => {
  for (const server of servers) server.session.close();
  servers = [];
});

interface Watching {
  readonly host: WatchingHost;
  readonly server: ScriptedVncServer;
  /** Says something and waits until the viewer has shown one update more. */
  shown(...bytes: readonly (readonly number[])[]): Promise<void>;
}

function connect(piece: number, host = new WatchingHost(), jpeg?: JpegDecoder | null): Watching {
  const server = new ScriptedVncServer(host, piece, jpeg);
  servers.push(server);
  const shown = async (...bytes: readonly (readonly number[])[]) => {
    const before = host.updates.length;
    server.say(...bytes);
    await host.until(() => host.updates.length > before);
  };
  return { host, server, shown };
}

/** A viewer that is in and shows one colour. */
async function watching(piece: number, size = SIZE, jpeg?: JpegDecoder | null): Promise<Watching> {
  const all = connect(piece, new WatchingHost(), jpeg);
  all.server.welcome(size);
  await all.shown(update(1, fill(0, 0, size.width, size.height, BACKGROUND)));
  return all;
}

describe.each([
  ['whole', 1 << 20],
  ['byte by byte', 1],
])('what arrives %s', (_name, piece) => {
  it('starts with the pixel format, the encodings and a full request', async () => {
    const { host, server } = connect(piece);
    server.welcome(SIZE, 'desk');
    await server.heard('request');
    expect(server.said.map(({ type }) => type)).toEqual(['pixel-format', 'encodings', 'request']);
    expect(server.said[2]).toEqual({ type: 'request', incremental: false, area: WHOLE });
    expect(host.facts).toMatchObject({ name: 'desk', encryption: null });
  });

  it('is requested before the update has arrived', async () => {
    const { server } = connect(piece);
    server.welcome(SIZE);
    await server.heard('request');
    server.say([0, 0, 0, 1]);
    expect((await server.heard('request', 2))[1]).toEqual({ type: 'request', incremental: true, area: WHOLE });
  });

  it('is counted: bytes, pixels, rectangles', async () => {
    const { host, shown } = await watching(piece);
    const bytes = update(2, fill(0, 0, 2, 2, 1), rectangle(2, 2, 1, 1, raw, [1, 2, 3, 4]));
    await shown(bytes);
    expect(host.updates[1]).toMatchObject({ bytes: bytes.length, rawBytes: 15, encodings: { rre: 1, raw: 1 } });
    expect(host.updates[1]?.dirty).toEqual([
      { x: 0, y: 0, width: 2, height: 2 },
      { x: 2, y: 2, width: 1, height: 1 },
    ]);
  });

  it('may be an update that LastRect ends, or one of nothing', async () => {
    const { host, shown } = await watching(piece);
    const last = rectangle(0, 0, 0, 0, PSEUDO_ENCODING.lastRect);
    await shown(update(0), update(1, rectangle(0, 0, 0, 0, raw)), update(0xffff, fill(1, 1, 1, 1, 0x010203), last));
    expect(host.updates).toHaveLength(2);
    expect(host.colour(1, 1)).toBe(0x010203);
  });

  it('may be fences, answered with BlockBefore and BlockAfter alone once all before is shown', async () => {
    const { host, server } = await watching(piece);
    server.say(update(1, fill(0, 0, 1, 1, 5)), fence(FENCE.request | 0x7f, 1, 2, 3));
    const [answer] = await server.heard('fence');
    expect(answer).toEqual({ type: 'fence', flags: FENCE.blockBefore | FENCE.blockAfter, payload: [1, 2, 3] });
    expect(host.updates).toHaveLength(2);
    server.say(fence(FENCE.blockBefore, 9), SERVER_FENCE);
    expect((await server.heard('fence', 2))[1]).toEqual({ type: 'fence', flags: 1, payload: [7] });
  });

  it.each([
    ['fences first', [...SERVER_FENCE, ...END_OF_CONTINUOUS_UPDATES]],
    ['fences last', [...END_OF_CONTINUOUS_UPDATES, ...SERVER_FENCE]],
  ])('comes as continuous updates where the server supports them, %s', async (_order, bytes) => {
    const { server, shown } = await watching(piece);
    server.say(bytes);
    expect(await server.heard('continuous')).toEqual([{ type: 'continuous', enable: true, area: WHOLE }]);
    const requests = server.said.filter(({ type }) => type === 'request').length;
    await shown(update(1, fill(0, 0, 1, 1, 5)));
    await shown(update(1, rectangle(0, 0, 20, 10, PSEUDO_ENCODING.desktopSize)));
    expect((await server.heard('continuous', 2))[1]).toMatchObject({ enable: true, area: [0, 0, 20, 10] });
    const more = (await server.heard('request', requests + 1)).slice(requests);
    expect(more).toEqual([{ type: 'request', incremental: false, area: [0, 0, 20, 10] }]);
  });

  it('ceases while nobody looks, and goes on afterwards: continuous updates', async () => {
    const { server, shown } = await watching(piece);
    server.say(SERVER_FENCE, END_OF_CONTINUOUS_UPDATES);
    await server.heard('continuous');
    const requests = server.said.filter(({ type }) => type === 'request').length;
    server.session.setWanted(false);
    server.session.setWanted(false);
    expect((await server.heard('continuous', 2))[1]).toEqual({ type: 'continuous', enable: false, area: WHOLE });
    // The server confirms, and sends what was on its way.
    server.say(END_OF_CONTINUOUS_UPDATES);
    await shown(update(1, fill(0, 0, 1, 1, 5)));
    expect(server.said.filter(({ type }) => type === 'continuous')).toHaveLength(2);
    server.session.setWanted(true);
    expect((await server.heard('continuous', 3))[2]).toEqual({ type: 'continuous', enable: true, area: WHOLE });
    const all = await server.heard('request', requests + 1);
    expect(all.slice(requests)).toEqual([{ type: 'request', incremental: true, area: WHOLE }]);
  });

  it('ceases while nobody looks, and goes on afterwards: updates on request', async () => {
    const { server, shown } = await watching(piece);
    const requests = server.said.filter(({ type }) => type === 'request').length;
    server.session.setWanted(false);
    await shown(update(1, fill(0, 0, 1, 1, 5)));
    expect(server.said.filter(({ type }) => type === 'request')).toHaveLength(requests);
    server.session.setWanted(true);
    const all = await server.heard('request', requests + 1);
    expect(all.slice(requests)).toEqual([{ type: 'request', incremental: true, area: WHOLE }]);
  });

  it('is decoded no further, and no fence answered, before the last update is drawn', async () => {
    let drawn = () => {};
    const slow = new (class extends WatchingHost {
      override present(seen: PictureUpdate): Promise<void> {
        super.present(seen);
        return new Promise(resolve => {
          drawn = resolve;
        });
      }
    })();
    const { host, server, shown } = connect(piece, slow);
    server.welcome(SIZE);
    await shown(update(1, fill(0, 0, 8, 6, BACKGROUND)));
    server.say(update(1, fill(0, 0, 1, 1, 5)), SERVER_FENCE);
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
    expect(host.updates).toHaveLength(1);
    drawn();
    await host.until(() => host.updates.length === 2);
    expect(server.said.some(({ type }) => type === 'fence')).toBe(false);
    drawn();
    await server.heard('fence');
  });

  it('may be a new desktop size, in two encodings, or the same size', async () => {
    const { host, server, shown } = await watching(piece);
    const screens = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, ...u16(20), ...u16(10), 0, 0, 0, 0];
    await shown(update(1, rectangle(0, 0, 20, 10, PSEUDO_ENCODING.desktopSize)));
    await shown(update(1, rectangle(0, 0, 9, 7, PSEUDO_ENCODING.extendedDesktopSize, screens)));
    expect(host.sizes).toEqual([SIZE, { width: 20, height: 10 }, { width: 9, height: 7 }]);
    expect(host.updates[2]?.dirty).toEqual([{ x: 0, y: 0, width: 9, height: 7 }]);
    const requests = (await server.heard('request', 6)).length;
    // Refused (reason 1, status 3) or the same: nothing is asked for but the next update.
    const same = rectangle(0, 0, 9, 7, PSEUDO_ENCODING.extendedDesktopSize, screens);
    const refused = rectangle(1, 3, 5, 5, PSEUDO_ENCODING.extendedDesktopSize, screens);
    await shown(update(3, same, refused, fill(0, 0, 9, 7, 3)));
    expect(host.sizes).toHaveLength(3);
    expect(await server.heard('request', requests + 1)).toHaveLength(requests + 1);
  });

  it.each([
    ['Raw', raw, []],
    ['CopyRect', copyRect, [0, 0, 0, 0]],
    ['RRE', rre, [0, 0, 0, 0, 0, 0, 0, 0]],
    ['Hextile', ENCODING.hextile, []],
    ['zlib', ENCODING.zlib, [0, 0, 0, 0]],
    ['TRLE', ENCODING.trle, []],
    ['ZRLE', ENCODING.zrle, [0, 0, 0, 0]],
    ['Tight, filled', tight, [0x80, 1, 2, 3]],
    ['Tight', tight, [0]],
    ['Tight, with a palette', tight, [0x40, 1, 1, 0, 0, 0, 255, 255, 255]],
  ])('may be rectangles without pixels in %s', async (_name, encoding, bytes) => {
    const { host, shown } = await watching(piece);
    await shown(
      update(4, rectangle(0, 0, 0, 0, encoding, bytes), rectangle(8, 6, 0, 0, encoding, bytes)).concat(
        rectangle(0, 0, 0, 4, encoding, bytes),
        fill(0, 0, 1, 1, 7),
      ),
    );
    expect(host.updates.at(-1)?.dirty).toMatchObject([{ x: 0, y: 0, width: 1, height: 1 }]);
  });

  it('may be an empty desktop for a moment: the last picture stays', async () => {
    const { host, server, shown } = await watching(piece);
    server.say(update(1, NO_DESKTOP));
    await shown(update(2, rectangle(0, 0, 4, 4, PSEUDO_ENCODING.desktopSize), fill(0, 0, 4, 4, 5)));
    expect(host.sizes).toEqual([SIZE, { width: 4, height: 4 }]);
    expect(host.colour(3, 3)).toBe(5);
  });

  it('may be a desktop that is empty at first', async () => {
    const { host, server, shown } = connect(piece);
    server.welcome({ width: 0, height: 0 });
    await server.heard('request');
    await shown(update(2, rectangle(0, 0, 4, 4, PSEUDO_ENCODING.desktopSize), fill(0, 0, 4, 4, 5)));
    expect(host.sizes).toEqual([{ width: 4, height: 4 }]);
    expect((await server.heard('request', 3))[2]).toMatchObject({ incremental: false, area: [0, 0, 4, 4] });
  });

  it('may be an unsolicited rectangle of known length', async () => {
    const { host, shown } = await watching(piece);
    const { xvp, qemuLedState, vmwareLedState, serverIdentity, keyboardLedState } = PSEUDO_ENCODING;
    await shown(
      update(6, rectangle(0, 0, 0, 0, xvp), rectangle(0, 0, 0, 0, qemuLedState, [7])).concat(
        rectangle(0, 0, 0, 0, vmwareLedState, [0, 0, 0, 1]),
        rectangle(0, 0, 3, 0, serverIdentity, [65, 66, 67]),
        rectangle(1, 0, 0, 0, keyboardLedState),
        fill(0, 0, 1, 1, 7),
      ),
    );
    expect([host.colour(0, 0), host.colour(1, 0)]).toEqual([7, BACKGROUND]);
  });

  it.each([
    ['16 bits, big-endian', [16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0], [0xf8, 0x00], 0xff0000],
    ['8 bits', [8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 5, 2, 0], [0x1c], 0x00ff00],
  ])('comes in %s where the server is one that has no more', async (_what, format, pixel, colour) => {
    const { host, server, shown } = connect(piece);
    server.welcomeAsAmt({ width: 1, height: 1 }, [...format, 0, 0, 0]);
    await shown(update(1, rectangle(0, 0, 1, 1, raw, pixel)));
    expect(await server.heard('pixel-format')).toEqual([{ type: 'pixel-format', format: [...format, 0, 0, 0] }]);
    expect(host.colour(0, 0)).toBe(colour);
  });

  it.each([
    ['24 bits a pixel', [24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]],
    ['maxima of zero', [32, 24, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['16 bits', [16, 15, 1, 1, 0, 31, 0, 31, 0, 31, 10, 5, 0]],
    ['a colour map', [8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['30 bits', [32, 30, 0, 1, 3, 255, 3, 255, 3, 255, 20, 10, 0]],
  ])("comes in the viewer's own format where the server announces %s", async (_what, format) => {
    const { host, server, shown } = connect(piece);
    server.welcome({ width: 1, height: 1 }, 'test', [...format, 0, 0, 0]);
    await shown(update(1, rectangle(0, 0, 1, 1, raw, [1, 2, 3, 0])));
    expect(await server.heard('pixel-format')).toEqual([{ type: 'pixel-format', format: BGRX_BYTES }]);
    expect(host.colour(0, 0)).toBe(0x030201);
  });

  it('may be a new name', async () => {
    const { host, shown } = await watching(piece);
    const name = [...Buffer.from('häuschen')];
    await shown(
      update(2, rectangle(0, 0, 0, 0, PSEUDO_ENCODING.desktopName, [0, 0, 0, name.length], name), fill(0, 0, 1, 1, 1)),
    );
    expect(host.facts.name).toBe('häuschen');
  });

  it.each([
    ['a rectangle outside of the picture', update(1, fill(7, 0, 2, 1, 0)), 'E_RFB_PROTOCOL'],
    ['a rectangle whose end wraps', update(1, fill(0xffff, 0, 2, 1, 0)), 'E_RFB_PROTOCOL'],
    ['an encoding that nobody asked for', update(1, rectangle(0, 0, 1, 1, 50)), 'E_RFB_PROTOCOL'],
    ['a pixel of a desktop without one', update(2, NO_DESKTOP, fill(0, 0, 1, 1, 0)), 'E_RFB_PROTOCOL'],
    ['an enormous desktop', update(1, rectangle(0, 0, 65_535, 65_535, PSEUDO_ENCODING.desktopSize)), 'E_RFB_PROTOCOL'],
    [
      'a rectangle of the size before',
      update(2, rectangle(0, 0, 4, 4, PSEUDO_ENCODING.desktopSize), fill(0, 0, 8, 6, 0)),
      'E_RFB_PROTOCOL',
    ],
    [
      'an enormous name',
      update(1, rectangle(0, 0, 0, 0, PSEUDO_ENCODING.desktopName, [255, 0, 0, 0])),
      'E_RFB_PROTOCOL',
    ],
    [
      'a pointer in Tight',
      update(1, rectangle(0, 0, 1, 1, PSEUDO_ENCODING.cursorWithAlpha, [0, 0, 0, 7])),
      'E_RFB_DECODE',
    ],
    ['a rectangle that does not decode', update(1, rectangle(0, 0, 8, 6, tight, [0xb0])), 'E_RFB_DECODE'],
    ['a message that does not exist', [99], 'E_RFB_PROTOCOL'],
  ])('ends the session when it is %s', async (_what, bytes, code) => {
    const { host, server } = await watching(piece);
    server.say(bytes);
    await expect(host.until(() => false)).rejects.toMatchObject({ code });
  });

  it('is shown to its end before the session is over', async () => {
    const { host, server } = await watching(piece);
    server.say(update(1, fill(0, 0, 1, 1, 0x00ff00)), [0, 0]);
    server.hangUp();
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_PEER_CLOSED' });
    expect(host.colour(0, 0)).toBe(0x00ff00);
  });
});

describe('the pointer', () => {
  const ARROW = rectangle(
    1,
    0,
    2,
    2,
    PSEUDO_ENCODING.cursorWithAlpha,
    [0, 0, 0, 0],
    [...[255, 0, 0, 255], ...[0, 0, 0, 0], ...[0, 100, 0, 127], ...[0, 0, 255, 255]],
  );
  const at = (x: number, y: number) => rectangle(x, y, 0, 0, PSEUDO_ENCODING.pointerPos);
  /** Half of the background and the premultiplied green. */
  const HALF =
    (Math.round((0x20 * 128) / 255) << 16) |
    ((100 + Math.round((0x30 * 128) / 255)) << 8) |
    Math.round((0x40 * 128) / 255);
  const square = (host: WatchingHost, x: number, y: number) => [
    host.colour(x, y),
    host.colour(x + 1, y),
    host.colour(x, y + 1),
    host.colour(x + 1, y + 1),
  ];
  const DRAWN = [0xff0000, BACKGROUND, HALF, 0x0000ff];
  const BARE = [BACKGROUND, BACKGROUND, BACKGROUND, BACKGROUND];

  it('is drawn over the picture, moves, and restores the pixels', async () => {
    const { host, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, at(3, 2)));
    expect(square(host, 2, 2)).toEqual(DRAWN);
    expect(host.updates.at(-1)).toMatchObject({ dirty: [{ x: 2, y: 2, width: 2, height: 2 }], rawBytes: 0 });
    await shown(update(1, at(6, 4)));
    expect(square(host, 2, 2)).toEqual(BARE);
    expect(square(host, 5, 4)).toEqual(DRAWN);
    expect(host.updates.at(-1)?.dirty).toEqual([
      { x: 2, y: 2, width: 2, height: 2 },
      { x: 5, y: 4, width: 2, height: 2 },
    ]);
  });

  it('is not drawn where the server sends no position', async () => {
    const { host, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, fill(0, 0, 1, 1, BACKGROUND)));
    expect(host.picture().rgb.every((value, index) => value === [0x20, 0x30, 0x40][index % 3])).toBe(true);
  });

  it('is cut at the edges and may be outside', async () => {
    const { host, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, at(0, 5)));
    expect([host.colour(0, 5), host.updates.at(-1)?.dirty]).toEqual([
      BACKGROUND,
      [{ x: 0, y: 5, width: 1, height: 1 }],
    ]);
    await shown(update(1, at(5000, 5000)));
    expect(host.updates.at(-1)?.dirty).toEqual([{ x: 0, y: 5, width: 1, height: 1 }]);
  });

  it('is never copied by CopyRect, and stays above painted pixels', async () => {
    const { host, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, at(1, 0)));
    await shown(update(1, rectangle(4, 0, 2, 2, copyRect, [0, 0, 0, 0])));
    expect(square(host, 4, 0)).toEqual(BARE);
    expect(square(host, 0, 0)).toEqual(DRAWN);
    await shown(update(1, fill(0, 0, 2, 2, 0xffffff)));
    expect(host.colour(0, 0)).toBe(0xff0000);
    expect(host.colour(1, 0)).toBe(0xffffff);
  });

  it('is hidden and shown as the user likes, and gone when the server sends an empty one', async () => {
    const { host, server, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, at(3, 2)));
    expect(server.session.setCursor(false)).toBe(true);
    expect(square(host, 2, 2)).toEqual(BARE);
    expect(host.updates.at(-1)).toMatchObject({ bytes: 0, dirty: [{ x: 2, y: 2, width: 2, height: 2 }] });
    server.session.setCursor(true);
    expect(square(host, 2, 2)).toEqual(DRAWN);
    await shown(update(1, rectangle(0, 0, 0, 0, PSEUDO_ENCODING.cursor)));
    expect(square(host, 2, 2)).toEqual(BARE);
  });

  it.each([
    ['with a mask', PSEUDO_ENCODING.cursor, 1025 * 4 + 129],
    ['in two colours', PSEUDO_ENCODING.xCursor, 6 + 2 * 129],
    ['with alpha', PSEUDO_ENCODING.cursorWithAlpha, 4 + 1025 * 4],
  ])('is skipped, not drawn, if it is larger than any %s', async (_how, encoding, length) => {
    const { host, shown } = await watching(1 << 20);
    await shown(update(2, ARROW, at(3, 2)));
    const large = rectangle(0, 0, 1025, 1, encoding, new Array<number>(length).fill(0));
    await shown(update(2, large, fill(0, 0, 1, 1, 7)));
    expect(square(host, 2, 2)).toEqual(BARE);
    expect(host.colour(0, 0)).toBe(7);
  });

  it('is understood with a mask and in two colours', async () => {
    const { host, shown } = await watching(1);
    const pixels = [0, 0, 255, 0, 9, 9, 9, 0, 0, 255, 0, 0, 255, 0, 0, 0];
    await shown(update(2, rectangle(0, 0, 2, 2, PSEUDO_ENCODING.cursor, pixels, [0b10_000000, 0b11_000000]), at(2, 2)));
    expect(square(host, 2, 2)).toEqual([0xff0000, BACKGROUND, 0x00ff00, 0x0000ff]);
    const colours = [255, 255, 0, 0, 255, 255];
    const bits = [0b10_000000, 0b00_000000, 0b11_000000, 0b01_000000];
    await shown(update(1, rectangle(0, 0, 2, 2, PSEUDO_ENCODING.xCursor, colours, bits)));
    expect(square(host, 2, 2)).toEqual([0xffff00, 0x00ffff, BACKGROUND, 0x00ffff]);
  });
});

/** Decodes as a library does, once it is let go on. */
class HeldJpeg implements JpegLibrary {
  readonly name = 'held';
  readonly #library = anyJpegLibrary();
  #begin = () => {};
  /** Lets it decode. */
  goOn = () => {};
  /** Resolves when it has something to decode. */
  readonly begun = new Promise<void>(resolve => {
    this.#begin = resolve;
  });
  readonly #goneOn = new Promise<void>(resolve => {
    this.goOn = resolve;
  });
  readonly compress: JpegLibrary['compress'] = () => {
    throw new Error('nothing is compressed here');
  };

  async decompress(...[data, rectangle, framebuffer, pooled]: Parameters<JpegLibrary['decompress']>): Promise<void> {
    const copy = data.slice();
    const release = framebuffer.hold();
    this.#begin();
    await this.#goneOn;
    await this.#library.decompress(copy, rectangle, framebuffer, pooled);
    release();
  }
}

describe('JPEG that is decoded on another thread', () => {
  const LARGE = { width: 200, height: 200 };
  const WHITE = 0xffffff;
  const compressed = plainJpegOf(LARGE, () => WHITE);
  const length = [(compressed.length & 0x7f) | 0x80, compressed.length >> 7];
  const jpeg = rectangle(0, 0, LARGE.width, LARGE.height, tight, [0x90, ...length, ...compressed]);

  it('is not overtaken by rectangles that overlap it or copy from it', async () => {
    const { host, shown } = await watching(1 << 20, LARGE);
    const copy = rectangle(20, 20, 2, 2, copyRect, [0, 0, 0, 0]);
    await shown(update(3, jpeg, fill(10, 10, 3, 3, 0x123456), copy));
    expect([host.colour(9, 9), host.colour(10, 10), host.colour(20, 20)]).toEqual([WHITE, 0x123456, WHITE]);
  });

  it('is awaited before a fence is answered', async () => {
    const { host, server } = await watching(1 << 20, LARGE);
    server.say(update(1, jpeg), SERVER_FENCE);
    await server.heard('fence');
    expect(host.colour(100, 100)).toBe(WHITE);
  });

  it('lets only so much arrive behind it', async () => {
    const held = new HeldJpeg();
    const { host, server } = await watching(1 << 20, LARGE, new JpegDecoder(held));
    server.say(update(2, jpeg));
    await held.begun;
    server.say(
      rectangle(0, 0, LARGE.width, LARGE.height, raw, new Array<number>(LARGE.width * LARGE.height * 4).fill(3)),
    );
    const clipboard = Buffer.concat([Buffer.of(3, 0, 0, 0, 0, 16, 0, 0), Buffer.alloc(1 << 20, 65)]);
    for (let megabytes = 0; megabytes < 12; megabytes++) server.say(clipboard);
    await new Promise(resolve => setImmediate(resolve));
    expect(server.unread()).toBeGreaterThan(2 << 20);
    held.goOn();
    server.say(update(1, fill(0, 0, 1, 1, 0x123456)));
    await host.until(() => host.colour(0, 0) === 0x123456);
    expect([server.unread(), host.colour(9, 9)]).toEqual([0, 0x030303]);
  });

  it('keeps its memory while it runs, even if the picture is freed meanwhile', async () => {
    const held = new HeldJpeg();
    const { host, server } = await watching(1 << 20, LARGE, new JpegDecoder(held));
    server.say(update(2, jpeg));
    await held.begun;
    server.session.close();
    const framebuffer = host.framebuffer!;
    framebuffer.free();
    const elsewhere = new Framebuffer(framebuffer.memory, LARGE);
    expect(elsewhere.pointer).not.toBe(framebuffer.pointer);
    held.goOn();
    await framebuffer.whenReleased();
    expect(framebuffer.bytes()[0]).toBe(0xff);
    expect(elsewhere.bytes().every(byte => byte === 0)).toBe(true);
    elsewhere.free();
    const again = new Framebuffer(framebuffer.memory, LARGE);
    expect(again.pointer).toBe(framebuffer.pointer);
    again.free();
  });

  it('ends the session when it is damaged', async () => {
    const { host, server } = await watching(1 << 20, LARGE);
    const damaged = [...jpeg];
    damaged.fill(0xff, damaged.length - 60, damaged.length);
    server.say(update(1, damaged));
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
  });
});

describe('what is asked for', () => {
  it('is never a quality without a JPEG decoder; JPEG is then refused', async () => {
    const { host, server } = await watching(1 << 20, SIZE, null);
    server.session.setQuality(80);
    const said = await server.heard('encodings', 2);
    const listed = said.flatMap(each => (each.type === 'encodings' ? each.encodings : []));
    expect(listed).toContain(tight);
    expect(listed.filter(number => (number >= -32 && number <= -23) || (number >= -512 && number <= -412))).toEqual([]);
    const jpeg = plainJpegOf(SIZE);
    server.say(
      update(
        1,
        rectangle(0, 0, SIZE.width, SIZE.height, tight, [0x90, 0x80 | (jpeg.length & 0x7f), jpeg.length >> 7, ...jpeg]),
      ),
    );
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
  });

  it("is lossless, a quality on both scales, or the link's choice", async () => {
    const { server } = await watching(1 << 20);
    const asked = async (count: number) => {
      const said = (await server.heard('encodings', count))[count - 1]!;
      const list = said.type === 'encodings' ? said.encodings : [];
      return list.filter(number => (number >= -32 && number <= -23) || (number >= -512 && number <= -412));
    };
    expect(await asked(1)).toEqual([]);
    server.session.setQuality(80);
    expect(await asked(2)).toEqual([-32 + 6, -512 + 80]);
    server.session.setQuality('auto');
    expect(await asked(3)).toEqual([-32 + 8]);
    server.session.setLevel(9);
    expect(await asked(4)).toEqual([-32 + 8]);
    const last = server.said.at(-1);
    expect(last?.type === 'encodings' && last.encodings).toContain(-256 + 9);
  });
});

it('a viewer that handles many messages at once gives way to its window in between', async () => {
  const clock = new FakeClock();
  let now = 0;
  vi.spyOn(clock, 'now').mockImplementation(() => ++now);
  const soon = vi.spyOn(clock, 'soon');
  const { host, server } = connect(1 << 20, new WatchingHost({}, createInflater(), clock));
  server.welcome(SIZE);
  await server.heard('request');
  soon.mockClear();
  server.say(...new Array<number[]>(100).fill(update(1, fill(0, 0, 1, 1, 7))));
  await host.until(() => host.updates.length === 100);
  expect(soon.mock.calls.length).toBeGreaterThan(10);
});

it('a rectangle for which there is no memory ends the session with the code for that', async () => {
  const { host, server } = connect(1 << 20);
  server.welcome(SIZE);
  await server.heard('request');
  full(host.memory);
  const takeAll = () => {
    for (;;) host.memory.allocate(1000);
  };
  expect(takeAll).toThrow();
  server.say(
    update(1, rectangle(0, 0, SIZE.width, SIZE.height, hextile, [1, ...new Array<number>(8 * 6 * 4).fill(1)])),
  );
  await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_MEMORY' });
});

describe('a server that goes silent', () => {
  it('is given up in the middle of the handshake, and not after it', async () => {
    const clock = new FakeClock();
    const { host, server } = connect(1, new WatchingHost({}, createInflater(), clock));
    server.say([...Buffer.from('RFB 003.008\n')]);
    await new Promise(resolve => setImmediate(resolve));
    clock.advance(4_900);
    expect(host.notices).toEqual([]);
    clock.advance(100);
    expect(host.notices).toEqual(['Waiting for its security types, 60 s at most.']);
    clock.advance(54_000);
    expect(host.error).toBeNull();
    clock.advance(2_000);
    const message = 'test:5900 did not send its security types within 60 s.';
    expect(host.error).toMatchObject({ code: 'E_PEER_SILENT', message });

    const other = connect(1, new WatchingHost({}, createInflater(), clock));
    other.server.welcome(SIZE);
    await other.server.heard('request');
    clock.advance(600_000);
    expect(other.host.error).toBeNull();
  });
});
