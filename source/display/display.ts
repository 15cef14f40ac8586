import type { Rectangle, Size } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';

export interface DisplayOptions extends Size {
  readonly title: string;
  readonly fullscreen: boolean;
  readonly scale: 'fit' | number;
}

/** What the person did to the window. */
export type DisplayEvent =
  | { readonly type: 'closed' }
  /** A key with a meaning in the table of keys, as the terminal would give it: 'f', ' ', '+', '0' ... */
  | { readonly type: 'key'; readonly key: string };

/** Where a picture is shown. The viewer owns the framebuffer; a display only reads it, during `present`. */
export interface Display {
  /** @throws PeerglassError E_SDL_MISSING, E_SDL, E_NO_DISPLAY */
  open(options: DisplayOptions): Promise<void>;
  /** Takes another picture size from the next `present` on. */
  resize(size: Size): void;
  /** Shows the dirty rectangles of the framebuffer and returns when they have been handed to the window system. */
  present(framebuffer: Framebuffer, dirty: readonly Rectangle[]): void;
  setTitle(title: string): void;
  setScale(scale: 'fit' | number): void;
  toggleFullscreen(): void;
  /** Handles what is pending (exposure and resizing are answered inside) and returns what the person did. */
  pump(): DisplayEvent[];
  /** What draws, for the log and the dashboard, e.g. "SDL 2.26.5 x11 window surface". */
  describe(): string;
  close(): void;
}
