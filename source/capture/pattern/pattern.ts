import { bounds, intersect, type Rectangle, type Size } from '../../core/rectangle.js';
import { Canvas, mix } from './canvas.js';
import { GLYPH_HEIGHT, textWidth } from './font.js';

/** Frames per second: frame n shows the pattern after n / 60 seconds. */
export const PATTERN_RATE = 60;

const NIGHT = 0x0b1026;
const DUSK = 0x45206a;
const GRID = 0x26305c;
const PANEL = 0x101633;
const LIGHT = 0xf2f5ff;
const ACCENT = 0x3fd0ff;
const WARM = 0xffb454;
const BARS = [0xf2f2f2, 0xf2f200, 0x00f2f2, 0x00f200, 0xf200f2, 0xf20000, 0x0000f2, 0x101010];
const TICKER =
  'PEERGLASS - WHAT YOU SEE HERE TRAVELS AS PIXELS - THIS LINE SCROLLS, THE BAR MOVES, THE CLOCK RUNS, THE REST IS STILL + ';
const CODE_BITS = 32;

/** A moving part. It paints inside `area`, and what it paints depends on the frame's number alone. */
interface Actor {
  area(frame: number): Rectangle;
  paint(canvas: Canvas, frame: number): void;
}

/**
 * An animated test pattern: a static background (gradient, grid, colour bars, text), a moving bar, a bouncing ball, a
 * scrolling line, a clock and the frame's number. The bottom left corner shows that number as 32 black or white
 * squares, highest bit first.
 */
export class Pattern {
  readonly canvas: Canvas;
  readonly #still: Canvas;
  readonly #actors: readonly Actor[];
  #painted: readonly Rectangle[] = [];

  constructor(size: Size) {
    this.canvas = new Canvas(size);
    this.#still = new Canvas(size);
    paintStill(this.#still);
    this.canvas.pixels.set(this.#still.pixels);
    this.#actors = actors(size);
  }

  /** Draws a frame, in any order, and returns the rectangles that may differ from the frame drawn before. */
  draw(frame: number): Rectangle[] {
    for (const area of this.#painted) this.canvas.copyFrom(this.#still, area);
    const before = this.#painted;
    this.#painted = this.#actors.map(actor => actor.area(frame));
    for (const actor of this.#actors) actor.paint(this.canvas, frame);
    return this.#painted.flatMap((area, index) => {
      const part = intersect(bounds(area, before[index] ?? area), this.canvas.bounds);
      return part ? [part] : [];
    });
  }
}

/** The scale of the layout, whose lengths are for a picture of 1366x768. */
function unit(size: Size): number {
  return Math.min(size.height / 768, size.width / 1366);
}

function paintStill(canvas: Canvas): void {
  const { width, height } = canvas;
  const u = unit(canvas);
  canvas.paint(canvas.bounds, (x, y) => mix(NIGHT, DUSK, (x / width + y / height) / 2));
  const cell = Math.max(8, Math.round(64 * u));
  for (let x = cell; x < width; x += cell) canvas.fill({ x, y: 0, width: 1, height }, GRID);
  for (let y = cell; y < height; y += cell) canvas.fill({ x: 0, y, width, height: 1 }, GRID);

  const title = scaled(14, u);
  canvas.text('PEERGLASS', Math.round(64 * u), Math.round(64 * u), title, LIGHT);
  const subtitle = `TEST PATTERN  ${width}X${height}`;
  canvas.text(subtitle, Math.round(66 * u), Math.round(184 * u), scaled(3, u), ACCENT);

  const bars = place({ x: 64, y: 592, width: 1238, height: 72 }, u);
  for (const [index, colour] of BARS.entries()) {
    const left = bars.x + Math.round((bars.width * index) / BARS.length);
    const right = bars.x + Math.round((bars.width * (index + 1)) / BARS.length);
    canvas.fill({ x: left, y: bars.y, width: right - left, height: bars.height }, colour);
  }
  const ramp = place({ x: 64, y: 664, width: 1238, height: 40 }, u);
  canvas.paint(ramp, x => mix(0, 0xffffff, ramp.width > 1 ? x / (ramp.width - 1) : 0));
}

function actors(size: Size): Actor[] {
  const u = unit(size);
  return [barActor(u), clockActor(u), ballActor(u), tickerActor(u), codeActor(size)];
}

function barActor(u: number): Actor {
  const lane = place({ x: 64, y: 488, width: 1238, height: 72 }, u);
  const width = Math.max(1, Math.round(48 * u));
  const step = Math.max(1, Math.round(8 * u));
  const sprite = new Canvas({ width, height: lane.height });
  sprite.paint(sprite.bounds, x => mix(ACCENT, WARM, width > 1 ? x / (width - 1) : 0));
  return spriteActor(sprite, frame => ({ x: lane.x + bounce(frame * step, lane.width - width), y: lane.y }));
}

function clockActor(u: number): Actor {
  const scale = scaled(10, u);
  const small = scaled(4, u);
  const { x, y } = place({ x: 64, y: 264, width: 0, height: 0 }, u);
  const padding = 2 * small;
  const area = {
    x: x - padding,
    y: y - padding,
    width: textWidth('00:00:00', scale) + 2 * padding,
    height: GLYPH_HEIGHT * (scale + small) + 5 * padding,
  };
  return {
    area: () => area,
    paint(canvas, frame) {
      canvas.fill(area, PANEL);
      const seconds = Math.floor(frame / PATTERN_RATE);
      const clock = [Math.floor(seconds / 60) % 100, seconds % 60, frame % PATTERN_RATE].map(two).join(':');
      canvas.text(clock, x, y, scale, WARM);
      canvas.text(`FRAME ${frame}`, x, y + GLYPH_HEIGHT * scale + 2 * padding, small, LIGHT);
    },
  };
}

function ballActor(u: number): Actor {
  const yard = place({ x: 832, y: 64, width: 470, height: 390 }, u);
  const side = Math.max(2, Math.round(96 * u));
  const ball = new Canvas({ width: side, height: side });
  const radius = side / 2;
  ball.paint(ball.bounds, (x, y) => {
    if (Math.hypot(x + 0.5 - radius, y + 0.5 - radius) > radius) return null;
    const light = Math.hypot(x + 0.5 - radius * 0.65, y + 0.5 - radius * 0.6) / radius;
    return mix(0xffe0f4, 0xc2185b, Math.min(1, light));
  });
  const across = Math.max(1, Math.round(5 * u));
  const down = Math.max(1, Math.round(3 * u));
  return spriteActor(ball, frame => ({
    x: yard.x + bounce(frame * across, yard.width - side),
    y: yard.y + bounce(frame * down, yard.height - side),
  }));
}

function tickerActor(u: number): Actor {
  const scale = scaled(2, u);
  const step = 2;
  const length = TICKER.length * 6 * scale;
  const area = place({ x: 64, y: 432, width: 704, height: 32 }, u);
  const line = new Canvas({ width: length, height: GLYPH_HEIGHT * scale });
  line.text(TICKER, 0, 0, scale, LIGHT);
  const strip = new Canvas({ width: area.width, height: area.height });
  const top = (area.height - line.height) >> 1;
  return {
    area: () => area,
    paint(canvas, frame) {
      strip.fill(strip.bounds, PANEL);
      for (let x = -((frame * step) % length); x < area.width; x += length) strip.stamp(line, x, top);
      canvas.stamp(strip, area.x, area.y);
    },
  };
}

function codeActor(size: Size): Actor {
  const side = Math.max(1, Math.min(8, Math.floor(size.width / CODE_BITS)));
  const area = { x: 0, y: size.height - side, width: side * CODE_BITS, height: side };
  return {
    area: () => area,
    paint(canvas, frame) {
      for (let bit = 0; bit < CODE_BITS; bit++) {
        const white = (frame >>> (CODE_BITS - 1 - bit)) & 1;
        canvas.fill({ x: area.x + bit * side, y: area.y, width: side, height: side }, white ? 0xffffff : 0);
      }
    },
  };
}

function spriteActor(sprite: Canvas, position: (frame: number) => { x: number; y: number }): Actor {
  return {
    area: frame => ({ ...position(frame), width: sprite.width, height: sprite.height }),
    paint(canvas, frame) {
      const { x, y } = position(frame);
      canvas.stamp(sprite, x, y);
    },
  };
}

function place(rectangle: Rectangle, u: number): Rectangle {
  return {
    x: Math.round(rectangle.x * u),
    y: Math.round(rectangle.y * u),
    width: Math.round(rectangle.width * u),
    height: Math.round(rectangle.height * u),
  };
}

function scaled(scale: number, u: number): number {
  return Math.max(1, Math.round(scale * u));
}

/** The position of something that bounces between 0 and `length`. */
function bounce(distance: number, length: number): number {
  if (length <= 0) return 0;
  const place = distance % (2 * length);
  return place <= length ? place : 2 * length - place;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
