import { describe, expect, it } from 'vitest';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { WindowFit } from '../../source/display/window-fit.js';
import { type Borders, NO_BORDERS, type Sdl2, WINDOW } from '../../source/native/sdl2.js';

/** A desktop with a panel of 30 rows at its top, and one window. */
function desktop() {
  const world = {
    window: { x: 0, y: 0, width: 64, height: 36 } as Rectangle,
    frame: NO_BORDERS as Borders,
    flags: 0,
  };
  const sdl: Partial<Sdl2> = {
    usableBounds: () => ({ x: 0, y: 30, width: 1366, height: 738 }),
    displayOf: () => 0,
    borders: () => world.frame,
    windowFlags: () => world.flags,
    windowSize: () => world.window,
    position: () => ({ x: world.window.x, y: world.window.y }),
    setPosition: (_, x, y) => {
      world.window = { ...world.window, x, y };
    },
    setWindowSize: (_, width, height) => {
      world.window = { ...world.window, width, height };
    },
  };
  return { world, fit: new WindowFit(sdl as Sdl2, 1n) };
}

const FRAME = { top: 24, left: 2, bottom: 4, right: 2 };
const size = ({ width, height }: Size) => ({ width, height });

describe('a window', () => {
  it('keeps its frame clear of panels, even when framed after it was opened', () => {
    const { world, fit } = desktop();
    const picture = { width: 3840, height: 2160 };
    fit.now(picture, 1);
    expect(world.window).toEqual({ x: 0, y: 30, width: 1366, height: 738 });
    world.frame = FRAME;
    fit.catchUp(picture, 1);
    expect(world.window).toEqual({ x: 2, y: 54, width: 1362, height: 710 });
    fit.now(picture, 'fit');
    expect(size(world.window)).toEqual({ width: 1262, height: 710 });
  });

  it('follows the shared size, until the user resizes it', () => {
    const { world, fit } = desktop();
    fit.now({ width: 800, height: 600 }, 'fit');
    fit.follow({ width: 1000, height: 500 }, 'fit');
    expect(size(world.window)).toEqual({ width: 1000, height: 500 });
    world.window = { ...world.window, width: 700, height: 300 };
    fit.follow({ width: 800, height: 600 }, 'fit');
    expect(size(world.window)).toEqual({ width: 700, height: 300 });
  });

  it.each([
    ['full screen', WINDOW.fullscreenDesktop],
    ['maximised', WINDOW.maximized],
  ])('that is %s stays so, and follows once restored', (_, flags) => {
    const { world, fit } = desktop();
    fit.now({ width: 800, height: 600 }, 'fit');
    const before = world.window;
    world.flags = flags;
    world.window = { x: 0, y: 0, width: 1366, height: 768 };
    fit.follow({ width: 640, height: 480 }, 'fit');
    fit.catchUp({ width: 640, height: 480 }, 'fit');
    expect(size(world.window)).toEqual({ width: 1366, height: 768 });
    world.flags = 0;
    world.window = before;
    fit.catchUp({ width: 640, height: 480 }, 'fit');
    expect(size(world.window)).toEqual({ width: 640, height: 480 });
  });
});
