import { describe, expect, it } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import type { ShareOptions } from '../../../../source/session/share-options.js';
import { CanvasShare } from '../../../helpers/canvas-share.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { FakeVideoEncoders, FakeVideoReader } from '../../../helpers/fake-video-encoders.js';
import { RfbTestViewer, type TestViewerOptions } from '../../../helpers/rfb-test-viewer.js';
import { noise, settled, text } from '../../../helpers/scenes.js';

const SIZE = { width: 420, height: 300 };
const FILM = { x: 31, y: 21, width: 320, height: 240 };
const REGION = { x: 30, y: 20, width: 322, height: 242 };
const MENU = { x: 103, y: 77, width: 91, height: 67 };
const PICTURE_MS = 33;
const { h264, tight, raw } = ENCODING;
/** Without JPEG, so that what is sent in another way is exact. */
const READS_VIDEO = [tight, h264, raw, PSEUDO_ENCODING.lastRect];
const MASKS = [...READS_VIDEO, PSEUDO_ENCODING.videoMask];

const later = stopAfterEach();

/** A share whose canvas plays a film. */
class Cinema {
  readonly share: CanvasShare;
  readonly encoders: FakeVideoEncoders;
  /** Drawn over each picture. */
  over: (() => void) | null = null;
  #turn = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(share: CanvasShare, encoders: FakeVideoEncoders) {
    this.share = share;
    this.encoders = encoders;
  }

  static async open(options: Partial<ShareOptions> = {}, available = true): Promise<Cinema> {
    let encoders: FakeVideoEncoders | null = null;
    const share = await CanvasShare.startWithVideo(SIZE, { video: 'always', ...options }, changed => {
      encoders = new FakeVideoEncoders(changed, available);
      return encoders;
    });
    const cinema = new Cinema(share, encoders!);
    later({ close: () => cinema.stop() });
    later(share);
    return cinema;
  }

  get regions(): Rectangle[] {
    return this.share.sharer.viewers.film.areas.map(({ rectangle }) => rectangle);
  }

  play(): void {
    this.#timer = setInterval(() => this.#draw(), PICTURE_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One picture, and what stands over it, as one change. */
  #draw(): void {
    const { canvas } = this.share;
    const turn = this.#turn++;
    const { colours, width } = canvas;
    for (let y = FILM.y; y < FILM.y + FILM.height; y++) {
      for (let x = FILM.x; x < FILM.x + FILM.width; x++) {
        const light = 128 + 50 * Math.sin((x + turn * 4) / 19) + 40 * Math.cos((y - turn * 3) / 13);
        const grain = noise(x + turn * 7, y) & 0x0f0f0f;
        colours[y * width + x] = Math.round(light) * 0x010101 + grain;
      }
    }
    this.over?.();
    canvas.damage(FILM);
  }

  menu(place: Rectangle = MENU): void {
    const { colours, width } = this.share.canvas;
    for (let y = place.y; y < place.y + place.height; y++) {
      for (let x = place.x; x < place.x + place.width; x++) colours[y * width + x] = text(x - place.x, y - place.y);
    }
  }

  async watch(encodings: readonly number[], more: Partial<TestViewerOptions> = {}) {
    const video = new FakeVideoReader();
    const viewer = later(await RfbTestViewer.open({ port: this.share.port, encodings, video, ...more }));
    return { viewer, video };
  }

  wrongPixels({ picture }: RfbTestViewer, { x, y, width, height }: Rectangle): number {
    let wrong = 0;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        if (picture.at(column, row) !== this.share.canvas.at(column, row)) wrong++;
      }
    }
    return wrong;
  }
}

describe('a film for a viewer that reads video', () => {
  it('is sent as video in a rectangle of its own while it plays, and exactly once it has stopped', async () => {
    const cinema = await Cinema.open();
    const { viewer, video } = await cinema.watch(READS_VIDEO);
    await viewer.until(() => viewer.updates > 0);
    cinema.play();
    await viewer.until(() => video.pictures > 10);
    expect(cinema.regions).toEqual([REGION]);
    const before = viewer.rectangles.length;
    await viewer.until(() => video.pictures > 20);
    // Nothing of it goes in another way meanwhile.
    expect(viewer.rectangles.slice(before).every(({ kind }) => kind === 'h264')).toBe(true);
    cinema.stop();
    await settled(cinema.share, viewer);
    expect(cinema.regions).toEqual([]);
    const told = cinema.share.sharer.viewers.film.snapshot();
    expect(told).toMatchObject({ encoder: 'fake 1', idrs: video.keys, pictures: expect.any(Number) });
    expect(told.pictures).toBeGreaterThanOrEqual(video.pictures);
  });

  it.each([
    ['sent again after each picture', READS_VIDEO],
    ['masked where the viewer reads masks', MASKS],
  ])('shows a menu over it without a wrong pixel in any update: %s', async (_, encodings) => {
    const cinema = await Cinema.open();
    const { viewer, video } = await cinema.watch(encodings);
    cinema.play();
    await viewer.until(() => video.pictures > 8);
    cinema.over = () => cinema.menu();
    // From the first update that has the menu on.
    let seen = 0;
    let wrong = 0;
    viewer.updated = () => {
      const errors = cinema.wrongPixels(viewer, MENU);
      if (seen > 0 || errors === 0) seen++;
      if (seen > 0) wrong = Math.max(wrong, errors);
    };
    const start = video.pictures;
    await viewer.until(() => video.pictures > start + 25);
    expect(seen).toBeGreaterThan(15);
    expect(wrong).toBe(0);
    expect((viewer.kinds['video-mask'] ?? 0) > 0).toBe(encodings === MASKS);
    viewer.updated = () => {};
    cinema.over = null;
    cinema.stop();
    await settled(cinema.share, viewer);
  });

  it('can be joined in the middle: one IDR serves all, and nobody loses a picture', async () => {
    const cinema = await Cinema.open();
    const first = await cinema.watch(READS_VIDEO);
    cinema.play();
    await first.viewer.until(() => first.video.pictures > 10);
    const second = await cinema.watch(MASKS);
    await second.viewer.until(() => second.video.pictures > 10);
    expect(first.video.keys).toBe(2);
    expect(second.video.keys).toBe(1);
    await first.viewer.until(() => first.video.pictures > 50);
    expect([first.viewer.error, second.viewer.error]).toEqual([null, null]);
    const { regions } = cinema.share.sharer.viewers.film.snapshot();
    expect(regions[0]!.streams.map(({ viewers }) => viewers)).toEqual([2]);
  });

  it('begins anew with an IDR when the viewer asks for exactly its rectangle', async () => {
    const cinema = await Cinema.open();
    const { viewer, video } = await cinema.watch(READS_VIDEO);
    cinema.play();
    await viewer.until(() => video.pictures > 10);
    viewer.request(false, REGION);
    const { pictures } = video;
    await viewer.until(() => video.keys === 2 && video.pictures > pictures + 5);
    cinema.stop();
    await settled(cinema.share, viewer);
  });

  it('goes on after its encoder has crashed', async () => {
    const cinema = await Cinema.open();
    const { viewer, video } = await cinema.watch(READS_VIDEO);
    cinema.play();
    await viewer.until(() => video.pictures > 8);
    cinema.encoders.crash();
    await viewer.until(() => video.keys === 2 && video.pictures > 15);
    cinema.stop();
    await settled(cinema.share, viewer);
  });

  it('is sent as before where there is no encoder, which is said once, with what would help', async () => {
    const cinema = await Cinema.open({}, false);
    const { viewer, video } = await cinema.watch(READS_VIDEO);
    cinema.play();
    await viewer.until(() => viewer.updates > 25);
    expect(video.pictures).toBe(0);
    cinema.stop();
    await settled(cinema.share, viewer);
    cinema.play();
    await viewer.until(() => cinema.regions.length > 0);
    const told = cinema.share.notices.filter(notice => /H\.264/.test(notice));
    expect(told).toEqual([expect.stringMatching(/libx264 or OpenH264 would help/)]);
  });

  it('is no video for viewers that do not read it, nor where that is off', async () => {
    const cinema = await Cinema.open();
    const reads = await cinema.watch(READS_VIDEO);
    const other = await cinema.watch([tight, raw]);
    cinema.play();
    await reads.viewer.until(() => reads.video.pictures > 5);
    expect(other.viewer.kinds.h264).toBeUndefined();
    cinema.stop();
    await settled(cinema.share, other.viewer);

    const off = await Cinema.open({ video: 'off' });
    const { viewer, video } = await off.watch(READS_VIDEO);
    off.play();
    await viewer.until(() => viewer.updates > 25);
    expect(video.pictures).toBe(0);
    expect(off.encoders.state).toBe('unknown');
  });

  it('survives a resize', async () => {
    const cinema = await Cinema.open();
    const { viewer, video } = await cinema.watch([...READS_VIDEO, PSEUDO_ENCODING.desktopSize]);
    cinema.play();
    await viewer.until(() => video.pictures > 5);
    cinema.stop();
    cinema.share.canvas.resize({ width: 500, height: 330 });
    await viewer.until(() => viewer.picture.width === 500);
    cinema.play();
    const { keys } = video;
    await viewer.until(() => video.keys > keys);
    cinema.stop();
    await settled(cinema.share, viewer);
  });
});
