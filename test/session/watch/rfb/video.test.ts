import { afterEach, describe, expect, it } from 'vitest';
import { MAX_VIDEO_BYTES } from '../../../../source/codecs/video/h264-check.js';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import type { PictureUpdate } from '../../../../source/session/watch/protocol-session.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { FakeVideoDecoders, shade } from '../../../helpers/fake-video-decoders.js';
import { keyPicture, nextPicture, stream } from '../../../helpers/h264-writer.js';
import { rectangle, ScriptedVncServer, u16, update } from '../../../helpers/scripted-vnc-server.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const SIZE = { width: 64, height: 64 };
/** As large as the streams of the helper. */
const FILM = { x: 16, y: 16, width: 32, height: 32 };
const MENU = { x: 20, y: 20, width: 8, height: 6 };
const RESET = 1;
const RESET_ALL = 2;
const MENU_COLOUR = 0x123456;

/** Keeps what each presented picture showed. */
class SeeingHost extends WatchingHost {
  readonly menus: number[][] = [];
  readonly films: number[] = [];

  override present(update: PictureUpdate): void | Promise<void> {
    const { x, y, width, height } = MENU;
    const menu = Array.from({ length: width * height }, (_, index) =>
      this.colour(x + (index % width), y + Math.floor(index / width)),
    );
    this.menus.push([...new Set(menu)]);
    this.films.push(this.colour(FILM.x, FILM.y));
    return super.present(update);
  }
}

const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];

function film(data: Uint8Array, flags = 0, { x, y, width, height }: Rectangle = FILM): number[] {
  return rectangle(x, y, width, height, ENCODING.h264, u32(data.length), u32(flags), [...data]);
}

function solid({ x, y, width, height }: Rectangle, colour: number): number[] {
  const pixel = [colour & 0xff, (colour >> 8) & 0xff, colour >> 16, 0];
  const pixels = Array.from({ length: width * height }, () => pixel).flat();
  return rectangle(x, y, width, height, ENCODING.raw, pixels);
}

function mask({ x, y, width, height }: Rectangle): number[] {
  return rectangle(x, y, width, height, PSEUDO_ENCODING.videoMask);
}

let server: ScriptedVncServer | null = null;
afterEach(() => server?.session.close());

/** A viewer that watches a server of 64x64 pixels, on a clock that stands still. */
async function watching(piece = 1 << 20) {
  const clock = new FakeClock();
  const host = new SeeingHost({}, undefined, clock);
  const decoders = new FakeVideoDecoders();
  server = new ScriptedVncServer(host, piece, null, decoders);
  const { said } = server;
  server.welcome(SIZE);
  await server.heard('request');
  const asked = () => said.flatMap(each => (each.type === 'request' && !each.incremental ? [each.area] : [])).slice(1);
  const shown = (count: number) => host.until(() => host.updates.length >= count);
  return { clock, host, decoders, server, said, asked, shown };
}

/** Waits until what has been sent has been handled as far as it can be. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
}

const FILM_AREA = [FILM.x, FILM.y, FILM.width, FILM.height];

describe('a film in H.264', () => {
  it.each([1, 7, 1 << 20])('is painted in its rectangle, %i bytes at a time', async piece => {
    const { host, decoders, server, shown } = await watching(piece);
    decoders.onChunk = decoder => decoder.show(60 + 40 * decoder.chunks.length);
    server.say(update(1, film(keyPicture(), RESET)));
    await shown(1);
    expect([host.colour(16, 16), host.colour(47, 47)]).toEqual([shade(100), shade(100)]);
    expect([host.colour(15, 16), host.colour(48, 47), host.colour(16, 48)]).toEqual([0, 0, 0]);
    server.say(update(1, film(nextPicture())));
    await shown(2);
    expect(host.films).toEqual([shade(100), shade(140)]);
    expect(host.encodings()).toEqual({ h264: 2 });
    expect(host.facts.video).toBe('H.264 by a test');
    expect(decoders.all).toHaveLength(1);
    expect(decoders.last.config).toEqual({ codec: 'avc1.42c01f', codedWidth: 32, codedHeight: 32 });
  });

  it('lies under what comes after it in the same update, in every picture that is shown', async () => {
    const { clock, host, decoders, server, shown } = await watching(64);
    server.say(update(1, solid(MENU, MENU_COLOUR)));
    await shown(1);
    for (let picture = 0; picture < 6; picture++) {
      const data = picture === 0 ? film(keyPicture(), RESET) : film(nextPicture());
      const [first, second] = [solid(MENU, MENU_COLOUR).slice(0, 40), solid(MENU, MENU_COLOUR).slice(40)];
      server.say(update(2, data), first);
      await settled();
      // The decoder is now quick, now slow; the rest of the update comes seconds later.
      if (picture % 2 === 0) decoders.last.show(50 + picture);
      clock.advance(1500);
      await settled();
      server.say(second);
      await settled();
      if (picture % 2 === 1) decoders.last.show(50 + picture);
      await shown(picture + 2);
    }
    expect(host.menus).toEqual(host.updates.map(() => [MENU_COLOUR]));
    expect(host.films.slice(1)).toEqual([0, 1, 2, 3, 4, 5].map(picture => shade(50 + picture)));
  });

  it('does not draw over the areas that the server has named for this update', async () => {
    const { host, decoders, server, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(80 + decoder.chunks.length);
    server.say(update(1, solid(MENU, MENU_COLOUR)));
    server.say(update(3, mask(MENU), mask({ x: 40, y: 0, width: 24, height: 24 }), film(keyPicture(), RESET)));
    server.say(update(1, film(nextPicture())));
    await shown(3);
    expect(host.menus).toEqual([[MENU_COLOUR], [MENU_COLOUR], [shade(82)]]);
    expect(host.films).toEqual([0, shade(81), shade(82)]);
  });

  it('is there when it is copied, and when the screen gets another size', async () => {
    const { host, decoders, server, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(90);
    const copy = rectangle(0, 0, 8, 8, ENCODING.copyRect, u16(20), u16(20));
    server.say(update(2, film(keyPicture(), RESET), copy));
    await shown(1);
    expect(host.colour(7, 7)).toBe(shade(90));
    const smaller = rectangle(0, 0, 56, 56, PSEUDO_ENCODING.desktopSize);
    server.say(update(2, film(nextPicture()), smaller), update(1, film(keyPicture(), RESET)));
    await shown(3);
    expect(host.sizes.at(-1)).toEqual({ width: 56, height: 56 });
    expect(host.colour(20, 20)).toBe(shade(90));
  });

  it('of several pictures in a rectangle shows the last', async () => {
    const { host, decoders, server, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(100 + decoder.chunks.length);
    const three = Uint8Array.from([...keyPicture(), ...nextPicture(), ...nextPicture()]);
    server.say(update(1, film(three, RESET)));
    await shown(1);
    expect(host.films).toEqual([shade(103)]);
  });

  it.each([3, 1 << 20])('is recorded as it came, and what it is not drawn over, %i bytes at a time', async piece => {
    const { host, decoders, server, shown } = await watching(piece);
    decoders.onChunk = decoder => decoder.show(120);
    const recorded: unknown[] = [];
    server.session.record({
      masked: ({ x, y }) => recorded.push(['mask', x, y]),
      painted: (header, data) => recorded.push([header.encoding, data && [...data].slice(0, 8)]),
      updated: framebuffer => recorded.push(framebuffer === host.framebuffer ? host.colour(16, 16) : null),
    });
    const copy = rectangle(0, 0, 4, 4, ENCODING.copyRect, u16(20), u16(20));
    server.say(update(3, mask(MENU), film(keyPicture(), RESET), copy));
    await shown(1);
    const head = [...u32(keyPicture().length), ...u32(RESET)];
    const moved = [...u16(20), ...u16(20)];
    expect(recorded).toEqual([['mask', MENU.x, MENU.y], [ENCODING.h264, head], [ENCODING.copyRect, moved], shade(120)]);
    server.session.record(null);
  });

  it('is dropped when the viewer leaves while it is decoded', async () => {
    const { host, decoders, server } = await watching();
    server.say(update(1, film(keyPicture(), RESET)));
    await settled();
    server.session.close();
    decoders.last.show(200);
    await settled();
    expect(host.updates).toEqual([]);
    expect(host.colour(16, 16)).toBe(0);
    expect(decoders.closed).toBe(true);
  });
});

describe('decoders', () => {
  it('are one for each rectangle, and begin anew when the server says so', async () => {
    const { decoders, server, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(100);
    const other = { ...FILM, x: 0 };
    server.say(update(2, film(keyPicture(), RESET), film(keyPicture(), RESET, other)));
    server.say(update(1, film(nextPicture())));
    await shown(2);
    expect(decoders.all.map(({ chunks }) => chunks.map(({ type }) => type))).toEqual([['key', 'delta'], ['key']]);
    server.say(update(1, film(keyPicture(), RESET)));
    await shown(3);
    expect(decoders.all.map(({ closed }) => closed)).toEqual([true, false, false]);
    server.say(update(2, film(new Uint8Array(0), RESET_ALL), solid(MENU, 1)));
    await shown(4);
    expect(decoders.all.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it('have no more pixels than two pictures: the one that was not used for longest is closed', async () => {
    const { decoders, server, asked, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(100);
    const places = Array.from({ length: 9 }, (_, index) => ({ ...FILM, x: index, y: 0 }));
    server.say(update(9, ...places.map(place => film(keyPicture(), RESET, place))));
    await shown(1);
    expect(decoders.all.map(({ closed }) => closed)).toEqual([true, ...Array.from({ length: 8 }, () => false)]);
    server.say(update(1, film(nextPicture(), 0, places[0])));
    await shown(2);
    expect(asked()).toEqual([[0, 0, 32, 32]]);
  });
});

describe('H.264 that cannot be decoded', () => {
  it('is asked for anew, exactly its rectangle, and the rest of the update is shown', async () => {
    const { host, decoders, server, asked, shown } = await watching();
    decoders.onChunk = decoder => decoder.show(100);
    server.say(update(2, film(keyPicture({ references: 9 }), RESET), solid(MENU, MENU_COLOUR)));
    await shown(1);
    expect(host.menus).toEqual([[MENU_COLOUR]]);
    expect(host.films).toEqual([0]);
    expect(asked()).toEqual([FILM_AREA]);
    // What goes on from it is of no use, and asked for already.
    server.say(update(1, film(nextPicture())), update(1, film(keyPicture(), RESET)));
    await shown(3);
    expect(host.films).toEqual([0, 0, shade(100)]);
    expect(asked()).toEqual([FILM_AREA]);
    expect(host.notices).toEqual([]);
  });

  it.each(['fails', 'dies with its process'])('because the decoder %s costs one picture', async () => {
    const { host, decoders, server, asked, shown } = await watching();
    decoders.onChunk = decoder => (decoders.all.length === 1 ? decoder.fail() : decoder.show(100));
    server.say(update(1, film(keyPicture(), RESET)), update(1, film(keyPicture(), RESET)));
    await shown(2);
    expect(host.films).toEqual([0, shade(100)]);
    expect(asked()).toEqual([FILM_AREA]);
    expect(decoders.all).toHaveLength(2);
  });

  it('gives no picture for two seconds: the update goes on without', async () => {
    const { clock, host, decoders, server, asked, shown } = await watching();
    server.say(update(2, film(keyPicture(), RESET), solid(MENU, MENU_COLOUR)));
    await settled();
    clock.advance(1999);
    await settled();
    expect(host.updates).toEqual([]);
    clock.advance(1);
    await shown(1);
    expect(host.menus).toEqual([[MENU_COLOUR]]);
    expect(asked()).toEqual([FILM_AREA]);
    expect(decoders.last.closed).toBe(true);
  });

  it('is not that which comes while the decoders start: no update waits, and none is lost', async () => {
    const { clock, host, decoders, server, asked, shown } = await watching();
    decoders.starting = true;
    server.say(update(1, film(keyPicture(), RESET)), update(1, film(nextPicture())));
    await shown(2);
    clock.advance(5000);
    expect(host.films).toEqual([0, 0]);
    decoders.starting = false;
    decoders.last.show(60);
    decoders.last.show(61);
    decoders.onChunk = decoder => decoder.show(62);
    server.say(update(1, film(nextPicture())));
    await shown(3);
    expect(host.films).toEqual([0, 0, shade(62)]);
    expect(decoders.last.chunks.map(({ type }) => type)).toEqual(['key', 'delta', 'delta']);
    expect(asked()).toEqual([]);
  });

  it('is asked for once a second at most', async () => {
    const { clock, decoders, server, asked, shown } = await watching();
    decoders.onChunk = decoder => decoder.fail();
    const other = { ...FILM, x: 0 };
    server.say(update(1, film(keyPicture(), RESET)));
    await shown(1);
    clock.advance(400);
    server.say(update(1, film(keyPicture(), RESET, other)));
    await shown(2);
    expect(asked()).toEqual([FILM_AREA]);
    clock.advance(599);
    expect(asked()).toEqual([FILM_AREA]);
    clock.advance(1);
    await settled();
    expect(asked()).toEqual([FILM_AREA, [0, 16, 32, 32]]);
  });

  it('is asked for again when nothing else comes', async () => {
    const { clock, server, asked, shown } = await watching();
    server.say(update(1, film(nextPicture())));
    await shown(1);
    clock.advance(1999);
    server.say(update(1, film(nextPicture())));
    await shown(2);
    expect(asked()).toEqual([FILM_AREA]);
    clock.advance(1);
    server.say(update(1, film(nextPicture())));
    await shown(3);
    expect(asked()).toEqual([FILM_AREA, FILM_AREA]);
  });

  it('three times in ten seconds is wanted no more, which is said once', async () => {
    const { clock, host, decoders, server, said, asked, shown } = await watching();
    const lists = () => said.flatMap(each => (each.type === 'encodings' ? [each.encodings] : []));
    decoders.onChunk = decoder => decoder.fail('the sky fell');
    for (let count = 1; count <= 5; count++) {
      server.say(update(1, film(keyPicture(), RESET)));
      await shown(count);
      clock.advance(1000);
      await settled();
    }
    expect(lists().map(list => list.includes(ENCODING.h264))).toEqual([true, false]);
    expect(lists().map(list => list.includes(PSEUDO_ENCODING.videoMask))).toEqual([true, false]);
    expect(asked()).toEqual([FILM_AREA, FILM_AREA, FILM_AREA]);
    expect(host.notices).toEqual([
      'Film comes as pictures now: 3 times in 10 s the sharer sent H.264 that cannot be decoded: the sky fell.',
    ]);
    expect(decoders.all).toHaveLength(3);
    expect(host.facts.video).toBeNull();
  });

  it('now and then is no reason to do without', async () => {
    const { clock, host, decoders, server, asked, shown } = await watching();
    decoders.onChunk = decoder => (decoders.all.length % 2 === 1 ? decoder.fail() : decoder.show(100));
    for (let count = 1; count <= 12; count++) {
      server.say(update(1, film(keyPicture(), RESET)));
      await shown(count);
      clock.advance(2600);
      await settled();
    }
    expect(host.notices).toEqual([]);
    expect(asked()).toHaveLength(6);
  });

  it('because there is too much of it is skipped as it comes', async () => {
    const { host, decoders, server, asked, shown } = await watching(1 << 16);
    const length = MAX_VIDEO_BYTES + 1;
    server.say(update(2, rectangle(16, 16, 32, 32, ENCODING.h264, u32(length), u32(RESET))));
    for (let left = length; left > 0; left -= 1 << 16) server.say(new Array(Math.min(left, 1 << 16)).fill(0));
    server.say(solid(MENU, MENU_COLOUR));
    await shown(1);
    expect(host.menus).toEqual([[MENU_COLOUR]]);
    expect(decoders.all).toEqual([]);
    expect(asked()).toEqual([FILM_AREA]);
  });

  it('came without being asked for: that ends the session, as for any encoding', async () => {
    const host = new WatchingHost();
    server = new ScriptedVncServer(host, 1 << 20, null, null);
    server.welcome(SIZE);
    const [list] = await server.heard('encodings');
    expect(list).not.toMatchObject({ encodings: expect.arrayContaining([ENCODING.h264]) });
    server.say(update(1, film(stream(), RESET)));
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_PROTOCOL' });
  });
});

it('more masks than anybody needs end the session', async () => {
  const { host, server } = await watching();
  server.say(update(1025, ...Array.from({ length: 1025 }, () => mask(MENU))));
  await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_PROTOCOL' });
});
