import { area, contains, intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import type { Comparer, Differences, Found } from './difference.js';
import type { Framebuffer } from './framebuffer.js';
import type { Move } from './journal.js';
import type { MoveVerifier } from './move-verifier.js';
import { Region } from './region.js';
import { horizontalSamples, LARGE, verticalSamples } from './scroll-samples.js';
import type { ScrollVotes } from './scroll-votes.js';

/** Target number of anchors: a large move needs few. */
const AIM = 1500;
/** A move is accepted if it explains this share of the differences around its destination. */
const ENOUGH = 0.75;
/** Large commits skipped after a failed prediction. */
const PAUSE = 15;

/** A result without a full comparison. */
export interface PredictedMove {
  /** Not yet applied to the previous picture. */
  readonly move: Move;
  /** The differences after it; inside its destination, against the moved pixels. */
  readonly differences: Differences;
  /** Estimated pixels that differ from the previous picture. */
  readonly pixels: number;
}

/**
 * Scrolling tends to continue: after a large move the next one is searched first, by samples, and only the rest is
 * compared. This reads the picture once instead of four times. Accepted moves are verified to the pixel.
 */
export class ScrollPredictor {
  readonly #comparer: Comparer;
  readonly #verifier: MoveVerifier;
  readonly #before: Framebuffer;
  readonly #now: Framebuffer;
  /** The last large move; null: no scrolling. */
  #last: Move | null = null;
  #pauseLeft = 0;

  /** @param comparer of `before` with `now` */
  constructor(comparer: Comparer, verifier: MoveVerifier, before: Framebuffer, now: Framebuffer) {
    this.#comparer = comparer;
    this.#verifier = verifier;
    this.#before = before;
    this.#now = now;
  }

  /** @param moves the moves found by the full comparison of a commit */
  found(moves: readonly Move[]): void {
    this.#last = moves.length === 1 ? largeOnly(moves[0]!) : null;
  }

  /**
   * @param votes computed only when needed
   * @returns null when everything has to be compared
   */
  look(damage: readonly Rectangle[], votes: () => ScrollVotes): PredictedMove | null {
    const large = largest(damage);
    const where = large && intersect(large, this.#before.bounds);
    if (this.#last === null || where === null || area(where) <= LARGE) return null;
    if (this.#pauseLeft > 0) {
      this.#pauseLeft--;
      return null;
    }
    const found = this.#look(where, damage, votes());
    this.#last = found === null ? null : largeOnly(found.move);
    if (found === null) this.#pauseLeft = PAUSE;
    return found;
  }

  #look(where: Rectangle, damage: readonly Rectangle[], votes: ScrollVotes): PredictedMove | null {
    const samples = this.#last!.dx === 0 ? verticalSamples : horizontalSamples;
    const [candidate] = votes.candidates(this.#before, this.#now, [samples(where, 0)], AIM);
    if (!candidate) return null;
    const { dx, dy } = candidate;
    const range = intersect(where, translate(this.#before.bounds, dx, dy));
    if (range === null) return null;
    const costs = this.#comparer.sample(where);
    const verified = this.#verifier.verify(range, dx, dy, costs);
    if (verified === null || verified.spared < costs.within(range) * ENOUGH) return null;
    const { destination, after } = verified;
    const differences = this.#comparer.compare(Region.of(damage).subtract(destination).rectangles());
    for (const each of after) for (const inside of this.#inside(each, destination, dx, dy)) differences.add(inside);
    return { move: { source: translate(destination, -dx, -dy), dx, dy }, differences, pixels: costs.pixels };
  }

  /** The part of a find inside the destination, compared again where the find extends beyond it. */
  #inside(found: Found, destination: Rectangle, dx: number, dy: number): readonly Found[] {
    if (contains(destination, found)) return [found];
    if (!overlaps(destination, found)) return [];
    return this.#comparer.find(intersect(found, destination)!, dx, dy);
  }
}

/** For moves that samples of one axis can find again. */
function largeOnly(move: Move): Move | null {
  return (move.dx === 0 || move.dy === 0) && area(move.source) > LARGE ? move : null;
}

function largest(rectangles: readonly Rectangle[]): Rectangle | null {
  return rectangles.reduce<Rectangle | null>((most, each) => (most && area(most) >= area(each) ? most : each), null);
}
