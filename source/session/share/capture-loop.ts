import type { CaptureSource, PlacedCursor } from '../../capture/capture-source.js';
import { type Clock, FailureTimeout } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { pictureEvent } from '../../core/picture-events.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import type { JournalEntry } from '../../pixels/journal.js';
import { Region } from '../../pixels/region.js';
import type { Screen } from '../../pixels/screen.js';
import type { ShareFigures } from '../stats/share-figures.js';
import { CAPTURE_SLACK, SMALL_READ_PIXELS, TIMER_MS } from './tuning.js';

/** The loop's queries and events. */
export interface CaptureLoopHost {
  /** The frame rate cap. */
  readonly fps: number;
  readonly paused: boolean;
  /** Whether some viewer would send a picture captured now. */
  readonly wanted: boolean;
  /** The part of the damage that some viewer would be sent at once, although a larger picture is on its way to it. */
  urgent(damage: readonly Rectangle[]): readonly Rectangle[];
  /** Null if the screen may be written to; otherwise resolves when its readers may have finished. */
  whenReleased(): Promise<void> | null;
  /** Whether it matters how often something changes that is not captured. */
  readonly watchesFilm: boolean;
  /** Areas may have changed. */
  damaged(rectangles: readonly Rectangle[]): void;
  /** Null: nothing has changed, but the picture is now known to be current. */
  committed(entry: JournalEntry | null): void;
  /** A capture has found no change. */
  unchanged(): void;
  cursorChanged(state: PlacedCursor): void;
  /** The screen has another size and is black until its first commit. */
  resized(size: Size): void;
  failed(error: PeerglassError): void;
}

/** While nothing is captured, changes are reported about this often. */
const REPORT_MS = 50;

/** Reads may fail while the screen or a window is being resized; only failures for longer than this are an error. */
const UNREADABLE_MS = 1000;
const RETRY_MS = 100;

/**
 * Captures the damage that the source reports: immediately after an idle time, then no faster than the cap, and only
 * while a viewer wants a frame. Until then damage is merged and kept.
 */
export class CaptureLoop {
  readonly #source: CaptureSource;
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #figures: ShareFigures;
  readonly #host: CaptureLoopHost;
  #damage = new Region();
  #running = false;
  #suspended = false;
  #live = false;
  #reading: Promise<void> | null = null;
  #newSize: Size | null = null;
  readonly #failures: FailureTimeout;
  /** When the next capture is due at an even pace. */
  #due = 0;
  /** When the next one is due of what does not wait for viewers. */
  #urgentDue = 0;
  #notBefore = 0;
  /** Cancels the timer of the next capture, and that of the next safety check. */
  #cancelTimer: (() => void) | null = null;
  #cancelCheck: (() => void) | null = null;
  #cancelReporting: (() => void) | null = null;

  constructor(source: CaptureSource, screen: Screen, clock: Clock, figures: ShareFigures, host: CaptureLoopHost) {
    this.#source = source;
    this.#screen = screen;
    this.#clock = clock;
    this.#failures = new FailureTimeout(clock, UNREADABLE_MS);
    this.#figures = figures;
    this.#host = host;
  }

  get running(): boolean {
    return this.#running;
  }

  get capturing(): boolean {
    return this.#reading !== null;
  }

  /** What has changed since it was captured, as far as it will be captured; null: nothing. */
  get uncaptured(): Region | null {
    return this.#damage.isEmpty || !this.#running || this.#host.paused ? null : this.#damage;
  }

  /** A capture is running, or begins as soon as a viewer wants it. */
  get captureNext(): boolean {
    return this.#reading !== null || (this.uncaptured !== null && this.#cancelTimer === null);
  }

  /** Whether the picture is current: not before the first capture after a time without viewers. */
  get live(): boolean {
    return this.#live;
  }

  /** The first viewer started watching. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#live = false;
    this.#failures.succeeded();
    this.#due = 0;
    this.#urgentDue = 0;
    this.#notBefore = 0;
    this.#figures.gates.clear();
    if (!this.#suspended) this.#startSource();
  }

  /**
   * While suspended, the source is stopped and viewers keep their picture. Otherwise a compositor would go on writing
   * pictures, and the first one after a pause could be one that was taken during it.
   */
  suspend(suspended: boolean): void {
    if (this.#suspended === suspended) return;
    this.#suspended = suspended;
    if (!this.#running) return;
    if (suspended) this.#stopSource();
    else this.#startSource();
  }

  /** The last viewer left: the source stops. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#live = false;
    this.#stopSource();
  }

  /** Captures if there is damage and it is time; to be called whenever an obstacle is gone. */
  poke(): void {
    if (!this.#running || this.#reading || this.#cancelTimer || this.#damage.isEmpty) return;
    const now = this.#clock.now();
    const period = 1000 / (this.#host.fps * CAPTURE_SLACK);
    // One capture may be a whole period early. Otherwise the first late change would set the pace and delay all later
    // ones, and a change painted in two steps would be captured a period apart.
    const { gates } = this.#figures;
    const { paused, wanted } = this.#host;
    const urgent = paused || wanted ? [] : this.#host.urgent(this.#damage.rectangles());
    if (!wanted || paused) {
      if (!paused) gates.waitsFor('viewers', now);
      if (urgent.length === 0) return;
    }
    const due = Math.max(wanted ? this.#due - period : this.#urgentDue, this.#notBefore);
    if (now < due - TIMER_MS) {
      gates.waitsFor('cap', now);
      this.#cancelTimer = this.#clock.after(due - now, () => {
        this.#cancelTimer = null;
        this.poke();
      });
      return;
    }
    gates.begins('screen', now);
    if (wanted) this.#due = Math.max(now, this.#due) + period;
    else this.#urgentDue = now + period;
    if (!wanted) for (const rectangle of urgent) this.#damage.subtract(rectangle);
    this.#reading = this.#capture(wanted ? this.#takeDamage() : urgent, now).then(() => {
      this.#reading = null;
      if (!this.#damage.isEmpty) gates.waitsFor('capture', this.#clock.now());
      if (this.#newSize) this.#resized(this.#newSize);
      this.poke();
    });
  }

  /** Resolves when the source no longer writes into the screen; to be awaited after `stop`. */
  async idle(): Promise<void> {
    await this.#reading;
  }

  #startSource(): void {
    this.#source.start({
      damage: rectangles => {
        this.#host.damaged(rectangles);
        this.#damaged(rectangles);
      },
      cursor: state => this.#host.cursorChanged(state),
      resized: size => this.#resized(size),
      ended: error => this.#fail(error),
    });
    this.#scheduleCheck();
  }

  /** Damage is dropped: all of the picture is damage at the next start. */
  #stopSource(): void {
    this.#cancelTimer?.();
    this.#cancelCheck?.();
    this.#cancelReporting?.();
    this.#cancelTimer = null;
    this.#cancelCheck = null;
    this.#cancelReporting = null;
    this.#damage = new Region();
    this.#source.stop();
  }

  #damaged(rectangles: readonly Rectangle[]): void {
    if (this.#damage.isEmpty) pictureEvent('damage', 0);
    for (const rectangle of rectangles) this.#damage.add(rectangle);
    this.poke();
    if (!this.#reading && !this.#cancelReporting && this.#host.watchesFilm) this.#reportSoon();
  }

  /** Sources need not report a change again before it is captured, which may be long after the next one. */
  #reportSoon(): void {
    this.#cancelReporting = this.#clock.after(REPORT_MS, () => {
      this.#cancelReporting = null;
      if (!this.#reading && !this.#damage.isEmpty) this.#source.reportAgain?.();
    });
  }

  #takeDamage(): Rectangle[] {
    const rectangles = this.#damage.rectangles();
    this.#damage = new Region();
    return rectangles;
  }

  /** @param damaged no longer in the damage */
  async #capture(damaged: readonly Rectangle[], began: number): Promise<void> {
    pictureEvent('capture', 0);
    const rectangles = [...damaged];
    try {
      const left = !this.#damage.isEmpty;
      let whole = await this.#read(rectangles);
      const added = left ? [] : this.#takeNewDamage(rectangles);
      rectangles.push(...added);
      if (added.length > 0) whole = (await this.#read(added)) && whole;
      this.#failures.succeeded();
      const captured = this.#clock.now();
      this.#figures.stage(captured, 'capture', captured - began);
      for (let others = this.#host.whenReleased(); others; others = this.#host.whenReleased()) await others;
      pictureEvent('captured', 0, captured);
      if (this.#running && !this.#suspended && !this.#newSize && whole) this.#commit(rectangles, captured);
    } catch (error) {
      this.#readFailed(rectangles, error);
    }
  }

  /** @returns false if nothing was read because the source has been resized meanwhile: all of it is damage then */
  async #read(rectangles: readonly Rectangle[]): Promise<boolean> {
    const pixels = await this.#source.read(rectangles, this.#screen.incomingFor(rectangles));
    this.#figures.capturedPixels += pixels;
    return pixels > 0;
  }

  /**
   * A program may paint a change in several steps. Damage that arrived during the first read is read too before both
   * are committed, unless both are large. Otherwise the first part, however small, would be an update of its own that
   * the rest has to wait for.
   */
  #takeNewDamage(first: readonly Rectangle[]): Rectangle[] {
    if (!this.#running || this.#host.paused || this.#newSize || this.#damage.isEmpty) return [];
    const small =
      this.#damage.area <= SMALL_READ_PIXELS || first.reduce((sum, each) => sum + area(each), 0) <= SMALL_READ_PIXELS;
    return small ? this.#takeDamage() : [];
  }

  #commit(rectangles: readonly Rectangle[], captured: number): void {
    const began = this.#clock.now();
    const entry = this.#screen.commit(rectangles, captured);
    const detected = this.#clock.now();
    this.#figures.stage(detected, 'detect', detected - began);
    pictureEvent('detected', this.#screen.version, captured);
    const first = !this.#live;
    this.#live = true;
    if (entry) this.#figures.changedPixels += entry.changedPixels;
    if (entry || first) this.#host.committed(entry);
    else this.#host.unchanged();
  }

  #readFailed(rectangles: readonly Rectangle[], error: unknown): void {
    if (!this.#running) return;
    const reported = asPeerglassError(error);
    if (this.#failures.failed() || reported.code === 'E_DISPLAY_DIED') {
      this.#fail(reported);
      return;
    }
    for (const rectangle of rectangles) this.#damage.add(rectangle);
    this.#notBefore = this.#clock.now() + RETRY_MS;
  }

  /** A resize waits for the running read, which writes into the framebuffers. */
  #resized(size: Size): void {
    this.#newSize = size;
    if (this.#reading || !this.#running) return;
    this.#newSize = null;
    this.#live = false;
    try {
      this.#screen.resize(size);
    } catch (error) {
      this.#fail(asPeerglassError(error));
      return;
    }
    // Before the host is notified, since it may want a picture at once: old damage may be outside the new size.
    this.#damage = Region.of([{ x: 0, y: 0, width: size.width, height: size.height }]);
    this.#host.resized(size);
    this.poke();
  }

  /** Damage events can be lost: if the source requires it, the whole screen is compared every few seconds. */
  #scheduleCheck(): void {
    const every = this.#source.safetyCheckMs;
    if (every === null) return;
    this.#cancelCheck = this.#clock.after(every, () => {
      this.#damaged([this.#screen.framebuffer.bounds]);
      this.#scheduleCheck();
    });
  }

  #fail(error: PeerglassError): void {
    if (!this.#running) return;
    this.stop();
    this.#host.failed(error);
  }
}
