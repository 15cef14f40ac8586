import { X509Certificate } from 'node:crypto';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../source/node/self-signed.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { noise } from '../helpers/scenes.js';
import { type Sway, startSway } from '../helpers/sway.js';
import { startVncServer, startWayvnc, type VncServer } from '../helpers/vnc-servers.js';
import { WatchingHost } from '../helpers/watching-host.js';
import { WaylandPainter } from '../helpers/wayland-painter.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay } from '../helpers/xvfb.js';
import { drawScene } from './scene.js';
import { differences, watchPort } from './watching.js';

const PASSWORD = 'sesame';
const SIZE = { width: 640, height: 400 };
const CODE = { code: PASSWORD };
const USER = { user: userInfo().username, code: 'any' };

/** What Xtigervnc offers, what the viewer has to show for itself, and what protects the connection then. */
const OFFERS: readonly [string, Partial<WatchOptions>, string][] = [
  ['TLSVnc,X509Vnc,VncAuth', CODE, 'TLS 1.3, VNC password'],
  ['TLSVnc,VncAuth', CODE, 'TLS 1.2 anonymous, VNC password'],
  ['TLSNone,None', {}, 'TLS 1.2 anonymous'],
  ['X509None', {}, 'TLS 1.3'],
];

async function started(securityTypes: string): Promise<VncServer> {
  return startVncServer('Xtigervnc', {
    ...SIZE,
    password: PASSWORD,
    securityTypes,
    identity: selfSigned('a server'),
  });
}

async function watched(
  port: number,
  host: WatchingHost,
  check: () => Promise<void>,
  peers = new KnownPeers(null),
): Promise<void> {
  const session = await watchPort(port, host, {}, peers);
  session.setCursor(false);
  try {
    await check();
  } finally {
    session.close();
  }
}

describe.each(OFFERS)('Xtigervnc that offers %s', (types, login, encryption) => {
  let server: VncServer;
  let painter: XPainter;

  beforeAll(async () => {
    server = await started(types);
    painter = await XPainter.open(server.display);
    await drawScene(painter);
  });
  afterAll(async () => {
    await painter?.close();
    await server?.stop();
  });

  it(`is watched over ${encryption}, with exactly its pixels`, async () => {
    const host = new WatchingHost({ ...login, encrypt: 'offered' });
    await watched(server.port, host, async () => {
      const shown = await readDisplay(server.display);
      await host.until(() => host.framebuffer !== null && differences(host.picture(), shown) === 0);
      expect(host.facts.encryption).toBe(encryption);
    });
  });
});

describe('Xtigervnc that asks for a user and a password', () => {
  let server: VncServer;
  beforeAll(async () => {
    server = await started('X509Plain');
  });
  afterAll(() => server?.stop());

  async function errorOf(options: Partial<WatchOptions>) {
    const host = new WatchingHost({ encrypt: 'offered', ...options });
    let error: unknown;
    await watched(server.port, host, async () => {
      error = await host.until(() => host.framebuffer !== null).catch(thrown => thrown);
    });
    return error;
  }

  it('gets them once the user has accepted its certificate', async () => {
    expect(await errorOf({ code: PASSWORD })).toMatchObject({ code: 'E_USER_REQUIRED' });
    const question = await errorOf(USER);
    expect(question).toMatchObject({ code: 'E_TRUST_REQUIRED', about: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const trust = [(question as { about: string }).about];
    expect(await errorOf({ ...USER, user: 'stranger', trust })).toMatchObject({ code: 'E_RFB_AUTH' });
    // The system lets nobody but root be somebody else without that one's password.
    if (process.getuid?.() === 0) expect(await errorOf({ ...USER, trust })).toBeUndefined();
  });
});

describe('wayvnc, which asks for a user and a password over TLS', () => {
  let sway: Sway;
  let painter: WaylandPainter;
  let server: Awaited<ReturnType<typeof startWayvnc>>;
  const login = { user: 'somebody', password: 'a long password', identity: selfSigned('a server') };

  beforeAll(async () => {
    sway = await startSway([`${SIZE.width}x${SIZE.height}`]);
    painter = await WaylandPainter.open(sway.environment);
    server = await startWayvnc(sway.environment, 'HEADLESS-1', login);
  });
  afterAll(async () => {
    await painter?.stop();
    await server?.stop();
    await sway?.stop();
  });

  it('is watched with exactly its pixels, once the user has accepted its certificate', async () => {
    const whole = { x: 0, y: 0, ...SIZE };
    await painter.paint(whole, (x, y) => (x < SIZE.width / 2 ? noise(x, y) : x * 0x010203 + y));
    const about = { user: login.user, code: login.password, secret: 'password', encrypt: 'offered' } as const;
    const stranger = new WatchingHost(about);
    let question: unknown;
    await watched(server.port, stranger, async () => {
      question = await stranger.until(() => stranger.framebuffer !== null).catch(thrown => thrown);
    });
    const fingerprint = new X509Certificate(login.identity.cert).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(question).toMatchObject({ code: 'E_TRUST_REQUIRED', about: fingerprint });

    const host = new WatchingHost({ ...about, trust: [fingerprint] });
    await watched(server.port, host, async () => {
      for (const moved of [0, 1]) {
        await painter.paint({ x: 40, y: 40, width: 200, height: 120 }, (x, y) => noise(x + moved, y));
        const shown = await sway.screenshot('HEADLESS-1');
        await host.until(() => host.framebuffer !== null && differences(host.picture(), shown) === 0);
      }
      expect(host.facts.encryption).toBe('TLS 1.3, user and password');
    });
  });
});
