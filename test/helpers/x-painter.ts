import x11, { type ShmExtension, type ShmSegment, type XClient, type XDisplay, type XScreen } from 'x11';
import { ownAtoms } from '../../source/capture/x11/connection.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { closeClient } from './xvfb.js';

const Z_PIXMAP = 2;
const DIGITS = 32;

export interface PainterOptions {
  /** The window's area; the whole screen by default. */
  readonly geometry?: Rectangle;
  readonly title?: string;
  /** False lets a window manager take the window. */
  readonly overrideRedirect?: boolean;
  /** 0xrrggbb */
  readonly background?: number;
}

/** An X client with a window in which a test draws. All coordinates are relative to the window. */
export class XPainter {
  readonly client: XClient;
  readonly window: number;
  readonly width: number;
  readonly height: number;
  readonly #gc: number;
  readonly #screen: XScreen;
  #segment: ShmSegment | null = null;

  private constructor(client: XClient, screen: XScreen, window: number, gc: number, geometry: Rectangle) {
    this.client = client;
    this.window = window;
    this.width = geometry.width;
    this.height = geometry.height;
    this.#screen = screen;
    this.#gc = gc;
  }

  static async open(display: string, options: PainterOptions = {}): Promise<XPainter> {
    const connected = await new Promise<XDisplay>((resolve, reject) => {
      const client = x11.createClient({ display }, (error, result) => (error ? reject(error) : resolve(result)));
      // The test may kill the server: the painter does not care.
      client.on('error', reject);
    });
    const { client } = connected;
    ownAtoms(client);
    const screen = connected.screen[0]!;
    const geometry = options.geometry ?? { x: 0, y: 0, width: screen.pixel_width, height: screen.pixel_height };
    const window = client.AllocID();
    client.CreateWindow(window, screen.root, geometry.x, geometry.y, geometry.width, geometry.height, 0, 0, 0, 0, {
      overrideRedirect: (options.overrideRedirect ?? true) ? 1 : 0,
      backgroundPixel: options.background ?? 0,
      eventMask: x11.eventMask.Exposure,
    });
    const gc = client.AllocID();
    client.CreateGC(gc, window, { graphicsExposures: 0 });
    const painter = new XPainter(client, screen, window, gc, geometry);
    if (options.title !== undefined) await painter.setTitle(options.title);
    const exposed = new Promise<void>(resolve => client.once('event', () => resolve()));
    client.MapWindow(window);
    // A window manager that is still starting may swallow the request: repeat it until it has an effect.
    const again = setInterval(() => client.MapWindow(window), 200);
    await exposed;
    clearInterval(again);
    return painter;
  }

  /** Sets both WM_NAME and _NET_WM_NAME. */
  async setTitle(title: string): Promise<void> {
    const [name, utf8] = await Promise.all([this.#atom('_NET_WM_NAME'), this.#atom('UTF8_STRING')]);
    const { WM_NAME, STRING } = this.client.atoms;
    this.client.ChangeProperty(0, this.window, WM_NAME!, STRING!, 8, Buffer.from(title, 'latin1'));
    this.client.ChangeProperty(0, this.window, name, utf8, 8, Buffer.from(title));
  }

  #atom(name: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.client.InternAtom(false, name, (error, atom) => {
        if (error) reject(error);
        else resolve(atom);
        return true;
      });
    });
  }

  /** Gives the window an invisible pointer. */
  hidePointer(): void {
    const [pixmap, gc, cursor] = [this.client.AllocID(), this.client.AllocID(), this.client.AllocID()];
    const black = { R: 0, G: 0, B: 0 };
    this.client.CreatePixmap(pixmap, this.window, 1, 1, 1);
    this.client.CreateGC(gc, pixmap, { foreground: 0 });
    this.client.PolyFillRectangle(pixmap, gc, [0, 0, 1, 1]);
    this.client.CreateCursor(cursor, pixmap, pixmap, black, black, 0, 0);
    this.client.ChangeWindowAttributes(this.window, { cursor });
    this.client.FreePixmap(pixmap);
  }

  /** Fills a rectangle with 0xrrggbb, in one request. */
  fill(rectangle: Rectangle, colour: number): void {
    const { x, y, width, height } = rectangle;
    this.client.ChangeGC(this.#gc, { foreground: colour });
    this.client.PolyFillRectangle(this.window, this.#gc, [x, y, width, height]);
  }

  /** Draws packed RGB pixels, with PutImage in bands. */
  drawImage(x: number, y: number, width: number, height: number, rgb: Uint8Array): void {
    const band = Math.max(1, Math.floor(200_000 / (width * 4)));
    const pixels = toWire(rgb);
    for (let top = 0; top < height; top += band) {
      const rows = Math.min(band, height - top);
      const data = pixels.subarray(top * width * 4, (top + rows) * width * 4);
      const depth = this.#screen.root_depth;
      this.client.PutImage(Z_PIXMAP, this.window, this.#gc, width, rows, x, y + top, 0, depth, data);
    }
  }

  /** Like `drawImage`, but through shared memory and in one request. */
  async drawSharedImage(x: number, y: number, width: number, height: number, rgb: Uint8Array): Promise<void> {
    const segment = await this.#shared();
    segment.buffer.set(toWire(rgb));
    segment.commit(0, width * height * 4);
    segment.putImage(this.window, this.#gc, {
      width,
      height,
      depth: this.#screen.root_depth,
      dstX: x,
      dstY: y,
      autoCommit: false,
    });
    await this.sync();
  }

  /** Moves a rectangle's content with CopyArea; the uncovered area keeps its pixels. */
  scroll(rectangle: Rectangle, dx: number, dy: number): void {
    const { x, y, width, height } = rectangle;
    this.client.CopyArea(this.window, this.window, this.#gc, x, y, x + dx, y + dy, width, height);
  }

  /**
   * Draws a number as 32 black and white squares, the highest bit first. They survive any encoding and scaling down to
   * half; `readNumber` reads them.
   */
  drawNumber(number: number, x: number, y: number, side = 8): void {
    for (const [bit, white] of bits(number)) {
      this.fill({ x: x + bit * side, y, width: side, height: side }, white ? 0xffffff : 0);
    }
  }

  /** Resolves when the server has processed all requests so far. */
  async sync(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.client.GetInputFocus(error => {
        if (error) reject(error);
        else resolve();
        return true;
      });
    });
  }

  async close(): Promise<void> {
    await closeClient(this.client);
  }

  async #shared(): Promise<ShmSegment> {
    this.#segment ??= await new Promise<ShmSegment>((resolve, reject) => {
      this.client.require('shm', (failure, extension) => {
        if (failure) return reject(failure);
        const shm = extension as ShmExtension;
        shm.createSegment(this.width * this.height * 4, (error, segment) => {
          if (error) reject(error);
          else resolve(segment);
          return true;
        });
      });
    });
    return this.#segment;
  }
}

/** Reads a number that `drawNumber` drew from packed RGB rows of `width` pixels. */
export function readNumber(rgb: Uint8Array, width: number, x: number, y: number, side = 8): number {
  let number = 0;
  for (let bit = 0; bit < DIGITS; bit++) {
    const middle = (y + (side >> 1)) * width + x + bit * side + (side >> 1);
    number = number * 2 + (rgb[middle * 3]! > 127 ? 1 : 0);
  }
  return number;
}

function* bits(number: number): Generator<[bit: number, white: boolean]> {
  for (let bit = 0; bit < DIGITS; bit++) yield [bit, ((number >>> (DIGITS - 1 - bit)) & 1) === 1];
}

/** RGB to the server's 32-bit little-endian pixels. */
function toWire(rgb: Uint8Array): Buffer {
  const pixels = rgb.length / 3;
  const data = Buffer.alloc(pixels * 4);
  for (let pixel = 0; pixel < pixels; pixel++) {
    data[pixel * 4] = rgb[pixel * 3 + 2]!;
    data[pixel * 4 + 1] = rgb[pixel * 3 + 1]!;
    data[pixel * 4 + 2] = rgb[pixel * 3]!;
  }
  return data;
}
