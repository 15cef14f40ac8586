import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShareOptions } from '../../source/session/share-options.js';
import { ClassicClient } from '../helpers/classic-client.js';
import { RunningShare } from '../helpers/running-share.js';
import { XPainter } from '../helpers/x-painter.js';
import { ownDisplay, readDisplay, startXServer, startXvfb, type XServer } from '../helpers/xvfb.js';

const SIZE = { width: 640, height: 480 };
const running: { stop(): Promise<unknown> }[] = [];
let server: XServer;
let painter: XPainter;

beforeEach(async () => {
  server = await startXvfb(SIZE);
  painter = await XPainter.open(server.display, { background: 0x204060 });
  painter.client.WarpPointer(0, painter.window, 0, 0, 0, 0, 600, 440);
  await painter.sync();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()));
  await painter.close();
  await server.stop();
});

async function share(options: Partial<ShareOptions> = {}): Promise<{ share: RunningShare; client: ClassicClient }> {
  const shared: Partial<ShareOptions> = { source: { kind: 'x11' }, display: server.display, classicSize: SIZE };
  const started = await RunningShare.start({ ...shared, target: { kind: 'all' }, ...options });
  running.push(started);
  const client = new ClassicClient(started.classicPort);
  running.push(client);
  return { share: started, client };
}

/** Waits for a frame whose pixels are as the condition wants them. */
async function shows(client: ClassicClient, condition: (pixels: Buffer) => boolean): Promise<Buffer> {
  let looked = client.frames.length - 1;
  let found: Buffer | null = null;
  const look = () => {
    for (; looked < client.frames.length; looked++) {
      if (looked < 0) continue;
      const pixels = ClassicClient.pixels(client.frames[looked]!);
      if (condition(pixels)) found = pixels;
    }
    return found !== null;
  };
  await client.until(look);
  return found!;
}

function at(pixels: Buffer, x: number, y: number, width = SIZE.width): number {
  return pixels.readUIntBE((y * width + x) * 3, 3);
}

describe('sharing an X screen over the classic protocol', () => {
  it('shows exactly what is on it, and reads only what changes', async () => {
    const { share: started, client } = await share();
    await shows(client, pixels => at(pixels, 300, 200) === 0x204060);
    const before = await started.snapshotWhere(({ repeatedFrames }) => repeatedFrames > 3);
    painter.fill({ x: 3, y: 4, width: 10, height: 10 }, 0xff8000);
    painter.fill({ x: 620, y: 460, width: 10, height: 10 }, 0x00ff80);
    await painter.sync();
    const pixels = await shows(client, each => at(each, 5, 6) === 0xff8000 && at(each, 625, 465) === 0x00ff80);
    const screen = await readDisplay(server.display);
    expect(pixels.equals(Buffer.from(screen.rgb))).toBe(true);
    const after = await started.snapshotWhere(({ changedPixels }) => changedPixels >= before.changedPixels + 200);
    expect(after.changedPixels - before.changedPixels).toBe(200);
    expect(after.capturedPixels - before.capturedPixels).toBeLessThan(20_000);
  });

  it('paints the pointer in when it is asked to, and takes it out again', async () => {
    const { share: started, client } = await share({ cursor: 'shown' });
    const plain = Buffer.from((await readDisplay(server.display)).rgb);
    const differing = (pixels: Buffer) => {
      const places: number[] = [];
      for (let pixel = 0; pixel < SIZE.width * SIZE.height; pixel++) {
        const [x, y] = [pixel % SIZE.width, Math.floor(pixel / SIZE.width)];
        if (at(pixels, x, y) !== at(plain, x, y)) places.push(x);
      }
      return places;
    };
    const near = (x: number) => (pixels: Buffer) => {
      const places = differing(pixels);
      return places.length > 4 && places.every(place => Math.abs(place - x) < 40);
    };
    await shows(client, near(600));
    painter.client.WarpPointer(0, painter.window, 0, 0, 0, 0, 100, 100);
    await painter.sync();
    await shows(client, near(100));
    started.send({ type: 'cursor', shown: false });
    const last = await shows(client, pixels => pixels.equals(plain));
    expect(differing(last)).toEqual([]);
  });

  it('goes over to another part while it is watched', async () => {
    painter.fill({ x: 100, y: 50, width: 200, height: 100 }, 0xaa0000);
    await painter.sync();
    const { share: started, client } = await share({ classicFit: 'crop' });
    await shows(client, pixels => at(pixels, 150, 60) === 0xaa0000);
    started.send({ type: 'target', target: { kind: 'region', region: { x: 100, y: 50, width: 200, height: 100 } } });
    await shows(
      client,
      pixels => at(pixels, 0, 0) === 0xaa0000 && at(pixels, 200, 0) === 0 && at(pixels, 0, 100) === 0,
    );
    const { source } = await started.snapshotWhere(({ source }) => source?.width === 200);
    expect(source).toMatchObject({ width: 200, height: 100 });
    const wrong = { x: 900, y: 0, width: 10, height: 10 };
    started.send({ type: 'target', target: { kind: 'region', region: wrong } });
    await started.until(() => started.all('notice').some(({ code }) => code === 'E_REGION'));
    painter.fill({ x: 100, y: 50, width: 20, height: 20 }, 0x0000bb);
    await painter.sync();
    await shows(client, pixels => at(pixels, 0, 0) === 0x0000bb);
  });

  it('survives a change of resolution', async () => {
    const args = ['-geometry', '1024x768', '-depth', '24', '-SecurityTypes', 'None', '-rfbport', '-1'];
    const resizable = await startXServer('Xtigervnc', args);
    running.push(resizable);
    const classicSize = { width: 1024, height: 768 };
    const { client } = await share({ display: resizable.display, classicFit: 'crop', classicSize });
    await client.moreFrames(2);
    const env = { ...process.env, DISPLAY: resizable.display };
    execFileSync('xrandr', ['-s', '640x480'], { env, stdio: 'ignore' });
    const other = await XPainter.open(resizable.display, { background: 0x123456 });
    const shown = await shows(client, pixels => at(pixels, 639, 479, 1024) === 0x123456);
    expect([at(shown, 640, 100, 1024), at(shown, 100, 480, 1024)]).toEqual([0, 0]);
    await other.close();
  });

  it('waits for a display that dies, and takes it up again when it is started again', async () => {
    const dying = await startXvfb({ ...SIZE, display: ownDisplay() });
    running.push(dying);
    const { share: started, client } = await share({ display: dying.display });
    await client.moreFrames(2);
    await dying.stop();
    const { missing } = await started.snapshotWhere(({ missing }) => missing !== null);
    expect(missing).toMatchObject({ code: 'E_SOURCE_GONE', message: expect.stringContaining(dying.display) });
    running.push(await startXvfb({ ...SIZE, display: dying.display }));
    await started.snapshotWhere(({ missing }) => missing === null);
    const other = await XPainter.open(dying.display, { background: 0x123456 });
    await shows(client, pixels => at(pixels, 10, 10) === 0x123456);
    await other.close();
    expect(started.ended).toBeUndefined();
  });

  it('takes up a display of another size that was started again while nobody watched', async () => {
    const dying = await startXvfb({ ...SIZE, display: ownDisplay() });
    running.push(dying);
    const started = await RunningShare.start({
      source: { kind: 'x11' },
      target: { kind: 'all' },
      display: dying.display,
    });
    running.push(started);
    await dying.stop();
    await started.snapshotWhere(({ missing }) => missing?.code === 'E_SOURCE_GONE');
    running.push(await startXvfb({ width: 320, height: 200, display: dying.display }));
    const { source } = await started.snapshotWhere(({ missing }) => missing === null);
    expect(source).toMatchObject({ width: 320, height: 200 });
  });
});

describe('a thread that dies', () => {
  it('is reported as the end of the share', async () => {
    const entry = '../../dist/source/session/share/share-controller.js';
    const { startShareIn } = await import(entry);
    const dying = new URL(`data:text/javascript,${encodeURIComponent('console.error("no more"); process.exit(3);')}`);
    const share = new RunningShare(startShareIn(dying, {}));
    await share.stop();
    expect(share.events).toEqual([
      { type: 'ended', error: expect.objectContaining({ code: 'E_WORKER_DIED' }), frames: 0 },
    ]);
  });
});
