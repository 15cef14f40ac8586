import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { frameHeader } from '../../../source/protocols/classic/frames.js';
import type { WatchOptions } from '../../../source/session/watch-options.js';
import { ClassicSharer, frameOf, plainPicture } from '../../helpers/classic-sharer.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { Watching } from '../../helpers/watching.js';

const SIZE = { width: 640, height: 480 };
const PIXELS = plainPicture(SIZE.width, SIZE.height).rgb;
const started = stopAfterEach();

function frame(body: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(body.length), body]);
}

/** What a viewer says about a peer that sends these bytes, and then closes or not. */
async function verdict(bytes: Uint8Array, end: boolean, options: Partial<WatchOptions> = {}): Promise<string | null> {
  const sharer = started(await ClassicSharer.start(viewer => (end ? viewer.end(bytes) : viewer.write(bytes))));
  const watch = started(new Watching(sharer.port, { reconnect: false, ...options }));
  const code = await watch.end();
  const error = watch.ended?.error;
  if (error) {
    expect(error.message).toMatch(/^\S.*\.$/);
    expect(error.remedy.length).toBeGreaterThan(10);
  }
  return code;
}

const good = deflateSync(PIXELS);
const flipped = Buffer.from(good);
flipped[flipped.length - 2]! ^= 0x40;

const WRONG: readonly (readonly [string, Uint8Array, string])[] = [
  ['a size of 5 bytes', Buffer.from([5, 0, 0, 0, 0, 1]), 'E_FRAME_HEADER'],
  ['a later size of 5 bytes', Buffer.concat([frame(good), Buffer.from([5, 0, 0, 0, 0, 1])]), 'E_FRAME_HEADER'],
  ['a size of 0', Buffer.from([1, 0]), 'E_FRAME_SIZE'],
  ['a size of no bytes', Buffer.concat([frame(good), Buffer.from([0, 0])]), 'E_FRAME_HEADER'],
  ['a size of 4 GiB', Buffer.from([4, 0xff, 0xff, 0xff, 0xff]), 'E_FRAME_SIZE'],
  ['a size far above the picture', Buffer.from([3, 0x20, 0, 0]), 'E_FRAME_SIZE'],
  ['a body that is not zlib', frame(Buffer.from('this is no zlib stream')), 'E_FRAME_DATA'],
  ['a body that is cut off', frame(good.subarray(0, -6)), 'E_FRAME_DATA'],
  ['a body with a wrong checksum', frame(flipped), 'E_FRAME_DATA'],
  ['a deflate bomb', frame(deflateSync(Buffer.alloc(200_000_000))), 'E_FRAME_LENGTH'],
  ['a picture that is too small', frame(deflateSync(PIXELS.subarray(3))), 'E_FRAME_LENGTH'],
  ['a picture that is too large', frame(deflateSync(Buffer.concat([PIXELS, Buffer.alloc(1)]))), 'E_FRAME_LENGTH'],
];

describe('a classic viewer ends with one clear sentence', () => {
  it.each(WRONG)('at %s', async (_what, bytes, code) => {
    expect(await verdict(bytes, false, { classicSize: SIZE })).toBe(code);
  });

  it.each(WRONG.filter(([, , code]) => code !== 'E_FRAME_LENGTH').filter(([what]) => !what.includes('above')))(
    'at %s, the size of the picture unknown',
    async (_what, bytes, code) => {
      expect(await verdict(bytes, false)).toBe(code);
    },
  );

  it.each([
    ['a header', Buffer.concat([frame(good), Buffer.from([3, 1])])],
    ['a body', Buffer.concat([frame(good), frame(good).subarray(0, 100)])],
    ['the first header', Buffer.from([3])],
  ])('when the peer closes inside %s', async (_where, bytes) => {
    expect(await verdict(bytes, true, { classicSize: SIZE })).toBe('E_PEER_CLOSED');
  });

  it('when the peer closes before it sent anything', async () => {
    expect(await verdict(Buffer.alloc(0), true)).toBe('E_PEER_REFUSED');
  });

  it.each([
    ['two shapes', deflateSync(Buffer.alloc(3840 * 1080 * 3)), /3840x1080.*1920x2160/],
    ['no common screen', deflateSync(Buffer.alloc(1000 * 562 * 3)), /--size 1000x562/],
    ['no picture at all', deflateSync(Buffer.alloc(1000)), /--size WIDTHxHEIGHT/],
  ])('when the first frame fits %s', async (_what, body, hint) => {
    const sharer = started(await ClassicSharer.start(viewer => viewer.write(frame(body))));
    const watch = started(new Watching(sharer.port));
    expect(await watch.end()).toBe('E_PICTURE_SIZE');
    expect(`${watch.ended?.error?.message} ${watch.ended?.error?.remedy}`).toMatch(hint);
  });

  it('at a web server that speaks first, and at another protocol than the requested one', async () => {
    expect(await verdict(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), true)).toBe('E_NOT_A_SHARER');
    expect(await verdict(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), false)).toBe('E_NOT_A_SHARER');
    expect(await verdict(Buffer.from('RFB 003.008\n'), false, { wire: 'classic' })).toBe('E_WIRE_MISMATCH');
    expect(await verdict(frame(good), false, { wire: 'rfb' })).toBe('E_WIRE_MISMATCH');
  });

  it('takes good frames before and between', async () => {
    const sharer = started(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480)))));
    const watch = started(new Watching(sharer.port, { frames: 1 }));
    expect(await watch.end()).toBe(null);
  });
});
