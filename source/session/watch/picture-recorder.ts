import type { CursorImage } from '../../codecs/decode/cursor-decoder.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { RectangleHeader } from '../../protocols/rfb/messages.js';

/** The pointer that is drawn over a picture. */
export interface RecordedPointer {
  /** Null: invisible. */
  readonly image: CursorImage | null;
  readonly x: number;
  readonly y: number;
}

/** Records the picture of a connection. All calls are synchronous. */
export interface PictureRecorder {
  /** What comes of films in this update is not drawn over this area. */
  masked(rectangle: Rectangle): void;
  /**
   * A rectangle of the update in progress has arrived.
   * @param data the bytes after its header, valid during the call, where they can be recorded as they are
   */
  painted(header: RectangleHeader, data: Uint8Array | null): void;
  /**
   * The update is complete.
   * @param framebuffer without the pointer, valid during the call
   * @param pointer null where the server paints it
   */
  updated(framebuffer: Framebuffer, pointer: RecordedPointer | null): void;
}
