import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../source/node/self-signed.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import type { RunningShare } from '../helpers/running-share.js';
import { libVncViewer, passwordFile, tigerVncViewer, type VncViewer } from '../helpers/vnc-viewers.js';
import { readDisplay } from '../helpers/xvfb.js';
import { rfbPort, ServedScene } from './served-scene.js';
import { differences } from './watching.js';

const NAME = 'peerglass encrypted';
const CODE = 'k7m2p4qr';
const identity = selfSigned('127.0.0.1');
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-served-'));

const scene = ServedScene.forAll();
const later = stopAfterEach();

beforeAll(() => {
  writeFileSync(path.join(folder, 'cert.pem'), identity.cert);
  writeFileSync(path.join(folder, 'key.pem'), identity.key);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function share(options: Parameters<typeof RunningShare.start>[0]): Promise<RunningShare> {
  const files = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };
  return later(await scene.share({ name: NAME, encrypt: 'offered', ...files, ...options }));
}

/** Waits until a viewer shows exactly the shared screen, and answers what protects it. */
async function protects(running: RunningShare, viewer: VncViewer): Promise<string | null> {
  scene.watchedBy(viewer);
  const expected = await readDisplay(scene.source.display);
  for (;;) {
    const picture = await viewer.picture();
    if (picture && differences(picture, expected) === 0) break;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return (await running.snapshotWhere(({ viewers }) => viewers.length > 0)).viewers[0]!.encryption;
}

const byCode = { access: 'code', vncPassword: CODE } as const;
const tiger = (running: RunningShare, ...args: string[]) => {
  const given = running.all('listening')[0]?.vncPassword ? [`-PasswordFile=${passwordFile(CODE)}`] : [];
  return tigerVncViewer(scene.desk.display, rfbPort(running), NAME, [...given, ...args]);
};

describe("TigerVNC's viewer", () => {
  it.each([
    ['as it is', [], byCode, 'TLS 1.2 anonymous, VNC password'],
    ['without a code', ['-SecurityTypes=TLSNone'], { encrypt: 'required' }, 'TLS 1.2 anonymous'],
  ] as const)('%s, shows exactly the pixels over TLS', async (_how, args, options, expected) => {
    const running = await share(options);
    expect(await protects(running, tiger(running, ...args))).toBe(expected);
  });
});

describe('libvncclient', () => {
  it.each([
    [byCode, 'TLS 1.2 anonymous, VNC password'],
    [{}, 'TLS 1.2 anonymous'],
  ] as const)('with access by %o shows exactly the pixels over TLS', async (options, expected) => {
    const running = await share(options);
    const asked = { encodings: 'tight', bytesPerPixel: 4, code: CODE } as const;
    expect(await protects(running, await libVncViewer(rfbPort(running), asked))).toBe(expected);
  });
});
