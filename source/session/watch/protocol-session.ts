import type { Inflater } from '../../codecs/decode/inflate.js';
import type { Clock } from '../../core/clock.js';
import type { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { Announcement } from '../announcement.js';
import type { Quality } from '../share-options.js';
import type { WatchOptions, WatchWire } from '../watch-options.js';
import type { PictureRecorder, RecordedPointer } from './picture-recorder.js';

/** One frame (classic) or update (rfb) decoded into the framebuffer. Times are milliseconds. */
export interface PictureUpdate {
  /** False for anything but a new frame: the cursor alone, or a lossless refresh. */
  readonly frame: boolean;
  /** The areas that differ from the frame before: disjoint, inside the framebuffer; empty for a repeated frame. */
  readonly dirty: readonly Rectangle[];
  /** On the wire, headers included. */
  readonly bytes: number;
  /** As packed RGB: the size before compression. */
  readonly rawBytes: number;
  /** From the first byte to the last. */
  readonly receiveMs: number;
  readonly decodeMs: number;
  /** Rectangles by encoding, e.g. {tight: 3}. */
  readonly encodings?: Readonly<Record<string, number>>;
}

/** What a protocol session needs from the watcher, whatever its connection. All calls are synchronous. */
export interface PictureHost {
  readonly options: WatchOptions;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly clock: Clock;
  /**
   * Sets the picture size. Returns a new framebuffer and frees the one before it. If the size is unchanged the
   * framebuffer is kept, picture and all, so the old picture stays after a reconnect until something changes.
   * @throws PeerglassError when the size is beyond LIMITS.side
   */
  resize(size: Size): Framebuffer;
  /** Shows an update. Returns when it is on its way to the screen, so that decoding never runs ahead of the display. */
  present(update: PictureUpdate): void;
  /** Complete frames that were not shown because a later one had arrived too. */
  skipped(frames: number): void;
  /** New facts; omitted ones stay as they were. Text from the peer is cleaned here. */
  describe(facts: ProtocolFacts): void;
  /**
   * From a change on the sharer's screen until this viewer has processed it, over the last second, as measured by the
   * sharer.
   */
  latency(ms: { readonly p50: number; readonly p95: number }): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

export interface ProtocolHost extends PictureHost {
  /** Whether a reply is overdue; the viewer has been warned. */
  readonly missed: boolean;
  /** The sharer's key for resuming on another connection, should this one be lost. */
  resumable(key: Uint8Array): void;
  /** The session ended, by a fault or because the peer left. Called once, and not after `close`. */
  ended(error: PeerglassError): void;
}

export interface ProtocolFacts {
  readonly name?: string;
  readonly encryption?: string | null;
  readonly level?: number | null;
  readonly quality?: Quality;
  /** How film is decoded, e.g. "H.264 by libavcodec 59.37"; null: none has come. */
  readonly video?: string | null;
  /** The state of the share, if the sharer sends it. */
  readonly sharer?: Announcement | null;
}

/** One protocol spoken over one connection, until it ends or is closed. */
export interface ProtocolSession {
  readonly wire: WatchWire;
  /** Begins to read. */
  start(): void;
  /** The viewer's wishes. False where the protocol has no message for them. */
  setLevel(level: number | null): boolean;
  setQuality(quality: Quality): boolean;
  /** Whether the cursor is drawn, where the protocol leaves that to the viewer. */
  setCursor(shown: boolean): boolean;
  /** Tells a recorder all that is painted from now on; null: nobody. */
  record(recorder: PictureRecorder | null): void;
  /** Calls back at once with the picture as it is, without the pointer, unless an update is being painted. */
  withPicture(use: (framebuffer: Framebuffer, pointer: RecordedPointer | null) => void): void;
  /** Asks for a picture of a film with which decoding can begin, where there is somebody to ask. */
  renew(film: Rectangle): void;
  /** Whether the sharer sends all the time once it has begun. */
  readonly owes: boolean;
  /** Asks the sharer for a sign of life. False where the server need not answer. */
  probe(): boolean;
  /** Ends the session from this side and destroys the stream. Safe to call twice. */
  close(): void;
}
