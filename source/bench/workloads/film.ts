import type { Rectangle, Size } from '../../core/rectangle.js';
import { drawFilmMarker, drawMarker, FILM_MARKER, MARKER, MARKER_SIDE, type Mark } from '../marker.js';
import { loadPicture, type Pixels, tile } from '../pictures.js';
import {
  all,
  between,
  type Layout,
  PLAIN_LAYOUT,
  type Random,
  type Stage,
  type StageSurface,
  type Workload,
} from './workload.js';

// Loads for thin links: films of the natural kind, alone and beside text.

/** Number of prepared pictures. They are shown forwards and backwards, so that there is no cut. */
const PICTURES = 32;
/** What a camera does from picture to picture: radians, a factor, pixels. */
const TURN = 0.006;
const ZOOM = 1.008;
const PAN = 1.5;
/** The standard deviation of the grain, in levels of brightness. */
const GRAIN = 2.3;
const GRAINS = 65_536;

/** The grain's values, drawn from a normal distribution. */
function grainOf(random: Random): Int8Array {
  return Int8Array.from({ length: GRAINS }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return Math.round(GRAIN * radius * Math.cos(2 * Math.PI * random()));
  });
}

/** Places beyond a picture's edges, where it continues as its mirror image. */
function mirror(length: number, reach: number): { readonly at: Int32Array; readonly origin: number } {
  const at = Int32Array.from({ length: 2 * reach }, (_, index) => {
    const place = (((index - reach) % (2 * length)) + 2 * length) % (2 * length);
    return place < length ? place : 2 * length - 1 - place;
  });
  return { at, origin: reach };
}

interface Camera {
  readonly angle: number;
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** Fills `target` with what a camera sees of the photograph around (x, y), bilinear, with grain. */
function shoot(photo: Pixels, { angle, zoom, x, y }: Camera, grain: Int8Array, first: number, target: Pixels): void {
  const { width, height, pixels } = target;
  const [along, across] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
  const reach = 2 * (width + height + photo.width + photo.height);
  const columns = mirror(photo.width, reach);
  const rows = mirror(photo.height, reach);
  // In 1/256 of a pixel; the products stay below 2^31 on screens up to 8K.
  const stepU = Math.round(along * 256);
  const stepV = Math.round(across * 256);
  let to = 0;
  for (let row = 0; row < height; row++) {
    const down = row - height / 2;
    let u = Math.round((x + columns.origin - (width / 2) * along - down * across) * 256);
    let v = Math.round((y + rows.origin - (width / 2) * across + down * along) * 256);
    for (let column = 0; column < width; column++, u += stepU, v += stepV) {
      const [left, top] = [u >>> 8, v >>> 8];
      const [a, b] = [columns.at[left]!, columns.at[left + 1]!];
      const upper = rows.at[top]! * photo.width;
      const lower = rows.at[top + 1]! * photo.width;
      const beside = u & 255;
      const above = mix(photo.pixels[upper + a]!, photo.pixels[upper + b]!, beside);
      const below = mix(photo.pixels[lower + a]!, photo.pixels[lower + b]!, beside);
      pixels[to] = brighter(mix(above, below, v & 255), grain[(first + to) & (GRAINS - 1)]!);
      to += 1;
    }
  }
}

/** Blends two pixels; `share` of 256 is the second one's. */
function mix(a: number, b: number, share: number): number {
  const rest = 256 - share;
  const odd = ((Math.imul(a & 0xff00ff, rest) + Math.imul(b & 0xff00ff, share)) >>> 8) & 0xff00ff;
  const even = ((Math.imul(a & 0x00ff00, rest) + Math.imul(b & 0x00ff00, share)) >>> 8) & 0x00ff00;
  return odd | even;
}

function brighter(pixel: number, by: number): number {
  const [red, green, blue] = [(pixel >>> 16) + by, ((pixel >>> 8) & 255) + by, (pixel & 255) + by];
  return (within(red) << 16) | (within(green) << 8) | within(blue);
}

function within(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** Where a film's numbers stand: at its top left and its bottom right, on the grid of a codec's blocks. */
function marksIn(place: Rectangle): readonly [Mark, Mark] {
  const grid = 2 * MARKER_SIDE;
  const { height } = FILM_MARKER;
  const right = Math.floor((place.width - MARKER.width) / grid) * grid;
  const bottom = Math.floor((place.height - height) / grid) * grid;
  return [
    { x: place.x + MARKER_SIDE, y: place.y, height },
    { x: place.x + right, y: place.y + bottom, height },
  ];
}

/** A part of a film under a marker. */
function underMark(picture: Pixels, { x, y }: Mark): Uint32Array {
  const { width, height } = FILM_MARKER;
  const under = new Uint32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * picture.width + x - MARKER_SIDE;
    under.set(picture.pixels.subarray(from, from + width), row * width);
  }
  return under;
}

/** A camera that turns, zooms and drifts over a photograph. Each picture has its number in two corners. */
class Film {
  readonly #stage: Stage;
  readonly #place: Rectangle;
  readonly #marks: readonly Mark[];
  readonly #pictures: readonly { readonly surface: StageSurface; readonly under: readonly Uint32Array[] }[];

  constructor(stage: Stage, place: Rectangle, random: Random) {
    this.#stage = stage;
    this.#place = place;
    this.#marks = marksIn({ ...place, x: 0, y: 0 });
    const photo = loadPicture('photo.jpg');
    const grain = grainOf(random);
    const turn = random() < 0.5 ? -TURN : TURN;
    const [angle, course] = [random() - 0.5, random() * 2 * Math.PI];
    this.#pictures = Array.from({ length: PICTURES }, (_, index) => {
      const surface = stage.createSurface(place);
      const camera = {
        angle: angle + index * turn,
        zoom: ZOOM ** index,
        x: photo.width / 2 + index * PAN * Math.cos(course),
        y: photo.height / 2 + index * PAN * Math.sin(course),
      };
      shoot(photo, camera, grain, between(random, 0, GRAINS - 1), surface);
      return { surface, under: this.#marks.map(mark => underMark(surface, mark)) };
    });
  }

  show(frame: number, number: number): void {
    const step = frame % (2 * PICTURES - 2);
    const { surface, under } = this.#pictures[step < PICTURES ? step : 2 * PICTURES - 2 - step]!;
    this.#marks.forEach((mark, index) => {
      drawFilmMarker(under[index]!, surface.pixels, surface.width, mark, number);
    });
    this.#stage.put(surface, all(this.#place), this.#place.x, this.#place.y);
  }
}

export const film: Workload = {
  name: 'film',
  description: 'a film on the whole screen that turns, zooms and has grain, at 30 fps',
  hz: 30,
  layout: size => ({ ...PLAIN_LAYOUT, frame: marksIn(all(size)) }),
  setUp(stage, random) {
    const moving = new Film(stage, all(stage), random);
    return { paint: (frame, number) => moving.show(frame, number) };
  },
};

/** Of a length, a quarter or a half that is even. */
function even(length: number): number {
  return 2 * Math.round(length / 2);
}

function clipPlace({ width, height }: Size): Rectangle {
  return { x: even(width / 4), y: even(height / 4), width: even(width / 2), height: even(height / 2) };
}

/** The areas around the clip: above, left, right, and below from `bottom` on. */
function around(size: Size, clip: Rectangle, bottom: number): readonly Rectangle[] {
  const right = clip.x + clip.width;
  return [
    { x: 0, y: 0, width: size.width, height: clip.y },
    { x: 0, y: clip.y, width: clip.x, height: clip.height },
    { x: right, y: clip.y, width: size.width - right, height: clip.height },
    { x: 0, y: bottom, width: size.width, height: size.height - bottom },
  ];
}

function clipLayout(size: Size): Layout {
  const place = clipPlace(size);
  const text = around(size, place, place.y + place.height);
  return { ...PLAIN_LAYOUT, frame: marksIn(place), film: place, text };
}

function pageOn(stage: Stage): StageSurface {
  const page = stage.createSurface(stage);
  tile(loadPicture('page.png'), page);
  stage.put(page, all(stage), 0, 0);
  return page;
}

export const clip: Workload = {
  name: 'clip',
  description: 'the same film on a quarter of the screen, over a page',
  hz: 30,
  layout: clipLayout,
  setUp(stage, random) {
    pageOn(stage);
    const moving = new Film(stage, clipPlace(stage), random);
    return { paint: (frame, number) => moving.show(frame, number) };
  },
};

const PAPER = 0xfdfcf8;
const GLYPH = { width: 10, height: 20 };
const LINES = 4;
/** The distance between the clip and what is typed. */
const GAP = 16;

function typedPlace(size: Size): Rectangle {
  const place = clipPlace(size);
  const height = LINES * GLYPH.height;
  return { x: place.x, y: place.y + place.height + GAP, width: place.width, height };
}

/** Below the letters. */
function letterMark(size: Size): Mark {
  const { x, y, height } = typedPlace(size);
  return { x, y: y + height, height: MARKER.height };
}

export const mixed: Workload = {
  name: 'mixed',
  description: 'letters typed below that clip, about ten a second',
  hz: 30,
  layout(size) {
    const letter = letterMark(size);
    const text = around(size, clipPlace(size), letter.y + letter.height);
    return { ...clipLayout(size), letter, text, typed: typedPlace(size) };
  },
  setUp(stage, random) {
    const page = pageOn(stage);
    const paper = typedPlace(stage);
    const blank = stage.createSurface(paper);
    blank.pixels.fill(PAPER);
    stage.put(blank, all(paper), paper.x, paper.y);
    const moving = new Film(stage, clipPlace(stage), random);
    const strip = stage.createSurface(MARKER);
    const mark = letterMark(stage);
    const columns = Math.floor(paper.width / GLYPH.width);
    return {
      paint: (frame, number) => moving.show(frame, number),
      type(letter, number) {
        const cell = letter % (columns * LINES);
        const from = { x: between(random, 80, 640), y: between(random, 120, 500), ...GLYPH };
        const x = paper.x + (cell % columns) * GLYPH.width;
        stage.put(page, from, x, paper.y + Math.floor(cell / columns) * GLYPH.height);
        drawMarker(strip.pixels, MARKER.width, number);
        stage.put(strip, all(MARKER), mark.x, mark.y);
      },
    };
  },
};
