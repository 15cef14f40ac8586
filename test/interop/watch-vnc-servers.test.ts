import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PixelFormat } from '../../source/core/pixel-format.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import type { RfbOptions } from '../../source/session/watch/rfb/client-connection.js';
import { startVncServer, VNC_SERVERS, type VncServer, type VncServerKind } from '../helpers/vnc-servers.js';
import { WatchingHost } from '../helpers/watching-host.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay } from '../helpers/xvfb.js';
import { drawScene } from './scene.js';
import { differences, watchPort } from './watching.js';

const SIZE = { width: 640, height: 400 };
const PASSWORD = 'sesame';

/** `npm run interop` runs every combination, `npm test` a choice in which each server and each encoding occurs. */
const WHOLE = process.env.PEERGLASS_INTEROP === 'whole';

const FORCED = {
  raw: ENCODING.raw,
  rre: ENCODING.rre,
  hextile: ENCODING.hextile,
  zlib: ENCODING.zlib,
  zrle: ENCODING.zrle,
  tight: ENCODING.tight,
} as const;
type Forced = keyof typeof FORCED;

/** What a server does not speak it answers in another encoding that it may always use. */
const SPOKEN: Record<VncServerKind, readonly Forced[]> = {
  X0tigervnc: ['raw', 'rre', 'hextile', 'zrle', 'tight'],
  Xtigervnc: ['raw', 'rre', 'hextile', 'zrle', 'tight'],
  x11vnc: ['raw', 'rre', 'hextile', 'zlib', 'zrle', 'tight'],
  Xtightvnc: ['raw', 'rre', 'hextile', 'zlib', 'tight'],
};
const CHOSEN: Record<VncServerKind, readonly Forced[]> = {
  X0tigervnc: ['tight', 'hextile'],
  Xtigervnc: ['zrle', 'raw'],
  x11vnc: ['zlib', 'tight'],
  Xtightvnc: ['hextile', 'rre'],
};

describe.each(VNC_SERVERS)('watching %s', kind => {
  let server: VncServer;
  let painter: XPainter;

  beforeAll(async () => {
    server = await startVncServer(kind, { ...SIZE, password: PASSWORD });
    painter = await XPainter.open(server.display);
    await drawScene(painter);
  });
  afterAll(async () => {
    await painter?.close();
    await server?.stop();
  });

  async function watched(host: WatchingHost, options: RfbOptions, check: () => Promise<void>): Promise<void> {
    const session = await watchPort(server.port, host, options);
    // The pointer that some have the viewer draw is no part of what the display itself shows.
    session.setCursor(false);
    try {
      await check();
    } finally {
      session.close();
    }
  }

  /** Waits until the picture is the display's; the test's time limit ends that. */
  async function exact(host: WatchingHost): Promise<void> {
    const shown = await readDisplay(server.display);
    await host.until(() => host.framebuffer !== null && differences(host.picture(), shown) === 0);
  }

  it.each(WHOLE ? SPOKEN[kind] : CHOSEN[kind])('shows exactly its pixels in %s, then what changes', async forced => {
    const host = new WatchingHost({ code: PASSWORD });
    await watched(host, { encodings: [ENCODING.copyRect, FORCED[forced]] }, async () => {
      await exact(host);
      painter.fill({ x: 100, y: 50, width: 33, height: 21 }, 0x00ff7f);
      painter.scroll({ x: 0, y: 180, width: 300, height: 100 }, 7, 40);
      await painter.sync();
      await exact(host);
      expect(Object.keys(host.encodings())).toContain(forced);
    });
  });

  it('shows exactly its pixels with everything on offer', async () => {
    const host = new WatchingHost({ code: PASSWORD });
    await watched(host, {}, async () => {
      await exact(host);
      expect(host.sizes).toEqual([SIZE]);
      expect(host.facts.name).not.toBe('');
    });
  });

  it('shows its pixels within what JPEG loses', async () => {
    const host = new WatchingHost({ code: PASSWORD, quality: 90 });
    await watched(host, {}, async () => {
      const shown = await readDisplay(server.display);
      const off = () => meanDifference(host.picture().rgb, shown.rgb);
      await host.until(() => host.framebuffer !== null && off() < 3);
      expect(off()).toBeLessThan(3);
    });
  });

  it.each(WHOLE ? SPOKEN[kind] : [])('shows its pixels in 16 and in 8 bits in %s', async forced => {
    for (const format of [BIG_ENDIAN_565, BGR233]) {
      const host = new WatchingHost({ code: PASSWORD });
      await watched(host, { encodings: [ENCODING.copyRect, FORCED[forced]], format }, async () => {
        const shown = await readDisplay(server.display);
        const most = format === BGR233 ? 85 : 8;
        await host.until(() => host.framebuffer !== null && largestDifference(host.picture().rgb, shown.rgb) <= most);
        expect(Object.keys(host.encodings())).toContain(forced);
      });
    }
  });

  it('gives the reason for a wrong code, and asks for one if there is none', async () => {
    const wrong = new WatchingHost({ code: 'guess' });
    await watched(wrong, {}, async () => {
      await expect(wrong.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_AUTH' });
    });
    const none = new WatchingHost();
    await watched(none, {}, async () => {
      await expect(none.until(() => false)).rejects.toMatchObject({ code: 'E_PASSWORD_REQUIRED' });
    });
  });
});

const BIG_ENDIAN_565: PixelFormat = {
  ...{ bitsPerPixel: 16, depth: 16, bigEndian: true, trueColour: true },
  ...{ redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
};
const BGR233: PixelFormat = {
  ...{ bitsPerPixel: 8, depth: 8, bigEndian: false, trueColour: true },
  ...{ redMax: 7, greenMax: 7, blueMax: 3, redShift: 0, greenShift: 3, blueShift: 6 },
};

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!);
  return sum / a.length;
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) most = Math.max(most, Math.abs(a[at]! - b[at]!));
  return most;
}
