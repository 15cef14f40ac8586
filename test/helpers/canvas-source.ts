import type {
  CaptureEvents,
  CaptureSource,
  PlacedCursor,
  SourceDescription,
  SourceEvent,
} from '../../source/capture/capture-source.js';
import { PeerglassError } from '../../source/core/errors.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import type { Framebuffer } from '../../source/pixels/framebuffer.js';

/** A screen that a test paints: colours are 0xRRGGBB. */
export class CanvasSource implements CaptureSource {
  readonly safetyCheckMs = null;
  width: number;
  height: number;
  colours: Uint32Array;
  reads = 0;
  #events: CaptureEvents | null = null;
  #tell: (news: SourceEvent) => void = () => {};

  constructor({ width, height }: Size) {
    this.width = width;
    this.height = height;
    this.colours = new Uint32Array(width * height);
  }

  async open(): Promise<void> {}

  describe(): SourceDescription {
    const { width, height } = this;
    return { kind: 'pattern', description: 'a canvas', why: 'a test paints it', width, height };
  }

  start(events: CaptureEvents): void {
    this.#events = events;
    events.damage([this.#bounds]);
  }

  stop(): void {
    this.#events = null;
  }

  onEvent(listener: (news: SourceEvent) => void): void {
    this.#tell = listener;
  }

  /** The shared window or monitor disappears: nothing can be captured until `find`. */
  lose(code: 'E_SOURCE_GONE' | 'E_SOURCE_HIDDEN' = 'E_SOURCE_GONE'): void {
    this.#tell({ kind: 'lost', error: new PeerglassError(code, 'The canvas is gone.', 'Wait.') });
  }

  find(): void {
    this.#events?.damage([this.#bounds]);
    this.#tell({ kind: 'back' });
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    this.reads++;
    let pixels = 0;
    const view = new DataView(incoming.memory.memory.buffer);
    for (const { x, y, width, height } of rectangles) {
      for (let row = y; row < y + height; row++) {
        let to = incoming.at(x, row);
        for (let column = x; column < x + width; column++, to += 4) {
          // The fourth byte has no meaning, so it gets garbage.
          view.setUint32(to, this.at(column, row) | 0x5a000000, true);
        }
      }
      pixels += width * height;
    }
    return pixels;
  }

  async close(): Promise<void> {}

  at(x: number, y: number): number {
    return this.colours[y * this.width + x]!;
  }

  paint({ x, y, width, height }: Rectangle, colour: number | ((x: number, y: number) => number)): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        this.colours[row * this.width + column] = typeof colour === 'number' ? colour : colour(column, row);
      }
    }
    this.#events?.damage([{ x, y, width, height }]);
  }

  /** Reports a change of colours that were written before. */
  damage(rectangle: Rectangle): void {
    this.#events?.damage([rectangle]);
  }

  /** Moves a rectangle's content. */
  move({ x, y, width, height }: Rectangle, dx: number, dy: number): void {
    const before = this.colours.slice();
    const target = { x: x + dx, y: y + dy, width, height };
    this.paint(target, (column, row) => before[(row - dy) * this.width + column - dx]!);
  }

  point(cursor: PlacedCursor): void {
    this.#events?.cursor(cursor);
  }

  resize(size: Size): void {
    this.width = size.width;
    this.height = size.height;
    this.colours = new Uint32Array(size.width * size.height);
    this.#events?.resized(size);
  }

  get #bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }
}
