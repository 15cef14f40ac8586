import { loadNative } from './load-native.js';
import { nativeMode } from './native-mode.js';
import { PIXELS_BGRX, type Pointer, type Surface, type X11Window } from './sdl2.js';

interface XFunctions {
  XDefaultScreen(display: Pointer): number;
  XDefaultDepth(display: Pointer, screen: number): number;
  XDefaultVisual(display: Pointer, screen: number): Pointer;
  XDefaultGC(display: Pointer, screen: number): Pointer;
  XCreateImage(...values: readonly (Pointer | number)[]): Pointer | null;
  XFree(memory: Pointer): number;
  XPutImage(...values: readonly (Pointer | number)[]): number;
  XFlush(display: Pointer): number;
}

const SIGNATURES = [
  'int XDefaultScreen(void *)',
  'int XDefaultDepth(void *, int)',
  'void *XDefaultVisual(void *, int)',
  'void *XDefaultGC(void *, int)',
  'void *XCreateImage(void *, void *, unsigned int, int, int, void *, unsigned int, unsigned int, int, int)',
  'int XFree(void *)',
  'int XPutImage(void *, unsigned long, void *, void *, int, int, int, int, unsigned int, unsigned int)',
  'int XFlush(void *)',
];
const Z_PIXMAP = 2;
const DEPTH = 24;
const BITS_PER_PIXEL = 32;
const RECT_INTEGERS = 4;
/** Larger areas go through shared memory, where waiting for the server costs little in comparison. */
const MAX_PIXELS = 8_192;

/** Null in the mode `safe` too: the XImage of a surface keeps its address from call to call. */
function loadFunctions(): XFunctions | null {
  if (nativeMode() !== 'on') return null;
  try {
    const koffi = loadNative('koffi');
    const library = koffi.load('libX11.so.6');
    const named = SIGNATURES.map(signature => [/(\w+)\(/.exec(signature)?.[1] ?? '', library.func(signature)]);
    return Object.fromEntries(named) as XFunctions;
  } catch {
    return null;
  }
}

/**
 * Puts small parts of a window surface on the screen without waiting for the X server. SDL sends each part through
 * MIT-SHM and waits until the server has read it. For a single letter these two context switches are most of the cost
 * of showing it.
 */
export class X11Put {
  readonly #x: XFunctions;
  readonly #window: X11Window;
  readonly #gc: Pointer;
  #image: { readonly pointer: Pointer; readonly of: Surface } | null = null;

  private constructor(x: XFunctions, window: X11Window, gc: Pointer) {
    this.#x = x;
    this.#window = window;
    this.#gc = gc;
  }

  /** Null where the window is not on an X server, or the server has another pixel format. */
  static of(window: X11Window | null): X11Put | null {
    const x = window && loadFunctions();
    if (!window || !x) return null;
    const screen = x.XDefaultScreen(window.display);
    if (x.XDefaultDepth(window.display, screen) !== DEPTH) return null;
    return new X11Put(x, window, x.XDefaultGC(window.display, screen));
  }

  /**
   * @param rects packed x, y, width, height, inside the surface
   * @returns false without doing anything when they are too large, or the surface is of another kind
   */
  put(surface: Surface, rects: Int32Array, count: number): boolean {
    let pixels = 0;
    for (let at = 0; at < count * RECT_INTEGERS; at += RECT_INTEGERS) pixels += rects[at + 2]! * rects[at + 3]!;
    if (pixels > MAX_PIXELS || surface.format !== PIXELS_BGRX) return false;
    const image = this.#imageOf(surface);
    if (image === null) return false;
    const { display, id } = this.#window;
    for (let at = 0; at < count * RECT_INTEGERS; at += RECT_INTEGERS) {
      const [x, y, width, height] = [rects[at]!, rects[at + 1]!, rects[at + 2]!, rects[at + 3]!];
      this.#x.XPutImage(display, id, this.#gc, image, x, y, x, y, width, height);
    }
    this.#x.XFlush(display);
    return true;
  }

  close(): void {
    if (this.#image) this.#x.XFree(this.#image.pointer);
    this.#image = null;
  }

  /** An XImage that describes the surface's own memory, without owning it. */
  #imageOf(surface: Surface): Pointer | null {
    const before = this.#image?.of;
    if (
      this.#image &&
      before?.pixels === surface.pixels &&
      before.width === surface.width &&
      before.height === surface.height &&
      before.pitch === surface.pitch
    ) {
      return this.#image.pointer;
    }
    this.close();
    const { display } = this.#window;
    const visual = this.#x.XDefaultVisual(display, this.#x.XDefaultScreen(display));
    const { pixels, width, height, pitch } = surface;
    const pointer = this.#x.XCreateImage(
      ...[display, visual, DEPTH, Z_PIXMAP, 0, pixels, width, height, BITS_PER_PIXEL, pitch],
    );
    if (!pointer) return null;
    this.#image = { pointer, of: surface };
    return pointer;
  }
}
