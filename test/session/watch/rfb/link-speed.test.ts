import { describe, expect, it } from 'vitest';
import { READ_ENCODINGS } from '../../../../source/codecs/encodings/registry.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { capabilitiesOf } from '../../../../source/session/share/rfb/client-capabilities.js';
import { encodingList, preferencesFor } from '../../../../source/session/watch/rfb/encoding-list.js';
import { LinkSpeed } from '../../../../source/session/watch/rfb/link-speed.js';

/** Milliseconds that so many bytes take at so many Mbit/s. */
const duration = (bytes: number, mbit: number) => (bytes * 8) / (mbit * 1000);

function measure(speed: LinkSpeed, mbit: number, times: number, bytes = 100_000): boolean[] {
  return Array.from({ length: times }, () => speed.measured(bytes, duration(bytes, mbit)));
}

describe('the speed of a link', () => {
  it('is assumed fast until a few updates prove otherwise', () => {
    const speed = new LinkSpeed();
    expect(speed.fast).toBe(true);
    expect(measure(speed, 2, 4)).toEqual([false, false, true, false]);
    expect(speed.fast).toBe(false);
  });

  it('is not judged by small updates, nor by none', () => {
    const speed = new LinkSpeed();
    measure(speed, 0.1, 50, 2_000);
    expect(speed.fast).toBe(true);
    speed.measured(100_000, 0);
    expect(speed.fast).toBe(true);
  });

  it('does not toggle near the threshold', () => {
    const speed = new LinkSpeed();
    measure(speed, 2, 3);
    expect(measure(speed, 16, 60)).not.toContain(true);
    expect(speed.fast).toBe(false);
    measure(speed, 100, 20);
    expect(speed.fast).toBe(true);
    expect(measure(speed, 16, 60)).not.toContain(true);
    expect(speed.fast).toBe(true);
  });
});

describe('the requested encodings', () => {
  it('start with the cheapest, or with the forced one', () => {
    const preferences = { ...preferencesFor('auto', null, true, false), video: false, maxRate: null };
    expect(encodingList({ encodings: READ_ENCODINGS, ...preferences }).slice(0, 2)).toEqual([1, 7]);
    expect(encodingList({ encodings: [ENCODING.rre], ...preferences })[0]).toBe(2);
  });

  it('have H.264, and its masks, where a decoder was found', () => {
    const list = (video: boolean) =>
      encodingList({ encodings: READ_ENCODINGS, video, maxRate: null, ...preferencesFor('auto', null, true, false) });
    const { videoMask } = PSEUDO_ENCODING;
    expect(list(true)).toEqual(expect.arrayContaining([ENCODING.h264, videoMask]));
    expect(list(false).filter(each => each === ENCODING.h264 || each === videoMask)).toEqual([]);
    expect(list(true).filter(each => each !== ENCODING.h264 && each !== videoMask)).toEqual(list(false));
  });

  it('tell what may be sent at most, in 10 kbit/s, if the user has said so', () => {
    const list = (maxRate: number | null) =>
      encodingList({ encodings: [], video: false, ...preferencesFor('auto', null, true, false), maxRate });
    const base = 0xd048_0000 | 0;
    expect(list(2_500_000)).toContain(base + 2000);
    expect(list(1)).toContain(base + 1);
    expect(list(1e9)).toContain(base + 0xffff);
    expect(list(null).filter(each => each > base && each <= base + 0xffff)).toEqual([]);
    expect(capabilitiesOf(list(2_500_000)).maxRate).toBe(2_500_000);
    expect(capabilitiesOf(list(null)).maxRate).toBeNull();
  });

  it('follow the link unless the user has chosen', () => {
    expect(preferencesFor('auto', null, true, false)).toEqual({ quality: { level: 8 }, compression: 2 });
    expect(preferencesFor('auto', null, false, false)).toEqual({ quality: { level: 6 }, compression: 6 });
    // A sharer that follows the link by itself is asked for its best.
    expect(preferencesFor('auto', null, false, true)).toEqual({ quality: { level: 8 }, compression: 6 });
    expect(preferencesFor('lossless', 9, false, false)).toEqual({ quality: 'lossless', compression: 9 });
    expect(preferencesFor(50, 0, true, false)).toEqual({ quality: { percent: 50 }, compression: 0 });
  });
});
