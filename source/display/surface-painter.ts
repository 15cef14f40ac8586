import { intersect, type Rectangle, sameRectangle } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import { type Painter, rowsOf } from './painter.js';
import { type PictureScale, place } from './placement.js';
import { ScaledPicture } from './scaled-picture.js';
import type { Pointer, Sdl2, Surface } from './sdl2.js';
import { X11Put } from './x11-put.js';

const RECT_INTEGERS = 4;

/**
 * Writes pixels straight into the window's surface and hands over only what changed. On a machine without a GPU this is
 * many times faster than SDL's renderers; with one pixel for one it is a single copy.
 */
export class SurfacePainter implements Painter {
  readonly name = 'window surface';
  readonly #sdl: Sdl2;
  readonly #window: Pointer;
  #shown: { readonly surface: Surface; readonly framebuffer: Framebuffer; readonly at: Rectangle } | null = null;
  #scaled: ScaledPicture | null = null;
  readonly #small: X11Put | null;

  constructor(sdl: Sdl2, window: Pointer) {
    this.#sdl = sdl;
    this.#window = window;
    this.#small = X11Put.of(sdl.x11Window(window));
  }

  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], scale: PictureScale): void {
    const { pointer, surface } = this.#sdl.windowSurface(this.#window);
    const at = place(framebuffer, surface, scale);
    const shown = this.#shown;
    const goesOn =
      shown !== null &&
      shown.framebuffer === framebuffer &&
      shown.surface.pixels === surface.pixels &&
      shown.surface.width === surface.width &&
      shown.surface.height === surface.height &&
      sameRectangle(shown.at, at);
    this.#shown = { surface, framebuffer, at };
    if (goesOn) {
      this.#update(framebuffer, dirty, surface, at);
    } else {
      this.#sdl.fill(pointer, 0);
      this.#draw(framebuffer, framebuffer.bounds, surface, at);
      this.#sdl.updateWindow(this.#window, Int32Array.of(0, 0, surface.width, surface.height), 1);
    }
  }

  repaint(framebuffer: Framebuffer, scale: PictureScale): void {
    this.#shown = null;
    this.paint(framebuffer, [], scale);
  }

  close(): void {
    this.#scaled?.free();
    this.#scaled = null;
    this.#shown = null;
    this.#small?.close();
  }

  #update(framebuffer: Framebuffer, dirty: readonly Rectangle[], surface: Surface, at: Rectangle): void {
    const rects = new Int32Array(dirty.length * RECT_INTEGERS);
    let count = 0;
    for (const rectangle of dirty) {
      const drawn = this.#draw(framebuffer, rectangle, surface, at);
      if (!drawn) continue;
      rects.set([drawn.x, drawn.y, drawn.width, drawn.height], count * RECT_INTEGERS);
      count++;
    }
    if (count === 0 || this.#small?.put(surface, rects, count)) return;
    this.#sdl.updateWindow(this.#window, rects, count);
  }

  /** Draws a part of the picture; answers which part of the window that was, null when it lies outside. */
  #draw(framebuffer: Framebuffer, part: Rectangle, surface: Surface, at: Rectangle): Rectangle | null {
    let source = framebuffer;
    let changed = part;
    if (at.width !== framebuffer.width || at.height !== framebuffer.height) {
      if (!this.#scaled?.fits(framebuffer, at)) {
        this.#scaled?.free();
        this.#scaled = new ScaledPicture(framebuffer, at);
      }
      changed = this.#scaled.update(framebuffer, part);
      source = this.#scaled.picture;
    }
    const target = { ...changed, x: changed.x + at.x, y: changed.y + at.y };
    const visible = intersect(target, { x: 0, y: 0, width: surface.width, height: surface.height });
    if (!visible) return null;
    const pixels = rowsOf(source, { ...visible, x: visible.x - at.x, y: visible.y - at.y });
    this.#sdl.convertInto(surface, visible.x, visible.y, pixels, source.stride, visible.width, visible.height);
    return visible;
  }
}
