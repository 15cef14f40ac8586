import { area, bounds, contains, intersect, overlaps, type Rectangle, type Size } from '../../../core/rectangle.js';
import { bestRectangle } from '../../../pixels/best-rectangle.js';
import { destinationOf, type Move } from '../../../pixels/journal.js';

/** An area that changes like film. Its x, y, width and height are even. */
export interface FilmRegion {
  /** Another one whenever the rectangle is. */
  readonly id: number;
  readonly rectangle: Rectangle;
}

/** The screen is watched in squares of this side. */
const CELL = 32;
/** Time is divided into slots; the 32 last ones of each cell are remembered as bits, changed or not. */
const SLOT_MS = 40;
const SLOTS = 32;
/** Of the last 32 slots, those with a change: 8 are 6 changes a second. */
const HOT_SLOTS = 8;
/** A cell without a change for so long is still, and so is a film all of whose cells are. */
const STILL_MS = 450;
/** The least size: below, ordinary rectangles cost little, and an IDR gains nothing. */
const MIN_SIDE = 96;
const MIN_AREA = 160 * 120;
/** A cold cell outweighs so many hot ones, so that regions have few of them. */
const COLD = -1.5;
/** A scroll explains changes around it for so long. */
const EXPLAINED_MS = 500;
const EVALUATE_MS = 80;
/** A region whose film has grown out of it, or has left half of it, for so long gets another rectangle. */
const MISFIT_MS = 700;
const KEPT_FRACTION = 0.5;
/** Edges of damage may be off by so many pixels, without that a region is moved for it. */
const TOLERANCE = 8;
/** An area that was found not to be photographic is looked at again after this. */
const REJUDGE_MS = 400;
const MAX_REGIONS = 4;
/** Recent changes, from which the exact edges of a region follow. */
const MAX_RECENT = 256;

interface Tracked extends FilmRegion {
  /** Since when the film does not fit into it; null: it does. */
  misfitSince: number | null;
  /** Since when it does not look like a photograph; null: it does. */
  plainSince: number | null;
  judgedAt: number;
}

/** Content that is not photographic for so long is no film any more, whatever it does. */
const PLAIN_MS = 1500;

/**
 * Finds the areas that change like film: large, many times a second, photographic, and explained by no move. It is told
 * of changes, and depends on nothing else, least of all on how fast viewers take pictures of them.
 */
export class FilmDetector {
  readonly #isPhotographic: (rectangle: Rectangle) => boolean;
  #size: Size = { width: 0, height: 0 };
  #columns = 0;
  #rows = 0;
  #bits = new Uint32Array(0);
  #slots = new Float64Array(0);
  #explainedUntil = new Float64Array(0);
  #recent: { readonly rectangle: Rectangle; readonly time: number }[] = [];
  #regions: Tracked[] = [];
  #rejected: { readonly rectangle: Rectangle; readonly until: number }[] = [];
  #evaluateAt = 0;
  #changed = false;
  #nextId = 1;

  /** @param isPhotographic whether most of a rectangle looks like a photograph now */
  constructor(size: Size, isPhotographic: (rectangle: Rectangle) => boolean) {
    this.#isPhotographic = isPhotographic;
    this.resized(size);
  }

  get regions(): readonly FilmRegion[] {
    return this.#regions;
  }

  /** The picture is another one: nothing is known of it. */
  resized(size: Size): void {
    this.#size = size;
    this.#columns = Math.ceil(size.width / CELL);
    this.#rows = Math.ceil(size.height / CELL);
    const cells = this.#columns * this.#rows;
    this.#bits = new Uint32Array(cells);
    this.#slots = new Float64Array(cells);
    this.#explainedUntil = new Float64Array(cells);
    this.#recent = [];
    this.#regions = [];
    this.#rejected = [];
    this.#changed = false;
  }

  /** These areas have changed, and no move explains it. */
  changed(rectangles: readonly Rectangle[], now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    for (const rectangle of rectangles) {
      this.#eachCell(rectangle, cell => {
        const passed = slot - this.#slots[cell]!;
        const before = passed >= SLOTS ? 0 : this.#bits[cell]! << passed;
        this.#bits[cell] = before | 1;
        this.#slots[cell] = slot;
      });
      this.#recent.push({ rectangle, time: now });
    }
    if (this.#recent.length > MAX_RECENT) this.#recent.splice(0, this.#recent.length - MAX_RECENT);
    this.#changed ||= rectangles.length > 0;
  }

  /** These moves have explained what changed there and around. */
  moved(moves: readonly Move[], now: number): void {
    for (const move of moves) {
      this.#eachCell(bounds(move.source, destinationOf(move)), cell => {
        this.#explainedUntil[cell] = now + EXPLAINED_MS;
      });
    }
  }

  /**
   * Brings the regions up to date; cheap if called often.
   * @returns whether there are other regions than before
   */
  evaluate(now: number): boolean {
    if (now < this.#evaluateAt || (!this.#changed && this.#regions.length === 0)) return false;
    this.#evaluateAt = now + EVALUATE_MS;
    this.#changed = false;
    this.#recent = this.#recent.filter(({ time }) => now - time <= STILL_MS);
    this.#rejected = this.#rejected.filter(({ until }) => until > now);
    const before = this.#regions;
    const found = this.#find(now);
    const kept: Tracked[] = [];
    for (const region of before) {
      const next = this.#follow(region, found, now);
      if (next) kept.push(next);
    }
    for (const rectangle of found) {
      if (kept.length === MAX_REGIONS) break;
      if (kept.some(region => overlaps(region.rectangle, rectangle))) continue;
      if (this.#judge(rectangle, now)) kept.push(this.#track(rectangle, now));
    }
    this.#regions = kept;
    return kept.length !== before.length || kept.some((region, index) => region !== before[index]);
  }

  /** What becomes of a region; null: it has ended. */
  #follow(region: Tracked, found: readonly Rectangle[], now: number): Tracked | null {
    const { rectangle } = region;
    if (now - region.judgedAt >= REJUDGE_MS) {
      region.judgedAt = now;
      region.plainSince = this.#isPhotographic(rectangle) ? null : (region.plainSince ?? now);
    }
    if (region.plainSince !== null && now - region.plainSince >= PLAIN_MS) return null;
    const films = found.filter(each => overlaps(each, rectangle));
    if (films.length === 0) return this.#isStill(rectangle, now) ? null : region;
    const roomy = {
      x: rectangle.x - TOLERANCE,
      y: rectangle.y - TOLERANCE,
      width: rectangle.width + 2 * TOLERANCE,
      height: rectangle.height + 2 * TOLERANCE,
    };
    // Several where a menu stands over the film.
    const filmed = films.reduce((sum, film) => sum + area(film), 0);
    if (films.every(film => contains(roomy, film)) && filmed >= area(rectangle) * KEPT_FRACTION) {
      region.misfitSince = null;
      return region;
    }
    region.misfitSince ??= now;
    if (now - region.misfitSince < MISFIT_MS) return region;
    const largest = films.reduce((best, film) => (area(film) > area(best) ? film : best));
    return this.#judge(largest, now) ? this.#track(largest, now) : null;
  }

  #track(rectangle: Rectangle, now: number): Tracked {
    return { id: this.#nextId++, rectangle, misfitSince: null, plainSince: null, judgedAt: now };
  }

  #judge(rectangle: Rectangle, now: number): boolean {
    if (this.#rejected.some(each => contains(each.rectangle, rectangle))) return false;
    if (this.#isPhotographic(rectangle)) return true;
    this.#rejected.push({ rectangle, until: now + REJUDGE_MS });
    return false;
  }

  /** The rectangles of hot cells that are large enough, the largest first, with the edges of the changes in them. */
  #find(now: number): Rectangle[] {
    const slot = Math.floor(now / SLOT_MS);
    const values = new Float32Array(this.#bits.length);
    let hot = 0;
    for (let cell = 0; cell < values.length; cell++) {
      const isHot = this.#isHot(cell, slot, now);
      values[cell] = isHot ? 1 : COLD;
      if (isHot) hot++;
    }
    const found: Rectangle[] = [];
    while (hot * CELL * CELL >= MIN_AREA && found.length < MAX_REGIONS) {
      const best = bestRectangle(values, this.#columns, this.#rows);
      if (!best || best.sum * CELL * CELL < MIN_AREA) break;
      const { column, row, columns, rows } = best;
      for (let y = row; y < row + rows; y++) {
        for (let cell = y * this.#columns + column; cell < y * this.#columns + column + columns; cell++) {
          if (values[cell]! > 0) hot--;
          values[cell] = COLD;
        }
      }
      const cells = { x: column * CELL, y: row * CELL, width: columns * CELL, height: rows * CELL };
      const rectangle = evenly(this.#edges(cells), this.#size);
      const { width, height } = rectangle;
      if (width >= MIN_SIDE && height >= MIN_SIDE && width * height >= MIN_AREA) found.push(rectangle);
    }
    return found;
  }

  #isHot(cell: number, slot: number, now: number): boolean {
    const passed = slot - this.#slots[cell]!;
    if (passed * SLOT_MS >= STILL_MS || this.#explainedUntil[cell]! > now) return false;
    return ones(this.#bits[cell]! << passed) >= HOT_SLOTS;
  }

  #isStill(rectangle: Rectangle, now: number): boolean {
    const slot = Math.floor(now / SLOT_MS);
    let still = true;
    this.#eachCell(rectangle, cell => {
      if ((slot - this.#slots[cell]!) * SLOT_MS < STILL_MS) still = false;
    });
    return still;
  }

  /** The bounds of the recent changes inside cells. */
  #edges(cells: Rectangle): Rectangle {
    let found: Rectangle | null = null;
    for (const { rectangle } of this.#recent) {
      const part = intersect(rectangle, cells);
      if (part) found = found ? bounds(found, part) : part;
    }
    return found ?? cells;
  }

  #eachCell(rectangle: Rectangle, take: (cell: number) => void): void {
    const part = intersect(rectangle, { x: 0, y: 0, ...this.#size });
    if (!part) return;
    const right = Math.ceil((part.x + part.width) / CELL);
    const bottom = Math.ceil((part.y + part.height) / CELL);
    for (let row = Math.floor(part.y / CELL); row < bottom; row++) {
      for (let column = Math.floor(part.x / CELL); column < right; column++) take(row * this.#columns + column);
    }
  }
}

/** The rectangle with even edges that holds this one; smaller only where the screen itself has an odd size. */
export function evenly({ x, y, width, height }: Rectangle, screen: Size): Rectangle {
  const left = x - (x % 2);
  const top = y - (y % 2);
  const right = Math.min(x + width + ((x + width) % 2), screen.width - (screen.width % 2));
  const bottom = Math.min(y + height + ((y + height) % 2), screen.height - (screen.height % 2));
  return { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) };
}

function ones(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x5555_5555);
  left = (left & 0x3333_3333) + ((left >>> 2) & 0x3333_3333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
