import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import { SdlDisplay } from '../../display/sdl-display.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { contentOf, type MicroCase, paint } from './micro-case.js';

/** Presents pixels in a window on $DISPLAY, in each of the two ways. Call `close` afterwards. */
export async function presentCases(size: Size): Promise<{ cases: MicroCase[]; close(): void }> {
  const memory = createPixelMemory();
  const framebuffer = new Framebuffer(memory, size);
  paint(contentOf('page', size), framebuffer);
  const about = `${size.width}x${size.height}`;
  const displays: SdlDisplay[] = [];
  const cases: MicroCase[] = [];
  for (const path of ['surface', 'texture'] as const) {
    const display = new SdlDisplay({ path });
    await display.prepare();
    display.open({ ...size, title: 'bench', fullscreen: false, scale: 1 });
    displays.push(display);
    const present = (what: string, rectangle: Rectangle): MicroCase => ({
      name: `present ${path}, ${what} ${about}`,
      pixels: area(rectangle),
      bytes: null,
      prepare: () => void display.pump(),
      run: () => display.present(framebuffer, [rectangle]),
    });
    cases.push(present('all', framebuffer.bounds), present('64x64', { x: 640, y: 320, width: 64, height: 64 }));
  }
  return {
    cases,
    close() {
      for (const display of displays) display.close();
    },
  };
}
