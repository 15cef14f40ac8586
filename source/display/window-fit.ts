import type { Rectangle, Size } from '../core/rectangle.js';
import { type Borders, NO_BORDERS, type Pointer, type Sdl2, WINDOW } from '../native/sdl2.js';
import { movedInside, type PictureScale, windowSize } from './placement.js';

/** Keeps a window the size of its picture, and its frame inside the usable area of the display. */
export class WindowFit {
  readonly #sdl: Sdl2;
  readonly #window: Pointer;
  /** The size set here: any other means that the user has resized the window. */
  #given: Size | null = null;
  /** The frame when the size was set: a window manager adds the frame some time after the window opens. */
  #frame: Borders | null = null;
  /** The picture's size changed while the window was full screen or maximised. */
  #due = false;

  constructor(sdl: Sdl2, window: Pointer) {
    this.#sdl = sdl;
    this.#window = window;
  }

  /** Sets the window to the picture's size, unless it is full screen or maximised. */
  now(picture: Size, scale: PictureScale): void {
    this.#due = this.#fillsScreen;
    if (this.#due) return;
    this.#frame = this.#sdl.borders(this.#window);
    const room = this.#room(this.#frame);
    const { width, height } = windowSize(picture, room, scale);
    this.#given = { width, height };
    const before = this.#sdl.windowSize(this.#window);
    if (before.width !== width || before.height !== height) this.#sdl.setWindowSize(this.#window, width, height);
    const at = this.#sdl.position(this.#window);
    const { x, y } = movedInside({ ...at, width, height }, room);
    if (x !== at.x || y !== at.y) this.#sdl.setPosition(this.#window, x, y);
  }

  /** Follows a new picture size, unless the user has resized the window. */
  follow(picture: Size, scale: PictureScale): void {
    if (this.#fillsScreen) this.#due = true;
    else if (this.#hasGivenSize) this.now(picture, scale);
  }

  /** Call regularly: catches up on changes deferred while the window was full screen or had no frame yet. */
  catchUp(picture: Size, scale: PictureScale): void {
    if (this.#fillsScreen || !(this.#due || this.#frameChanged)) return;
    this.#due = false;
    this.follow(picture, scale);
  }

  get #frameChanged(): boolean {
    const { top, left, bottom, right } = this.#sdl.borders(this.#window);
    const { top: above, left: before, bottom: below, right: after } = this.#frame ?? NO_BORDERS;
    return top !== above || left !== before || bottom !== below || right !== after;
  }

  get #hasGivenSize(): boolean {
    const { width, height } = this.#sdl.windowSize(this.#window);
    return this.#given === null || (width === this.#given.width && height === this.#given.height);
  }

  /** Whether the window is full screen or maximised. */
  get #fillsScreen(): boolean {
    return (this.#sdl.windowFlags(this.#window) & (WINDOW.fullscreenDesktop | WINDOW.maximized)) !== 0;
  }

  /** The area in which the client area fits. */
  #room({ top, left, bottom, right }: Borders): Rectangle {
    const { x, y, width, height } = this.#sdl.usableBounds(this.#sdl.displayOf(this.#window));
    return {
      x: x + left,
      y: y + top,
      width: Math.max(1, width - left - right),
      height: Math.max(1, height - top - bottom),
    };
  }
}
