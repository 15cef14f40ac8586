import type { Size } from '../core/rectangle.js';

/** The pointer's picture: RGBA with premultiplied alpha, rows from the top. */
export interface CursorShape extends Size {
  readonly rgba: Uint8Array;
  readonly hotspotX: number;
  readonly hotspotY: number;
  /** Changes whenever the picture does. */
  readonly serial: number;
}

/** The pointer in the source's coordinates (it may lie outside); a null shape is an invisible pointer. */
export interface CursorState {
  readonly x: number;
  readonly y: number;
  readonly shape: CursorShape | null;
}
