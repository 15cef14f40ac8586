import { describe, expect, it } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { startVncServer } from '../helpers/vnc-servers.js';
import { WatchingHost } from '../helpers/watching-host.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay, startXvfb } from '../helpers/xvfb.js';
import { drawScene } from '../interop/scene.js';
import { differences, watchPort } from '../interop/watching.js';

const SIZE = { width: 640, height: 400 };
const started = stopAfterEach();

async function sharedDisplay(options: Parameters<typeof RunningShare.start>[0] = {}) {
  const x = started(await startXvfb(SIZE));
  const painter = await XPainter.open(x.display);
  await drawScene(painter);
  const share = started(
    await RunningShare.start({
      source: { kind: 'x11' },
      display: x.display,
      classicPort: null,
      rfbPort: 0,
      ...options,
    }),
  );
  const port = share.wires.find(({ wire }) => wire === 'rfb')!.port;
  return { display: x.display, painter, share, port };
}

async function watch(port: number, host: WatchingHost): Promise<void> {
  const session = await watchPort(port, host);
  started({ stop: async () => session.close() });
}

describe('peerglass watching peerglass', () => {
  it('shows exactly what is shared while it changes and scrolls', async () => {
    const { display, painter, port } = await sharedDisplay();
    const host = new WatchingHost();
    await watch(port, host);
    const exact = async () => {
      const shown = await readDisplay(display);
      await host.until(() => host.framebuffer !== null && differences(host.picture(), shown) === 0);
    };
    await exact();
    for (let step = 1; step <= 5; step++) {
      painter.scroll({ x: 0, y: 180, width: 300, height: 180 }, 0, -8);
      painter.fill({ x: 400, y: 200 + step * 10, width: 60, height: 9 }, 0x102030 * step);
      await painter.sync();
      await exact();
    }
    expect(Object.keys(host.encodings())).toEqual(expect.arrayContaining(['tight', 'copyrect']));
    await painter.close();
  });

  it('draws the pointer itself, where it is and nowhere else', async () => {
    const { display, painter, port } = await sharedDisplay();
    const host = new WatchingHost();
    await watch(port, host);
    // Its window hides the pointer; the arrow of another window does not.
    const other = await XPainter.open(display, {
      geometry: { x: 500, y: 250, width: 100, height: 100 },
      background: 0x336699,
    });
    other.client.WarpPointer(0, other.window, 0, 0, 0, 0, 30, 40);
    await other.sync();
    const shown = await readDisplay(display);
    const drawn = () => {
      const picture = host.picture();
      const around = { x: 500, y: 260, width: 70, height: 70 };
      let [inside, outside] = [0, 0];
      for (let pixel = 0; pixel < SIZE.width * SIZE.height; pixel++) {
        if ([0, 1, 2].every(channel => picture.rgb[pixel * 3 + channel] === shown.rgb[pixel * 3 + channel])) continue;
        const [x, y] = [pixel % SIZE.width, Math.floor(pixel / SIZE.width)];
        if (x >= around.x && y >= around.y && x < around.x + around.width && y < around.y + around.height) inside++;
        else outside++;
      }
      return inside > 20 && outside === 0;
    };
    await host.until(() => host.framebuffer !== null && drawn());
    expect(drawn()).toBe(true);
    await other.close();
    await painter.close();
  });

  it('gets in with the VNC password, and learns when it is wrong', async () => {
    const { share, port } = await sharedDisplay({ access: 'code', vncPassword: 'lamp-seven' });
    const right = new WatchingHost({ code: 'lamp-seven' });
    await watch(port, right);
    await right.until(() => right.updates.length > 0);
    const wrong = new WatchingHost({ code: 'guess' });
    await watch(port, wrong);
    await expect(wrong.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_AUTH' });
    await share.until(() => share.snapshot.viewers.length === 1);
  });
});

describe('the watch process over rfb', () => {
  it('detects the protocol, watches, and continues when the server is back', async () => {
    const first = await startVncServer('Xtigervnc', SIZE);
    const watcher = started(await RunningWatch.start(first.port));
    await watcher.state('watching');
    expect(watcher.snapshot).toMatchObject({ wire: 'rfb', ...SIZE, quality: 'auto', level: 2 });
    await first.stop();
    await watcher.state('reconnecting');
    const again = started(await startVncServer('Xtigervnc', { ...SIZE, port: first.port }));
    await watcher.state('watching');
    expect(again.port).toBe(first.port);
  });

  it('ends with a hint at the password where one is needed', async () => {
    const server = started(await startVncServer('Xtigervnc', { ...SIZE, password: 'sesame' }));
    const watcher = started(await RunningWatch.start(server.port));
    expect(await watcher.end()).toBe('E_PASSWORD_REQUIRED');
  });
});
