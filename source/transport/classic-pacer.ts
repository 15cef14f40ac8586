import type { Pacer } from './pacer.js';

/** What the pacer needs of TCP_INFO. */
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

/** While the system holds data that it has not sent, that soon it is asked again. */
const UNSENT_POLL_MS = 4;
/** While a reader is behind: its window may open at any time. */
const BEHIND_POLL_MS = 20;
/** Below this the reader counts as one that keeps up. */
const MIN_INTERVAL_MS = 4;
const MAX_INTERVAL_MS = 1000;
/** How fast a reader that keeps up is trusted with more. */
const EASE = 0.85;
/** The widest window is forgotten after twice this, in case the reader's system has made it smaller for good. */
const WINDOW_AGE_MS = 15_000;
/** A window that many frames wide, and that large, says too little: see below. */
const ROOMY_FRAMES = 32;
const ROOMY_BYTES = 1024 * 1024;
/** What a reader with a roomy window gets at least: the original needs to hear that often. */
const ROOMY_INTERVAL_MS = 90;
/** A kernel waits at least 40 ms before it acknowledges what nobody reads. */
const PROMPT_MS = 20;
const PROMPT_ANSWERS = 4;
const PROMPT_AGE_MS = 300;

/**
 * Paces a viewer that never says anything. Its kernel acknowledges what it has not read, so that a slow reader looks
 * like a fast one until its buffer is full, half a second of small frames later. But each acknowledgement also carries
 * the receive window, and the window is smaller by what lies unread: where it would end if nothing did, less where it
 * ends, is how far the reader is behind. From that come the frames that wait there, and, while some do, the time that
 * the reader takes for one.
 *
 * A reader with at most one frame unread gets the next one at once. One with more gets it when, at its own pace, the
 * last one is about to be read. There must be no waiting for the window to open: a reader that empties a small queue
 * says nothing until it is sent something.
 *
 * After large frames a reader's system may have offered a window of many megabytes, and want it smaller: then the window
 * does not move on for as many bytes, though everything is read, which looks like a reader that stands still. Such a
 * roomy window is believed only as far as ten frames a second, and not at all while each frame is acknowledged promptly:
 * that is done for a reader who takes all that there is.
 *
 * Where the window is unknown (not Linux), only what the system takes paces the viewer.
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
  /** Frames that lay unread at the last news, and when that was. */
  #unread = 0;
  #windowUpdatedAt = 0;
  /** When the reader was last seen to have read something, or to have nothing to read. */
  #readAt = 0;
  #interval = 0;
  #bandwidth: number | null = null;
  #roomy = false;
  #wroteAt = 0;
  /** Whether everything before the last frame was acknowledged when that was written. */
  #alone = true;
  /** Frames in a row that were acknowledged promptly, and when the last one was. */
  #prompt = 0;
  #promptAt = Number.NEGATIVE_INFINITY;

  get bandwidth(): number | null {
    return this.#bandwidth;
  }

  /** What the reader seems to take for a frame, in ms; 0 for one that keeps up. */
  get intervalMs(): number {
    return this.#interval;
  }

  wrote(position: number, now: number): void {
    if (this.#frames.length === 0 && this.#interval === 0) this.#readAt = now;
    this.#frames.push({ start: this.#written, end: position });
    // Behind another frame it would be acknowledged with that one, whose turn came earlier.
    this.#alone = this.#acked >= this.#written;
    this.#written = position;
    this.#wroteAt = now;
  }

  acknowledged(position: number, _now: number): void {
    this.#taken = Math.max(this.#taken, position);
  }

  /** Takes in what the kernel knows; to be called before `waitMs` is asked, and before a frame is written. */
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
    // What is on its way lies before the reader too. Half a frame early, so that a reader never waits for us.
    const due = this.#windowUpdatedAt + (this.#frames.length - 0.5) * this.#interval;
    return due > now ? Math.min(due - now, BEHIND_POLL_MS) : 0;
  }

  /** Of a frame that was alone under way it is known how long its acknowledgement took. */
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

  /** The reader's kernel has said something new: how far is the reader? */
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
