import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSdl2, PIXELS_BGRX, type Pointer, type Sdl2 } from '../../source/native/sdl2.js';
import { X11Put } from '../../source/native/x11-put.js';
import { readDisplay, startXvfb, type XServer } from '../helpers/xvfb.js';

const SIZE = { width: 400, height: 300 };
let server: XServer;
let sdl: Sdl2;
let window: Pointer;

beforeAll(async () => {
  server = await startXvfb(SIZE);
  process.env.DISPLAY = server.display;
  sdl = loadSdl2();
  sdl.start();
  sdl.setHint('SDL_FRAMEBUFFER_ACCELERATION', '0');
  window = sdl.createWindow('put', SIZE.width, SIZE.height, 0);
  sdl.pollEvent();
});
afterAll(async () => {
  sdl.destroyWindow(window);
  sdl.quit();
  await server.stop();
});

/** Draws one colour, 0xrrggbb, into the window's surface, which shows nothing of it yet. */
function draw(x: number, y: number, width: number, height: number, colour: number): void {
  const { surface } = sdl.windowSurface(window);
  const pixels = new Uint8Array(new Uint32Array(width * height).fill(colour).buffer);
  sdl.convertInto(surface, x, y, pixels, width * 4, width, height);
}

async function shows(x: number, y: number, colour: number): Promise<boolean> {
  const end = performance.now() + 20_000;
  do {
    const { rgb } = await readDisplay(server.display, { x, y, width: 1, height: 1 });
    if ((rgb[0]! << 16) + (rgb[1]! << 8) + rgb[2]! === colour) return true;
    await new Promise(resolve => setTimeout(resolve, 20));
  } while (performance.now() < end);
  return false;
}

it('puts small parts of the surface on the screen, and leaves large ones to SDL', async () => {
  sdl.windowSurface(window);
  const { surface } = sdl.windowSurface(window);
  expect(surface.format).toBe(PIXELS_BGRX);
  draw(0, 0, SIZE.width, SIZE.height, 0x101010);
  sdl.updateWindow(window, Int32Array.of(0, 0, SIZE.width, SIZE.height), 1);
  const put = X11Put.of(sdl.x11Window(window));
  expect(put).not.toBeNull();

  draw(10, 20, 30, 40, 0xaa5500);
  draw(399, 299, 1, 1, 0x0055aa);
  expect(put?.put(surface, Int32Array.of(10, 20, 30, 40, 399, 299, 1, 1), 2)).toBe(true);
  expect(await shows(399, 299, 0x0055aa)).toBe(true);
  expect(await shows(10, 20, 0xaa5500)).toBe(true);
  expect(await shows(39, 59, 0xaa5500)).toBe(true);
  expect(await shows(40, 60, 0x101010)).toBe(true);
  expect(await shows(9, 19, 0x101010)).toBe(true);

  draw(0, 0, 200, 200, 0xffffff);
  expect(put?.put(surface, Int32Array.of(0, 0, 200, 200), 1)).toBe(false);
  expect(put?.put({ ...surface, format: 0x15151002 }, Int32Array.of(0, 0, 1, 1), 1)).toBe(false);
  put?.close();
  put?.close();
});

it('is not there without an X server behind the window', () => {
  expect(X11Put.of(null)).toBeNull();
});
