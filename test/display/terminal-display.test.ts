import { describe, expect, it } from 'vitest';
import { type SmallPicture, TerminalDisplay } from '../../source/display/terminal-display.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { FakeClock } from '../helpers/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const pictures: SmallPicture[] = [];
  const display = new TerminalDisplay({ columns: 20, rows: 10 }, clock, picture => pictures.push(picture));
  const framebuffer = new Framebuffer(createPixelMemory(), { width: 160, height: 90 });
  framebuffer.bytes().fill(0x55);
  return { clock, pictures, display, framebuffer };
}

describe('TerminalDisplay', () => {
  it('keeps the aspect: half a cell is a pixel', () => {
    const { pictures, display, framebuffer } = setUp();
    display.present(framebuffer);
    expect(pictures).toMatchObject([{ columns: 20, rows: 11 }]);
    expect(pictures[0]!.rgb.every(value => value === 0x55)).toBe(true);
  });

  it('sends at most ten pictures a second, and always the last one', () => {
    const { clock, pictures, display, framebuffer } = setUp();
    for (let frame = 0; frame < 60; frame++) {
      framebuffer.bytes().fill(frame);
      display.present(framebuffer);
      clock.advance(1000 / 60);
    }
    expect(pictures.length).toBeLessThanOrEqual(11);
    clock.advance(100);
    expect(pictures.at(-1)!.rgb[0]).toBe(59);
    const { length } = pictures;
    clock.advance(5000);
    expect(pictures).toHaveLength(length);
  });

  it('sends banners, and their removal, at once', () => {
    const { pictures, display, framebuffer } = setUp();
    display.setBanner('Paused');
    display.present(framebuffer);
    display.setBanner(null);
    expect(pictures.map(({ banner }) => banner)).toEqual(['Paused', null]);
  });

  it('draws a pending picture when it closes, and nothing afterwards', () => {
    const { clock, pictures, display, framebuffer } = setUp();
    display.present(framebuffer);
    framebuffer.bytes().fill(9);
    display.present(framebuffer);
    display.close();
    expect(pictures.at(-1)!.rgb[0]).toBe(9);
    expect(clock.pending).toBe(0);
  });

  it('survives any number of cells', () => {
    const { pictures, display, framebuffer } = setUp();
    display.present(framebuffer);
    for (const cells of [0, -5, Number.NaN, 1e9, 0.5]) display.setCells({ columns: cells, rows: cells });
    for (const { columns, rows, rgb } of pictures) expect(rgb).toHaveLength(columns * rows * 3);
  });
});
