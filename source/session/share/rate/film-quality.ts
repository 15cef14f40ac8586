/**
 * How much film costs at which quality, and which quality fits a rate. Qualities are on libjpeg's scale, 1-100; costs are
 * bytes, times milliseconds.
 */

/** Bytes follow the quantiser's step with about this power, for photographs with grain and without. */
const POWER = 0.8;
/** Bytes a pixel at quality 50 before anything was measured: those of a photograph with a little grain. */
const FIRST_COST = 0.15;
/** The weight of a new measurement. */
const WEIGHT = 0.4;
/** Fewer pixels say little about the rest. */
const MIN_PIXELS = 8192;

/**
 * The way down as a link gets thinner: first the quality falls while the pictures keep their rate, then pictures become
 * rarer at a quality that is still good, and so on. From each quality on, a picture may take that long.
 */
const STEPS = [
  { quality: 100, pictureMs: 33 },
  { quality: 50, pictureMs: 33 },
  { quality: 50, pictureMs: 60 },
  { quality: 30, pictureMs: 60 },
  { quality: 30, pictureMs: 110 },
  { quality: 20, pictureMs: 110 },
  { quality: 20, pictureMs: 160 },
  { quality: 10, pictureMs: 160 },
] as const;

/** Qualities are few, so that viewers share what is encoded. */
const CLASS = 5;
/** A class is left upwards only if the quality fits well, and downwards only if it does not fit. */
const MORE = 3;
const LESS = 1;

/** The quantiser's step relative to that at quality 50, as libjpeg has it. */
export function stepOf(quality: number): number {
  return quality < 50 ? 50 / Math.max(quality, 1) : Math.max(2 - quality / 50, 0.02);
}

function qualityOf(step: number): number {
  return step > 1 ? Math.max(50 / step, 1) : Math.min((2 - step) * 50, 100);
}

/** What a viewer's film costs, learned from what was encoded. */
export class FilmCost {
  #perPixel = FIRST_COST;
  #known = false;

  /** Whether anything was measured. */
  get known(): boolean {
    return this.#known;
  }

  /** Bytes of a pixel at a quality. */
  perPixel(quality: number): number {
    return this.#perPixel * stepOf(quality) ** -POWER;
  }

  /** Photographic rectangles were encoded at a quality. */
  measured(pixels: number, bytes: number, quality: number): void {
    if (pixels < MIN_PIXELS) return;
    const perPixel = (bytes / pixels) * stepOf(quality) ** POWER;
    this.#perPixel = this.#known ? this.#perPixel + (perPixel - this.#perPixel) * WEIGHT : perPixel;
    this.#known = true;
  }

  /** The quality at which this many pixels cost so many bytes, 1 to 100. */
  fitting(pixels: number, bytes: number): number {
    if (bytes <= 0) return 1;
    return qualityOf(((pixels * this.#perPixel) / bytes) ** (1 / POWER));
  }
}

/** What may be sent of film, and how. */
export interface FilmRoom {
  /** Of photographs in a picture. */
  readonly pixels: number;
  /** Bytes of everything else in it. */
  readonly otherBytes: number;
  readonly bytesPerSecond: number;
  /** Time between two pictures of the source, as far as it is known: they need not be sent faster. */
  readonly sourceMs: number;
}

/** The quality of the next picture, unrounded: as good as its rate and its delay allow. */
export function filmQuality(cost: FilmCost, { pixels, otherBytes, bytesPerSecond, sourceMs }: FilmRoom): number {
  const fitting = (pictureMs: number) => {
    const bytes = (bytesPerSecond * Math.max(pictureMs, sourceMs)) / 1000;
    // Whatever else there is, some of the picture is left for film.
    return cost.fitting(pixels, Math.max(bytes - otherBytes, bytes / 3));
  };
  for (const [index, { quality }] of STEPS.entries()) {
    const next = STEPS[index + 1];
    if (!next) return quality;
    const fits = fitting(next.pictureMs);
    if (fits >= next.quality) return Math.min(fits, quality);
  }
  return 1;
}

/**
 * Rounds a quality to its class, with hysteresis.
 * @param present the class until now; null: none
 */
export function qualityClass(quality: number, present: number | null): number {
  const fits = present !== null && quality >= present - LESS && quality < present + CLASS + MORE;
  return fits ? present : Math.max(Math.floor(quality / CLASS) * CLASS, CLASS);
}
