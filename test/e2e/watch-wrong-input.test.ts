import { deflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { frameHeader } from '../../source/protocols/classic/frames.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { ClassicSharer, plainPicture } from '../helpers/classic-sharer.js';
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

/** What a viewer says about a peer that sends these bytes. */
async function verdict(bytes: Uint8Array, options: Partial<WatchOptions>): Promise<string | null> {
  const sharer = await ClassicSharer.start(viewer => viewer.write(bytes));
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
/** One from each part that finds fault; all are in test/session/watch/classic-wrong-input.test.ts. */
const WRONG: readonly (readonly [string, Uint8Array, string, Partial<WatchOptions>])[] = [
  ['a size of 5 bytes', Buffer.from([5, 0, 0, 0, 0, 1]), 'E_FRAME_HEADER', {}],
  ['a size of 4 GiB', Buffer.from([4, 0xff, 0xff, 0xff, 0xff]), 'E_FRAME_SIZE', { classicSize: SIZE }],
  ['a body that is cut off', frame(good.subarray(0, -6)), 'E_FRAME_DATA', {}],
  ['a deflate bomb', frame(deflateSync(Buffer.alloc(200_000_000))), 'E_FRAME_LENGTH', { classicSize: SIZE }],
];

describe('a classic viewer ends with one clear sentence', () => {
  it.each(WRONG)('at %s', async (_what, bytes, code, options) => {
    expect(await verdict(bytes, options)).toBe(code);
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
});
