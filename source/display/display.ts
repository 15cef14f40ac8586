import type { Rectangle, Size } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { View } from './placement.js';

export interface DisplayOptions extends Size {
  readonly title: string;
  readonly fullscreen: boolean;
  readonly scale: 'fit' | number;
}

/** What the person did to the window. */
export type DisplayEvent =
  | { readonly type: 'closed' }
  /**
   * A key: the character that it types ('f', ' ', '+', '0' ...), or 'escape', 'return', 'tab', 'left', 'right', 'up',
   * 'down'. A double click is 'f'.
   */
  | { readonly type: 'key'; readonly key: string };

/** Where a picture is shown. The viewer owns the framebuffer. */
export interface Display {
  /** Whether a person can do something to it, so that it must be pumped. */
  readonly interactive: boolean;
  /**
   * Finds out whether pictures can be shown here, before there is one.
   * @throws PeerglassError E_SDL_MISSING, E_SDL, E_NO_DISPLAY, E_DISPLAY_CONNECT
   */
  prepare(): Promise<void>;
  /**
   * Shows a picture of this size from the next `present` on; the first time this opens the window.
   * @throws PeerglassError E_SDL
   */
  open(options: DisplayOptions): void;
  /** Another picture size from the next `present` on. The framebuffer presented last is not looked at any more. */
  resize(size: Size): void;
  /**
   * Shows the dirty rectangles of the framebuffer and returns when they have been handed to the window system. Until the
   * next `present`, `resize` or `close` the framebuffer may be read again, to answer exposure and resizing in `pump`.
   */
  present(framebuffer: Framebuffer, dirty: readonly Rectangle[]): void;
  setTitle(title: string): void;
  setScale(scale: 'fit' | number): void;
  readonly fullscreen: boolean;
  toggleFullscreen(): void;
  /** Moves over a picture that is larger than the window, by an eighth of the window for each step right and down. */
  pan(right: number, down: number): void;
  /** Words that stand over the picture until they are taken away (null); the framebuffer stays as it is. */
  setBanner(text: string | null): void;
  /** Whether the picture moves by itself or with the pointer, so that `pump` is due again soon. */
  readonly moving: boolean;
  /** Handles what is pending (exposure and resizing are answered inside) and returns what the person did. */
  pump(): DisplayEvent[];
  /** What draws, for the log and the dashboard, e.g. "SDL 2.26.5, x11, window surface". */
  describe(): string;
  close(): void;
}

/** One way to get pixels into a window. It belongs to the window that it was made for. */
export interface Painter {
  /** For `describe`, e.g. "window surface". */
  readonly name: string;
  /** Whether the last painting could not be done yet, and the picture is to be repainted soon. */
  readonly waits: boolean;
  /** Of the window's inside, in pixels. */
  readonly size: Size;
  /** Shows what is dirty; all of it when the window, the picture's size or the view is another than last time. */
  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], view: View): void;
  /** Shows the picture again as a whole: the window was uncovered, or another size was given to it. */
  repaint(framebuffer: Framebuffer, view: View): void;
  close(): void;
}

/** The bytes from the first pixel of a rectangle to its last, for functions that take a pointer and a stride. */
export function rowsOf(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): Uint8Array {
  const length = (height - 1) * framebuffer.stride + width * 4;
  return framebuffer.memory.bytes(framebuffer.at(x, y), length);
}
