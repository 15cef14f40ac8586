import { describe, expect, test } from 'vitest';
import { ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { videoBy } from '../../../../source/session/share/broadcast/share-broadcast.js';
import { BroadcastRig } from '../../../helpers/broadcast-rig.js';
import type { BroadcastViewer } from '../../../helpers/broadcast-viewer.js';
import { CINEMA, FILM_MENU, FILM_REGION, filmAt, menuAt } from '../../../helpers/cinema.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { FakeVideoDecoders } from '../../../helpers/fake-video-decoders.js';

const FILM = { x: 31, y: 21, width: 240, height: 180 };
const PICTURE_MS = 60;
const started = stopAfterEach();

/** Each picture of a stream has a grey of its own. */
function decoding(): FakeVideoDecoders {
  const decoders = new FakeVideoDecoders();
  decoders.onChunk = decoder => setImmediate(() => decoder.show((7 * decoder.chunks.length) % 219));
  return decoders;
}

const films = ({ encodings }: BroadcastViewer) => encodings.get(ENCODING.h264) ?? 0;

/** A broadcast film, and those who watch it. */
class Showing {
  readonly rig = started(new BroadcastRig(CINEMA, 'auto', { video: 'always', segmentSeconds: 4 }));
  readonly viewers: BroadcastViewer[] = [];
  menu = false;
  #turn = 0;

  static async begin(): Promise<Showing> {
    const showing = new Showing();
    showing.rig.paint({ x: 0, y: 0, ...CINEMA }, () => 0x336699);
    await showing.rig.begin();
    return showing;
  }

  come(decoders: FakeVideoDecoders | null = decoding()): BroadcastViewer {
    const viewer = this.rig.viewer(decoders);
    this.viewers.push(viewer);
    return viewer;
  }

  async play(ms: number, pictureMs = PICTURE_MS): Promise<void> {
    for (let left = ms; left > 0; left -= pictureMs) {
      const turn = this.#turn++;
      const { x, y, width, height } = FILM_MENU;
      const covered = (column: number, row: number) =>
        this.menu && column >= x && column < x + width && row >= y && row < y + height;
      this.rig.paint(FILM, (column, row) => (covered(column, row) ? menuAt(column, row) : filmAt(column, row, turn)));
      await this.pass(pictureMs);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.rig.pass(ms, 20);
    for (const viewer of this.viewers) await viewer.follow();
  }
}

/** How many pixels of the menu a viewer sees otherwise. */
function wrongInMenu(viewer: BroadcastViewer): number {
  let wrong = 0;
  for (let y = FILM_MENU.y; y < FILM_MENU.y + FILM_MENU.height; y++) {
    for (let x = FILM_MENU.x; x < FILM_MENU.x + FILM_MENU.width; x++) {
      if (viewer.colour(x, y) !== menuAt(x, y)) wrong++;
    }
  }
  return wrong;
}

test('films go as video where every browser can decode them, or where that is asked for', () => {
  const servers = ['https://hall.example', 'http://hall.example', null];
  expect(servers.map(server => videoBy(server, 'auto'))).toEqual(['auto', 'off', 'off']);
  expect(servers.map(server => videoBy(server, 'always'))).toEqual(['always', 'always', 'always']);
  expect(servers.map(server => videoBy(server, 'off'))).toEqual(['off', 'off', 'off']);
});

describe('a film in a broadcast', () => {
  test('is the same video to whoever comes when, with a menu over it exact, and exact once it has stopped', async () => {
    const showing = await Showing.begin();
    const first = showing.come();
    await showing.play(3000);
    expect(showing.rig.film.areas.map(({ rectangle }) => rectangle)).toEqual([FILM_REGION]);
    const before = films(first);
    expect(before).toBeGreaterThan(10);
    showing.menu = true;
    await showing.play(300);
    const late = showing.come();
    for (let time = 0; time < 70; time++) {
      await showing.play(PICTURE_MS);
      expect(showing.viewers.map(wrongInMenu)).toEqual([0, 0]);
    }
    // Nothing of the film goes in another way but once a segment.
    expect(films(first) - before).toBeGreaterThan(60);
    expect(late.metas.length).toBeGreaterThan(1);
    expect(films(late)).toBeGreaterThan(60);
    showing.menu = false;
    await showing.play(1000);
    await showing.pass(8000);
    for (const viewer of showing.viewers) expect(viewer.colours).toBe(showing.rig.colours);
    for (const [n, picture] of late.pictures) expect(picture, `update ${n}`).toBe(first.pictures.get(n));
  });

  test('is a picture in each segment to whoever cannot decode it, and exact once it has stopped', async () => {
    const showing = await Showing.begin();
    const viewer = showing.come(null);
    await showing.play(13_000);
    const shown = [...viewer.pictures.values()].slice(-100);
    expect(new Set(shown).size).toBeGreaterThan(1);
    expect(new Set(shown).size).toBeLessThan(8);
    await showing.pass(8000);
    expect(viewer.colours).toBe(showing.rig.colours);
  });

  test('is neither found nor encoded while nobody watches, and begins anew with whoever comes then', async () => {
    const showing = await Showing.begin();
    const first = showing.come();
    await showing.play(2000);
    expect(films(first)).toBeGreaterThan(5);
    showing.viewers.pop()?.leave();
    await showing.play(16_000, 150);
    expect(showing.rig.broadcast.awake).toBe(false);
    expect(showing.rig.film.areas).toEqual([]);
    await showing.rig.begin();
    const again = showing.come();
    await showing.play(3000);
    expect(films(again)).toBeGreaterThan(10);
    await showing.pass(8000);
    expect(again.colours).toBe(showing.rig.colours);
  });
});
