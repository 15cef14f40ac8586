import type { Rectangle, Size } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { View } from './placement.js';

export interface DisplayOptions extends Size {
  readonly title: string;
  readonly fullscreen: boolean;
  readonly scale: 'fit' | number;
}

/** User input to the window. */
export type DisplayEvent =
  | { readonly type: 'closed' }
  /**
   * A key: the character typed ('f', ' ', '+', '0' ...), or 'escape', 'return', 'tab', 'left', 'right', 'up', 'down'. A
   * double click is 'f'.
   */
  | { readonly type: 'key'; readonly key: string };

/** Shows a picture. The viewer owns the framebuffer. */
export interface Display {
  /** Whether it takes user input, so that it must be pumped. */
  readonly interactive: boolean;
  /**
   * Checks whether pictures can be shown here, before there is one.
   * @throws PeerglassError E_SDL_MISSING, E_SDL, E_NO_DISPLAY, E_DISPLAY_CONNECT
   */
  prepare(): Promise<void>;
  /**
   * Sets the picture size from the next `present` on. The first call opens the window.
   * @throws PeerglassError E_SDL
   */
  open(options: DisplayOptions): void;
  /** Changes the picture size from the next `present` on. The framebuffer presented last is not read any more. */
  resize(size: Size): void;
  /**
   * Shows the dirty rectangles of the framebuffer. Returns when the window system has them. Until the next `present`,
   * `resize` or `close` the framebuffer may be read again in `pump`, on exposure and resizing.
   */
  present(framebuffer: Framebuffer, dirty: readonly Rectangle[]): void;
  setTitle(title: string): void;
  setScale(scale: 'fit' | number): void;
  readonly fullscreen: boolean;
  toggleFullscreen(): void;
  /** Pans a picture larger than the window, by an eighth of the window per step right and down. */
  pan(right: number, down: number): void;
  /** Text over the picture, until null removes it. The framebuffer stays as it is. */
  setBanner(text: string | null): void;
  /** Whether the picture is panning, so that `pump` is due again soon. */
  readonly moving: boolean;
  /** Handles pending window events (exposure and resizing internally) and returns user input. */
  pump(): DisplayEvent[];
  /** The drawing method, for the log and the dashboard, e.g. "SDL 2.26.5, x11, window surface". */
  describe(): string;
  close(): void;
}

/** A way to get pixels into a window. A painter belongs to a single window. */
export interface Painter {
  /** For `describe`, e.g. "window surface". */
  readonly name: string;
  /** Whether the last paint had to be postponed; repaint soon. */
  readonly waits: boolean;
  /** Size of the window's client area, in pixels. */
  readonly size: Size;
  /** Paints the dirty areas, or everything if the window, the picture's size or the view changed. */
  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], view: View): void;
  /** Repaints the whole picture after exposure or a resize. */
  repaint(framebuffer: Framebuffer, view: View): void;
  close(): void;
}

/** The bytes from the first pixel of a rectangle to its last, for functions that take a pointer and a stride. */
export function rowsOf(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): Uint8Array {
  const length = (height - 1) * framebuffer.stride + width * 4;
  return framebuffer.memory.bytes(framebuffer.at(x, y), length);
}
