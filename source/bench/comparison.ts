import type { Rectangle, Size } from '../core/rectangle.js';
import type { MarkerReader } from './marker-reader.js';
import { type PictureError, pictureError } from './statistics.js';
import type { SlideTimes, TextCounts } from './watcher-task.js';

/** Number of offered pictures to keep for comparison. */
const KEPT = 32;
/**
 * Only a quarter of each picture is kept and compared, to finish before the next frame: four bands, at another offset
 * in each frame.
 */
const BANDS = 4;
const SHARE = 4;
/** Every fifth shown frame is compared, or the next one after this time. */
const COMPARE_EVERY = 5;
const COMPARE_EVERY_MS = 150;
/** A viewer may draw a frame in several steps: wait this long for the last one before comparing. */
const SETTLED_AFTER_MS = 8;
/** The mean squared error of 30 dB: text is readable. */
const READABLE = 255 ** 2 / 10 ** (30 / 10);

/** Keeps the latest offered pictures and compares shown pictures with them. */
export class Comparison {
  readonly errors: PictureError[] = [];
  readonly #place: Rectangle;
  readonly #bandHeight: number;
  readonly #kept: { frame: number; readonly pixels: Uint8Array }[];
  readonly #shown: Uint8Array;
  #next = 0;
  #seen = 0;
  #comparedAt = 0;
  #due: { readonly frame: number; readonly time: number } | null = null;

  /** @param place the part of the picture to compare */
  constructor(place: Rectangle) {
    this.#place = place;
    this.#bandHeight = Math.floor(place.height / (BANDS * SHARE));
    const bytes = place.width * this.#bandHeight * BANDS * 4;
    this.#kept = Array.from({ length: KEPT }, () => ({ frame: -1, pixels: new Uint8Array(bytes) }));
    this.#shown = new Uint8Array(bytes);
  }

  keep(frame: number, offered: MarkerReader): void {
    const slot = this.#kept[this.#next]!;
    this.#next = (this.#next + 1) % this.#kept.length;
    this.#read(frame, offered, slot.pixels);
    // If another frame has begun meanwhile, the pixels may mix both.
    slot.frame = offered.read() === frame ? frame : -1;
  }

  /** Schedules some of the shown frames for comparison. */
  notice(frame: number): void {
    this.#seen += 1;
    const now = performance.now();
    if (this.#seen % COMPARE_EVERY !== 0 && now - this.#comparedAt < COMPARE_EVERY_MS) return;
    this.#comparedAt = now;
    this.#due = { frame, time: now + SETTLED_AFTER_MS };
  }

  /** Compares the scheduled frame once it has settled. @returns whether it was compared */
  compareWhenSettled(shown: MarkerReader): boolean {
    if (!this.#due || performance.now() < this.#due.time) return false;
    const { frame } = this.#due;
    this.#due = null;
    const slot = this.#kept.find(each => each.frame === frame);
    if (!slot) return false;
    this.#read(frame, shown, this.#shown);
    if (shown.read() !== frame) return false;
    this.errors.push(pictureError(slot.pixels, this.#shown));
    return true;
  }

  #read(frame: number, { screen, x, y }: MarkerReader, target: Uint8Array): void {
    const { width } = this.#place;
    const bandBytes = width * this.#bandHeight * 4;
    for (let band = 0; band < BANDS; band++) {
      const top = y + this.#place.y + (band * SHARE + (frame % SHARE)) * this.#bandHeight;
      const place = { x: x + this.#place.x, y: top, width, height: this.#bandHeight };
      screen.readRectangle(place, target.subarray(band * bandBytes, (band + 1) * bandBytes));
    }
  }
}

/** An area of two displays. */
class BothAreas {
  readonly #place: Rectangle;
  readonly offered: Uint8Array;
  readonly shown: Uint8Array;

  constructor(place: Rectangle) {
    this.#place = place;
    this.offered = new Uint8Array(place.width * place.height * 4);
    this.shown = new Uint8Array(this.offered.length);
  }

  readOffered(offered: MarkerReader): void {
    this.#read(offered, this.offered);
  }

  readShown(shown: MarkerReader): void {
    this.#read(shown, this.shown);
  }

  /** Whether the colours are equal; the fourth byte of a pixel is none. */
  get equal(): boolean {
    const [a, b] = [this.offered, this.shown].map(bytes => new Uint32Array(bytes.buffer)) as [Uint32Array, Uint32Array];
    for (let at = 0; at < a.length; at++) if (((a[at]! ^ b[at]!) & 0xffffff) !== 0) return false;
    return true;
  }

  #read({ screen, x, y }: MarkerReader, target: Uint8Array): void {
    screen.readRectangle({ ...this.#place, x: x + this.#place.x, y: y + this.#place.y }, target);
  }
}

/** Compares text that never changes, and text that is being typed. */
export class TextComparison {
  readonly counts: TextCounts = { compared: 0, wrong: 0 };
  readonly #static: readonly BothAreas[];
  readonly #typed: BothAreas | null;
  #typedDue: { readonly letter: number; readonly time: number } | null = null;

  constructor(text: readonly Rectangle[], typed: Rectangle | null) {
    this.#static = text.map(place => new BothAreas(place));
    this.#typed = typed && new BothAreas(typed);
  }

  compareStatic(offered: MarkerReader, shown: MarkerReader): void {
    if (this.#static.length === 0) return;
    for (const area of this.#static) {
      area.readOffered(offered);
      area.readShown(shown);
    }
    this.#count(this.#static.every(({ equal }) => equal));
  }

  noticeLetter(letter: number): void {
    this.#typedDue = { letter, time: performance.now() + SETTLED_AFTER_MS };
  }

  /** Compares what is typed if a letter is on both displays, and no other one yet. */
  compareTyped(offered: MarkerReader, shown: MarkerReader): void {
    if (!this.#typedDue || !this.#typed || performance.now() < this.#typedDue.time) return;
    const { letter } = this.#typedDue;
    this.#typedDue = null;
    const stands = () => offered.readLetter() === letter && shown.readLetter() === letter;
    if (!stands()) return;
    this.#typed.readOffered(offered);
    this.#typed.readShown(shown);
    if (stands()) this.#count(this.#typed.equal);
  }

  #count(right: boolean): void {
    this.counts.compared += 1;
    if (!right) this.counts.wrong += 1;
  }
}

/** Whether two displays are equal, and how long slides take until they are. */
export class WholeComparison {
  readonly slides: SlideTimes[] = [];
  readonly #size: Size;
  readonly #picture: BothAreas;
  readonly #boxes: readonly (readonly Rectangle[])[];
  readonly #firstNumber: number;
  #slide: {
    readonly number: number;
    readonly since: number;
    readableMs: number | null;
    exactMs: number | null;
  } | null = null;

  constructor(size: Size, boxes: readonly (readonly Rectangle[])[], firstNumber: number) {
    this.#size = size;
    this.#picture = new BothAreas({ x: 0, y: 0, ...size });
    this.#boxes = boxes;
    this.#firstNumber = firstNumber;
  }

  equal(offered: MarkerReader, shown: MarkerReader): boolean {
    this.#picture.readOffered(offered);
    this.#picture.readShown(shown);
    return this.#picture.equal;
  }

  /** A new slide is offered. */
  turn(number: number, offered: MarkerReader): void {
    this.endSlide();
    this.#slide = { number, since: performance.now(), readableMs: null, exactMs: null };
    this.#picture.readOffered(offered);
  }

  /** Looks at the slide that is offered, unless it is known to be exact. */
  look(shown: MarkerReader): void {
    const slide = this.#slide;
    if (!slide || slide.exactMs !== null) return;
    this.#picture.readShown(shown);
    const took = performance.now() - slide.since;
    const boxes = this.#boxes[(slide.number - this.#firstNumber) % this.#boxes.length]!;
    if (slide.readableMs === null && boxes.every(box => this.#errorIn(box) <= READABLE)) slide.readableMs = took;
    if (slide.readableMs !== null && this.#picture.equal) slide.exactMs = took;
  }

  endSlide(): void {
    if (this.#slide) this.slides.push({ readableMs: this.#slide.readableMs, exactMs: this.#slide.exactMs });
    this.#slide = null;
  }

  /** The mean squared error in a box. */
  #errorIn({ x, y, width, height }: Rectangle): number {
    const { offered, shown } = this.#picture;
    let sum = 0;
    for (let row = y; row < y + height; row++) {
      const start = (row * this.#size.width + x) * 4;
      for (let at = start; at < start + width * 4; at += 4) {
        const blue = offered[at]! - shown[at]!;
        const green = offered[at + 1]! - shown[at + 1]!;
        const red = offered[at + 2]! - shown[at + 2]!;
        sum += blue * blue + green * green + red * red;
      }
    }
    return sum / (width * height * 3);
  }
}
