import type { Clock } from '../../core/clock.js';
import {
  bounds,
  contains,
  intersect,
  type Rectangle,
  type Size,
  sameRectangle,
  translate,
} from '../../core/rectangle.js';
import {
  type CursorBitmap,
  VIDEO_FORMATS,
  type VideoCursor,
  type VideoFormat,
  type VideoFrame,
} from '../../native/pipewire.js';
import type { CursorShape } from '../../pixels/cursor.js';
import { BYTES_PER_PIXEL } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import { turnedPoint, turnedSize, turnOf } from '../wayland/turn.js';
import type { FromCast } from './cast-messages.js';
import type { CastStream } from './screen-cast.js';
import { inPicture, isWhole, readRows, type StreamPixels } from './stream-picture.js';

/**
 * A producer's damage may be incomplete (mutter before 50 with several monitors, xdg-desktop-portal-wlr for some months
 * of 2025), so the whole picture is handed over at most this long after a change.
 */
const DOUBT_MS = 1_500;
/** More rectangles than this cost more than their bounds. */
const MANY_RECTANGLES = 64;

/** The picture that the reader has: where rows are written. */
export interface FrameMemory {
  write(bytes: Uint8Array, offset: number): void;
}

export interface CompositionHost {
  readonly clock: Clock;
  send(message: Extract<FromCast, { type: 'size' | 'newer' | 'cursor' | 'placed' }>): void;
  /** The rectangles have been written. @param answers number of requests answered so far */
  written(answers: number, rectangles: readonly Rectangle[]): void;
}

/** Undefined until the first one has arrived. */
type PointerShape = CursorShape | null | undefined;

/** One stream of a composition. */
export class Part {
  readonly cast: CastStream;
  /** The newest frame: its bytes are only valid until the stream says otherwise. */
  pixels: StreamPixels | null = null;
  format: (Size & { readonly format: VideoFormat }) | null = null;
  /** The part of the buffer that is the picture, and how that is turned. */
  shown: Shown | null = null;
  /** Of the upright picture. */
  size: Size | null = null;
  /** In the composed picture. */
  place = { x: 0, y: 0 };
  /** Changes that have not been handed over, in the upright picture. */
  changed = Region.of([]);
  /** When a producer reported damage as rectangles since the whole picture was handed over; null: it did not. */
  doubtfulSince: number | null = null;

  constructor(cast: CastStream) {
    this.cast = cast;
  }

  get area(): Rectangle {
    return { ...this.place, ...(this.size ?? { width: 0, height: 0 }) };
  }
}

/** The streams of a screen cast as one picture, written to shared memory whenever the reader allows it. */
export class Composition {
  readonly parts: readonly Part[];
  readonly #region: Rectangle | null;
  readonly #host: CompositionHost;
  /** The shared area, in the composed picture; null until the first frames, and while the region is not on it. */
  #view: Rectangle | null = null;
  #known: Size | null = null;
  #memory: FrameMemory | null = null;
  /** Requests of the reader, and whether the last one is still unanswered. */
  #asked = 0;
  #owed: 'no' | 'changes' | 'at once' = 'no';
  #newerTold = false;
  /** The next answer reports the whole picture as changed, including areas without a monitor. */
  #whole = false;
  #placed = true;
  #cancelDoubt: (() => void) | null = null;
  #serial = 0;
  /** In the buffer of its stream. */
  #pointer: { readonly part: Part; readonly x: number; readonly y: number; readonly shape: PointerShape } | null = null;

  constructor(streams: readonly CastStream[], region: Rectangle | null, host: CompositionHost) {
    this.parts = streams.map(stream => new Part(stream));
    this.#region = region;
    this.#host = host;
  }

  /** A stream was negotiated: the contents of its earlier buffers are lost. */
  negotiated(part: Part, size: Size, format: VideoFormat): void {
    part.format = { width: size.width, height: size.height, format };
    part.pixels = null;
  }

  /** @returns false for an incomplete frame, which is ignored */
  frame(part: Part, { bytes, stride, damage, crop, transform }: VideoFrame): boolean {
    const { format } = part;
    if (!format) return false;
    const buffer = { x: 0, y: 0, width: format.width, height: format.height };
    const shown = (crop && intersect(crop, buffer)) ?? buffer;
    const pixels: StreamPixels = { bytes, stride, format: format.format, crop: shown, transform: transform & 7 };
    if (!isWhole(pixels)) return false;
    const same = part.pixels !== null && part.shown !== null && sameShown(part.shown, pixels);
    part.pixels = pixels;
    part.shown = pixels;
    part.size = turnedSize(turnOf(pixels.transform), shown);
    if (!same) {
      this.#arrange();
      this.#tellPointer(true);
    }
    if (this.#whole) this.#markAll();
    else if (same && damage) this.#someChanged(part, damage);
    else this.#allChanged(part);
    this.#handOver();
    return true;
  }

  cursor(part: Part, { x, y, hotspotX, hotspotY, bitmap }: VideoCursor): void {
    const before = this.#pointer;
    // Another stream shows it by now.
    if (bitmap === null && before && before.part !== part) return;
    const shape = bitmap ? shapeOf(bitmap, hotspotX, hotspotY, ++this.#serial) : bitmap;
    this.#pointer = { part, x, y, shape: shape === undefined ? before?.shape : shape };
    this.#tellPointer(shape !== undefined);
  }

  /** The reader has made room for a picture of this size. */
  takeMemory(memory: FrameMemory, { width, height }: Size): void {
    if (this.#known?.width !== width || this.#known.height !== height) return;
    this.#memory = memory;
    // Areas without a monitor.
    if (this.parts.length > 1) {
      const row = new Uint8Array(width * BYTES_PER_PIXEL);
      for (let y = 0; y < height; y++) memory.write(row, y * row.length);
    }
    this.showAll();
  }

  /** The next frame counts as changed as a whole, whatever its damage says. */
  expectAll(): void {
    this.#whole = true;
  }

  /** All of the picture counts as changed. */
  showAll(): void {
    this.#markAll();
    this.#handOver();
  }

  /** The reader lets the memory be written to. */
  next(wait: boolean): void {
    this.#asked++;
    this.#owed = wait ? 'changes' : 'at once';
    this.#newerTold = false;
    this.#handOver();
  }

  #tellPointer(withShape: boolean): void {
    const view = this.#view;
    if (!this.#pointer || !view) return;
    const { part, x, y, shape } = this.#pointer;
    if (!part.shown) return;
    const { crop, transform } = part.shown;
    const at = turnedPoint(turnOf(transform), x - crop.x, y - crop.y, crop);
    const place = { x: at.x + part.place.x - view.x, y: at.y + part.place.y - view.y };
    this.#host.send({ type: 'cursor', ...place, shape: withShape ? shape : undefined });
  }

  #markAll(): void {
    this.#whole = true;
    for (const part of this.parts) this.#allChanged(part);
  }

  #someChanged(part: Part, damage: readonly Rectangle[]): void {
    const { crop, transform } = part.shown!;
    for (const rectangle of damage) {
      const changed = inPicture(rectangle, crop, transform);
      if (changed) part.changed.add(changed);
    }
    // The whole picture is handed over later, so that it delays nothing.
    part.doubtfulSince ??= this.#host.clock.now();
    this.#cancelDoubt ??= this.#host.clock.after(DOUBT_MS, () => this.#doubt());
  }

  #allChanged(part: Part): void {
    if (!part.size || !part.pixels) return;
    part.changed = Region.of([{ x: 0, y: 0, width: part.size.width, height: part.size.height }]);
    part.doubtfulSince = null;
  }

  #doubt(): void {
    this.#cancelDoubt = null;
    const now = this.#host.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const part of this.parts) {
      if (part.doubtfulSince === null) continue;
      const early = part.doubtfulSince + DOUBT_MS - now;
      if (early <= 0) this.#allChanged(part);
      else next = Math.min(next, early);
    }
    if (next < DOUBT_MS) this.#cancelDoubt = this.#host.clock.after(next, () => this.#doubt());
    this.#handOver();
  }

  #arrange(): void {
    if (this.parts.some(({ size }) => size === null)) return;
    place(this.parts);
    const all = this.parts.map(({ area }) => area).reduce(bounds);
    const region = this.#region && translate(this.#region, all.x, all.y);
    this.#view = region && !contains(all, region) ? null : (region ?? all);
    const placed = this.#view !== null;
    if (placed !== this.#placed) this.#host.send({ type: 'placed', placed });
    this.#placed = placed;
    const { width, height } = this.#view ?? {};
    if (width === undefined || height === undefined) return;
    this.#markAll();
    if (this.#known?.width === width && this.#known.height === height) return;
    this.#known = { width, height };
    this.#memory = null;
    this.#host.send({ type: 'size', width, height });
  }

  #handOver(): void {
    const changed = this.parts.some(part => !part.changed.isEmpty);
    if (this.#owed === 'no') {
      if (!changed || this.#newerTold) return;
      this.#newerTold = true;
      this.#host.send({ type: 'newer' });
      return;
    }
    if (this.#owed === 'changes' && (!changed || !this.#memory || !this.#view)) return;
    const [memory, view] = [this.#memory, this.#view];
    const rectangles = memory && view ? this.parts.flatMap(part => this.#write(part, memory, view)) : [];
    if (this.#owed === 'changes' && rectangles.length === 0) return;
    this.#owed = 'no';
    const whole = this.#whole && view !== null && rectangles.length > 0;
    if (whole) this.#whole = false;
    this.#host.written(this.#asked, whole ? [{ x: 0, y: 0, width: view.width, height: view.height }] : rectangles);
  }

  #write(part: Part, memory: FrameMemory, view: Rectangle): Rectangle[] {
    const { pixels, changed, place } = part;
    // Its buffers are being replaced: the next frame counts as changed as a whole.
    if (!pixels) return [];
    part.changed = Region.of([]);
    const rectangles = changed.rectangles();
    const few = rectangles.length > MANY_RECTANGLES ? [rectangles.reduce(bounds)] : rectangles;
    const stride = view.width * BYTES_PER_PIXEL;
    return few.flatMap(rectangle => {
      const shown = intersect(translate(rectangle, place.x, place.y), view);
      if (!shown) return [];
      readRows(pixels, translate(shown, -place.x, -place.y), (row, x, y) => {
        memory.write(row, (y + place.y - view.y) * stride + (x + place.x - view.x) * BYTES_PER_PIXEL);
      });
      return [translate(shown, -view.x, -view.y)];
    });
  }
}

type Shown = Pick<StreamPixels, 'crop' | 'transform'>;

function sameShown(a: Shown, b: Shown): boolean {
  return a.transform === b.transform && sameRectangle(a.crop, b.crop);
}

/**
 * Lays out streams like their monitors. The compositor's coordinates are in its own units, pixels divided by each
 * monitor's scale. All are multiplied by the largest scale, so that no two pictures overlap.
 */
function place(parts: readonly Part[]): void {
  const scales = parts.map(({ cast, size }) =>
    cast.size && size && cast.size.width > 0 ? size.width / cast.size.width : 1,
  );
  const scale = Math.max(1, ...scales);
  let right = 0;
  for (const part of parts) {
    const { position } = part.cast;
    const together = parts.length > 1 && position !== null;
    part.place = together
      ? { x: Math.round(position.x * scale), y: Math.round(position.y * scale) }
      : { x: right, y: 0 };
    right = Math.max(right, part.place.x + (part.size?.width ?? 0));
  }
}

/** Where the formats of pointers have red, green, blue and alpha, as shifts of their little-endian word. */
const CHANNELS: ReadonlyMap<number, readonly [red: number, green: number, blue: number, alpha: number]> = new Map([
  [VIDEO_FORMATS.RGBA, [0, 8, 16, 24]],
  [VIDEO_FORMATS.BGRA, [16, 8, 0, 24]],
  [VIDEO_FORMATS.ARGB, [8, 16, 24, 0]],
  [VIDEO_FORMATS.ABGR, [24, 16, 8, 0]],
]);

function shapeOf(
  { format, width, height, stride, pixels }: CursorBitmap,
  hotspotX: number,
  hotspotY: number,
  serial: number,
): CursorShape | null {
  const channels = CHANNELS.get(format);
  if (!channels) return null;
  const rgba = new Uint8Array(width * height * BYTES_PER_PIXEL);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const word = pixels.readUInt32LE(y * stride + x * BYTES_PER_PIXEL);
      for (const [index, shift] of channels.entries()) {
        rgba[(y * width + x) * BYTES_PER_PIXEL + index] = (word >>> shift) & 0xff;
      }
    }
  }
  return { width, height, rgba, hotspotX, hotspotY, serial };
}
