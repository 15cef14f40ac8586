import { area, bounds, intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import type { Changes, Move } from './journal.js';
import { Region } from './region.js';

/** More moves than this are not worth a viewer's time: the rest comes as pixels. */
const MOST_MOVES = 12;
/** Moves that spare a viewer fewer pixels than this are not worth their bytes. */
const LEAST_SPARED = 256;

/** A move that the viewer will do, and what is needed to make one of it and a later one. */
interface Step {
  readonly move: Move;
  /** Where the viewer's picture was wrong before this move. */
  readonly before: Region;
  /** Where the truth is something else by now than the picture before the move with the move done. */
  readonly since: Region;
}

/**
 * Puts the entries since a viewer's version together. It is followed what the viewer would see if it did the moves and
 * nothing else; `stale` is where that may differ from the truth, and goes out as pixels in the end. A move carries stale
 * pixels along; whatever is claimed too stale costs bytes and is never wrong.
 */
export class ChangeComposer {
  #stale = new Region();
  #steps: Step[] = [];

  add(entry: Changes): void {
    for (const move of entry.moves) this.#addMove(move);
    const changed = Region.of(entry.rectangles);
    this.#stale.add(changed);
    for (const { since } of this.#steps) since.add(changed);
  }

  /** @param picture its bounds */
  result(picture: Rectangle): Changes {
    const moves = this.#neededMoves(picture);
    const moved = Region.of(this.#steps.map(step => destinationOf(step.move)));
    if (moved.copy().subtract(this.#stale).area < LEAST_SPARED) {
      return { moves: [], rectangles: this.#stale.add(moved).rectangles() };
    }
    return { moves, rectangles: this.#stale.rectangles() };
  }

  #addMove(move: Move): void {
    const destination = destinationOf(move);
    const fresh = Region.of([move.source]).subtract(this.#stale).area;
    if (fresh < LEAST_SPARED) {
      this.#stale.add(destination);
      for (const { since } of this.#steps) since.add(destination);
      return;
    }
    if (this.#join(move)) return;
    if (this.#steps.length === MOST_MOVES) {
      this.#stale.add(destination);
      for (const { since } of this.#steps) since.add(destination);
      return;
    }
    for (const { since } of this.#steps) since.add(destination);
    this.#steps.push({ move, before: this.#stale.copy(), since: new Region() });
    this.#stale = carried(this.#stale, move);
  }

  /** Makes one move of an earlier one and this, when hardly a pixel more is stale for it: scrolling goes on and on. */
  #join(second: Move): boolean {
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i]!;
      const first = step.move;
      const middle = intersect(destinationOf(first), second.source);
      const footprint = [first.source, destinationOf(first), second.source, destinationOf(second)].reduce(bounds);
      if (middle !== null) {
        // What lies between in the list must have nothing to do with either.
        const between = this.#steps.slice(i + 1).flatMap(({ move }) => [move.source, destinationOf(move)]);
        return !between.some(each => overlaps(each, footprint)) && this.#replace(i, second, middle, footprint);
      }
    }
    return false;
  }

  #replace(index: number, second: Move, middle: Rectangle, footprint: Rectangle): boolean {
    const { move: first, before, since } = this.#steps[index]!;
    const source = translate(middle, -first.dx, -first.dy);
    const joined = { source, dx: first.dx + second.dx, dy: first.dy + second.dy };
    if (joined.dx === 0 && joined.dy === 0) return false;
    const destination = destinationOf(joined);
    const others = since.copy().add(destinationOf(first)).add(destinationOf(second)).subtract(destination);
    const late = since.copy().intersect(middle).translate(second.dx, second.dy);
    const inside = before.copy().intersect(source).translate(joined.dx, joined.dy).add(late);
    inside.add(before.copy().subtract(destination)).add(others).intersect(footprint);
    const stale = this.#stale.copy().subtract(footprint).add(inside);
    const oneByOne = carried(this.#stale, second);
    if (stale.area > oneByOne.area + area(destination) / 16) return false;
    this.#stale = stale;
    for (const step of this.#steps) step.since.add(destinationOf(second));
    // Steps after it see the joined move done early: in its footprint they can rely on nothing.
    for (const step of this.#steps.slice(index + 1)) step.before.add(footprint);
    this.#steps[index] = { move: joined, before, since: others.add(late) };
    return true;
  }

  /** Leaves out moves of which no pixel is seen in the end. */
  #neededMoves(picture: Rectangle): Move[] {
    let needed = Region.of([picture]).subtract(this.#stale);
    const kept: Move[] = [];
    for (const { move } of this.#steps.toReversed()) {
      const destination = destinationOf(move);
      const used = needed.copy().intersect(destination);
      if (used.isEmpty) continue;
      kept.unshift(move);
      needed = needed.subtract(destination).add(used.translate(-move.dx, -move.dy));
    }
    return kept;
  }
}

export function destinationOf({ source, dx, dy }: Move): Rectangle {
  return translate(source, dx, dy);
}

/** Where a picture is stale after a move, of where it was before. */
function carried(stale: Region, move: Move): Region {
  const along = stale.copy().intersect(move.source).translate(move.dx, move.dy);
  return stale.copy().subtract(destinationOf(move)).add(along);
}
