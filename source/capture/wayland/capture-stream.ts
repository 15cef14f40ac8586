import { type Clock, FailureTimeout } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { intersect, type Rectangle } from '../../core/rectangle.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import type { WL_SHM } from './interfaces.js';
import { type BufferShape, RowMemory, SharedBuffer, sameShape } from './shared-buffers.js';

/** An unread picture is replaced by a newer one this often: a slow viewer's picture is never older than that. */
const REFRESH_MS = 33;
/** The first and the longest wait before a failed capture is tried again. */
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 1_000;
/** Captures fail for a moment while a monitor changes its mode. */
const FAILING_MS = 1_000;
/** Above this number of changes, a buffer's missing areas are merged into one. */
const MAX_MISSING = 64;

/** A finished capture. */
export interface Captured {
  /** The changes since the last one, in the buffer's coordinates; empty: not reported. */
  readonly damage: readonly Rectangle[];
  /** As wl_output.transform; null: not reported by the protocol. */
  readonly transform: number | null;
  /** Whether the rows run from the bottom. */
  readonly inverted: boolean;
}

/** Events of a protocol, for the stream. */
export interface CapturerHost {
  /** The shape of the next captures; null: there is nothing to see now. A pending capture of another shape is void. */
  shaped(shape: BufferShape | null): void;
  /** The buffer to capture to, and whether it is the first capture in this shape. */
  target(): { readonly buffer: SharedBuffer; readonly first: boolean };
  captured(result: Captured): void;
  failed(): void;
  /** There will be no more captures. */
  stopped(): void;
  /** Pictures of this shape cannot be read. */
  refused(error: PeerglassError): void;
}

/** Captures by one protocol. */
export interface Capturer {
  /** Reports the shape to the host, unless it has been reported. */
  measure(): void;
  /**
   * Starts one capture, which completes when something has changed, the first one at once. The host is told its result.
   */
  capture(): void;
  /** Drops the pending capture, whose shape is void. @returns false if it continues in the new shape */
  cancel(): boolean;
  close(): void;
}

export interface StreamEvents {
  /** The shape is known, or has changed. */
  shaped(): void;
  /** There is a new picture. @param damage in the buffer's coordinates, inside of it */
  frame(damage: readonly Rectangle[], result: Captured): void;
  /** A capture failed and is retried. `lasting`: it has failed for a while, as with a monitor that is off. */
  failed(lasting: boolean): void;
  stopped(): void;
  refused(error: PeerglassError): void;
}

/**
 * The pictures of one monitor, window or pointer. The last complete one is `front`, which can be read at any time; the
 * compositor writes the next one to another buffer. It is requested as soon as the last one has been read and delivered
 * when something has changed, so a static screen costs nothing.
 */
export class CaptureStream {
  readonly #connection: WaylandConnection;
  readonly #shm: WaylandObject<typeof WL_SHM>;
  readonly #clock: Clock;
  readonly #events: StreamEvents;
  readonly #capturer: Capturer;
  readonly #failures: FailureTimeout;
  readonly #rows = new RowMemory();
  #shape: BufferShape | null = null;
  #buffers: [SharedBuffer, SharedBuffer] | null = null;
  /** The index of the buffer with the last picture; null: there is none yet. */
  #front: 0 | 1 | null = null;
  /** The index of the buffer that is captured to. */
  #back: 0 | 1 = 0;
  #wasRead = true;
  #running = false;
  #underWay = false;
  #retryMs = RETRY_MS;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(
    connection: WaylandConnection,
    shm: WaylandObject<typeof WL_SHM>,
    clock: Clock,
    createCapturer: (host: CapturerHost) => Capturer,
    events: StreamEvents,
  ) {
    this.#connection = connection;
    this.#shm = shm;
    this.#clock = clock;
    this.#events = events;
    this.#failures = new FailureTimeout(clock, FAILING_MS);
    this.#capturer = createCapturer({
      shaped: shape => this.#shaped(shape),
      target: () => this.#target(),
      captured: result => this.#captured(result),
      failed: () => this.#failed(),
      stopped: () => !this.#closed && events.stopped(),
      refused: error => !this.#closed && events.refused(error),
    });
  }

  /** Null: not known yet, or there is nothing to see. */
  get shape(): BufferShape | null {
    return this.#shape;
  }

  /** The last complete picture; null: there is none yet. Call `taken` after reading it. */
  get front(): SharedBuffer | null {
    return this.#front === null ? null : this.#buffers![this.#front];
  }

  /** Finds out the shape of the pictures without capturing any. */
  measure(): void {
    this.#capturer.measure();
  }

  /** Captures from now on. Call it again when a failed capture may succeed now. */
  run(): void {
    this.#running = true;
    this.#ask();
  }

  /** Drops the last picture, which would be shown wrongly. The next one counts as the first. */
  renew(): void {
    this.#capturer.cancel();
    this.#underWay = false;
    this.#front = null;
    this.#wasRead = true;
    this.#ask();
  }

  /** The last picture has been read: the next one may be captured. */
  taken(): void {
    this.#wasRead = true;
    this.#ask();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#capturer.close();
    this.#free();
  }

  #ask(): void {
    if (!this.#running || this.#underWay || this.#closed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#underWay = true;
    this.#capturer.capture();
  }

  #askIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#cancelTimer = null;
      this.#ask();
    });
  }

  #shaped(shape: BufferShape | null): void {
    if (this.#closed) return;
    const before = this.#shape;
    if (before && shape && sameShape(before, shape)) return;
    if (this.#capturer.cancel()) this.#underWay = false;
    this.#free();
    this.#shape = shape;
    if (before || shape) this.#events.shaped();
    if (shape) this.#ask();
  }

  #target(): { buffer: SharedBuffer; first: boolean } {
    this.#buffers ??= [this.#create(), this.#create()];
    this.#back = this.#front === 0 ? 1 : 0;
    return { buffer: this.#buffers[this.#back], first: this.#front === null };
  }

  #create(): SharedBuffer {
    return new SharedBuffer(this.#connection, this.#shm, this.#shape!, this.#rows);
  }

  #captured(result: Captured): void {
    if (this.#closed || !this.#buffers) return;
    const { width, height } = this.#shape!;
    const whole = { x: 0, y: 0, width, height };
    const told = this.#front !== null && result.damage.length > 0 && !result.inverted;
    const damage = told ? result.damage.flatMap(each => intersect(each, whole) ?? []) : [whole];
    const back = this.#back;
    const replacesUnread = !this.#wasRead;
    this.#buffers[back].missing = [];
    addMissing(this.#buffers[back === 0 ? 1 : 0], damage, whole);
    this.#front = back;
    this.#wasRead = false;
    this.#underWay = false;
    this.#retryMs = RETRY_MS;
    this.#failures.succeeded();
    this.#events.frame(damage, result);
    if (replacesUnread && !this.#wasRead) this.#askIn(REFRESH_MS);
    else this.#ask();
  }

  #failed(): void {
    if (this.#closed) return;
    this.#underWay = false;
    this.#events.failed(this.#failures.failed());
    this.#askIn(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #free(): void {
    for (const buffer of this.#buffers ?? []) buffer.close();
    this.#buffers = null;
    this.#front = null;
    this.#wasRead = true;
  }
}

/** Runs a capturer's handler; an error ends the stream. */
export function attempt(host: CapturerHost, work: () => void): void {
  try {
    work();
  } catch (error) {
    host.refused(asPeerglassError(error));
  }
}

function addMissing(buffer: SharedBuffer, damage: readonly Rectangle[], whole: Rectangle): void {
  if (buffer.missing === null) return;
  buffer.missing.push(...damage);
  if (buffer.missing.length > MAX_MISSING) buffer.missing = [whole];
}
