import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { ClassicSharer, frameOf, noisyPicture, type RgbPicture } from '../helpers/classic-sharer.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { startWindowManager, type WindowManager } from '../helpers/window-manager.js';
import { findWindow, frameOfWindow, windowTitle, xdotool } from '../helpers/windows.js';
import { readDisplay, startXvfb, type XServer } from '../helpers/xvfb.js';

const SIZE = { width: 640, height: 480 };
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-window-'));
const running: { stop(): Promise<void> }[] = [];
let server: XServer;

beforeAll(async () => {
  server = await startXvfb({ width: 1024, height: 768 });
});
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends the last picture again and again, as the original does: one that says nothing for some seconds has gone. */
async function share(picture: RgbPicture): Promise<Pick<ClassicSharer, 'port' | 'viewers' | 'send'>> {
  let frame = frameOf(picture);
  const sharer = await ClassicSharer.start(viewer => viewer.write(frame));
  const again = setInterval(() => sharer.send(frame), 500);
  running.push({
    async stop() {
      clearInterval(again);
      await sharer.stop();
    },
  });
  return {
    port: sharer.port,
    viewers: sharer.viewers,
    send(next) {
      frame = next as Buffer;
      sharer.send(frame);
    },
  };
}

async function watchOn(
  display: string,
  port: number,
  options: Partial<WatchOptions> = {},
  variables: Record<string, string> = {},
): Promise<RunningWatch> {
  const before = { ...process.env };
  Object.assign(process.env, { DISPLAY: display, ...variables });
  const watch = await RunningWatch.start(port, { view: 'sdl', classicSize: SIZE, ...options });
  for (const name of ['DISPLAY', ...Object.keys(variables)]) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  running.push(watch);
  return watch;
}

/** Whether the window comes to show exactly this picture, 1:1, as another X client reads it. */
async function shows(display: string, picture: RgbPicture, limitMs = 40_000): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const window = findWindow(display, '127.0.0.1');
    if (window?.width === picture.width && window.height === picture.height) {
      const { rgb } = await readDisplay(display, window);
      if (Buffer.compare(rgb, picture.rgb) === 0) return true;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return false;
}

const BANNER_ROWS = 100;

/** Whether the window shows this picture where no words stand over it. */
async function showsBelowBanner(display: string, picture: RgbPicture): Promise<boolean> {
  const { rgb } = await readDisplay(display, findWindow(display, '127.0.0.1')!);
  const from = BANNER_ROWS * picture.width * 3;
  return Buffer.compare(rgb.subarray(from), picture.rgb.subarray(from)) === 0;
}

function snapshotPixels(file: string): Buffer {
  const { data } = PNG.sync.read(readFileSync(file));
  return Buffer.from(data.filter((_, at) => at % 4 !== 3));
}

describe.each(['surface', 'texture'])('the window, painted by way of a %s', paint => {
  it('shows every frame exactly', async () => {
    const sharer = await share(noisyPicture(640, 480, 1));
    const watch = await watchOn(server.display, sharer.port, {}, { PEERGLASS_PAINT: paint });
    expect(await shows(server.display, noisyPicture(640, 480, 1))).toBe(true);
    expect(watch.all('output').map(({ text }) => text)).toContainEqual(expect.stringContaining(paint));
    for (let seed = 2; seed < 6; seed++) {
      sharer.send(frameOf(noisyPicture(640, 480, seed)));
      expect(await shows(server.display, noisyPicture(640, 480, seed))).toBe(true);
    }
    const { id } = findWindow(server.display, '127.0.0.1')!;
    xdotool(server.display, 'windowsize', '--sync', id, '500', '300');
    sharer.send(frameOf(noisyPicture(640, 480, 7)));
    const { frames } = watch.snapshot!;
    await watch.until(() => watch.snapshot!.frames > frames + 1);
    xdotool(server.display, 'windowsize', '--sync', id, '640', '480');
    expect(await shows(server.display, noisyPicture(640, 480, 7))).toBe(true);
    xdotool(server.display, 'windowunmap', id, 'windowmap', id);
    expect(await shows(server.display, noisyPicture(640, 480, 7))).toBe(true);
  });
});

describe('the window', () => {
  it('has the peer and the rate in its title, takes keys, and ends the session when it is closed', async () => {
    const sharer = await share(noisyPicture(640, 480, 1));
    const watch = await watchOn(server.display, sharer.port);
    expect(await shows(server.display, noisyPicture(640, 480, 1))).toBe(true);
    const { id } = findWindow(server.display, '127.0.0.1')!;
    expect(windowTitle(server.display, id)).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:${sharer.port}(: [1-9]\\d* fps)? - peerglass$`),
    );
    xdotool(server.display, 'windowfocus', '--sync', id, 'key', 'space');
    await watch.state('frozen');
    sharer.send(frameOf(noisyPicture(640, 480, 2)));
    const { frames } = watch.snapshot!;
    await watch.until(() => watch.snapshot!.frames > frames + 1);
    // It is said in the picture, at its top in the middle: below that it is as it was.
    expect(await showsBelowBanner(server.display, noisyPicture(640, 480, 1))).toBe(true);
    xdotool(server.display, 'key', 'space');
    expect(await shows(server.display, noisyPicture(640, 480, 2))).toBe(true);
    xdotool(server.display, 'key', '4');
    await watch.until(() => watch.notices.some(text => text.includes('cannot request')));
    xdotool(server.display, 'key', 'q');
    expect(await watch.end()).toBe(null);
    expect(findWindow(server.display, '127.0.0.1')).toBe(null);
  });

  it('keeps the last picture while the sharer is away, and says so', async () => {
    const first = await ClassicSharer.start(viewer => viewer.write(frameOf(noisyPicture(640, 480, 1))));
    const watch = await watchOn(server.display, first.port);
    expect(await shows(server.display, noisyPicture(640, 480, 1))).toBe(true);
    const { port } = first;
    await first.stop();
    await watch.state('reconnecting');
    const { id } = findWindow(server.display, '127.0.0.1')!;
    expect(windowTitle(server.display, id)).toContain('reconnecting');
    // It stands in the picture too.
    expect(await shows(server.display, noisyPicture(640, 480, 1), 500)).toBe(false);
    expect(await showsBelowBanner(server.display, noisyPicture(640, 480, 1))).toBe(true);
    running.push(await ClassicSharer.start(viewer => viewer.write(frameOf(noisyPicture(640, 480, 2))), port));
    expect(await shows(server.display, noisyPicture(640, 480, 2))).toBe(true);
    expect(findWindow(server.display, '127.0.0.1')?.id).toBe(id);
  });

  it.each([
    ['E_SDL_MISSING', { PEERGLASS_SDL2: 'libNoSuch.so' }],
    ['E_NO_DISPLAY', { DISPLAY: '' }],
    ['E_DISPLAY_CONNECT', { DISPLAY: ':4321' }],
  ])('ends with %s before it connects', async (code, variables) => {
    const sharer = await share(noisyPicture(640, 480, 1));
    const watch = await watchOn(server.display, sharer.port, {}, variables);
    expect(await watch.end()).toBe(code);
    expect(sharer.viewers).toHaveLength(0);
  });

  it.each(['windowclose', 'windowkill'])(
    'is closed by force (%s): an ordinary end, the last picture kept',
    async way => {
      const snapshotFile = path.join(folder, `${way}.png`);
      const sharer = await share(noisyPicture(640, 480, 5));
      const watch = await watchOn(server.display, sharer.port, { snapshotFile });
      expect(await shows(server.display, noisyPicture(640, 480, 5))).toBe(true);
      // The picture is still: nothing is drawn that could fail.
      xdotool(server.display, way, findWindow(server.display, '127.0.0.1')!.id);
      expect(await watch.end()).toBe(null);
      expect(watch.all('ended')).toHaveLength(1);
      expect(Buffer.compare(snapshotPixels(snapshotFile), noisyPicture(640, 480, 5).rgb)).toBe(0);
    },
  );

  it('is closed by force while a film runs', async () => {
    const sharer = await share(noisyPicture(640, 480, 6));
    const watch = await watchOn(server.display, sharer.port);
    expect(await shows(server.display, noisyPicture(640, 480, 6))).toBe(true);
    const pictures = [7, 8].map(seed => frameOf(noisyPicture(640, 480, seed)));
    let shown = 0;
    const film = setInterval(() => sharer.send(pictures[shown++ % 2]!), 10);
    xdotool(server.display, 'windowclose', findWindow(server.display, '127.0.0.1')!.id);
    expect(await watch.end()).toBe(null);
    clearInterval(film);
  });

  it('is explained, and the last picture kept, when its X server dies', async () => {
    const doomed = await startXvfb({ width: 800, height: 600 });
    running.push(doomed);
    const snapshotFile = path.join(folder, 'died.png');
    const sharer = await ClassicSharer.start(viewer => viewer.write(frameOf(noisyPicture(640, 480, 3))));
    running.push(sharer);
    const watch = await watchOn(doomed.display, sharer.port, { snapshotFile });
    expect(await shows(doomed.display, noisyPicture(640, 480, 3))).toBe(true);
    sharer.send(frameOf(noisyPicture(640, 480, 4)));
    await watch.until(() => watch.snapshot?.frames === 2);
    process.kill(doomed.pid, 'SIGKILL');
    expect(await watch.end()).toBe('E_DISPLAY_DIED');
    expect(watch.all('ended')).toHaveLength(1);
    expect(watch.ended?.frames).toBe(2);
    expect(existsSync(snapshotFile)).toBe(true);
    expect(Buffer.compare(snapshotPixels(snapshotFile), noisyPicture(640, 480, 4).rgb)).toBe(0);
  });
});

it('the picture shows that its sharer has paused, until it resumes', async () => {
  const sharer = await RunningShare.start({ rfbPort: 0, classicPort: null });
  running.push(sharer);
  const watch = await RunningWatch.start(sharer.wires[0]!.port, { view: 'terminal', wire: 'rfb' });
  running.push(watch);
  const banner = () => watch.all('picture').at(-1)?.thumbnail.banner;
  await expect.poll(banner).toBeNull();
  sharer.controller.send({ type: 'pause', paused: true });
  await expect.poll(banner).toBe('The sharer paused the share.');
  sharer.controller.send({ type: 'pause', paused: false });
  await expect.poll(banner).toBeNull();
});

describe('the window under a window manager', () => {
  let manager: WindowManager;
  let managed: XServer;
  beforeAll(async () => {
    managed = await startXvfb({ width: 1024, height: 768 });
    manager = await startWindowManager(managed.display);
  });
  afterAll(async () => {
    await manager.stop();
    await managed.stop();
  });

  it('is exact, also after full screen, and after it was covered', async () => {
    const picture = noisyPicture(640, 480, 1);
    const sharer = await share(picture);
    const watch = await watchOn(managed.display, sharer.port);
    expect(await shows(managed.display, picture)).toBe(true);
    const { id } = findWindow(managed.display, '127.0.0.1')!;

    watch.controller.send({ type: 'fullscreen' });
    const full = () => findWindow(managed.display, '127.0.0.1');
    await expect.poll(full).toMatchObject({ x: 0, y: 0, width: 1024, height: 768 });
    watch.controller.send({ type: 'fullscreen' });
    expect(await shows(managed.display, picture)).toBe(true);

    const cover = spawn('xterm', ['-geometry', '120x50+0+0'], {
      env: { ...process.env, DISPLAY: managed.display },
      stdio: 'ignore',
    });
    running.push({ stop: async () => void cover.kill() });
    await expect.poll(() => findWindow(managed.display, '.*[$#@~:]')).not.toBeNull();
    cover.kill();
    xdotool(managed.display, 'windowraise', id);
    expect(await shows(managed.display, picture)).toBe(true);
    xdotool(managed.display, 'windowclose', id);
  });

  it('opens inside of what the display has room for', async () => {
    const sharer = await ClassicSharer.start(viewer => viewer.write(frameOf(noisyPicture(1024, 768, 1))));
    running.push(sharer);
    await watchOn(managed.display, sharer.port, { classicSize: { width: 1024, height: 768 } });
    const frame = () => {
      const window = findWindow(managed.display, '127.0.0.1');
      const [left = 0, right = 0, top = 0, bottom = 0] = window ? frameOfWindow(managed.display, window.id) : [];
      return (
        window && {
          ...window,
          right: window.x + window.width + right,
          bottom: window.y + window.height + bottom,
          left,
          top,
        }
      );
    };
    await expect.poll(() => frame()?.bottom ?? 9999).toBeLessThanOrEqual(768);
    const { x, y, left, top, right, width, height } = frame()!;
    expect(top).toBeGreaterThan(0);
    expect([x >= left, y >= top, right <= 1024]).toEqual([true, true, true]);
    expect(height).toBeGreaterThan(700);
    expect(width / height).toBeCloseTo(4 / 3, 1);
  });

  it('is left by Esc only from the full screen to a window, and double clicks change between them', async () => {
    const picture = noisyPicture(640, 480, 1);
    const sharer = await share(picture);
    const watch = await watchOn(managed.display, sharer.port);
    expect(await shows(managed.display, picture)).toBe(true);
    const width = () => findWindow(managed.display, '127.0.0.1')?.width;
    const { id, x, y } = findWindow(managed.display, '127.0.0.1')!;
    xdotool(managed.display, 'mousemove', `${x + 300}`, `${y + 200}`, 'click', '--repeat', '2', '--delay', '60', '1');
    await expect.poll(width).toBe(1024);
    xdotool(managed.display, 'windowfocus', '--sync', id, 'key', 'Escape');
    await expect.poll(width).toBe(640);
    xdotool(managed.display, 'key', 'Escape');
    expect(await shows(managed.display, picture)).toBe(true);
    expect(watch.ended).toBe(undefined);
    xdotool(managed.display, 'key', 'q');
    expect(await watch.end()).toBe(null);
  });

  it('ends the session when its close button is pressed', async () => {
    const picture = noisyPicture(640, 480, 1);
    const sharer = await share(picture);
    const watch = await watchOn(managed.display, sharer.port);
    expect(await shows(managed.display, picture)).toBe(true);
    const { id } = findWindow(managed.display, '127.0.0.1')!;
    xdotool(managed.display, 'windowfocus', '--sync', id, 'key', 'alt+F4');
    expect(await watch.end()).toBe(null);
  });
});
