import type { PlacedCursor } from '../../../capture/capture-source.js';
import { encodeCursor, encodeCursorWithAlpha, INVISIBLE_CURSOR } from '../../../codecs/encode/cursor-encoder.js';
import type { WirePixels } from '../../../codecs/encode/wire-pixels.js';
import type { Size } from '../../../core/rectangle.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { pointerPosition } from '../../../protocols/rfb/server-writer.js';
import type { CursorPolicy } from '../../share-options.js';
import type { ClientCapabilities } from './client-capabilities.js';

/** The pointer's shape and position as last sent to a viewer that draws it. */
export class CursorState {
  /** The shape that the viewer draws: a serial, 0 for an invisible one, null for its own. */
  #sentShape: number | null = null;
  #sentX = -1;
  #sentY = -1;

  /** Sends everything again: the viewer's pixel format or framebuffer has changed. */
  forget(): void {
    this.#sentShape = null;
    this.#sentX = -1;
    this.#sentY = -1;
  }

  /** Whether a shape or a position is pending. */
  pending(state: PlacedCursor | null, policy: CursorPolicy, capabilities: ClientCapabilities, size: Size): boolean {
    return (
      this.#shapePending(state, policy, capabilities, size) || this.#positionPending(state, policy, capabilities, size)
    );
  }

  /** The pending rectangles, which count as sent. */
  take(
    state: PlacedCursor | null,
    policy: CursorPolicy,
    capabilities: ClientCapabilities,
    screen: Size & { readonly pixels: WirePixels; readonly memory: PixelMemory },
  ): Uint8Array[] {
    const rectangles: Uint8Array[] = [];
    if (this.#shapePending(state, policy, capabilities, screen)) {
      const shape = shownShape(state, policy, screen);
      this.#sentShape = shape?.serial ?? 0;
      const picture = shape ?? INVISIBLE_CURSOR;
      if (capabilities.cursorWithAlpha) rectangles.push(encodeCursorWithAlpha(picture));
      else rectangles.push(encodeCursor(picture, screen.pixels, screen.memory));
    }
    if (state && this.#positionPending(state, policy, capabilities, screen)) {
      this.#sentX = state.x;
      this.#sentY = state.y;
      rectangles.push(pointerPosition(state.x, state.y));
    }
    return rectangles;
  }

  #shapePending(
    state: PlacedCursor | null,
    policy: CursorPolicy,
    capabilities: ClientCapabilities,
    size: Size,
  ): boolean {
    if (!capabilities.drawsShape) return false;
    // A pointer that was never sent need not be hidden: the viewer keeps its own.
    if (this.#sentShape === null && (state === null || policy === 'hidden')) return false;
    return (shownShape(state, policy, size)?.serial ?? 0) !== this.#sentShape;
  }

  #positionPending(
    state: PlacedCursor | null,
    policy: CursorPolicy,
    capabilities: ClientCapabilities,
    size: Size,
  ): boolean {
    if (!capabilities.drawsPointer || policy === 'hidden') return false;
    return state !== null && isInside(state, size) && (state.x !== this.#sentX || state.y !== this.#sentY);
  }
}

function shownShape(state: PlacedCursor | null, policy: CursorPolicy, size: Size) {
  return state && policy !== 'hidden' && isInside(state, size) ? state.shape : null;
}

function isInside({ x, y }: PlacedCursor, { width, height }: Size): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}
