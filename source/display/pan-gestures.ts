import type { Size } from '../core/rectangle.js';
import { EVENT, WINDOW_EVENT } from '../native/sdl2.js';
import type { Point } from './placement.js';

/** Offsets in SDL_MouseMotionEvent, SDL_MouseButtonEvent and SDL_MouseWheelEvent. */
const MOTION = { x: 20, y: 24 } as const;
const BUTTON = { which: 16, clicks: 18, x: 20, y: 24 } as const;
const WHEEL = { x: 16, y: 20, direction: 24, flipped: 1 } as const;
const LEFT_BUTTON = 1;
const WINDOW_CHANGE = 12;
/** Pixels per wheel notch. */
const NOTCH_PIXELS = 80;
/** Distance from the edge of a full screen at which the pointer pans, and the speed. */
const EDGE_PIXELS = 2;
const EDGE_PIXELS_PER_SECOND = 900;
/** A late pump pans no further than this. */
const LONGEST_STEP_MS = 50;
const NOWHERE: Point = { x: 0, y: 0 };

/** Mouse gestures on a picture larger than its window. Positions are in the window, in SDL's units. */
export class PanGestures {
  #dragging = false;
  #pointer: Point | null = null;
  #edgeAt: number | null = null;

  get dragging(): boolean {
    return this.#dragging;
  }

  /** @returns how far to move right and down */
  take(event: DataView, shiftHeld: () => boolean): Point {
    switch (event.getUint32(0, true)) {
      case EVENT.mouseDown:
        this.#pointer = pointAt(event, BUTTON);
        if (event.getUint8(BUTTON.which) === LEFT_BUTTON) this.#dragging = true;
        return NOWHERE;
      case EVENT.mouseUp:
        if (event.getUint8(BUTTON.which) === LEFT_BUTTON) this.#dragging = false;
        return NOWHERE;
      case EVENT.mouseMotion: {
        const to = pointAt(event, MOTION);
        const from = this.#pointer ?? to;
        this.#pointer = to;
        return this.#dragging ? { x: from.x - to.x, y: from.y - to.y } : NOWHERE;
      }
      case EVENT.mouseWheel: {
        const turned = event.getUint32(WHEEL.direction, true) === WHEEL.flipped ? -NOTCH_PIXELS : NOTCH_PIXELS;
        const right = event.getInt32(WHEEL.x, true) * turned;
        const down = -event.getInt32(WHEEL.y, true) * turned;
        return right === 0 && shiftHeld() ? { x: down, y: 0 } : { x: right, y: down };
      }
      case EVENT.window:
        if (event.getUint8(WINDOW_CHANGE) === WINDOW_EVENT.leave && !this.#dragging) this.#pointer = null;
        return NOWHERE;
      default:
        return NOWHERE;
    }
  }

  /**
   * The pan by a pointer resting at the edge of a full screen.
   * @param now milliseconds of any clock
   * @returns null when it is not at the edge
   */
  atEdge(window: Size, now: number): Point | null {
    const towards = this.#pointer && !this.#dragging ? edgeOf(this.#pointer, window) : NOWHERE;
    if (towards.x === 0 && towards.y === 0) {
      this.#edgeAt = null;
      return null;
    }
    const step = this.#edgeAt === null ? 0 : Math.min(now - this.#edgeAt, LONGEST_STEP_MS);
    this.#edgeAt = now;
    const pixels = Math.round((step * EDGE_PIXELS_PER_SECOND) / 1000);
    return { x: towards.x * pixels, y: towards.y * pixels };
  }
}

/** A double click of the left button, with the system's timing. */
export function isDoubleClick(event: DataView): boolean {
  return (
    event.getUint32(0, true) === EVENT.mouseDown &&
    event.getUint8(BUTTON.which) === LEFT_BUTTON &&
    event.getUint8(BUTTON.clicks) === 2
  );
}

function edgeOf({ x, y }: Point, { width, height }: Size): Point {
  const towards = (at: number, side: number) => (at < EDGE_PIXELS ? -1 : at >= side - EDGE_PIXELS ? 1 : 0);
  return { x: towards(x, width), y: towards(y, height) };
}

function pointAt(event: DataView, at: { readonly x: number; readonly y: number }): Point {
  return { x: event.getInt32(at.x, true), y: event.getInt32(at.y, true) };
}
