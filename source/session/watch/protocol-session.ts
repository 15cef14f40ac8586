import type { Inflater } from '../../codecs/decode/inflate.js';
import type { Clock } from '../../core/clock.js';
import type { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { Announcement } from '../announcement.js';
import type { Quality } from '../share-options.js';
import type { WatchOptions } from '../watch-options.js';

/** One frame, or one update, that was decoded into the framebuffer. Times are milliseconds. */
export interface PictureUpdate {
  /** False for what shows no new picture: the pointer alone, or what only makes exact what was lossy. */
  readonly frame: boolean;
  /** What differs from the frame before: disjoint, inside the framebuffer; empty for a frame that repeats the last one. */
  readonly dirty: readonly Rectangle[];
  /** On the wire, headers included. */
  readonly bytes: number;
  /** As packed RGB: what the frame stands for before compression. */
  readonly rawBytes: number;
  /** From its first byte to its last. */
  readonly receiveMs: number;
  readonly decodeMs: number;
  /** Rectangles by encoding, e.g. {tight: 3}. */
  readonly encodings?: Readonly<Record<string, number>>;
}

/** What a wire asks of the watcher, whichever connection it is on. All calls are synchronous. */
export interface PictureHost {
  readonly options: WatchOptions;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly clock: Clock;
  /**
   * The picture has this size from now on. ReplyQueue a new framebuffer; the one before it is freed, unless the size is the
   * same: then it is kept, picture and all (so after a reconnect the old picture stays until something changes).
   * @throws PeerglassError when the size is beyond LIMITS.side
   */
  resize(size: Size): Framebuffer;
  /** Shows an update; returns when it is on its way to the screen, so that nothing is decoded ahead of the eye. */
  present(update: PictureUpdate): void;
  /** Frames that had arrived whole and were left out because a later one was there too. */
  skipped(frames: number): void;
  /** What has become known; what is left out stays as it was. Text from the peer is cleaned here. */
  describe(facts: ProtocolFacts): void;
  /** From a change on the sharer's screen to this viewer having processed it, over the last second, as the sharer told. */
  latency(ms: { readonly p50: number; readonly p95: number }): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

export interface ProtocolHost extends PictureHost {
  /** Whether an answer that is due has not come: the person is told of that. */
  readonly missed: boolean;
  /** What the sharer gave to go on with over another connection, should this one be lost. */
  resumable(key: Uint8Array): void;
  /** The wire is over, by a fault or because the peer left. Called once, and not after `close`. */
  ended(error: PeerglassError): void;
}

export interface ProtocolFacts {
  readonly name?: string;
  readonly encryption?: string | null;
  readonly level?: number | null;
  readonly quality?: Quality;
  /** How the share is doing, where the sharer tells. */
  readonly sharer?: Announcement | null;
}

/** One protocol spoken over one connection, until it ends or is closed. */
export interface ProtocolSession {
  readonly wire: 'classic' | 'rfb';
  /** Begins to read. */
  start(): void;
  /** What the viewer asks the sharer for. False where the wire has no way to ask. */
  setLevel(level: number | null): boolean;
  setQuality(quality: Quality): boolean;
  /** Whether the pointer is drawn, where the wire leaves that to the viewer. */
  setCursor(shown: boolean): boolean;
  /** Whether the sharer must say something all the time, once it has begun. */
  readonly owes: boolean;
  /** Asks the sharer for a sign of life. False where nothing was asked that a program would have to answer. */
  probe(): boolean;
  /** Ends it from this side and destroys the stream. Safe to call twice. */
  close(): void;
}
