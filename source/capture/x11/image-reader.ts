import type { ShmExtension, ShmSegment, XColor } from 'x11';
import { area, contains, type Rectangle } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import { coalesce, copyPixels, Scratch } from '../pixel-reading.js';
import type { X11Connection } from './connection.js';
import { DirectPictures } from './direct-pictures.js';
import { FEW_COLORS, type Palette, type PixelLayout, paletteOf, rowBytes, widen } from './pixel-layout.js';

const Z_PIXMAP = 2;
const ALL_PLANES = 0xffffffff;
/** Above this many rectangles, neighbours are merged and read with the pixels between them. */
const MANY_RECTANGLES = 16;
/** A read of at least this many pixels gives its framebuffer shared memory of its own. */
const DIRECT_PIXELS = 262_144;

/** The shared part of a drawable; `area` is in the drawable's coordinates. */
export interface ReadableArea {
  readonly drawable: number;
  readonly area: Rectangle;
  readonly layout: PixelLayout;
}

/** A rectangle to request from the server, and the rectangles wanted from inside it. */
interface Read {
  readonly part: Rectangle;
  readonly wanted: readonly Rectangle[];
}

/**
 * Reads pixels of a drawable into a framebuffer: through shared memory (MIT-SHM) if the server can attach it, otherwise
 * over the connection. All rectangles of a call are in flight at once.
 */
export class ImageReader {
  readonly #connection: X11Connection;
  #shm: ShmExtension | null = null;
  #direct: DirectPictures | null = null;
  #segment: ShmSegment | null = null;
  readonly #scratch = new Scratch();

  private constructor(connection: X11Connection) {
    this.#connection = connection;
  }

  /** @param shared false reads over the connection even if shared memory is available */
  static async open(connection: X11Connection, shared = true): Promise<ImageReader> {
    const reader = new ImageReader(connection);
    if (shared && connection.local) {
      const shm = await connection.extension<ShmExtension>('shm');
      if (shm && (await connection.ask<boolean>(reply => shm.usable(reply)))) {
        reader.#shm = shm;
        reader.#direct = new DirectPictures(connection, shm);
      }
    }
    return reader;
  }

  get shared(): boolean {
    return this.#shm !== null;
  }

  /**
   * @param rectangles in the coordinates of `incoming`; its top left pixel is the area's
   * @param before makes requests for the server to process before the reads, in the same write
   * @returns the number of pixels read
   * @throws XRequestError when a rectangle is outside the drawable by now
   */
  async read(
    source: ReadableArea,
    rectangles: readonly Rectangle[],
    incoming: Framebuffer,
    before: () => void = () => {},
  ): Promise<number> {
    const reads = readsOf(rectangles);
    const parts = reads.map(({ part }) => part);
    const pixels = parts.reduce((sum, part) => sum + area(part), 0);
    const palette = await this.#palette(source.layout);
    const segment = await this.#room(parts, source.layout);
    if (segment) await this.#readShared(segment, source, reads, incoming, palette, before);
    else await this.#readPlain(source, reads, incoming, palette, before);
    return pixels;
  }

  close(): void {
    this.#scratch.free();
    this.#direct?.free();
    this.#detach();
  }

  #detach(): void {
    const segment = this.#segment;
    this.#segment = null;
    if (segment && !this.#connection.death) segment.detach();
  }

  async #readShared(
    segment: ShmSegment,
    source: ReadableArea,
    reads: readonly Read[],
    incoming: Framebuffer,
    palette: Palette | null,
    before: () => void,
  ): Promise<void> {
    const shm = this.#shm!;
    const direct = await this.#directSegment(source.layout, reads, incoming);
    let offset = 0;
    const places = reads.map(({ part, wanted }) => {
      if (direct && part.width === incoming.width && wanted.length === 1) {
        return { segment: direct, offset: part.y * incoming.stride };
      }
      const start = offset;
      offset += rowBytes(source.layout, part.width) * part.height;
      return { segment, offset: start };
    });
    await this.#connection.together(() => {
      before();
      return Promise.all(
        reads.map(({ part: { x, y, width, height } }, index) =>
          this.#connection.ask(reply => {
            const left = source.area.x + x;
            const top = source.area.y + y;
            const { segment, offset } = places[index]!;
            const { shmseg } = segment;
            shm.GetImage(source.drawable, left, top, width, height, ALL_PLANES, Z_PIXMAP, shmseg, offset, reply);
          }),
        ),
      );
    });
    for (const [index, read] of reads.entries()) {
      const place = places[index]!;
      if (place.segment === segment) this.#take(segment, source.layout, read, place.offset, incoming, palette);
    }
  }

  /** The shared memory mapped over the framebuffer, if this read is large enough to be worth it. */
  #directSegment(
    layout: PixelLayout,
    reads: readonly Read[],
    incoming: Framebuffer,
  ): Promise<ShmSegment | null> | null {
    if (layout.colours !== 'bgrx' || !this.#direct) return null;
    const whole = reads.filter(({ part }) => part.width === incoming.width);
    const worthIt = whole.reduce((sum, { part }) => sum + area(part), 0) >= DIRECT_PIXELS;
    return worthIt ? this.#direct.provide(incoming) : null;
  }

  /** Copies the wanted rectangles from shared memory into the framebuffer. */
  #take(
    segment: ShmSegment,
    layout: PixelLayout,
    read: Read,
    offset: number,
    incoming: Framebuffer,
    palette: Palette | null,
  ): void {
    const { part, wanted } = read;
    const { shm } = this.#connection;
    const length = rowBytes(layout, part.width) * part.height;
    if (layout.colours === 'bgrx' && part.width === incoming.width && wanted.length === 1) {
      const start = part.y * incoming.stride;
      shm.read(segment, incoming.bytes().subarray(start, start + length), offset);
      return;
    }
    const { memory } = incoming;
    const pointer = this.#scratch.take(memory, length);
    shm.read(segment, memory.bytes(pointer, length), offset);
    if (layout.colours === 'bgrx') {
      const stride = part.width * BYTES_PER_PIXEL;
      for (const { x, y, width, height } of wanted) {
        const from = pointer + (y - part.y) * stride + (x - part.x) * BYTES_PER_PIXEL;
        const rowBytes = width * BYTES_PER_PIXEL;
        memory.copyBetween(from, stride, incoming.at(x, y), incoming.stride, rowBytes, height);
      }
    } else {
      store(Buffer.from(memory.bytes(pointer, length)), layout, read, incoming, palette);
    }
  }

  async #readPlain(
    source: ReadableArea,
    reads: readonly Read[],
    incoming: Framebuffer,
    palette: Palette | null,
    before: () => void,
  ): Promise<void> {
    const { client } = this.#connection;
    const images = await this.#connection.together(() => {
      before();
      return Promise.all(
        reads.map(({ part: { x, y, width, height } }) =>
          this.#connection.ask<{ data: Buffer }>(reply => {
            const left = source.area.x + x;
            const top = source.area.y + y;
            client.GetImage(Z_PIXMAP, source.drawable, left, top, width, height, ALL_PLANES, reply);
          }),
        ),
      );
    });
    for (const [index, read] of reads.entries()) store(images[index]!.data, source.layout, read, incoming, palette);
  }

  /**
   * The present colour map, if there is one. It is queried each time: programs change it, and no event reports that.
   */
  async #palette({ colours }: PixelLayout): Promise<Palette | null> {
    if (colours === 'bgrx' || !('map' in colours)) return null;
    const { client, screen } = this.#connection;
    const entries = screen.depths[screen.root_depth]?.[screen.root_visual]?.map_ent ?? 0;
    const pixels = Array.from({ length: Math.min(entries, FEW_COLORS) }, (_, pixel) => pixel);
    return paletteOf(
      await this.#connection.ask<readonly XColor[]>(reply => client.QueryColors(colours.map, pixels, reply)),
    );
  }

  /** A segment with room for the parts, or null if shared memory is unavailable. */
  async #room(parts: readonly Rectangle[], layout: PixelLayout): Promise<ShmSegment | null> {
    const shm = this.#shm;
    if (!shm) return null;
    const needed = parts.reduce((sum, part) => sum + rowBytes(layout, part.width) * part.height, 0);
    if (this.#segment && this.#segment.size >= needed) return this.#segment;
    this.#detach();
    try {
      const size = Math.max(needed, this.#screenBytes());
      this.#segment = await this.#connection.ask<ShmSegment>(reply => shm.createSegment(size, reply));
    } catch (error) {
      if (this.#connection.death) throw error;
      // The tmpfs is full, or the server cannot map the segment after all: do without from now on.
      this.#shm = null;
    }
    return this.#segment;
  }

  #screenBytes(): number {
    const { pixel_width, pixel_height } = this.#connection.screen;
    return pixel_width * pixel_height * BYTES_PER_PIXEL;
  }
}

/**
 * A few rectangles are read one by one; many are merged first. The pixels between merged rectangles are dropped: if
 * they have changed, their damage is reported separately.
 */
function readsOf(rectangles: readonly Rectangle[]): Read[] {
  if (rectangles.length <= MANY_RECTANGLES) return rectangles.map(part => ({ part, wanted: [part] }));
  return coalesce(rectangles).map(part => ({ part, wanted: rectangles.filter(each => contains(part, each)) }));
}

function store(
  rows: Buffer,
  layout: PixelLayout,
  { part, wanted }: Read,
  incoming: Framebuffer,
  palette: Palette | null,
): void {
  const wide = layout.colours === 'bgrx' ? rows : widen(rows, layout, part.width, part.height, palette);
  for (const each of wanted) {
    copyPixels(wide, part.width, { ...each, x: each.x - part.x, y: each.y - part.y }, incoming, each);
  }
}
