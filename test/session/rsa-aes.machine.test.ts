import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PeerglassError } from '../../source/core/errors.js';
import { systemClock } from '../../source/node/clock.js';
import { RSA_AES } from '../../source/protocols/rfb/security/rsa-aes.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import { NodeRsaAes } from '../../source/session/rsa-aes-platform.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { connect } from '../../source/transport/connect.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { idleTrace } from '../helpers/idle-trace.js';
import { peerFingerprint, RsaAesPeer, type ServerTask, servedPixel } from '../helpers/rsa-aes-peer.js';
import { noise } from '../helpers/scenes.js';
import { WatchingHost } from '../helpers/watching-host.js';

/** Against an implementation that was written from the specification alone. */
const SIZE = { width: 40, height: 30 };
const CODE = 'a longer code than VNC has';
const started = stopAfterEach();
const platform = new NodeRsaAes(null);
const own = new NodeRsaAes(null);

async function watch(port: number, options: Partial<WatchOptions>, peers = new KnownPeers(null)) {
  const { stream } = await connect({ host: '127.0.0.1', port });
  const host = new WatchingHost({ encrypt: 'offered', code: CODE, ...options });
  const parts = { stream, early: new Uint8Array(0), peer: 'a server:5900', trace: idleTrace(), resume: null };
  const session = rfbSessionFactory({}, peers, own)(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  return { host, session };
}

/** Watches a server whose key the person has said yes to. */
async function watchServer(task: Partial<ServerTask> & { readonly type: number }, options: Partial<WatchOptions> = {}) {
  const random = task.type > 128 ? 32 : 16;
  const { peer, port } = await RsaAesPeer.server({ ...SIZE, subtype: 2, random, password: CODE, ...task });
  started(peer);
  const watching = await watch(port, { trust: [peerFingerprint(task.bits)], ...options });
  return { ...watching, peer };
}

function showsServed(host: WatchingHost): boolean {
  if (!host.framebuffer || host.updates.length === 0) return false;
  for (let at = 0; at < SIZE.width * SIZE.height; at++) {
    if (host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) !== servedPixel(at)) return false;
  }
  return true;
}

async function share(): Promise<CanvasShare> {
  await platform.prepare();
  const encryption = { tls: undefined as never, rsaAes: platform, required: false };
  const secrets = { code: null, vncPassword: CODE, resume: null, random: randomBytes, encryption };
  const types = RSA_AES.flatMap(type => type.server(secrets) ?? []);
  const options = { access: 'code', vncPassword: CODE } as const;
  const running = started(await CanvasShare.start(SIZE, options, systemClock, LIVENESS, types));
  running.canvas.paint({ x: 0, y: 0, ...SIZE }, noise);
  return running;
}

describe('a viewer of a server that was written from the specification', () => {
  it.each<[string, Partial<ServerTask> & { readonly type: number }, Partial<WatchOptions>, string]>([
    ['129, its password', { type: 129 }, {}, 'AES-256 (RSA-AES), VNC password'],
    [
      '129, user and password, random numbers of 16 bytes',
      { type: 129, subtype: 1, random: 16 },
      { user: 'mé' },
      'AES-256 (RSA-AES), user and password',
    ],
    ['5, its password, a key of 3072 bits', { type: 5, bits: 3072 }, {}, 'AES-128 (RSA-AES), VNC password'],
    [
      '5, user and password, records of a few bytes',
      { type: 5, subtype: 1, longest: 7 },
      { user: 'me' },
      'AES-128 (RSA-AES), user and password',
    ],
    ['130, its password', { type: 130, longest: 1 }, {}, 'login protected, picture not encrypted'],
    [
      '6, user and password, the longest records',
      { type: 6, subtype: 1, longest: 65535 },
      { user: 'me' },
      'login protected, picture not encrypted',
    ],
  ])('shows its exact pixels over %s', async (_what, task, options, protection) => {
    const { host, session, peer } = await watchServer(task, options);
    await host.until(() => showsServed(host));
    expect(host.facts.encryption).toBe(protection);
    session.close();
    const { fingerprint: _shown, ...found } = await peer.found();
    expect(found).toEqual({
      user: options.user ?? '',
      password: CODE,
      random: task.random ?? (task.type > 128 ? 32 : 16),
    });
  });

  it('asks before a password goes to an unknown key, shown as TigerVNC shows it', async () => {
    const { host, session, peer } = await watchServer({ type: 129 }, { trust: [] });
    const question: PeerglassError = await host.until(() => false).catch(error => error);
    expect(question).toMatchObject({ code: 'E_TRUST_REQUIRED', about: peerFingerprint() });
    session.close();
    const { fingerprint } = (await peer.found()) as { fingerprint?: string };
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(question.message).toContain(`fingerprint ${fingerprint?.replace(/..(?=.)/g, '$&-')}.`);
  });

  it('says that the password is wrong', async () => {
    const { host } = await watchServer({ type: 129, password: 'another' });
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_AUTH' });
  });

  it('disconnects from a server with a wrong hash before it sends anything secret', async () => {
    const { peer, port } = await RsaAesPeer.server({
      ...SIZE,
      type: 129,
      subtype: 2,
      random: 32,
      password: CODE,
      wrongHash: true,
    });
    started(peer);
    const { host } = await watch(port, {});
    await expect(host.until(() => false)).rejects.toMatchObject({
      code: 'E_RFB_PROTOCOL',
      message: expect.stringContaining('other keys'),
    });
    expect(await peer.found()).not.toHaveProperty('password');
  });
});

describe('a share, to a viewer that was written from the specification,', () => {
  it.each([
    [129, 8192],
    [5, 8192],
    [129, 1],
  ])('shows its exact pixels over %i, in records of up to %i bytes from the viewer', async (type, longest) => {
    const { port, canvas, sharer } = await share();
    const peer = started(RsaAesPeer.viewer({ type, port, password: CODE, longest }));
    const found = await peer.found();
    expect(found).toMatchObject({ subtype: 2, result: 0, random: type > 128 ? 32 : 16 });
    expect(found.offered?.slice(0, 2)).toEqual([129, 5]);
    const picture = Buffer.from(found.picture ?? '', 'hex');
    const shown = Array.from(canvas.colours, (_, at) => picture.readUInt32LE(at * 4) & 0xffffff);
    expect(shown).toEqual([...canvas.colours]);
    expect(sharer.ending).toBe(false);
  });

  it('says that the password is wrong, and only that', async () => {
    const { port } = await share();
    const peer = started(RsaAesPeer.viewer({ type: 129, port, password: CODE.slice(0, 8) }));
    expect(await peer.found()).toMatchObject({ result: 1, reason: 'The password is wrong.' });
  });

  it('disconnects a viewer with a wrong hash, with the reason', async () => {
    const running = await share();
    const peer = started(RsaAesPeer.viewer({ type: 129, port: running.port, password: CODE, wrongHash: true }));
    expect(await peer.found()).toEqual({ error: 'the other end hung up' });
    await expect.poll(() => running.notices.join()).toContain('other keys');
  });
});
