import { intersect, type Rectangle } from '../../../core/rectangle.js';
import { Region } from '../../../pixels/region.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { UpdatePlan } from './update-plan.js';

/** Requested in place of an empty area, which still requests pseudo-rectangles. */
const ONE_PIXEL: Rectangle = { x: 0, y: 0, width: 1, height: 1 };

/**
 * The area that a viewer has requested, and the dirty part of it, which is missing although the viewer has the version.
 * A region of too many pieces becomes its bounding rectangle, so that the lists do not grow with the requests.
 */
export class RequestedArea {
  #dirty = new Region();
  #requested = new Region();
  #continuous: Region | null = null;
  /** The requests that arrived after an update was planned; null: none is planned. */
  #later: Region | null = null;

  /** Areas that are missing although it has the version: requested again, or outside its requests so far. */
  get dirty(): Region {
    return this.#dirty;
  }

  /** Not to be changed. */
  get region(): Region {
    if (this.#continuous === null) return this.#requested;
    return this.#requested.isEmpty ? this.#continuous : this.#requested.copy().add(this.#continuous);
  }

  /** Whether updates need not be requested one by one. */
  get isContinuous(): boolean {
    return this.#continuous !== null;
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

  /** These pixels are missing, although the viewer has their version. */
  missed(rectangle: Rectangle): void {
    this.#dirty.add(rectangle).widenBeyond(VIEWER_LIMITS.spans);
  }

  /** These are not. */
  got(rectangle: Rectangle): void {
    if (!this.#dirty.isEmpty) this.#dirty.subtract(rectangle);
  }

  /** An update is planned: later requests are answered by a later one. */
  updatePlanned(): void {
    this.#later = new Region();
  }

  /** @param area null: disabled */
  setContinuous(area: Rectangle | null): void {
    this.#continuous = area && Region.of([area]);
  }

  /** The viewer has a new framebuffer, of which it has nothing. */
  resized(bounds: Rectangle): void {
    this.#dirty = new Region();
    this.#requested = new Region();
    this.#later = null;
    if (this.#continuous) this.#continuous = Region.of([bounds]);
  }

  /** The plan's update is being sent, which answers the requests inside the bounds. */
  answered(plan: UpdatePlan | null, bounds: Rectangle): void {
    this.#requested = this.#later ?? new Region();
    this.#later = null;
    if (!plan || (this.#dirty.isEmpty && plan.dirty.isEmpty)) return;
    for (const { rectangle } of plan.cells) this.#dirty.subtract(rectangle);
    this.#dirty.add(plan.dirty).intersect(bounds).widenBeyond(VIEWER_LIMITS.spans);
  }
}
