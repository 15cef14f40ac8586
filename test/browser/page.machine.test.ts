import type { Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ShareOptions } from '../../source/session/share-options.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { isExact, type OpenedPage, pageOpener } from '../helpers/opened-pages.js';
import { CountingProxy, StallingProxy } from '../helpers/proxies.js';
import { noise, paintScene, photograph, text } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';

const SIZE = { width: 640, height: 360 };
const CODE = 'k7m2p9qx';

const later = stopAfterEach();
ownStateFolder('all');
// A WebSocket that finds nobody is told on the console, whatever a page does.
const open = pageOpener(/WebSocket connection to/);

async function shared(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  const share = later(await CanvasShare.startForBrowsers(SIZE, options));
  paintScene(share);
  return share;
}

function isIn(page: OpenedPage, state: string): Promise<void> {
  return expect.poll(() => page.state()).toBe(state);
}

describe('the page', () => {
  it('shows every pixel: text, photographs, noise, scrolls, the pointer, another size', async () => {
    const share = await shared();
    const { canvas } = share;
    const page = await open(share.url);
    await isExact(page, share);
    expect(await page.text()).toContain('test');
    canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
    await isExact(page, share);
    canvas.paint({ x: 100, y: 100, width: 400, height: 200 }, photograph);
    canvas.paint({ x: 0, y: 310, width: 90, height: 50 }, noise);
    await isExact(page, share);
    const before = await page.shown();
    const rgba = new Uint8Array(10 * 8 * 4).map((_, at) => [120, 0, 60, 128][at % 4]!);
    canvas.point({ x: 50, y: 60, shape: { width: 10, height: 8, rgba, hotspotX: 3, hotspotY: 2, serial: 1 } });
    await expect.poll(() => page.shown()).not.toEqual(before);
    await page.page.keyboard.press('c');
    await isExact(page, share);
    canvas.resize({ width: 500, height: 800 });
    canvas.paint({ x: 0, y: 0, width: 500, height: 800 }, text);
    await isExact(page, share);
  });

  it('waits for no part that it does not need yet: the worker, the kernels and the connection are under way together', async () => {
    const share = await shared();
    const proxy = later(await CountingProxy.before(share.webPort));
    const page = await open(`http://127.0.0.1:${proxy.port}/`);
    await isExact(page, share);
    const asked: string[] = [];
    page.page.on('request', (request: { url(): string }) => asked.push(new URL(request.url()).pathname));
    await page.page.route('**/worker.js', async (route: Route) => {
      await expect.poll(() => asked).toContain('/kernels.wasm');
      await route.continue();
    });
    await page.page.route('**/kernels.wasm', async (route: Route) => {
      await expect.poll(() => proxy.requests).toContain('/rfb');
      await route.continue();
    });
    proxy.requests.length = 0;
    await page.page.reload();
    await isExact(page, share);
    // A browser may want the icon at any time.
    const needed = asked.filter(path => path !== '/icon.svg').sort();
    expect(needed).toEqual(['/', '/kernels.wasm', '/page.js', '/style.css', '/worker.js']);
  });

  it('says so where a part of it does not arrive, and loads again', async () => {
    const share = await shared();
    const page = await open(share.url);
    await isExact(page, share);
    await page.page.route('**/kernels.wasm', (route: Route) => route.abort());
    await page.page.reload();
    await isIn(page, 'ended');
    expect(await page.text()).toContain('The page failed');
    page.complaints.length = 0;
    await page.page.unroute('**/kernels.wasm');
    await page.page.click('#again');
    await isExact(page, share);
    page.complaints.length = 0;
  });

  it('comes back by itself when the share does, and keeps the last picture until then', async () => {
    const share = await shared();
    const page = await open(share.url);
    await isExact(page, share);
    const last = await page.shown();
    await share.fail();
    await isIn(page, 'away');
    expect(await page.text()).toContain('This page keeps trying');
    expect(await page.shown()).toEqual(last);
    const again = await shared({ webPort: share.webPort });
    again.canvas.paint({ x: 0, y: 0, ...SIZE }, text);
    await isExact(page, again);
    await isIn(page, 'watching');
  });

  it('takes the code from the link, and asks where it is missing or wrong', async () => {
    const share = await shared({ access: 'code', code: CODE, encrypt: 'offered' });
    const linked = await open(`${share.url}#${CODE}`);
    await isExact(linked, share);
    expect(linked.page.url()).toBe(share.url);
    await linked.page.reload();
    await isExact(linked, share);

    const page = await open(share.url);
    await isIn(page, 'code');
    await page.page.fill('#code', 'wrong');
    await page.page.keyboard.press('Enter');
    await expect.poll(() => page.text()).toContain('Wrong code.');
    await page.page.fill('#code', ' K7M2-P9QX ');
    await page.page.keyboard.press('Enter');
    await isExact(page, share);
  });

  it('encrypts by the code over plain http, and says against whom that protects', async () => {
    const share = await shared({ access: 'code', code: 'kafem-prawy', encrypt: 'offered' });
    const page = await open(share.url);
    await isIn(page, 'code');
    await page.page.fill('#code', 'KAFEM SRAWY');
    await page.page.keyboard.press('Enter');
    await expect.poll(() => page.text()).toContain('Wrong code.');
    expect(await page.text()).not.toContain('Not encrypted');
    await page.page.fill('#code', 'KAFEM PRAWY');
    await page.page.fill('#viewer-name', 'Anna');
    await page.page.keyboard.press('Enter');
    await isExact(page, share);
    share.canvas.paint({ x: 100, y: 100, width: 400, height: 200 }, photograph);
    await isExact(page, share);
    expect(share.snapshot.viewers[0]).toMatchObject({ via: 'web', encryption: 'ChaCha20, code' });
    await page.page.keyboard.press('?');
    await expect
      .poll(() => page.text())
      .toContain('Protected against eavesdroppers, but not against somebody who can change');
    await page.page.reload();
    await isExact(page, share);
  });

  it('waits for a yes and says so, and tells a no', async () => {
    const share = await shared({ access: 'ask' });
    const asked = () => share.events.flatMap(event => (event.type === 'asking' ? [event.viewer] : []));
    const page = await open(share.url);
    await isIn(page, 'waiting');
    expect(await page.text()).toContain("Waiting for the sharer's OK");
    await page.page.fill('#asking-name', 'Anna');
    await page.page.keyboard.press('Enter');
    await expect.poll(() => asked().length).toBe(2);
    await share.sharer.command({ type: 'consent', viewer: asked()[1]!, answer: 'yes' });
    await isExact(page, share);
    const other = await open(share.url);
    await isIn(other, 'waiting');
    await expect.poll(() => asked().length).toBe(3);
    await share.sharer.command({ type: 'consent', viewer: asked()[2]!, answer: 'no' });
    await isIn(other, 'ended');
    expect(await other.text()).toContain('The sharer declined');
  });

  it('is told when the share is paused, and freezes by itself', async () => {
    const share = await shared();
    const page = await open(share.url);
    await isExact(page, share);
    await share.sharer.command({ type: 'pause', paused: true });
    await expect.poll(() => page.text()).toContain('The sharer paused the share.');
    await share.sharer.command({ type: 'pause', paused: false });
    await expect.poll(() => page.text()).not.toContain('paused the share');
    const frozen = await page.shown();
    await page.page.keyboard.press(' ');
    await expect.poll(() => page.text()).toContain('Frozen');
    share.canvas.paint({ x: 0, y: 0, width: 100, height: 100 }, text);
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(await page.shown()).toEqual(frozen);
    await page.page.keyboard.press(' ');
    await isExact(page, share);
    await page.page.keyboard.press('q');
    await isIn(page, 'stopped');
    await expect.poll(() => share.snapshot.viewers.length).toBe(0);
  });

  it('is sent nothing while nobody sees it', async () => {
    const share = await shared();
    const page = await open(share.url);
    await isExact(page, share);
    await page.setVisibility('hidden');
    let turn = 0;
    const bytesOfFivePictures = async () => {
      const before = share.figures.bytes;
      for (let picture = 0; picture < 5; picture++) {
        share.canvas.paint({ x: (turn++ % 10) * 40, y: 0, width: 200, height: 200 }, (x, y) => noise(x, y + turn));
        await new Promise(resolve => setTimeout(resolve, 60));
      }
      return share.figures.bytes - before;
    };
    // At first something may be on its way.
    await expect.poll(bytesOfFivePictures).toBeLessThan(500);
    await page.setVisibility('visible');
    await isExact(page, share);
  });

  it('is back soon where its connection died while it was asleep, or the network away', async () => {
    const share = await shared();
    const proxy = later(await StallingProxy.before(share.webPort));
    const url = `http://127.0.0.1:${proxy.port}/`;
    const [asleep, offline] = await Promise.all([open(url), open(url)]);
    for (const page of [asleep, offline]) await isExact(page, share);
    await asleep.setVisibility('hidden');
    proxy.cut();
    share.canvas.paint({ x: 0, y: 0, width: 200, height: 200 }, noise);
    await asleep.setVisibility('visible');
    await offline.page.evaluate(`dispatchEvent(new Event('online'))`);
    for (const page of [asleep, offline]) await isExact(page, share);
  });

  it('keeps the middle of the picture in the middle where a phone is turned', async () => {
    const share = await shared();
    const page = await open(share.url, { viewport: { width: 300, height: 200 } });
    await isExact(page, share);
    await page.page.keyboard.press('2');
    // The browser tells of scrolling and sizes when it paints.
    const painted = () =>
      page.page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
    const middle = () =>
      page.page.evaluate(`(() => {
        const { scrollLeft, scrollTop, clientWidth, clientHeight } = document.getElementById('stage');
        return [scrollLeft + clientWidth / 2, scrollTop + clientHeight / 2].map(Math.round);
      })()`);
    await painted();
    await page.page.evaluate(`document.getElementById('stage').scrollTo(800, 400)`);
    await painted();
    await expect.poll(middle).toEqual([950, 500]);
    await page.page.setViewportSize({ width: 200, height: 300 });
    await expect.poll(middle).toEqual([950, 500]);
    await page.page.setViewportSize({ width: 300, height: 200 });
    await expect.poll(middle).toEqual([950, 500]);
  });

  it.each([
    [390, 844],
    [320, 568],
    [844, 390],
  ])('has every action within reach of a finger at %i x %i', async (width, height) => {
    const share = await shared();
    const page = await open(share.url, { viewport: { width, height }, context: { hasTouch: true, isMobile: true } });
    await isExact(page, share);
    // The bar hides after a while without input, which may have passed on a busy machine.
    const tap = async (selector: string): Promise<void> => {
      if (!(await page.page.locator(selector).isVisible())) await page.page.touchscreen.tap(width / 2, height / 3);
      await page.page.tap(selector, { timeout: 1500 }).catch(() => tap(selector));
    };
    await page.page.touchscreen.tap(width / 2, height / 3);
    const inReach = async (selector: string) => {
      for (const button of await page.page.locator(selector).all()) {
        await button.scrollIntoViewIfNeeded();
        const label = await button.evaluate('element => element.outerHTML.slice(0, 60)');
        const box = await button.boundingBox();
        expect(box, label).not.toBeNull();
        expect(box!.x >= 0 && box!.x + box!.width <= width && box!.y + box!.height <= height, label).toBe(true);
        expect(box!.width >= 36 && box!.height >= 34, label).toBe(true);
      }
    };
    await inReach('#bar button:not([hidden])');
    await tap('#freeze');
    await expect.poll(() => page.page.locator('#banner').textContent()).toMatch(/[Ff]rozen/);
    await tap('#freeze');
    await tap('#panel-toggle');
    await inReach('#panel button');
    await tap('#pointer');
    await expect.poll(() => page.page.locator('#pointer').textContent()).toBe('Show pointer');
  });

  it.each([1, 1.25, 2])('puts each pixel on one of the screen, at %s of its own for each of CSS', async scale => {
    const share = await shared();
    const page = await open(share.url, { viewport: { width: 900, height: 500 }, scale });
    await isExact(page, share);
    await page.page.keyboard.press('1');
    const box = (await page.page.locator('#picture').boundingBox())!;
    expect(Math.abs(box.width * scale - SIZE.width)).toBeLessThan(0.02);
    for (const side of [box.x, box.y]) expect(Math.abs(side * scale - Math.round(side * scale))).toBeLessThan(0.02);
    await page.page.keyboard.press('0');
    await expect.poll(async () => (await page.page.locator('#picture').boundingBox())!.height).toBeGreaterThan(499);
  });

  it('says which browser is needed where this one is too old', async () => {
    const share = await shared();
    const page = await open(share.url, { script: 'delete globalThis.OffscreenCanvas' });
    await isIn(page, 'unsupported');
    expect(await page.text()).toMatch(/It lacks OffscreenCanvas.*Safari 16\.4/);
  });

  it('tells the figures to whoever opens them', async () => {
    const share = await shared();
    const page = await open(share.url);
    await isExact(page, share);
    await page.page.keyboard.press('?');
    await expect.poll(() => page.text()).toMatch(/Picture\s+640 × 360/);
    await expect.poll(() => page.text()).toContain('Not encrypted: anybody who can listen');
    await page.page.keyboard.press('Escape');
    await expect.poll(() => page.text()).not.toContain('640 × 360');
  });

  it('lacks nothing on a plain address of a network, where browsers hold back much', async () => {
    const network = later(new NetworkNamespace());
    const share = await shared({ bind: network.here, rfbPort: null });
    const page = await open(share.url);
    await isExact(page, share);
    expect(await page.page.evaluate("[isSecureContext, 'subtle' in crypto]")).toEqual([false, false]);
    await page.page.keyboard.press('f');
    await expect.poll(() => page.page.evaluate('document.fullscreenElement !== null')).toBe(true);
  });
});
