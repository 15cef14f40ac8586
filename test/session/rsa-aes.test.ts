import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { NoneDisplay } from '../../source/display/none-display.js';
import { systemClock } from '../../source/node/clock.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { RSA_AES } from '../../source/protocols/rfb/security/rsa-aes.js';
import type { ServerSecurityType } from '../../source/protocols/rfb/security/security-type.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import type { WatchEvent } from '../../source/session/messages.js';
import { NodeRsaAes } from '../../source/session/rsa-aes-platform.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { createClassicSession } from '../../source/session/watch/classic-session.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { Watcher } from '../../source/session/watch/watcher.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { connect } from '../../source/transport/connect.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { idleTrace } from '../helpers/idle-trace.js';
import { Wiretap } from '../helpers/proxies.js';
import { WATCHED_HERE } from '../helpers/running-watch.js';
import { noise, photograph } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';
import { WatchingHost } from '../helpers/watching-host.js';

const SIZE = { width: 320, height: 200 };
const CODE = 'a longer code than VNC has';
const started = stopAfterEach();
const [shareKeys, viewerKeys] = [new NodeRsaAes(null), new NodeRsaAes(null)];

async function share(
  number: number | null,
  rsaAes = shareKeys,
  others: readonly ServerSecurityType[] = [],
): Promise<CanvasShare> {
  await rsaAes.prepare();
  const encryption = { tls: undefined as never, rsaAes, required: false };
  const secrets = { code: null, vncPassword: CODE, resume: null, random: randomBytes, encryption };
  const types = RSA_AES.flatMap(type => type.server(secrets) ?? []).filter(type => type.number === number);
  const options = { access: 'code', vncPassword: CODE, encrypt: 'off' } as const;
  const running = started(await CanvasShare.start(SIZE, options, systemClock, LIVENESS, [...others, ...types]));
  running.canvas.paint({ x: 0, y: 0, ...SIZE }, noise);
  return running;
}

async function watch(port: number, options: Partial<WatchOptions> = {}, peers = new KnownPeers(null)) {
  const { stream } = await connect({ host: '127.0.0.1', port });
  const host = new WatchingHost({ encrypt: 'offered', code: CODE, secret: 'password', ...options });
  const parts = { stream, early: new Uint8Array(0), peer: 'a share:5900', trace: idleTrace(), resume: null };
  const session = rfbSessionFactory({ encodings: [ENCODING.raw] }, peers, viewerKeys)(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  return { host, session };
}

function shows(host: WatchingHost, { canvas }: CanvasShare): boolean {
  const { framebuffer } = host;
  return (
    framebuffer !== null &&
    canvas.colours.every((colour, at) => host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) === colour)
  );
}

/** What a person says yes to. */
async function keyOf(port: number): Promise<string> {
  const { host } = await watch(port);
  const question = await host.until(() => false).catch(error => error);
  expect(question).toMatchObject({ code: 'E_TRUST_REQUIRED' });
  return question.about;
}

/** Eight pixels of the picture, somewhere in it, as they go over the wire. */
function somePixels({ canvas }: CanvasShare): Buffer {
  const pixels = Buffer.alloc(32);
  for (let at = 0; at < 8; at++) pixels.writeUInt32LE(canvas.at(100 + at, 100), at * 4);
  return pixels;
}

describe.each([129, 5])('a session over RSA-AES, type %i,', number => {
  it('shows the exact picture, changes included', async () => {
    const running = await share(number);
    const { host } = await watch(running.port, { trust: [await keyOf(running.port)] });
    await host.until(() => shows(host, running));
    for (const [step, content] of [photograph, noise, 0x2e3440].entries()) {
      running.canvas.paint({ x: 20 * step, y: 30, width: 200, height: 120 }, content);
      await host.until(() => shows(host, running));
    }
    expect(host.facts.encryption).toBe(`AES-${number === 5 ? 128 : 256} (RSA-AES), VNC password`);
    await expect.poll(() => running.snapshot.viewers[0]?.encryption).toBe(host.facts.encryption);
  });

  it('discloses neither the code nor a pixel to a listener', async () => {
    const running = await share(number);
    const trust = [await keyOf(running.port)];
    const tap = started(await Wiretap.before(running.port));
    const { host } = await watch(tap.port, { trust });
    await host.until(() => shows(host, running));
    const heard = Buffer.concat(tap.heard);
    expect(heard.length).toBeGreaterThan(SIZE.width * SIZE.height * 4);
    expect(heard.includes(CODE)).toBe(false);
    expect(heard.includes(somePixels(running))).toBe(false);
  });

  it('remembers the key, and accepts no other from the same peer', async () => {
    const running = await share(number);
    const peers = new KnownPeers(null);
    const { host, session } = await watch(running.port, { trust: [await keyOf(running.port)] }, peers);
    await host.until(() => shows(host, running));
    expect(host.notices.join()).toContain('The key of a share:5900 is remembered');
    session.close();
    const again = await watch(running.port, {}, peers);
    await again.host.until(() => shows(again.host, running));
    const imposter = await share(number, new NodeRsaAes(null));
    const { host: deceived } = await watch(imposter.port, {}, peers);
    await expect(deceived.until(() => false)).rejects.toMatchObject({ code: 'E_PEER_CHANGED' });
    const without = await share(null);
    const { host: stripped } = await watch(without.port, {}, peers);
    await expect(stripped.until(() => false)).rejects.toMatchObject({ code: 'E_PEER_WEAKER' });
  });
});

/** VeNCrypt that comes to anonymous TLS only. */
const ANONYMOUS_ONLY: ServerSecurityType = {
  number: 19,
  start() {
    let listed = false;
    return {
      encryption: null,
      begin: () => Uint8Array.of(0, 2),
      receive(reader) {
        const said = reader.attempt(() => reader.bytes(listed ? 4 : 2));
        if (!said) return undefined;
        expect(listed).toBe(false);
        listed = true;
        return { type: 'send', bytes: Uint8Array.of(0, 1, 0, 0, 1, 2) };
      },
    };
  },
};

it('a server whose VeNCrypt is weaker than its RSA-AES is tried again with RSA-AES, silently', async () => {
  const running = await share(129, shareKeys, [ANONYMOUS_ONLY]);
  const trust = [await keyOf((await share(129)).port)];
  const events: WatchEvent[] = [];
  const watcher = new Watcher(
    {
      ...WATCHED_HERE,
      encrypt: 'offered',
      code: CODE,
      trust,
      wire: 'rfb',
      peer: { host: '127.0.0.1', port: running.port },
    },
    {
      clock: systemClock,
      memory: createPixelMemory(),
      inflater: createInflater(),
      display: new NoneDisplay(),
      connect,
      wires: { classic: createClassicSession, rfb: rfbSessionFactory({}, new KnownPeers(null), viewerKeys) },
      emit: event => events.push(event),
      date: Date.now,
      liveness: LIVENESS,
    },
  );
  const over = watcher.run();
  started({
    stop: async () => {
      watcher.command({ type: 'stop' });
      await over;
    },
  });
  const shown = () => events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot] : [])).at(-1);
  await expect.poll(() => shown()?.encryption).toBe('AES-256 (RSA-AES), VNC password');
  expect(events.filter(({ type }) => type === 'ended')).toEqual([]);
});

it('without encryption a listener gets the pixels', async () => {
  const running = await share(null);
  const tap = started(await Wiretap.before(running.port));
  const { host } = await watch(tap.port);
  await host.until(() => shows(host, running));
  expect(Buffer.concat(tap.heard).includes(somePixels(running))).toBe(true);
});

describe('the key of this computer', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-rsa-'));
  const state = path.join(folder, 'state');
  const file = path.join(state, 'rsa-key.pem');
  afterEach(() => rmSync(state, { recursive: true, force: true }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const keysIn = async (place: string) => {
    const warnings: string[] = [];
    const rsaAes = new NodeRsaAes(place, text => warnings.push(text));
    await rsaAes.prepare();
    return { modulus: Buffer.from(rsaAes.keys?.modulus ?? []), warnings };
  };

  it('is made once, readable by its owner alone, even by several programs at once', async () => {
    const [one, other] = await Promise.all([keysIn(state), keysIn(state)]);
    expect(one).toEqual(other);
    expect(await keysIn(state)).toEqual({ modulus: one?.modulus, warnings: [] });
    expect([statSync(state).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('is a temporary one while the file is damaged, which is reported and left alone', async () => {
    await keysIn(state);
    writeFileSync(file, 'damaged');
    const { modulus, warnings } = await keysIn(state);
    expect(modulus.length).toBe(256);
    expect(warnings[0]).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('damaged');
  });

  it('lives as long as the program if it cannot be stored, which is reported', async () => {
    writeFileSync(state, 'no folder');
    const { modulus, warnings } = await keysIn(state);
    expect(modulus.length).toBe(256);
    expect(warnings[0]).toContain('a part of its path is no folder');
  });
});

describe('a share', () => {
  ownStateFolder('all');

  /** The security types that it offers now. */
  async function offeredBy({ port }: CanvasShare): Promise<number[]> {
    const socket = connectSocket(port, '127.0.0.1');
    const said: Buffer[] = [];
    try {
      for await (const chunk of socket) {
        if (said.length === 0) socket.write('RFB 003.008\n');
        said.push(chunk as Buffer);
        const [count = 0, ...types] = Buffer.concat(said).subarray(12);
        if (count > 0 && types.length >= count) return types.slice(0, count);
      }
    } finally {
      socket.destroy();
    }
    throw new Error('it hung up');
  }

  it.each<[string, Partial<ShareOptions>, number[]]>([
    [
      'RSA-AES after CPace, where access is by code',
      { access: 'code', code: 'lesson3', vncPassword: CODE },
      [80, 129, 5, 19, 2],
    ],
    [
      'it, CPace and TLS alone, where it must encrypt',
      { access: 'code', code: 'lesson3', vncPassword: CODE, encrypt: 'required' },
      [80, 129, 5, 19],
    ],
    ['none of it, where there is no code', { access: 'open' }, [80, 19, 1]],
    ['none of it, where it does not encrypt', { access: 'code', vncPassword: CODE, encrypt: 'off' }, [2]],
  ])('offers %s', async (_what, options, types) => {
    const running = started(await CanvasShare.start(SIZE, { encrypt: 'offered', ...options }));
    await expect.poll(() => offeredBy(running)).toEqual(types);
    const told = running.notices.filter(text => /fingerprint ([0-9a-f]{2}-){7}[0-9a-f]{2}$/.test(text));
    expect(told.length).toBe(types.includes(129) ? 1 : 0);
  });
});
