import { intersect, type Rectangle, type Size, sameRectangle } from '../core/rectangle.js';
import { PIXELS_BGRX, type Pointer, type Sdl2, type Surface } from '../native/sdl2.js';
import { X11Put } from '../native/x11-put.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
import type { BannerImage } from './banner.js';
import { type Painter, rowsOf } from './display.js';
import { place, type View } from './placement.js';
import { ScaledPicture } from './scaled-picture.js';
import { SharedSurface } from './shared-surface.js';

const RECT_INTEGERS = 4;

interface Shown {
  readonly surface: Surface;
  readonly framebuffer: Framebuffer;
  readonly at: Rectangle;
  readonly banner: BannerImage | null;
}

/**
 * Writes pixels straight into the window surface and sends only changed areas. On a machine without a GPU this is many
 * times faster than SDL's renderers. At 1:1 it is a single copy, or none where the framebuffer can share the surface's
 * memory.
 */
export class SurfacePainter implements Painter {
  readonly #sdl: Sdl2;
  readonly #window: Pointer;
  #shown: Shown | null = null;
  #scaled: ScaledPicture | null = null;
  readonly #x11Put: X11Put | null;
  #shared: SharedSurface | null = null;
  #waits = false;

  constructor(sdl: Sdl2, window: Pointer) {
    this.#sdl = sdl;
    this.#window = window;
    this.#x11Put = X11Put.of(sdl.x11Window(window));
  }

  get name(): string {
    return this.#shared ? 'window surface in place' : 'window surface';
  }

  get waits(): boolean {
    return this.#waits;
  }

  get size(): Size {
    return this.#sdl.windowSurface(this.#window).surface;
  }

  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], view: View): void {
    const { pointer, surface } = this.#sdl.windowSurface(this.#window);
    const at = place(framebuffer, surface, view);
    const banner = view.banner?.imageFor(surface) ?? null;
    const shown = this.#shown;
    const unchanged =
      shown !== null &&
      shown.framebuffer === framebuffer &&
      shown.surface.pixels === surface.pixels &&
      shown.surface.width === surface.width &&
      shown.surface.height === surface.height &&
      shown.banner === banner &&
      sameRectangle(shown.at, at);
    this.#waits = false;
    if (unchanged && this.#shared?.inPlace) {
      this.#sendParts(surface, dirty);
      return;
    }
    // Drawing now would overwrite the framebuffer that shares this memory.
    this.#waits = this.#shared?.pixels === surface.pixels && !this.#shared.leave();
    if (this.#waits) return;
    const parts = unchanged && !this.#shared ? dirty : null;
    this.#shared = null;
    const now = { surface, framebuffer, at, banner };
    this.#shown = now;
    if (parts) {
      this.#update(parts, now);
    } else {
      this.#sdl.fill(pointer, 0);
      this.#draw(framebuffer, framebuffer.bounds, surface, at);
      this.#drawBanner(now);
      this.#sdl.updateWindow(this.#window, Int32Array.of(0, 0, surface.width, surface.height), 1);
      // A framebuffer that shares the surface would have the banner in it.
      if (!banner) this.#share(framebuffer, surface, at);
    }
  }

  repaint(framebuffer: Framebuffer, view: View): void {
    const { surface } = this.#sdl.windowSurface(this.#window);
    const all = this.#shared?.framebuffer === framebuffer && this.#shared.aliases(surface);
    if (!all) this.#shown = null;
    this.paint(framebuffer, all ? [framebuffer.bounds] : [], view);
  }

  close(): void {
    this.#scaled?.free();
    this.#scaled = null;
    this.#shown = null;
    this.#x11Put?.close();
    this.#shared?.leave();
    this.#shared = null;
  }

  /** Shares memory between the framebuffer and the surface, which has just received the whole picture. */
  #share(framebuffer: Framebuffer, surface: Surface, at: Rectangle): void {
    const same = sameRectangle(at, framebuffer.bounds) && surface.width === framebuffer.width;
    if (same && surface.format === PIXELS_BGRX) this.#shared = SharedSurface.of(framebuffer, surface);
  }

  #update(dirty: readonly Rectangle[], shown: Shown): void {
    const { framebuffer, surface, at, banner } = shown;
    const rects = new Int32Array(dirty.length * RECT_INTEGERS);
    let count = 0;
    let covered = false;
    for (const rectangle of dirty) {
      const drawn = this.#draw(framebuffer, rectangle, surface, at);
      if (!drawn) continue;
      rects.set([drawn.x, drawn.y, drawn.width, drawn.height], count * RECT_INTEGERS);
      covered ||= banner !== null && intersect(drawn, banner.at) !== null;
      count++;
    }
    if (covered) this.#drawBanner(shown);
    this.#send(surface, rects, count);
  }

  #drawBanner({ surface, banner }: Shown): void {
    const visible = banner && intersect(banner.at, { x: 0, y: 0, width: surface.width, height: surface.height });
    if (!visible) return;
    const { x, y, width, height } = visible;
    this.#sdl.convertInto(surface, x, y, banner.pixels, banner.at.width * BYTES_PER_PIXEL, width, height);
  }

  /** Sends parts of a framebuffer that shares the surface. */
  #sendParts(surface: Surface, dirty: readonly Rectangle[]): void {
    const rects = new Int32Array(dirty.length * RECT_INTEGERS);
    for (const [index, { x, y, width, height }] of dirty.entries()) {
      rects.set([x, y, width, height], index * RECT_INTEGERS);
    }
    this.#send(surface, rects, dirty.length);
  }

  #send(surface: Surface, rects: Int32Array, count: number): void {
    if (count === 0 || this.#x11Put?.put(surface, rects, count)) return;
    this.#sdl.updateWindow(this.#window, rects, count);
  }

  /** Draws part of the picture; returns the area of the window, or null when it is outside. */
  #draw(framebuffer: Framebuffer, part: Rectangle, surface: Surface, at: Rectangle): Rectangle | null {
    let source = framebuffer;
    let changed = part;
    if (at.width !== framebuffer.width || at.height !== framebuffer.height) {
      if (!this.#scaled?.fits(framebuffer, at)) {
        const scaled = new ScaledPicture(framebuffer, at);
        this.#scaled?.free();
        this.#scaled = scaled;
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
