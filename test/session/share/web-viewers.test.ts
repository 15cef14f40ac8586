import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SECURITY_TYPE } from '../../../source/protocols/rfb/constants.js';
import { RfbListener } from '../../../source/session/share/rfb/rfb-listener.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { followed, noise, paintScene, settled, text } from '../../helpers/scenes.js';
import { ownStateFolder } from '../../helpers/state-folder.js';

const SIZE = { width: 640, height: 400 };
const [RAW, COPY_RECT, TIGHT, ZRLE] = [0, 1, 7, 16];
const [FENCE, CONTINUOUS] = [-312, -313];
const FENCED = { encodings: [TIGHT, COPY_RECT, RAW, FENCE, CONTINUOUS], fences: true };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';

const started = stopAfterEach();
const viewers: RfbTestViewer[] = [];
let taken: Server | null = null;

async function share(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  return started(await CanvasShare.start(SIZE, { webPort: 0, ...options }));
}

function connected(options: TestViewerOptions): RfbTestViewer {
  const viewer = new RfbTestViewer(options);
  viewers.push(viewer);
  return viewer;
}

async function watch(options: TestViewerOptions): Promise<RfbTestViewer> {
  const viewer = connected(options);
  await viewer.shakeHands();
  viewer.start();
  return viewer;
}

/** The security types that a viewer is offered. */
async function offeredTo(options: TestViewerOptions): Promise<number[]> {
  const viewer = connected(options);
  // It knows few of them, and waits in vain for the next step of another one.
  viewer.shakeHands().catch(() => {});
  await expect.poll(() => viewer.offered.length).toBeGreaterThan(0);
  return viewer.offered;
}

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  return typeof address === 'object' && address ? address.port : 0;
}

ownStateFolder('all');

afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.close();
  taken?.close();
  taken = null;
});

describe('a viewer over a WebSocket', () => {
  it('has the same pixels as one over TCP, while they change and when they rest', async () => {
    const running = await share();
    paintScene(running);
    const { port, webPort } = running;
    const all = [
      await watch({ port, ...FENCED }),
      await watch({ port: webPort, web: { 'user-agent': FIREFOX }, ...FENCED }),
      await watch({ port: webPort, web: {}, encodings: [ZRLE, RAW] }),
      await watch({ port: webPort, web: {}, encodings: [TIGHT, RAW], piece: 7 }),
    ];
    for (let step = 0; step < 8; step++) {
      running.canvas.paint({ x: 0, y: 0, width: 400, height: 300 }, (x, y) => text(x, y + step * 9));
      running.canvas.paint({ x: 20 * step, y: 300, width: 60, height: 40 }, noise);
      await all[step % all.length]!.quiet(20);
    }
    for (const viewer of all) await settled(running, viewer);
    const [tcp, web] = all;
    expect(Buffer.from(web!.picture.colours.buffer).equals(Buffer.from(tcp!.picture.colours.buffer))).toBe(true);
  });

  it('shares each encoded rectangle with those over TCP', async () => {
    const running = await share();
    const options = { encodings: [TIGHT, RAW] };
    const all = [
      await watch({ port: running.port, ...options }),
      await watch({ port: running.webPort, web: {}, ...options }),
      await watch({ port: running.webPort, web: {}, ...options }),
    ];
    for (const viewer of all) await settled(running, viewer);
    const { encodedRectangles, sharedRectangles } = running.figures;
    for (let step = 0; step < 10; step++) {
      await followed(all, () =>
        running.canvas.paint({ x: 40 * step, y: 30 * step, width: 30, height: 20 }, (x, y) => noise(x, y + step)),
      );
    }
    for (const viewer of all) await settled(running, viewer);
    expect(running.figures.encodedRectangles - encodedRectangles).toBe(10);
    expect(running.figures.sharedRectangles - sharedRectangles).toBe(10);
  });

  it('stands among the viewers, with its browser', async () => {
    const running = await share();
    await settled(running, await watch({ port: running.webPort, web: { 'user-agent': FIREFOX }, ...FENCED }));
    await settled(running, await watch({ port: running.port, ...FENCED }));
    await expect.poll(() => running.snapshot.viewers.length).toBe(2);
    expect(running.snapshot.viewers).toMatchObject([
      { address: '127.0.0.1', wire: 'rfb', via: 'web', browser: 'Firefox 153', encryption: null, state: 'watching' },
      { address: '127.0.0.1', wire: 'rfb', via: 'tcp', browser: null },
    ]);
    await expect.poll(() => running.snapshot.viewers[0]!.bytes).toBeGreaterThan(0);
  });

  it('without CPace gives the VNC password, and is told when it is wrong', async () => {
    const running = await share({ access: 'code', vncPassword: 'k7m2p4qr' });
    const { webPort: port } = running;
    await settled(running, await watch({ port, web: {}, code: 'k7m2p4qr' }));
    const wrong = connected({ port, web: {}, code: 'other' });
    await expect(wrong.shakeHands()).rejects.toThrow('The password is wrong.');
    await expect.poll(() => running.notices.join('\n')).toContain('127.0.0.1 entered a wrong VNC password');
  });

  it('is offered no encryption that a browser cannot have below rfb', async () => {
    const running = await share({ access: 'code', code: 'lesson3', vncPassword: 'k7m2p4qr', encrypt: 'offered' });
    expect(await offeredTo({ port: running.webPort, web: {} })).toEqual([SECURITY_TYPE.cpace, SECURITY_TYPE.vncAuth]);
    const open = await share({ access: 'open', encrypt: 'offered' });
    const https = { port: open.webPort, web: {}, https: true };
    expect(await offeredTo(https)).toEqual([SECURITY_TYPE.cpace, SECURITY_TYPE.none]);
  });

  it('where encryption is required, comes over https and with CPace, or not at all', async () => {
    const running = await share({ access: 'code', code: 'k7m2p4qr', encrypt: 'required' });
    const listening = running.events.find(event => event.type === 'listening')!;
    expect(listening.wires).toContainEqual(
      expect.objectContaining({ wire: 'web', https: true, certificate: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    );
    await expect(connected({ port: running.webPort, web: {} }).shakeHands()).rejects.toThrow('403');
    const https = { port: running.webPort, web: {}, https: true };
    expect(await offeredTo(https)).toEqual([SECURITY_TYPE.cpace]);
  });

  it('waits for the person, and is told that it was declined', async () => {
    const running = await share({ access: 'ask' });
    const viewer = connected({ port: running.webPort, web: {} });
    const answer = viewer.shakeHands();
    const asking = () => running.events.find(event => event.type === 'asking');
    await expect.poll(asking).toBeDefined();
    await running.sharer.command({ type: 'consent', viewer: asking()!.viewer, answer: 'no' });
    await expect(answer).rejects.toThrow('The sharer declined.');
  });

  it('is told over rfb that the share is full, or that its address is banned', async () => {
    const running = await share();
    const { webPort: port } = running;
    const silent = Array.from({ length: VIEWER_LIMITS.connections }, () => connected({ port, web: {} }));
    await Promise.all(silent.map(viewer => viewer.shakeHands()));
    const late = connected({ port, web: {} });
    await expect(late.shakeHands()).rejects.toThrow('The share is full.');
    for (const viewer of silent) viewer.close();
    await expect.poll(() => running.sharer.viewers.all.length).toBe(0);
    await settled(running, await watch({ port, web: {}, ...FENCED }));
    await running.sharer.command({ type: 'ban', viewer: running.sharer.viewers.all[0]!.id });
    await expect(connected({ port, web: {} }).shakeHands()).rejects.toThrow('banned this address');
  });

  it('that reads nothing holds up nobody', async () => {
    const running = await share();
    const stuck = await watch({ port: running.webPort, web: {}, encodings: [RAW] });
    const other = await watch({ port: running.port, encodings: [RAW] });
    await settled(running, other);
    stuck.socket.pause();
    for (let step = 0; step < 12; step++) {
      running.canvas.paint({ x: 0, y: 0, width: 640, height: 400 }, (x, y) => noise(x, y + step));
      await other.quiet(10);
    }
    await settled(running, other);
    stuck.socket.resume();
    await settled(running, stuck);
  });

  it('sends text: only that one is gone', async () => {
    const running = await share();
    const other = await watch({ port: running.webPort, web: {}, ...FENCED });
    const webSocket = new WebSocket(`ws://127.0.0.1:${running.webPort}/rfb`);
    await once(webSocket, 'open');
    webSocket.send('RFB 003.008\n');
    expect((await once(webSocket, 'close'))[0]).toBe(1003);
    await settled(running, other);
    await expect.poll(() => running.sharer.viewers.all.length).toBe(1);
  });
});

describe('the port for browsers', () => {
  it('is left out where it is taken, and that is said', async () => {
    const running = await share({ webPort: await takenPort() });
    expect([running.webPort, running.port > 0]).toEqual([0, true]);
    expect(running.events).toContainEqual(
      expect.objectContaining({ type: 'notice', tone: 'warning', code: 'E_PORT_IN_USE' }),
    );
    expect(running.notices.join('\n')).toMatch(
      /^Browsers cannot watch: .* Stop that program, or choose another port \(--web-port\)/m,
    );
  });

  it('ends the share where it was asked for by its number and is taken', async () => {
    const running = await share({ webPort: await takenPort(), webRequired: true });
    expect(running.events.at(-1)).toMatchObject({ type: 'ended', error: { code: 'E_PORT_IN_USE' } });
  });

  it('may be the only one', async () => {
    const running = started(await CanvasShare.start(SIZE, { webPort: 0, rfbPort: null }));
    expect(running.events.find(event => event.type === 'listening')?.wires.map(({ wire }) => wire)).toEqual(['web']);
    await settled(running, await watch({ port: running.webPort, web: {}, ...FENCED }));
  });
});

it('a page that was not built is missed in one line', async () => {
  const notices: string[] = [];
  const running = await share();
  const host = Object.create(running.sharer.viewers, {
    notice: { value: (_tone: string, said: string) => notices.push(said) },
  });
  const listener = new RfbListener(host, 0, { readPage: () => null });
  expect((await listener.listen()).map(({ wire }) => wire)).toEqual(['rfb']);
  expect(notices).toEqual(['Browsers cannot watch: their page was not built (npm run build).']);
  await listener.close(null);
});
