import { intersect, type Rectangle } from '../../../core/rectangle.js';
import { Region } from '../../../pixels/region.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { UpdatePlan } from './update-plan.js';

/** An empty area still asks for what is not pixels. */
const ONE_PIXEL: Rectangle = { x: 0, y: 0, width: 1, height: 1 };

/**
 * What a viewer has asked for, and what of that it lacks although it has the version. Both are still to be sent: of many
 * small pieces all of what lies between them may be sent too, so that no list of pieces grows with the requests.
 */
export class RequestedArea {
  #dirty = new Region();
  #requested = new Region();
  #continuous: Rectangle | null = null;
  /** Of what was requested that which came after an update had been planned; null: none is planned. */
  #later: Region | null = null;

  /** What it lacks although it has the version: asked for again, or outside of what it asked for so far. */
  get dirty(): Region {
    return this.#dirty;
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
    if (part && !incremental) this.#dirty.add(part).widenBeyond(VIEWER_LIMITS.spans);
    for (const requested of [this.#requested, this.#later]) {
      requested?.add(part ?? ONE_PIXEL).widenBeyond(VIEWER_LIMITS.spans);
    }
  }

  /** An update is planned: what is requested from here on is answered by a later one. */
  updatePlanned(): void {
    this.#later = new Region();
  }

  /** @param area null: no more */
  setContinuous(area: Rectangle | null): void {
    this.#continuous = area;
  }

  /** The viewer's framebuffer is another one, of which it has nothing. */
  resized(bounds: Rectangle): void {
    this.#dirty = new Region();
    this.#requested = new Region();
    this.#later = null;
    if (this.#continuous) this.#continuous = bounds;
  }

  /** What the plan holds is on its way, inside of the bounds, and with it what was requested. */
  answered(plan: UpdatePlan | null, bounds: Rectangle): void {
    this.#requested = this.#later ?? new Region();
    this.#later = null;
    if (!plan) return;
    for (const { rectangle } of plan.cells) this.#dirty.subtract(rectangle);
    this.#dirty.add(plan.dirty).intersect(bounds).widenBeyond(VIEWER_LIMITS.spans);
  }
}
