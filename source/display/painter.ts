import type { Rectangle, Size } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { View } from './placement.js';

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
