import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../source/node/clock.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { readBroadcastLink } from '../../../../source/protocols/broadcast/link.js';
import type { BroadcastMessage } from '../../../../source/protocols/broadcast/messages.js';
import { freshSecret, keptSecret } from '../../../../source/session/share/broadcast/broadcast-secret.js';
import { BROADCAST_DEFAULTS, type ShareOptions } from '../../../../source/session/share-options.js';
import { CanvasShare } from '../../../helpers/canvas-share.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { coloursOf, playedPicture } from '../../../helpers/recorded-log.js';
import { readerOf } from '../../../helpers/sealed-broadcast.js';
import { shifted, text } from '../../../pixels/pictures.js';

const SIZE = { width: 320, height: 200 };
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const started = stopAfterEach();

const broadcast = (change: Partial<ShareOptions['broadcast']> = {}): Partial<ShareOptions> => ({
  ...{ quality: 'lossless', name: 'office' },
  broadcast: { ...BROADCAST_DEFAULTS, port: 0, ...change },
});

async function share(options: Partial<ShareOptions> = broadcast()) {
  const running = started(await CanvasShare.start(SIZE, options));
  running.canvas.paint({ x: 0, y: 0, ...SIZE }, text(1));
  return running;
}

/** Reads a share as a viewer of its link does. */
async function watch(link: string) {
  const { place, key } = readBroadcastLink(link)!;
  const picture = playedPicture(systemClock, createPixelMemory(), false);
  const messagesOf = async (name: string, take: (message: BroadcastMessage) => Promise<boolean>) => {
    const response = await fetch(`${place}${name}`);
    const reader = readerOf(name, key);
    for await (const chunk of response.body!) {
      reader.push(chunk);
      for (let message = await reader.next(); message; message = await reader.next()) {
        if (await take(message)) return;
      }
    }
  };
  let k = -1;
  await messagesOf('m', async message => {
    if (message.type === 'meta') k = message.meta.k;
    return false;
  });
  await messagesOf(`k/${k}`, async message => {
    if (message.type === 'meta') picture.begin(message.meta);
    if (message.type === 'cell') await picture.paint(message.rectangles);
    return false;
  });
  return {
    colours: () => coloursOf(picture.framebuffer),
    /** Follows the segment until a message for which this holds. */
    until: (holds: (message: BroadcastMessage) => boolean) =>
      messagesOf(`u/${k}`, async message => {
        if (message.type === 'update') await picture.paint(message.rectangles);
        return holds(message);
      }),
  };
}

/** As the source has it. */
function coloursOfCanvas({ canvas }: CanvasShare): string {
  const { width, height, colours } = canvas;
  return coloursOf({ width, height, bytes: () => new Uint8Array(colours.slice().buffer) } as never);
}

describe('a share with a broadcast', () => {
  test('is watched by its link: the picture, what changes, and its end', async () => {
    const running = await share();
    const told = () => running.snapshot.broadcast!;
    expect(told()).toMatchObject({ readers: 0, state: 'asleep', server: null, segment: null });
    expect(running.snapshot.state).toBe('listening');
    expect(told().link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/live\//);
    const viewer = await watch(told().link);
    expect(viewer.colours()).toBe(coloursOfCanvas(running));
    let ended = false;
    const followed = viewer.until(message => {
      ended = message.type === 'meta' && message.meta.state === 'ended';
      return ended;
    });
    for (let step = 1; step < 4; step++) {
      running.canvas.paint({ x: 0, y: 30, width: 320, height: 170 }, shifted(text(1), 0, -9 * step));
      await expect.poll(viewer.colours).toBe(coloursOfCanvas(running));
    }
    await expect.poll(() => running.snapshot.state).toBe('sharing');
    await expect.poll(() => told().ageMs ?? -1).toBeGreaterThan(0);
    expect(told()).toMatchObject({ readers: 1, state: 'live' });
    await running.stop();
    await followed;
    expect(ended).toBe(true);
  });

  test('says in its name that it is recorded', async () => {
    const running = await share();
    const { place, key } = readBroadcastLink(running.snapshot.broadcast!.link)!;
    const name = async () => {
      const reader = readerOf('m', key);
      reader.push(new Uint8Array(await (await fetch(`${place}m`)).arrayBuffer()));
      const message = await reader.next();
      return message?.type === 'meta' ? message.meta.name : '';
    };
    expect(await name()).toBe('office');
    await running.sharer.command({ type: 'record', file: path.join(folder, 'recording.pglog') });
    await expect.poll(name).toBe('office (recorded)');
  });

  test('has the link that it is told to have', async () => {
    const url = 'https://hall.example/talks';
    const running = await share(broadcast({ url }));
    expect(running.snapshot.broadcast?.link).toMatch(/^https:\/\/hall\.example\/talks\/live\/[\w-]{22}#[\w-]{43}$/);
  });

  test('has the link of an earlier one, where it led or elsewhere', async () => {
    const link = 'http://hall.example:81/x/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const running = await share(broadcast({ link }));
    expect(running.snapshot.broadcast?.link).toBe(link);
    const moved = await share(broadcast({ link, url: 'https://other' }));
    expect(moved.snapshot.broadcast?.link).toBe(link.replace('http://hall.example:81/x', 'https://other'));
  });

  test('does not begin where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    started({ stop: async () => void other.close() });
    await new Promise(resolve => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const failed = started(await CanvasShare.start(SIZE, broadcast({ port })));
    expect(failed.events.at(-1)).toMatchObject({ type: 'ended', error: { code: 'E_PORT_IN_USE' } });
    expect(failed.events.at(-1)).toMatchObject({ error: { remedy: expect.stringContaining('--broadcast-port') } });
  });

  test('ends where it cannot be published', async () => {
    const place = mkdtempSync(path.join(folder, 'bin-'));
    writeFileSync(path.join(place, 'ssh'), '#!/bin/sh\necho "remote port forwarding failed" >&2\nexit 255\n');
    chmodSync(path.join(place, 'ssh'), 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${place}:${PATH}`;
    try {
      const publish = { user: 'anna', host: 'server.example', port: null };
      const failed = started(await CanvasShare.start(SIZE, broadcast({ publish })));
      expect(failed.snapshot.broadcast?.link).toContain('http://server.example/live/');
      await expect
        .poll(() => failed.events.at(-1))
        .toMatchObject({
          ...{
            type: 'ended',
            error: { code: 'E_PUBLISH_CONNECT', message: expect.stringContaining('forwarding failed') },
          },
        });
    } finally {
      process.env.PATH = PATH;
    }
  });
});

describe('the secret of a link', () => {
  test('is another one each time, unless it is kept', () => {
    expect(freshSecret().id).not.toBe(freshSecret().id);
    const warnings: string[] = [];
    const state = path.join(folder, 'state');
    const kept = keptSecret(state, text => warnings.push(text));
    expect(keptSecret(state, text => warnings.push(text))).toEqual({ id: kept.id, key: Uint8Array.from(kept.key) });
    expect(warnings).toEqual([]);
    writeFileSync(path.join(state, 'broadcast.json'), '{"id":"short"}');
    expect(keptSecret(state, text => warnings.push(text)).id).not.toBe(kept.id);
    expect(warnings).toEqual([expect.stringContaining('is damaged')]);
    keptSecret(null, text => warnings.push(text));
    expect(warnings).toHaveLength(2);
  });
});
