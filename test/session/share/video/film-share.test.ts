import { describe, expect, it } from 'vitest';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import type { ShareOptions } from '../../../../source/session/share-options.js';
import { Cinema, FILM_MENU, FILM_REGION } from '../../../helpers/cinema.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { FakeVideoEncoders, FakeVideoReader } from '../../../helpers/fake-video-encoders.js';
import { RfbTestViewer } from '../../../helpers/rfb-test-viewer.js';
import { settled } from '../../../helpers/scenes.js';

const { h264, tight, raw } = ENCODING;
/** Without JPEG, so that what is sent in another way is exact. */
const READS_VIDEO = [tight, h264, raw, PSEUDO_ENCODING.lastRect];
const MASKS = [...READS_VIDEO, PSEUDO_ENCODING.videoMask];

const later = stopAfterEach();

async function open(options: Partial<ShareOptions> = {}, available = true) {
  let encoders: FakeVideoEncoders | null = null;
  const cinema = await Cinema.open(options, changed => {
    encoders = new FakeVideoEncoders(changed, available);
    return encoders;
  });
  return { cinema: later(cinema), encoders: encoders! as FakeVideoEncoders };
}

async function watch({ share }: Cinema, encodings: readonly number[]) {
  const video = new FakeVideoReader();
  return { viewer: later(await RfbTestViewer.open({ port: share.port, encodings, video })), video };
}

describe('a film for a viewer that reads video', () => {
  it('is sent as video in a rectangle of its own while it plays, and exactly once it has stopped', async () => {
    const { cinema } = await open();
    const { viewer, video } = await watch(cinema, READS_VIDEO);
    await viewer.until(() => viewer.updates > 0);
    cinema.play();
    await viewer.until(() => video.pictures > 10);
    expect(cinema.regions).toEqual([FILM_REGION]);
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
    const { cinema } = await open();
    const { viewer, video } = await watch(cinema, encodings);
    cinema.play();
    await viewer.until(() => video.pictures > 8);
    cinema.over = () => cinema.menu();
    // From the first update that has the menu on.
    let seen = 0;
    let wrong = 0;
    viewer.updated = () => {
      const errors = cinema.wrongPixels(viewer, FILM_MENU);
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
    const { cinema } = await open();
    const first = await watch(cinema, READS_VIDEO);
    cinema.play();
    await first.viewer.until(() => first.video.pictures > 10);
    const second = await watch(cinema, MASKS);
    await second.viewer.until(() => second.video.pictures > 10);
    expect(first.video.keys).toBe(2);
    expect(second.video.keys).toBe(1);
    await first.viewer.until(() => first.video.pictures > 50);
    expect([first.viewer.error, second.viewer.error]).toEqual([null, null]);
    const { regions } = cinema.share.sharer.viewers.film.snapshot();
    expect(regions[0]!.streams.map(({ viewers }) => viewers)).toEqual([2]);
  });

  it('begins anew with an IDR when the viewer asks for exactly its rectangle', async () => {
    const { cinema } = await open();
    const { viewer, video } = await watch(cinema, READS_VIDEO);
    cinema.play();
    await viewer.until(() => video.pictures > 10);
    viewer.request(false, FILM_REGION);
    const { pictures } = video;
    await viewer.until(() => video.keys === 2 && video.pictures > pictures + 5);
    cinema.stop();
    await settled(cinema.share, viewer);
  });

  it('goes on after its encoder has crashed', async () => {
    const { cinema, encoders } = await open();
    const { viewer, video } = await watch(cinema, READS_VIDEO);
    cinema.play();
    await viewer.until(() => video.pictures > 8);
    encoders.crash();
    await viewer.until(() => video.keys === 2 && video.pictures > 15);
    cinema.stop();
    await settled(cinema.share, viewer);
  });

  it('is sent as before where there is no encoder, which is said once, with what would help', async () => {
    const { cinema } = await open({}, false);
    const { viewer, video } = await watch(cinema, READS_VIDEO);
    cinema.play();
    await viewer.until(() => cinema.regions.length > 0 && viewer.updates > 25);
    expect(video.pictures).toBe(0);
    cinema.stop();
    await settled(cinema.share, viewer);
    cinema.play();
    const told = () => cinema.share.notices.filter(notice => /H\.264/.test(notice));
    await viewer.until(() => cinema.regions.length > 0 && told().length > 0);
    expect(told()).toEqual([expect.stringMatching(/libx264 or OpenH264 would help/)]);
  });

  it('is no video for viewers that do not read it, nor where that is off', async () => {
    const { cinema } = await open();
    const reads = await watch(cinema, READS_VIDEO);
    const other = await watch(cinema, [tight, raw]);
    cinema.play();
    await reads.viewer.until(() => reads.video.pictures > 5);
    expect(other.viewer.kinds.h264).toBeUndefined();
    cinema.stop();
    await settled(cinema.share, other.viewer);

    const { cinema: off, encoders } = await open({ video: 'off' });
    const { viewer, video } = await watch(off, READS_VIDEO);
    off.play();
    await viewer.until(() => viewer.updates > 25);
    expect(video.pictures).toBe(0);
    expect(encoders.state).toBe('unknown');
  });

  it('is not even looked for on a link that is faster than any film', async () => {
    const { cinema } = await open({ video: 'auto' });
    const { viewer } = await watch(cinema, READS_VIDEO);
    cinema.play();
    // A busy machine may look like a thin link for a while.
    await viewer.until(() => viewer.updates > 25 && !cinema.share.sharer.viewers.film.watched);
    expect(cinema.regions).toEqual([]);
  });

  it('survives a resize', async () => {
    const { cinema } = await open();
    const { viewer, video } = await watch(cinema, [...READS_VIDEO, PSEUDO_ENCODING.desktopSize]);
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
