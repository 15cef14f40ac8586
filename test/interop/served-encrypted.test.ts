import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../source/node/self-signed.js';
import { RunningShare } from '../helpers/running-share.js';
import { libVncViewer, passwordFile, tigerVncViewer, type VncViewer } from '../helpers/vnc-viewers.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay, startXvfb, type XServer } from '../helpers/xvfb.js';
import { drawScene } from './scene.js';
import { differences } from './watching.js';

const SIZE = { width: 640, height: 400 };
const NAME = 'peerglass encrypted';
const CODE = 'k7m2p4qr';
const identity = selfSigned('127.0.0.1');
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-served-'));

let source: XServer;
let desk: XServer;
let painter: XPainter;
const shares: RunningShare[] = [];
const viewers: VncViewer[] = [];

beforeAll(async () => {
  source = await startXvfb(SIZE);
  desk = await startXvfb({ width: 800, height: 600 });
  painter = await XPainter.open(source.display);
  await drawScene(painter);
  writeFileSync(path.join(folder, 'cert.pem'), identity.cert);
  writeFileSync(path.join(folder, 'key.pem'), identity.key);
});
afterEach(async () => {
  await Promise.all(viewers.splice(0).map(viewer => viewer.stop()));
  await Promise.all(shares.splice(0).map(share => share.stop()));
});
afterAll(async () => {
  await painter?.close();
  await desk?.stop();
  await source?.stop();
  rmSync(folder, { recursive: true });
});

async function share(options: Parameters<typeof RunningShare.start>[0]): Promise<RunningShare> {
  const running = await RunningShare.start({
    source: { kind: 'x11' },
    target: { kind: 'all' },
    display: source.display,
    classicPort: null,
    rfbPort: 0,
    name: NAME,
    encrypt: 'offered',
    certFile: path.join(folder, 'cert.pem'),
    keyFile: path.join(folder, 'key.pem'),
    ...options,
  });
  shares.push(running);
  return running;
}

const portOf = ({ wires }: RunningShare) => wires[0]!.port;

/** Waits until a viewer shows exactly the shared screen, and answers what protects it. */
async function protects(running: RunningShare, viewer: VncViewer): Promise<string | null> {
  viewers.push(viewer);
  const expected = await readDisplay(source.display);
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
  return tigerVncViewer(desk.display, portOf(running), NAME, [...given, ...args]);
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
    expect(await protects(running, await libVncViewer(portOf(running), asked))).toBe(expected);
  });
});
