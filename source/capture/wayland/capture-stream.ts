import { type Clock, FailureTimeout } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { intersect, type Rectangle } from '../../core/rectangle.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import type { WL_SHM } from './interfaces.js';
import { type BufferShape, RowMemory, SharedBuffer, sameShape } from './shared-buffers.js';

/** While a picture is not read, newer ones take its place this often: a slow viewer gets a picture no older than that. */
const REFRESH_MS = 33;
/** The first and the longest wait before a failed capture is tried again. */
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 1_000;
/** Captures fail for a moment while a monitor changes its mode. */
const FAILING_MS = 1_000;
/** With more changes than this, those that a buffer misses are named as one. */
const MAX_MISSING = 64;

/** A finished capture. */
export interface Captured {
  /** What has changed since the last one, in the buffer's coordinates; empty: not told. */
  readonly damage: readonly Rectangle[];
  /** As wl_output.transform; null where the protocol does not tell it. */
  readonly transform: number | null;
  /** Whether its rows come from the bottom. */
  readonly inverted: boolean;
}

/** What a protocol tells the stream. */
export interface CapturerHost {
  /** The form for the next captures; null: there is nothing to see now. What is under way is void if it differs. */
  shaped(shape: BufferShape | null): void;
  /** The buffer to capture to, and whether that is the first time since the form is known. */
  target(): { readonly buffer: SharedBuffer; readonly first: boolean };
  captured(result: Captured): void;
  failed(): void;
  /** There will be no more captures. */
  stopped(): void;
  /** The form is one that cannot be read. */
  refused(error: PeerglassError): void;
}

/** Captures by one protocol. */
export interface Capturer {
  /** Lets the host know the form, if it does not already. */
  measure(): void;
  /** One capture, as soon as something has changed; the first one at once. The host hears how it ends. */
  capture(): void;
  /** Gives up the capture that is under way, whose form is void. @returns false if it continues in the new form */
  cancel(): boolean;
  close(): void;
}

export interface StreamEvents {
  /** The form is known, or another one. */
  shaped(): void;
  /** There is a new picture. @param damage in the buffer's coordinates, inside of it */
  frame(damage: readonly Rectangle[], result: Captured): void;
  /** A capture failed; it is tried again. `lasting`: that has been so for a while, as with a monitor that is off. */
  failed(lasting: boolean): void;
  stopped(): void;
  refused(error: PeerglassError): void;
}

/**
 * The pictures of one monitor, window or pointer. The last complete one is in `front`, where it can be read at any time;
 * the compositor writes the next one to another buffer. It is requested as soon as the last one has been read, and
 * answered when something has changed, so that nothing happens while nothing changes.
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
  /** That of the buffer that is captured to. */
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

  /** The last complete picture; null: there is none yet. Whoever reads it calls `taken`. */
  get front(): SharedBuffer | null {
    return this.#front === null ? null : this.#buffers![this.#front];
  }

  /** Finds out the form of the pictures, without any. */
  measure(): void {
    this.#capturer.measure();
  }

  /** Captures from now on; to be called again when a failed capture may succeed now. */
  run(): void {
    this.#running = true;
    this.#ask();
  }

  /** The last picture is void, because it would be shown wrongly: the next one is a new beginning. */
  renew(): void {
    this.#capturer.cancel();
    this.#underWay = false;
    this.#front = null;
    this.#wasRead = true;
    this.#ask();
  }

  /** The last picture has been read: the next one is of use. */
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

/** Does a capturer's work on an event; what it throws ends the stream. */
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
