import { area, bounds, type Rectangle } from '../core/rectangle.js';

/** Reading one rectangle more costs about as much as reading that many pixels more. */
const WORTH_A_READ = 4_096;
/** Above this many the thorough pairing below would cost more than it saves. */
const MANY = 128;

/**
 * Fewer rectangles that hold all of the given ones: two become one where the pixels that this adds cost less than
 * another read. Changes in far corners stay apart. The result may overlap.
 */
export function coalesce(rectangles: readonly Rectangle[]): Rectangle[] {
  const merged = rectangles.length > MANY ? thin(rectangles) : [...rectangles];
  for (let index = 0; index < merged.length; index++) {
    let current = merged[index]!;
    for (let other = index + 1; other < merged.length; other++) {
      const candidate = merged[other]!;
      const both = bounds(current, candidate);
      if (area(both) > area(current) + area(candidate) + WORTH_A_READ) continue;
      current = both;
      merged[index] = both;
      merged.splice(other, 1);
      // The grown rectangle may now be close to one that was too far before.
      other = index;
    }
  }
  return merged;
}

/** Regions come in rows from the top, so neighbours in the list are neighbours on the screen. */
function thin(rectangles: readonly Rectangle[]): Rectangle[] {
  const group = Math.ceil(rectangles.length / MANY);
  const result: Rectangle[] = [];
  for (let start = 0; start < rectangles.length; start += group) {
    result.push(rectangles.slice(start, start + group).reduce(bounds));
  }
  return result;
}
