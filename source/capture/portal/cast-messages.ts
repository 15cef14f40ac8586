import type { ErrorReport } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { CursorShape } from '../../pixels/cursor.js';
import type { ChildUse } from '../capture-source.js';
import type { CastStream } from './screen-cast.js';

/** The descriptors of the capture process: of the file that hands over pixels, and of a connection to PipeWire. */
export const FRAMES_DESCRIPTOR = 4;
export const PIPEWIRE_DESCRIPTOR = 5;

/**
 * To the capture process. The pixels lie in the file as one packed BGRX picture, which only one side touches at a time:
 * the process writes after `next`, and tells that it is done with a `frame` that answers that.
 */
export type ToCast =
  | {
      readonly type: 'open';
      readonly streams: readonly CastStream[];
      /** A part of the picture, or null for all of it. */
      readonly region: Rectangle | null;
      /** Whether `PIPEWIRE_DESCRIPTOR` is one. */
      readonly remote: boolean;
    }
  /** Whether frames are wanted. With true the next frame is told as a whole. */
  | { readonly type: 'active'; readonly active: boolean }
  /** The file has room for a picture of this size. */
  | ({ readonly type: 'memory' } & Size)
  /** The file may be written to: with what has changed, once it has (`wait`), or at once with what there is. */
  | { readonly type: 'next'; readonly wait: boolean };

/** From it, in this order. */
export type FromCast =
  /** The picture has this size from now on: `memory` is awaited. */
  | ({ readonly type: 'size' } & Size)
  /** The file has the newest picture. */
  | {
      readonly type: 'frame';
      /** How many `next` have come. */
      readonly answers: number;
      /** What has changed since the last one. */
      readonly rectangles: readonly Rectangle[];
      readonly use: ChildUse;
    }
  /** There are newer pixels than in the file. */
  | { readonly type: 'newer' }
  | {
      readonly type: 'cursor';
      readonly x: number;
      readonly y: number;
      /** Undefined: as before. */
      readonly shape?: CursorShape | null | undefined;
    }
  /** The compositor sends frames when something changes, or has suspended a stream. */
  | { readonly type: 'streaming'; readonly streaming: boolean }
  /** The region lies on the picture, or does not any more. */
  | { readonly type: 'placed'; readonly placed: boolean }
  /** A stream was negotiated, and no frame comes. */
  | { readonly type: 'stalled' }
  | { readonly type: 'ended'; readonly error: ErrorReport };
