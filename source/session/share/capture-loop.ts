import type { CaptureSource, PlacedCursor } from '../../capture/capture-source.js';
import { type Clock, FailureTimeout } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import type { JournalEntry } from '../../pixels/journal.js';
import { Region } from '../../pixels/region.js';
import type { Screen } from '../../pixels/screen.js';
import type { ShareFigures } from '../stats/share-figures.js';
import { CAPTURE_SLACK, SMALL_READ_PIXELS } from './tuning.js';

/** What the loop asks and tells. */
export interface CaptureLoopHost {
  /** The cap on frames a second. */
  readonly fps: number;
  readonly paused: boolean;
  /** Whether some viewer would send a picture captured now. */
  readonly wanted: boolean;
  /** Null when the screen may be written to; else what is waited for first, since others still read it. */
  whenReleased(): Promise<void> | null;
  /** Null: nothing differs, but the picture, which was of an earlier time, is now known to be of the present. */
  committed(entry: JournalEntry | null): void;
  cursorChanged(state: PlacedCursor): void;
  /** The screen is another one, black until its first commit. */
  resized(size: Size): void;
  failed(error: PeerglassError): void;
}

/** Reading may fail while the screen or a window gets another size; what only fails for so long is broken. */
const UNREADABLE_MS = 1000;
const RETRY_MS = 100;

/**
 * Brings what the source says has changed into the screen: at once after a pause, then no faster than the cap, and only
 * while a viewer would take it. Damage that nobody wants yet is kept, merged, for the one who will.
 */
export class CaptureLoop {
  readonly #source: CaptureSource;
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #figures: ShareFigures;
  readonly #host: CaptureLoopHost;
  #damage = Region.of([]);
  #running = false;
  #live = false;
  #reading: Promise<void> | null = null;
  #newSize: Size | null = null;
  readonly #failures: FailureTimeout;
  /** When the next capture would begin at an even pace, and the timer that waits for one. */
  #due = 0;
  #notBefore = 0;
  /** Since when a change waits for a viewer that can take it. */
  #cancelTimer: (() => void) | null = null;
  #cancelCheck: (() => void) | null = null;

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

  /** Whether the picture is of the present: not before the first capture after a time without viewers. */
  get live(): boolean {
    return this.#live;
  }

  /** The first viewer watches. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#live = false;
    this.#failures.succeeded();
    this.#due = 0;
    this.#notBefore = 0;
    this.#figures.gates.clear();
    this.#source.start({
      damage: rectangles => this.#damaged(rectangles),
      cursor: state => this.#host.cursorChanged(state),
      resized: size => this.#resized(size),
      ended: error => this.#fail(error),
    });
    this.#scheduleCheck();
  }

  /** The last viewer left: the source does nothing any more. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#live = false;
    this.#cancelTimer?.();
    this.#cancelCheck?.();
    this.#cancelTimer = null;
    this.#cancelCheck = null;
    this.#source.stop();
  }

  /** Captures if there is damage and it is time; to be called whenever a reason not to has gone. */
  poke(): void {
    if (!this.#running || this.#reading || this.#cancelTimer || this.#damage.isEmpty) return;
    const now = this.#clock.now();
    const period = 1000 / (this.#host.fps * CAPTURE_SLACK);
    // One capture may be a whole period early. Without that the first change that comes late would set the pace, and all
    // after it would wait for as long as it was late; and what is painted in two added would be captured a period apart.
    const due = Math.max(this.#due - period, this.#notBefore);
    const { gates } = this.#figures;
    if (this.#host.paused || !this.#host.wanted) {
      if (!this.#host.paused) gates.waitsFor('viewers', now);
      return;
    }
    if (now < due) {
      gates.waitsFor('cap', now);
      this.#cancelTimer = this.#clock.after(due - now, () => {
        this.#cancelTimer = null;
        this.poke();
      });
      return;
    }
    gates.begins('screen', now);
    this.#due = Math.max(now, this.#due) + period;
    this.#reading = this.#capture(now).then(() => {
      this.#reading = null;
      if (!this.#damage.isEmpty) gates.waitsFor('capture', this.#clock.now());
      if (this.#newSize) this.#resized(this.#newSize);
      this.poke();
    });
  }

  /** Resolves when the source does not write into the screen any more; to be awaited after `stop`. */
  async idle(): Promise<void> {
    await this.#reading;
  }

  #damaged(rectangles: readonly Rectangle[]): void {
    for (const rectangle of rectangles) this.#damage.add(rectangle);
    this.poke();
  }

  async #capture(began: number): Promise<void> {
    const rectangles = this.#damage.rectangles();
    this.#damage = Region.of([]);
    try {
      let whole = await this.#read(rectangles);
      const added = this.#takeNewDamage(rectangles);
      rectangles.push(...added);
      if (added.length > 0) whole = (await this.#read(added)) && whole;
      this.#failures.succeeded();
      const captured = this.#clock.now();
      this.#figures.stage(captured, 'capture', captured - began);
      for (let others = this.#host.whenReleased(); others; others = this.#host.whenReleased()) await others;
      if (this.#running && !this.#newSize && whole) this.#commit(rectangles, captured);
    } catch (error) {
      this.#readFailed(rectangles, error);
    }
  }

  /** @returns false when there was nothing to read, because the source has another size by now, and all of it is damage */
  async #read(rectangles: readonly Rectangle[]): Promise<boolean> {
    const pixels = await this.#source.read(rectangles, this.#screen.incomingFor(rectangles));
    this.#figures.capturedPixels += pixels;
    return pixels > 0;
  }

  /**
   * What a program paints in several added is one picture: what has come while the first of it was read is read as well
   * before all of it is committed, unless both are large. Else the first, however small, would be an update of its own,
   * which the rest would have to wait for.
   */
  #takeNewDamage(first: readonly Rectangle[]): Rectangle[] {
    if (!this.#running || this.#host.paused || this.#newSize || this.#damage.isEmpty) return [];
    const small =
      this.#damage.area <= SMALL_READ_PIXELS || first.reduce((sum, each) => sum + area(each), 0) <= SMALL_READ_PIXELS;
    if (!small) return [];
    const added = this.#damage.rectangles();
    this.#damage = Region.of([]);
    return added;
  }

  #commit(rectangles: readonly Rectangle[], captured: number): void {
    const began = this.#clock.now();
    const entry = this.#screen.commit(rectangles, captured);
    const detected = this.#clock.now();
    this.#figures.stage(detected, 'detect', detected - began);
    const first = !this.#live;
    this.#live = true;
    if (entry) this.#figures.changedPixels += entry.changedPixels;
    if (entry || first) this.#host.committed(entry);
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

  /** The framebuffers must not go while the source writes into them: a size that comes meanwhile waits. */
  #resized(size: Size): void {
    this.#newSize = size;
    if (this.#reading || !this.#running) return;
    this.#newSize = null;
    this.#live = false;
    this.#screen.resize(size);
    // Before the host hears of it, who may want a picture at once: what was damaged of the old size may lie outside.
    this.#damage = Region.of([{ x: 0, y: 0, width: size.width, height: size.height }]);
    this.#host.resized(size);
    this.poke();
  }

  /** Damage can be missed: a still screen is compared whole every few seconds, where the source says so. */
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
