import type { Pacer } from './pacer.js';

/** The part of TCP_INFO that the pacer uses. */
export interface LinkState {
  readonly ackedBytes: number;
  readonly sendWindow: number | null;
  readonly notSentBytes: number;
  readonly deliveryRate: number;
  readonly minRttMs: number;
  readonly ackDelayMs: number;
}

interface WrittenFrame {
  readonly start: number;
  readonly end: number;
}

/** Polling interval while the kernel holds unsent data. */
const UNSENT_POLL_MS = 4;
/** Polling interval while a reader is behind: its window may open at any time. */
const BEHIND_POLL_MS = 20;
/** Below this the reader counts as keeping up. */
const MIN_INTERVAL_MS = 4;
const MAX_INTERVAL_MS = 1000;
/** Factor by which the interval of a reader that keeps up shrinks. */
const EASE = 0.85;
/** The widest window expires after twice this, in case the reader's system has shrunk it for good. */
const WINDOW_AGE_MS = 15_000;
/** A window this many frames wide, and this large, says too little: see ClassicPacer. */
const ROOMY_FRAMES = 32;
const ROOMY_BYTES = 1024 * 1024;
/** A reader with a roomy window gets at least a frame per interval: the original program expects data that often. */
const ROOMY_INTERVAL_MS = 90;
/** A kernel delays the acknowledgement of unread data by at least 40 ms. */
const PROMPT_MS = 20;
const PROMPT_ANSWERS = 4;
const PROMPT_AGE_MS = 300;

/**
 * Paces a viewer that never sends anything.
 *
 * Its kernel acknowledges data that the program has not read, so a slow reader looks like a fast one until its buffer
 * is full, half a second of small frames later. But each acknowledgement also carries the receive window, which shrinks
 * by the unread bytes. The window's right edge if everything were read, minus its actual right edge, is how far the
 * reader is behind. From that follow the number of unread frames and, while there are some, the reader's time per
 * frame.
 *
 * A reader with at most one unread frame gets the next one at once. With more, it gets the next one when, at its own
 * pace, the last one is about to be read. Never wait for the window to open: a reader that empties a small queue sends
 * nothing until it receives something.
 *
 * After large frames a system may have offered a window of many megabytes and later want it smaller. Then the right
 * edge stands still for as many bytes although everything is read, which looks like a reader that has stopped. Such a
 * roomy window is therefore trusted only down to ten frames a second, and not at all while each frame is acknowledged
 * promptly: kernels do that for a reader that takes everything.
 *
 * Where the window is unknown (not Linux), only the local system's send buffer paces the viewer.
 */
export class ClassicPacer implements Pacer {
  #written = 0;
  #taken = 0;
  #unsent = false;
  #frames: WrittenFrame[] = [];
  #acked = 0;
  #edge = 0;
  #widest = 0;
  #widestBefore = 0;
  #widestSince: number | null = null;
  /** Unread frames at the last window update, and its time. */
  #unread = 0;
  #windowUpdatedAt = 0;
  /** When the reader last read something, or had nothing to read. */
  #readAt = 0;
  #interval = 0;
  #bandwidth: number | null = null;
  #roomy = false;
  #wroteAt = 0;
  /** Whether everything before the last frame had been acknowledged when it was written. */
  #alone = true;
  /** Frames acknowledged promptly in a row, and the time of the last one. */
  #prompt = 0;
  #promptAt = Number.NEGATIVE_INFINITY;

  get bandwidth(): number | null {
    return this.#bandwidth;
  }

  /** The reader's estimated time per frame, in ms; 0 for one that keeps up. */
  get intervalMs(): number {
    return this.#interval;
  }

  wrote(position: number, now: number): void {
    if (this.#frames.length === 0 && this.#interval === 0) this.#readAt = now;
    this.#frames.push({ start: this.#written, end: position });
    // Behind another frame it would be acknowledged together with that one, too early.
    this.#alone = this.#acked >= this.#written;
    this.#written = position;
    this.#wroteAt = now;
  }

  acknowledged(position: number, _now: number): void {
    this.#taken = Math.max(this.#taken, position);
  }

  /** Updates the pacer from TCP_INFO. Call before `waitMs` and before writing a frame. */
  observe(link: LinkState, now: number): void {
    this.#unsent = link.notSentBytes > 0;
    this.#bandwidth = link.deliveryRate > 0 ? link.deliveryRate : null;
    if (link.sendWindow === null) return;
    const frame = this.#frames.at(-1);
    if (frame) {
      this.#roomy = link.sendWindow >= ROOMY_BYTES && link.sendWindow >= ROOMY_FRAMES * (frame.end - frame.start);
    }
    const edge = link.ackedBytes + link.sendWindow;
    if (link.ackedBytes === this.#acked && edge === this.#edge) return;
    this.#acked = link.ackedBytes;
    this.#edge = edge;
    this.#notePromptness(link, now);
    this.#noteWindow(link.sendWindow, now);
    this.#onWindowUpdate(now);
  }

  waitMs(now: number): number {
    if (this.#taken < this.#written) return Number.POSITIVE_INFINITY;
    if (this.#unsent) return UNSENT_POLL_MS;
    if (this.#interval === 0) return 0;
    if (this.#roomy) {
      const pace = Math.min(this.#interval, ROOMY_INTERVAL_MS);
      return Math.max(Math.min(this.#wroteAt + pace - now, BEHIND_POLL_MS), 0);
    }
    // Frames in flight are before the reader too. Half a frame early, so that the reader never waits.
    const due = this.#windowUpdatedAt + (this.#frames.length - 0.5) * this.#interval;
    return due > now ? Math.min(due - now, BEHIND_POLL_MS) : 0;
  }

  /** The acknowledgement delay is only known for a frame that was alone in flight. */
  #notePromptness(link: LinkState, now: number): void {
    if (!this.#alone || link.ackedBytes < this.#written || link.ackDelayMs < 0) return;
    if (link.ackDelayMs > link.minRttMs + PROMPT_MS) this.#prompt = 0;
    else this.#prompt++;
    this.#promptAt = now;
  }

  #noteWindow(window: number, now: number): void {
    if (this.#roomy && this.#prompt >= PROMPT_ANSWERS && now - this.#promptAt < PROMPT_AGE_MS) {
      this.#widest = window;
      this.#widestBefore = 0;
      this.#widestSince = now;
      this.#interval = 0;
      return;
    }
    this.#widestSince ??= now;
    if (now - this.#widestSince > WINDOW_AGE_MS) {
      this.#widestBefore = this.#widest;
      this.#widest = 0;
      this.#widestSince = now;
    }
    this.#widest = Math.max(this.#widest, window);
  }

  /** Handles a window update: estimates how far the reader is. */
  #onWindowUpdate(now: number): void {
    const readTo = this.#edge - Math.max(this.#widest, this.#widestBefore);
    const isRead = ({ start, end }: WrittenFrame) => end <= this.#acked && end - readTo <= (end - start) / 2;
    const arrived = this.#frames.filter(frame => frame.end <= this.#acked).length;
    let read = 0;
    while (read < this.#frames.length && isRead(this.#frames[read]!)) read++;
    this.#frames.splice(0, read);
    this.#unread = arrived - read;
    this.#windowUpdatedAt = now;
    if (this.#unread >= 2) this.#slowDown(read, now);
    else this.#interval = this.#interval * EASE < MIN_INTERVAL_MS ? 0 : this.#interval * EASE;
    if (read > 0 || this.#unread < 2) this.#readAt = now;
  }

  #slowDown(read: number, now: number): void {
    const since = Math.max(now - this.#readAt, MIN_INTERVAL_MS);
    const seen = read > 0 ? since / read : Math.max(since, this.#interval);
    const interval = read > 0 && this.#interval > 0 ? (this.#interval + seen) / 2 : seen;
    this.#interval = Math.min(interval, MAX_INTERVAL_MS);
  }
}
