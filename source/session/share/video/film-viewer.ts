import type { Rectangle } from '../../../core/rectangle.js';
import type { Region } from '../../../pixels/region.js';
import type { CachedRectangle } from '../rfb/encode-cache.js';

/** A viewer that may be sent video, as streams see it. */
export interface FilmViewer {
  /** Bytes a second of film that it can take; infinite: it takes what others are sent, where that is good enough. */
  readonly budget: number;
  /** Milliseconds until it would send a picture; infinite: not before it has heard from its viewer. */
  readyInMs(now: number): number;
  /** A picture is in one of its queues. */
  pictureReady(): void;
}

/** What a stream shows. */
export interface FilmScene {
  readonly rectangle: Rectangle;
  /** The version of its last change, and when that was captured. */
  readonly version: number;
  readonly changedAt: number;
  /** What is exact over the film now; not to be modified. */
  readonly exact: Region;
  /** Bytes a second above which its film gets no better. */
  readonly maxRate: number;
}

/** An encoded picture of a film. */
export interface FilmPicture {
  /** Its access unit in wire format, the same for all viewers. */
  readonly encoded: CachedRectangle;
  readonly key: boolean;
  /** The version of the screen that it shows, and when that was captured. */
  readonly version: number;
  readonly capturedAt: number;
  /** What is exact over the film in this picture. */
  readonly exact: Region;
}

/** A viewer's part in a stream. */
export interface StreamMember {
  readonly viewer: FilmViewer;
  /** Whether its decoder has all pictures so far; until then it waits for an IDR. */
  joined: boolean;
  waitingSince: number;
  /** Pictures that it still has to send, in this order. */
  readonly queue: FilmPicture[];
}
