import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassicPicture } from '../../../source/codecs/classic/classic-picture.js';
import type { Rectangle, Size } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { Screen } from '../../../source/pixels/screen.js';
import { full } from '../../helpers/full-memory.js';
import { noise } from '../../helpers/scenes.js';

const memory = createPixelMemory();

function fill(screen: Screen, rectangle: Rectangle, colour: number): void {
  const { incoming } = screen;
  const pointer = incoming.at(rectangle.x, rectangle.y);
  memory.kernels.fillRectangle(pointer, incoming.stride, rectangle.width, rectangle.height, colour);
  screen.commit([rectangle], 0);
}

function colours(picture: Framebuffer): number[] {
  const bytes = Buffer.from(picture.bytes());
  return Array.from({ length: picture.width * picture.height }, (_, pixel) => bytes.readUIntLE(pixel * 4, 3));
}

function pixel(picture: Framebuffer, x: number, y: number): number {
  return Buffer.from(picture.bytes()).readUIntLE(y * picture.stride + x * 4, 3);
}

function partOf({ width, height }: Size, [a, b, c, d]: readonly [number, number, number, number]): Rectangle {
  const [x, y] = [a % width, b % height];
  return { x, y, width: 1 + (c % (width - x)), height: 1 + (d % (height - y)) };
}

describe('ClassicPicture', () => {
  it('reports moves where the screen is shown unscaled', () => {
    const size = { width: 200, height: 200 };
    const screen = new Screen(memory, size);
    const same = new ClassicPicture(memory, size, 'fit');
    const smaller = new ClassicPicture(memory, { width: 100, height: 100 }, 'fit');
    const view = new DataView(memory.memory.buffer);
    const draw = (offset: number) => {
      for (let y = 0; y < 200; y++)
        for (let x = 0; x < 200; x++) view.setUint32(screen.incoming.at(x, y), noise(x, y + offset), true);
      screen.commit([screen.incoming.bounds], 0);
    };
    draw(0);
    for (const picture of [same, smaller]) expect(picture.update(screen).moves).toEqual([]);
    const { incoming } = screen;
    memory.kernels.copyRectangle(incoming.at(0, 10), incoming.stride, incoming.at(0, 0), incoming.stride, 800, 190);
    screen.commit([screen.incoming.bounds], 1);
    expect(same.update(screen).moves).toEqual([{ source: { x: 0, y: 10, width: 200, height: 190 }, dx: 0, dy: -10 }]);
    expect(smaller.update(screen)).toMatchObject({ moves: [], rectangles: [{ x: 0, y: 0, width: 100 }] });
    for (const each of [same, smaller, screen]) each.free();
  });

  it('starts over after there was no memory for it', () => {
    const small = createPixelMemory();
    const screen = new Screen(small, { width: 40, height: 30 });
    screen.commit([], 0);
    const picture = new ClassicPicture(small, { width: 1200, height: 900 }, 'fit');
    const end = full(small);
    for (let tries = 0; tries < 2; tries++) {
      expect(() => picture.update(screen)).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
    }
    end();
    expect(picture.update(screen).rectangles).toEqual([{ x: 0, y: 0, width: 1200, height: 900 }]);
    picture.free();
  });

  it('is the screen itself where the sizes are the same', () => {
    const screen = new Screen(memory, { width: 40, height: 30 });
    const picture = new ClassicPicture(memory, { width: 40, height: 30 }, 'fit');
    fill(screen, { x: 0, y: 0, width: 40, height: 30 }, 0x112233);
    picture.update(screen);
    expect(picture.framebuffer).toBe(screen.framebuffer);
    fill(screen, { x: 5, y: 6, width: 2, height: 3 }, 0xff0000);
    expect(picture.update(screen).rectangles).toEqual([{ x: 5, y: 6, width: 2, height: 3 }]);
    expect(picture.update(screen).rectangles).toEqual([]);
  });

  it('cuts at the top left corner, black where the screen ends', () => {
    const screen = new Screen(memory, { width: 50, height: 10 });
    const picture = new ClassicPicture(memory, { width: 40, height: 30 }, 'crop');
    fill(screen, { x: 0, y: 0, width: 50, height: 10 }, 0x445566);
    expect(picture.update(screen).rectangles).toEqual([{ x: 0, y: 0, width: 40, height: 30 }]);
    const { framebuffer } = picture;
    expect([pixel(framebuffer, 39, 9), pixel(framebuffer, 0, 10), pixel(framebuffer, 39, 29)]).toEqual([
      0x445566, 0, 0,
    ]);
    fill(screen, { x: 45, y: 2, width: 5, height: 2 }, 0xffffff);
    expect(picture.update(screen).rectangles).toEqual([]);
    fill(screen, { x: 38, y: 2, width: 5, height: 2 }, 0xeeeeee);
    expect(picture.update(screen).rectangles).toEqual([{ x: 38, y: 2, width: 2, height: 2 }]);
  });

  it('scales a larger screen down with bars, and centres a smaller one as it is', () => {
    const picture = new ClassicPicture(memory, { width: 40, height: 30 }, 'fit');
    const wide = new Screen(memory, { width: 80, height: 20 });
    fill(wide, { x: 0, y: 0, width: 80, height: 20 }, 0x808080);
    picture.update(wide);
    const column = Array.from({ length: 30 }, (_, y) => pixel(picture.framebuffer, 20, y));
    expect(column).toEqual(Array.from({ length: 30 }, (_, y) => (y >= 10 && y < 20 ? 0x808080 : 0)));
    const small = new Screen(memory, { width: 20, height: 10 });
    fill(small, { x: 0, y: 0, width: 20, height: 10 }, 0x00aa00);
    picture.update(small);
    const { framebuffer } = picture;
    expect([pixel(framebuffer, 9, 10), pixel(framebuffer, 10, 10), pixel(framebuffer, 29, 19)]).toEqual([
      0, 0x00aa00, 0x00aa00,
    ]);
    expect(pixel(framebuffer, 30, 19)).toBe(0);
  });

  it('follows a screen that is resized, and leaves nothing of the old one', () => {
    const screen = new Screen(memory, { width: 60, height: 60 });
    const picture = new ClassicPicture(memory, { width: 40, height: 30 }, 'crop');
    fill(screen, { x: 0, y: 0, width: 60, height: 60 }, 0xffffff);
    picture.update(screen);
    screen.resize({ width: 10, height: 10 });
    fill(screen, { x: 0, y: 0, width: 10, height: 10 }, 0x0000ff);
    expect(picture.update(screen).rectangles).toEqual([{ x: 0, y: 0, width: 40, height: 30 }]);
    expect(colours(picture.framebuffer).filter(colour => colour === 0x0000ff).length).toBe(100);
    expect(colours(picture.framebuffer).filter(colour => colour === 0).length).toBe(40 * 30 - 100);
  });

  it('equals a picture made from the whole screen after any changes, and reports all of them', () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 70 }), height: fc.integer({ min: 1, max: 70 }) });
    const step = fc.record({
      part: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
      colour: fc.integer({ min: 0, max: 0xffffff }),
      look: fc.boolean(),
    });
    const steps = fc.array(step, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, sizes, fc.constantFrom('fit', 'crop'), steps, (screenSize, size, fit, changes) => {
        const screen = new Screen(memory, screenSize);
        const picture = new ClassicPicture(memory, size, fit);
        fill(screen, { x: 0, y: 0, ...screenSize }, 0x010203);
        picture.update(screen);
        for (const { part, colour, look } of changes) {
          fill(screen, partOf(screenSize, part), colour);
          if (!look) continue;
          const before = colours(picture.framebuffer);
          const same = picture.framebuffer === screen.framebuffer;
          const named = picture.update(screen).rectangles;
          const after = colours(picture.framebuffer);
          const outside = after.some((value, index) => {
            const [x, y] = [index % size.width, Math.floor(index / size.width)];
            const inside = named.some(r => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height);
            return !inside && value !== before[index];
          });
          if (!same) expect(outside).toBe(false);
        }
        picture.update(screen);
        const whole = new ClassicPicture(memory, size, fit);
        whole.update(screen);
        expect(colours(picture.framebuffer)).toEqual(colours(whole.framebuffer));
        whole.free();
        picture.free();
        screen.free();
      }),
    );
  });
});
