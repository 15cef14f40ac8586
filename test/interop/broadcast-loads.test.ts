import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDisplay, type VirtualDisplay } from '../../source/bench/displays.js';
import { FramebufferFile } from '../../source/bench/framebuffer-file.js';
import type * as Paintings from '../../source/bench/painting.js';
import { WORKLOADS } from '../../source/bench/workloads/index.js';
import { intersect, type Rectangle } from '../../source/core/rectangle.js';
import type { PictureUpdate } from '../../source/session/watch/protocol-session.js';
import { BroadcastShare } from '../helpers/broadcast-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { drawSeed } from '../helpers/seed.js';
import { differingTiles, type Tiles, tilesOf } from '../helpers/tiles.js';
import { Varnish } from '../helpers/varnish.js';
import { WatchingBroadcast } from '../helpers/watching-broadcast.js';

/** Holds the window that one of the loads drags. */
const SIZE = { width: 960, height: 640 };
/** The painter is a process, which is started from the build. */
const BUILT = '../../dist/source/bench/painting.js';
const { Painting } = (await import(BUILT)) as typeof Paintings;

const LOADS = WORKLOADS.filter(({ hz }) => hz > 0);
const FILMS = LOADS.filter(({ name }) => /^(video|full|film|clip|mixed)$/.test(name));
const PROFILES = [
  { name: 'lossless', argv: ['--quality', 'lossless', '--rate', '100mbit'], loads: LOADS, video: false },
  { name: 'lossy', argv: ['--rate', '8mbit'], loads: LOADS, video: false },
  { name: 'film as video', argv: ['--rate', '8mbit', '--video', 'always'], loads: FILMS, video: true },
] as const;

/** Some loads change twice a second, or every eight seconds. */
const comparedUpdates = (hz: number) => Math.ceil(Math.min(hz, 12));

/** A viewer that remembers each picture, so as to tell where another one's differs. */
class Viewer extends WatchingBroadcast {
  readonly tiles = new Map<number, Tiles>();
  /** The number of the first update in each segment that it has seen. */
  readonly #segments = new Map<number, number>();
  /** From which update on it shows films as video: before, while its decoder starts, it has older pictures of them. */
  videoFrom = Number.POSITIVE_INFINITY;
  #decodes = false;

  constructor(link: string) {
    super(link, false);
  }

  override present(update: PictureUpdate): void {
    if (this.framebuffer) this.tiles.set(this.update, tilesOf(this.framebuffer.bytes(), this.framebuffer));
    const { segment } = this.watch.broadcast;
    if (segment !== null && !this.#segments.has(segment)) this.#segments.set(segment, this.update);
    if (this.#decodes && update.encodings?.h264) this.videoFrom = Math.min(this.videoFrom, this.update);
    this.#decodes = Boolean(this.facts.video);
    super.present(update);
  }

  /** The update with which it went on to another segment than that which it joined; Infinity: not yet. */
  get nextSegmentFrom(): number {
    return [...this.#segments.values()][1] ?? Number.POSITIVE_INFINITY;
  }

  /** Where what is shown now differs from a screen. */
  differsFrom(screen: Buffer): Rectangle[] {
    return this.framebuffer
      ? differingTiles(tilesOf(this.framebuffer.bytes(), this.framebuffer), tilesOf(screen, SIZE), SIZE)
      : [{ x: 0, y: 0, ...SIZE }];
  }
}

/** The updates that both have shown, and where their pictures differ after them. */
function compared(one: Viewer, other: Viewer) {
  const both = [...other.tiles.keys()].filter(n => one.tiles.has(n));
  const different = both
    .map(n => ({ n, where: differingTiles(one.tiles.get(n)!, other.tiles.get(n)!, SIZE) }))
    .filter(({ where }) => where.length > 0);
  return { both: both.length, different };
}

let display: VirtualDisplay;
let screen: FramebufferFile;
beforeAll(async () => {
  display = await startDisplay(SIZE);
  screen = new FramebufferFile(display.folder);
});
afterAll(async () => {
  screen.close();
  await display.stop();
});

function shownOnScreen(): Buffer {
  const pixels = Buffer.alloc(SIZE.width * SIZE.height * 4);
  screen.readRectangle({ x: 0, y: 0, ...SIZE }, pixels);
  return pixels;
}

describe.each(PROFILES.map(each => [each.name, each] as const))(
  'whoever comes late through Varnish sees what the others see, %s',
  (_, { argv, loads, video }) => {
    const later = stopAfterEach();
    let share: BroadcastShare;
    let varnish: Varnish;
    let early: Viewer;
    beforeAll(async () => {
      share = await BroadcastShare.of('--source', 'x11', '--display', display.name, '--segment', '4', ...argv);
      varnish = await Varnish.start(share.proxy.port);
      early = new Viewer(share.linkAt(varnish.port));
      await early.until(() => early.tiles.size > 0);
    });
    afterAll(async () => {
      await early?.stop();
      await varnish?.stop();
      await share?.stop();
    });

    const watching = async () => {
      const viewer = later(new Viewer(share.linkAt(varnish.port)));
      await viewer.until(() => viewer.tiles.size > 0);
      return viewer;
    };

    it.each(loads.map(({ name, hz }) => [name, hz] as const))('%s', async (name, hz) => {
      early.tiles.clear();
      const begun = early.update;
      const before = share.program.shareSnapshots.length;
      const painting = later(await Painting.start(display, SIZE, name, drawSeed()));
      const enough = comparedUpdates(hz);
      await early.until(() => early.update >= begun + enough);
      const late = await watching();
      const comparableFrom = () => (video ? Math.max(early.videoFrom, late.videoFrom) : late.nextSegmentFrom);
      await late.until(() => compared(early, late).both > enough && comparableFrom() + enough <= late.update);
      const films = () => share.program.shareSnapshots.slice(before).flatMap(snapshot => snapshot.video.regions);
      if (video) await expect.poll(() => films().length).toBeGreaterThan(0);
      await painting.still();
      const source = shownOnScreen();
      const still = await watching();
      for (const viewer of [early, late, still]) {
        await expect.poll(() => viewer.differsFrom(source)).toEqual([]);
        expect(viewer.codes).toEqual([]);
      }
      const inFilm = (tile: Rectangle) => films().some(film => intersect(film, tile) !== null);
      for (const viewer of [late, still]) {
        const { different } = compared(early, viewer);
        const wrong = different.map(({ n, where }) => ({
          n,
          where: n < Math.max(early.videoFrom, viewer.videoFrom) ? where.filter(tile => !inFilm(tile)) : where,
        }));
        expect(wrong.filter(({ where }) => where.length > 0)).toEqual([]);
      }
    });
  },
);
