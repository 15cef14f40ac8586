import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Rectangle } from '../../source/core/rectangle.js';
import { Banner } from '../../source/display/banner.js';
import { type PaintPath, SdlDisplay } from '../../source/display/sdl-display.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { readDisplay, startXvfb, type XServer } from '../helpers/xvfb.js';

const memory = createPixelMemory();
let server: XServer;
let display: SdlDisplay | null = null;

beforeAll(async () => {
  server = await startXvfb({ width: 1000, height: 700 });
  process.env.DISPLAY = server.display;
});
afterEach(() => {
  display?.close();
  display = null;
});
afterAll(async () => server.stop());

function paint(framebuffer: Framebuffer, seed: number, part: Rectangle = framebuffer.bounds): void {
  const pixels = new Uint32Array(memory.memory.buffer, framebuffer.pointer, framebuffer.width * framebuffer.height);
  for (let y = part.y; y < part.y + part.height; y++) {
    for (let x = part.x; x < part.x + part.width; x++) {
      pixels[y * framebuffer.width + x] = Math.imul(x * 7919 + y * 104_729 + seed, 2_654_435_761) >>> 8;
    }
  }
}

function rgbOf(framebuffer: Framebuffer): Uint8Array {
  const bytes = framebuffer.bytes();
  return Uint8Array.from({ length: framebuffer.width * framebuffer.height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return bytes[pixel * 4 + 2 - (at % 3)]!;
  });
}

/** Where the window's inside lies on the display, asked of an independent program. */
function windowAt(title: string): Rectangle {
  const text = execFileSync('xwininfo', ['-display', server.display, '-name', title], { encoding: 'utf8' });
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(-?\\d+)`).exec(text)?.[1]);
  return {
    x: number('Absolute upper-left X'),
    y: number('Absolute upper-left Y'),
    width: number('Width'),
    height: number('Height'),
  };
}

async function shown(title: string): Promise<Uint8Array> {
  return (await readDisplay(server.display, windowAt(title))).rgb;
}

async function open(path: PaintPath, framebuffer: Framebuffer, scale: 'fit' | number = 'fit'): Promise<SdlDisplay> {
  const opened = new SdlDisplay({ path });
  await opened.prepare();
  opened.open({ width: framebuffer.width, height: framebuffer.height, title: 'exact', fullscreen: false, scale });
  display = opened;
  return opened;
}

/** Pumps until the window shows what it should, as a session does; the display has 20 s to come to rest. */
async function settled(display: SdlDisplay, expected: Uint8Array): Promise<boolean> {
  const end = performance.now() + 20_000;
  do {
    display.pump();
    const pixels = await shown('exact');
    if (pixels.length === expected.length && Buffer.compare(pixels, expected) === 0) return true;
    await new Promise(resolve => setTimeout(resolve, 30));
  } while (performance.now() < end);
  return false;
}

describe.each<PaintPath>(['surface', 'texture'])('the window by way of a %s', path => {
  it('shows the picture exactly, and changed parts', async () => {
    const framebuffer = new Framebuffer(memory, { width: 333, height: 217 });
    paint(framebuffer, 1);
    const window = await open(path, framebuffer);
    window.present(framebuffer, [framebuffer.bounds]);
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);
    const parts = [
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 300, y: 200, width: 33, height: 17 },
      { x: 77, y: 100, width: 1, height: 1 },
    ];
    for (const [index, part] of parts.entries()) paint(framebuffer, index + 2, part);
    window.present(framebuffer, parts);
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);
    expect(window.describe()).toMatch(/^SDL 2\.\d+\.\d+, x11, /);
  });

  it('shows integer factors crisply', async () => {
    const framebuffer = new Framebuffer(memory, { width: 100, height: 60 });
    paint(framebuffer, 5);
    const window = await open(path, framebuffer, 3);
    window.present(framebuffer, [framebuffer.bounds]);
    const rgb = rgbOf(framebuffer);
    const expected = new Uint8Array(300 * 180 * 3);
    for (let y = 0; y < 180; y++) {
      for (let x = 0; x < 300; x++) {
        const from = (Math.floor(y / 3) * 100 + Math.floor(x / 3)) * 3;
        expected.set(rgb.subarray(from, from + 3), (y * 300 + x) * 3);
      }
    }
    expect(await settled(window, expected)).toBe(true);
  });

  it('keeps the aspect when the window changes shape, and is exact again at 1:1', async () => {
    const framebuffer = new Framebuffer(memory, { width: 400, height: 200 });
    const pixels = new Uint32Array(memory.memory.buffer, framebuffer.pointer, 400 * 200).fill(0x00_40_80_c0);
    const window = await open(path, framebuffer);
    window.present(framebuffer, [framebuffer.bounds]);
    execFileSync('xdotool', ['search', '--name', '^exact$', 'windowsize', '300', '300'], { env: process.env });
    const expected = new Uint8Array(300 * 300 * 3);
    for (let at = 75 * 300; at < 225 * 300; at++) expected.set([0x40, 0x80, 0xc0], at * 3);
    expect(await settled(window, expected)).toBe(true);

    pixels[123] = 0x00_ff_ff_ff;
    window.present(framebuffer, [{ x: 123, y: 0, width: 1, height: 1 }]);
    window.setScale(1);
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);
  });

  it('repaints after exposure, and follows a new picture size', async () => {
    const framebuffer = new Framebuffer(memory, { width: 200, height: 100 });
    paint(framebuffer, 9);
    const window = await open(path, framebuffer, 1);
    window.present(framebuffer, [framebuffer.bounds]);
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);
    execFileSync('xsetroot', ['-display', server.display, '-solid', 'red']);
    execFileSync('xdotool', ['search', '--name', '^exact$', 'windowunmap', 'windowmap'], { env: process.env });
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);

    const larger = new Framebuffer(memory, { width: 310, height: 120 });
    paint(larger, 10);
    window.resize(larger);
    window.present(larger, [larger.bounds]);
    expect(await settled(window, rgbOf(larger))).toBe(true);
  });

  it('shows a banner over the picture, never in it, and none once it is removed', async () => {
    const framebuffer = new Framebuffer(memory, { width: 400, height: 200 });
    paint(framebuffer, 1);
    const window = await open(path, framebuffer);
    window.present(framebuffer, [framebuffer.bounds]);
    expect(await settled(window, rgbOf(framebuffer))).toBe(true);
    window.setBanner('Paused');
    const { at, pixels } = new Banner('Paused', 1).imageFor(framebuffer);
    const covered = () => {
      const rgb = rgbOf(framebuffer);
      for (let y = 0; y < at.height; y++) {
        for (let x = 0; x < at.width; x++) {
          const [blue, green, red] = pixels.subarray((y * at.width + x) * 4);
          rgb.set([red!, green!, blue!], ((at.y + y) * 400 + at.x + x) * 3);
        }
      }
      return rgb;
    };
    expect(await settled(window, covered())).toBe(true);
    // Below it the picture goes on, its memory its own.
    const part = { x: at.x + 5, y: at.y - 5, width: 90, height: 60 };
    paint(framebuffer, 2, part);
    window.present(framebuffer, [part]);
    expect(await settled(window, covered())).toBe(true);
    const expected = new Framebuffer(memory, framebuffer);
    paint(expected, 1);
    paint(expected, 2, part);
    expect(Buffer.compare(rgbOf(framebuffer), rgbOf(expected))).toBe(0);
    window.setBanner(null);
    // At once: nothing is pumped or presented.
    expect(Buffer.compare(await shown('exact'), rgbOf(framebuffer))).toBe(0);
  });

  it('pans over a larger picture by arrows, drag and wheel', async () => {
    const framebuffer = new Framebuffer(memory, { width: 1300, height: 800 });
    paint(framebuffer, 4);
    const window = await open(path, framebuffer, 1);
    window.present(framebuffer, [framebuffer.bounds]);
    const part = (x: number, y: number) => {
      const all = rgbOf(framebuffer);
      const rows = Array.from({ length: 700 }, (_, row) => all.subarray(((y + row) * 1300 + x) * 3).subarray(0, 3000));
      return new Uint8Array(Buffer.concat(rows));
    };
    expect(await settled(window, part(0, 0))).toBe(true);
    window.pan(1, 0);
    expect(await settled(window, part(125, 0))).toBe(true);
    const mouse = (...words: readonly string[]) => execFileSync('xdotool', words, { env: process.env });
    mouse('mousemove', '600', '400', 'mousedown', '1');
    window.pump();
    mouse('mousemove', '550', '360', 'mouseup', '1');
    expect(await settled(window, part(175, 40))).toBe(true);
    mouse('click', '5');
    expect(await settled(window, part(175, 100))).toBe(true);
    const change = { x: 180, y: 90, width: 1100, height: 30 };
    paint(framebuffer, 5, change);
    window.present(framebuffer, [change]);
    expect(await settled(window, part(175, 100))).toBe(true);
    expect(window.moving).toBe(false);
  });

  it('reports keys and closing', async () => {
    const framebuffer = new Framebuffer(memory, { width: 200, height: 100 });
    const window = await open(path, framebuffer);
    window.present(framebuffer, [framebuffer.bounds]);
    await settled(window, rgbOf(framebuffer));
    const id = execFileSync('xdotool', ['search', '--name', '^exact$'], { env: process.env, encoding: 'utf8' }).trim();
    execFileSync(
      'xdotool',
      ['windowfocus', '--sync', id, 'key', 'f', 'plus', 'space', '7', 'Escape', 'Right', 'bracketleft'],
      {
        env: process.env,
      },
    );
    const keys: string[] = [];
    while (keys.length < 7) {
      for (const event of window.pump()) keys.push(event.type === 'key' ? event.key : event.type);
      await new Promise(resolve => setTimeout(resolve, 30));
    }
    expect(keys).toEqual(['f', '+', ' ', '7', 'escape', 'right', '[']);
  });
});

describe('the paint path', () => {
  it.each([
    [true, 0, 'window surface'],
    [true, 60_000, 'texture'],
    [false, 8, 'window surface'],
  ])('with a GPU: %s, which may take %s ms, is a %s', async (gpu, trialMs, way) => {
    const framebuffer = new Framebuffer(memory, { width: 300, height: 200 });
    paint(framebuffer, 3);
    display = new SdlDisplay({ gpu, trialMs });
    await display.prepare();
    display.open({ width: 300, height: 200, title: 'exact', fullscreen: false, scale: 'fit' });
    for (let frame = 0; frame < 4; frame++) display.present(framebuffer, [framebuffer.bounds]);
    expect(display.describe()).toContain(way);
    expect(await settled(display, rgbOf(framebuffer))).toBe(true);
  });
});

describe('without what a window needs', () => {
  afterEach(() => {
    delete process.env.PEERGLASS_SDL2;
    process.env.DISPLAY = server.display;
  });

  it.each([
    ['E_SDL_MISSING', { PEERGLASS_SDL2: 'libNoSuch.so' }],
    ['E_NO_DISPLAY', { DISPLAY: '' }],
    ['E_DISPLAY_CONNECT', { DISPLAY: ':4321' }],
  ])('reports %s and what to do', async (code, variables) => {
    Object.assign(process.env, variables);
    await expect(new SdlDisplay().prepare()).rejects.toMatchObject({
      code,
      remedy: expect.stringContaining('--view terminal'),
    });
  });
});

describe("a framebuffer that shares the surface's memory", () => {
  const SIZE = { width: 333, height: 217 };
  const PART = { x: 20, y: 30, width: 200, height: 100 };

  async function shared(): Promise<{ window: SdlDisplay; live: Framebuffer }> {
    const live = new Framebuffer(memory, SIZE);
    paint(live, 1);
    const window = await open('surface', live);
    window.present(live, [live.bounds]);
    expect(await settled(window, rgbOf(live))).toBe(true);
    expect(window.describe()).toMatch(/in place$/);
    return { window, live };
  }

  function uncover(): void {
    execFileSync('xrefresh', ['-display', server.display]);
  }

  function frozen(live: Framebuffer): Framebuffer {
    const still = new Framebuffer(memory, SIZE);
    still.bytes().set(live.bytes());
    return still;
  }

  it('is shown in parts, and again after exposure', async () => {
    const { window, live } = await shared();
    for (let step = 2; step < 5; step++) {
      paint(live, step, PART);
      window.present(live, [PART]);
      expect(await settled(window, rgbOf(live))).toBe(true);
    }
    uncover();
    expect(await settled(window, rgbOf(live))).toBe(true);
    expect(window.describe()).toMatch(/in place$/);
  });

  it("has private memory while a banner is shown, and the surface's again afterwards", async () => {
    const { window, live } = await shared();
    window.setBanner('Paused');
    expect(window.describe()).not.toMatch(/in place$/);
    window.setBanner(null);
    expect(window.describe()).toMatch(/in place$/);
    expect(await settled(window, rgbOf(live))).toBe(true);
  });

  it("keeps the surface's memory while held; the banner comes after", async () => {
    const { window, live } = await shared();
    const before = rgbOf(live);
    const release = live.hold();
    window.setBanner('Paused');
    window.pump();
    expect(Buffer.compare(rgbOf(live), before)).toBe(0);
    release();
    window.pump();
    expect(window.describe()).not.toMatch(/in place$/);
    expect(Buffer.compare(await shown('exact'), before)).not.toBe(0);
    expect(Buffer.compare(rgbOf(live), before)).toBe(0);
  });

  it('continues unseen while another is shown, without touching it', async () => {
    const { window, live } = await shared();
    const still = frozen(live);
    const before = rgbOf(still);
    window.present(still, []);
    paint(live, 7, PART);
    const after = rgbOf(live);
    uncover();
    expect(await settled(window, before)).toBe(true);
    expect(Buffer.compare(rgbOf(live), after)).toBe(0);
    expect(Buffer.compare(rgbOf(still), before)).toBe(0);
    window.present(live, [live.bounds]);
    still.free();
    expect(await settled(window, after)).toBe(true);
  });

  it('keeps its memory while held; another picture is shown after', async () => {
    const { window, live } = await shared();
    const still = frozen(live);
    paint(still, 9, PART);
    const release = live.hold();
    window.present(still, [still.bounds]);
    window.pump();
    paint(live, 8, PART);
    release();
    expect(await settled(window, rgbOf(still))).toBe(true);
    const expected = new Framebuffer(memory, SIZE);
    paint(expected, 1);
    paint(expected, 8, PART);
    expect(Buffer.compare(rgbOf(live), rgbOf(expected))).toBe(0);
  });

  it('survives a resize of the window, in the memory of the new surface', async () => {
    const { window, live } = await shared();
    const resize = (width: number, height: number) => {
      const size = [`${width}`, `${height}`];
      execFileSync('xdotool', ['search', '--name', '^exact$', 'windowsize', '--sync', ...size], { env: process.env });
    };
    const before = rgbOf(live);
    resize(500, 400);
    await expect
      .poll(() => {
        window.pump();
        return window.describe();
      })
      .not.toMatch(/in place$/);
    expect(Buffer.compare(rgbOf(live), before)).toBe(0);
    paint(live, 3, PART);
    window.present(live, [PART]);
    resize(SIZE.width, SIZE.height);
    expect(await settled(window, rgbOf(live))).toBe(true);
    expect(window.describe()).toMatch(/in place$/);
  });

  it('is shown after the pixel memory has grown', async () => {
    const { window, live } = await shared();
    const more = memory.allocate(64 * 1024 * 1024);
    paint(live, 4, PART);
    window.present(live, [PART]);
    expect(await settled(window, rgbOf(live))).toBe(true);
    memory.free(more);
  });

  it('leaves no trace in the next user of its memory', async () => {
    const { window, live } = await shared();
    const { pointer } = live;
    live.free();
    const next = new Framebuffer(memory, SIZE);
    expect(next.pointer).toBe(pointer);
    expect(next.bytes().every(byte => byte === 0)).toBe(true);
    paint(next, 5);
    window.present(next, [next.bounds]);
    window.close();
    const expected = rgbOf(next);
    paint(next, 5);
    expect(Buffer.compare(rgbOf(next), expected)).toBe(0);
  });
});
