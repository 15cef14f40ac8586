import { viewOf } from '../../core/bytes.js';
import { intersect, type Rectangle, type Size } from '../../core/rectangle.js';
import { Region } from '../../pixels/region.js';
import type { LogRectangle } from '../../protocols/recording/messages.js';
import { ENCODING, H264, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';

const CURSORS: ReadonlySet<number> = new Set([
  PSEUDO_ENCODING.cursor,
  PSEUDO_ENCODING.xCursor,
  PSEUDO_ENCODING.cursorWithAlpha,
]);
/** Above this number, spans are merged: at worst a rectangle too many is decoded. */
const MAX_SPANS = 4000;

/** The same for several updates: those of the result are as many. */
export function visibleUpdates(updates: readonly (readonly LogRectangle[])[], size: Size): LogRectangle[][] {
  const kept = new Set(visibleRectangles(updates.flat(), size));
  return updates.map(rectangles => rectangles.filter(rectangle => kept.has(rectangle)));
}

/**
 * Drops rectangles that later ones cover: of a second of film only the last picture is decoded. Walks backwards with
 * the area whose pixels are visible in the end. A move makes its source visible instead of its destination. Each picture
 * of a film needs the one before it, back to an IDR, whatever is seen of it.
 * @param rectangles in the order in which they are painted
 * @returns the same picture in the end, in the same order
 */
export function visibleRectangles(rectangles: readonly LogRectangle[], { width, height }: Size): LogRectangle[] {
  const picture = { x: 0, y: 0, width, height };
  let needed = Region.of([picture]);
  let shaped = false;
  let placed = false;
  const kept: LogRectangle[] = [];
  /** Films whose earlier pictures nothing depends on. */
  const begun = new Set<string>();
  let allBegun = false;
  for (const rectangle of rectangles.toReversed()) {
    const { encoding } = rectangle;
    if (CURSORS.has(encoding)) {
      if (!shaped) kept.push(rectangle);
      shaped = true;
    } else if (encoding === PSEUDO_ENCODING.pointerPos) {
      if (!placed) kept.push(rectangle);
      placed = true;
    } else if (encoding === ENCODING.h264) {
      const film = `${rectangle.x} ${rectangle.y} ${rectangle.width} ${rectangle.height}`;
      if (!allBegun && !begun.has(film)) kept.push(rectangle);
      const flags = flagsOf(rectangle);
      if ((flags & H264.resetContext) !== 0) begun.add(film);
      allBegun ||= (flags & H264.resetAllContexts) !== 0;
    } else if (encoding === PSEUDO_ENCODING.videoMask) kept.push(rectangle);
    else {
      const inside = intersect(rectangle, picture);
      const used = inside && needed.copy().intersect(inside);
      // Rectangles outside are damage, which the decoder refuses.
      if (used?.isEmpty) continue;
      kept.push(rectangle);
      if (!used) continue;
      needed.subtract(rectangle);
      const source = sourceOf(rectangle);
      if (source) needed = needed.add(used.translate(source.x - rectangle.x, source.y - rectangle.y));
      needed.widenBeyond(MAX_SPANS);
    }
  }
  return kept.reverse();
}

/** Of H.264. */
function flagsOf({ data }: LogRectangle): number {
  return data.length < H264.headerLength ? 0 : viewOf(data).getUint32(4);
}

/** The source of a CopyRect. */
function sourceOf({ encoding, width, height, data }: LogRectangle): Rectangle | null {
  if (encoding !== ENCODING.copyRect || data.length < 4) return null;
  const view = viewOf(data);
  return { x: view.getUint16(0), y: view.getUint16(2), width, height };
}
