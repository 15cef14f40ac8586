import { deflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { frameHeader } from '../../source/protocols/classic/frames.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { ClassicSharer, frameOf, plainPicture } from '../helpers/classic-sharer.js';
import { RunningWatch } from '../helpers/running-watch.js';

const SIZE = { width: 640, height: 480 };
const PIXELS = plainPicture(SIZE.width, SIZE.height).rgb;
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});

function frame(body: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(body.length), body]);
}

/** What a viewer says about a peer that sends these bytes, and then closes or not. */
async function verdict(bytes: Uint8Array, end: boolean, options: Partial<WatchOptions> = {}): Promise<string | null> {
  const sharer = await ClassicSharer.start(viewer => (end ? viewer.end(bytes) : viewer.write(bytes)));
  running.push(sharer);
  const watch = await RunningWatch.start(sharer.port, { reconnect: false, ...options });
  running.push(watch);
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
    const sharer = await ClassicSharer.start(viewer => viewer.write(frame(body)));
    const watch = await RunningWatch.start(sharer.port);
    running.push(sharer, watch);
    expect(await watch.end()).toBe('E_PICTURE_SIZE');
    expect(`${watch.ended?.error?.message} ${watch.ended?.error?.remedy}`).toMatch(hint);
  });

  it('at a web server that speaks first, and at another protocol than the requested one', async () => {
    expect(await verdict(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), true)).toBe('E_NOT_A_SHARER');
    expect(await verdict(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), false)).toBe('E_NOT_A_SHARER');
    expect(await verdict(Buffer.from('RFB 003.008\n'), false, { wire: 'classic' })).toBe('E_WIRE_MISMATCH');
    expect(await verdict(frame(good), false, { wire: 'rfb' })).toBe('E_WIRE_MISMATCH');
  });

  it('says that it waits for a peer that says nothing, and gives up', async () => {
    process.env.PEERGLASS_SILENCE_MS = '600';
    const sharer = await ClassicSharer.start();
    const watch = await RunningWatch.start(sharer.port);
    delete process.env.PEERGLASS_SILENCE_MS;
    running.push(sharer, watch);
    await watch.state('waiting');
    expect(watch.notices.join()).toContain('Waiting for the sharer');
    expect(await watch.end()).toBe('E_PEER_SILENT');
  });

  it('when nothing listens, and stops at once while it connects or waits', async () => {
    const sharer = await ClassicSharer.start();
    const { port } = sharer;
    const waiting = await RunningWatch.start(port);
    await waiting.state('waiting');
    await waiting.stop();
    expect(waiting.ended).toMatchObject({ error: null });
    await sharer.stop();
    const refused = await RunningWatch.start(port);
    expect(await refused.end()).toBe('E_CONNECT_REFUSED');
    const connecting = await RunningWatch.start(port, { peer: { host: '192.0.2.1', port: 9000 } });
    await connecting.state('connecting').catch(() => {});
    await connecting.stop();
    expect(connecting.all('ended')).toHaveLength(1);
  });

  it('takes good frames before and between', async () => {
    const sharer = await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480))));
    const watch = await RunningWatch.start(sharer.port, { frames: 1 });
    running.push(sharer, watch);
    expect(await watch.end()).toBe(null);
  });
});
