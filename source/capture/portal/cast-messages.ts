import type { ErrorReport } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { CursorShape } from '../../pixels/cursor.js';
import type { ChildUse } from '../capture-source.js';
import type { CastStream } from './screen-cast.js';

/** The capture process's descriptor of a connection to PipeWire. */
export const PIPEWIRE_DESCRIPTOR = 5;

/**
 * To the capture process. The pixels lie in the file as one packed BGRX picture, which only one side touches at a time:
 * the process writes after `next`, and a `frame` in answer says that it is done.
 */
export type ToCast =
  | {
      readonly type: 'open';
      readonly streams: readonly CastStream[];
      /** A part of the picture, or null for all of it. */
      readonly region: Rectangle | null;
      /** Whether `PIPEWIRE_DESCRIPTOR` is open. */
      readonly remote: boolean;
    }
  /** Whether frames are wanted. After true, the next frame counts as changed as a whole. */
  | { readonly type: 'active'; readonly active: boolean }
  /** The file has room for a picture of this size. */
  | ({ readonly type: 'memory' } & Size)
  /** The file may be written to: with what has changed, once it has (`wait`), or at once with what there is. */
  | { readonly type: 'next'; readonly wait: boolean };

/** From the capture process. */
export type FromCast =
  /** The picture has this size from now on. The process waits for `memory`. */
  | ({ readonly type: 'size' } & Size)
  /** The file has the newest picture. */
  | {
      readonly type: 'frame';
      /** Number of `next` messages answered so far. */
      readonly answers: number;
      /** What has changed since the last one. */
      readonly rectangles: readonly Rectangle[];
      readonly use: ChildUse;
    }
  /** There are newer pixels than those in the file. */
  | { readonly type: 'newer' }
  | {
      readonly type: 'cursor';
      readonly x: number;
      readonly y: number;
      /** Undefined: unchanged. */
      readonly shape?: CursorShape | null | undefined;
    }
  /** The compositor sends frames when something changes, or has suspended a stream. */
  | { readonly type: 'streaming'; readonly streaming: boolean }
  /** Whether the region is inside the picture. */
  | { readonly type: 'placed'; readonly placed: boolean }
  /** A stream was negotiated, but delivers no frame. */
  | { readonly type: 'stalled' }
  | { readonly type: 'ended'; readonly error: ErrorReport };
