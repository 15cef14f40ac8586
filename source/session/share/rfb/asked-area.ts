import type { Clock } from '../../../core/clock.js';
import { intersect, type Rectangle } from '../../../core/rectangle.js';
import { Region } from '../../../pixels/region.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { UpdatePlan } from './update-plan.js';

/** An empty area still asks for what is not pixels. */
const SOMETHING: Rectangle = { x: 0, y: 0, width: 1, height: 1 };

/**
 * What a viewer has asked for, and what of that it lacks although it has the version. Both are still to be sent: of many
 * small pieces all of what lies between them may be sent too, so that no list of pieces grows with the requests.
 */
export class AskedArea {
  readonly #clock: Clock;
  readonly #due: () => void;
  readonly #budget = new TimeBudget(VIEWER_LIMITS.refreshMs, VIEWER_LIMITS.refreshShare);
  #owed = new Region();
  #requested = new Region();
  #continuous: Rectangle | null = null;
  /** Asked for again by a viewer whose refreshes have taken too much time, until it may have the next. */
  #later = new Region();
  #cancelLater: (() => void) | null = null;
  #refreshing = false;

  /** @param due called when something is to be sent that had to wait */
  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** What it lacks although it has the version: asked for again, or outside of what it asked for so far. */
  get owed(): Region {
    return this.#owed;
  }

  get region(): Region {
    return this.#continuous ? this.#requested.copy().add(this.#continuous) : this.#requested;
  }

  get isEmpty(): boolean {
    return this.#requested.isEmpty && this.#continuous === null;
  }

  /** @param bounds of the viewer's framebuffer */
  request(incremental: boolean, asked: Rectangle, bounds: Rectangle): void {
    if (incremental && this.#continuous) return;
    const part = intersect(asked, bounds);
    if (!part) this.#requested.add(SOMETHING);
    else if (incremental) this.#requested.add(part).widenBeyond(VIEWER_LIMITS.spans);
    else this.#refresh(part);
  }

  /** @param area null: no more */
  setContinuous(area: Rectangle | null): void {
    this.#continuous = area;
  }

  /** The viewer's framebuffer is another one, of which it has nothing. */
  resized(bounds: Rectangle): void {
    this.#owed = new Region();
    this.#requested = new Region();
    this.#later = new Region();
    if (this.#continuous) this.#continuous = bounds;
  }

  /** What the plan holds is on its way, inside of the bounds, and with it what was requested. */
  answered(plan: UpdatePlan | null, bounds: Rectangle): void {
    this.#requested = new Region();
    if (!plan) return;
    for (const { rectangle } of plan.cells) this.#owed.subtract(rectangle);
    this.#owed.add(plan.owed).intersect(bounds).widenBeyond(VIEWER_LIMITS.spans);
  }

  /** Encoding begins. @returns what is to be told the time that it took, since a refresh is paid for by whom it is for */
  beginEncoding(): (ms: number) => void {
    if (!this.#refreshing) return () => {};
    this.#refreshing = false;
    return ms => this.#budget.spend(ms, this.#clock.now());
  }

  close(): void {
    this.#cancelLater?.();
  }

  #refresh(part: Rectangle): void {
    const now = this.#clock.now();
    if (!this.#cancelLater && this.#budget.left(now) > 0) {
      this.#ask(part);
      return;
    }
    this.#later.add(part).widenBeyond(VIEWER_LIMITS.spans);
    this.#cancelLater ??= this.#clock.after(this.#budget.waitMs(now), () => {
      this.#cancelLater = null;
      this.#ask(this.#later);
      this.#later = new Region();
      this.#due();
    });
  }

  #ask(area: Rectangle | Region): void {
    this.#refreshing = true;
    this.#owed.add(area).widenBeyond(VIEWER_LIMITS.spans);
    this.#requested.add(area).widenBeyond(VIEWER_LIMITS.spans);
  }
}
