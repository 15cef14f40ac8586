import type { Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';

/** With this many updates drawn since the browser last painted, the next one waits. */
const MOST_UNPAINTED = 2;
/** Longest wait for the browser to paint. */
const LONGEST_WAIT_MS = 500;

/**
 * Draws a framebuffer on a canvas at once: waiting for the browser's next frame would cost 10 to 25 ms. At most two
 * updates may be drawn but not yet painted, or a slow compositor would fall further and further behind.
 */
export class CanvasPainter {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #memory: PixelMemory;
  /** The picture in RGBA, in the memory of the kernels. */
  #pointer = 0;
  #image: ImageData | null = null;
  #unpainted = 0;
  #asked = false;
  #visible = true;
  #painted: () => void = () => {};

  constructor(canvas: OffscreenCanvas, memory: PixelMemory) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser gives no 2d context to a worker');
    this.#canvas = canvas;
    this.#context = context;
    this.#memory = memory;
  }

  resize({ width, height }: Framebuffer): void {
    this.#canvas.width = width;
    this.#canvas.height = height;
    if (this.#pointer !== 0) this.#memory.free(this.#pointer);
    this.#pointer = this.#memory.allocate(width * height * BYTES_PER_PIXEL);
    this.#image = null;
  }

  /** A hidden page is never painted, so do not wait for that. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (!visible) this.#release();
  }

  /** @returns resolves when the next update may be drawn; undefined: now */
  draw(framebuffer: Framebuffer, dirty: readonly Rectangle[]): Promise<void> | undefined {
    const stride = framebuffer.width * BYTES_PER_PIXEL;
    const { kernels } = this.#memory;
    for (const { x, y, width, height } of dirty) {
      const to = this.#pointer + y * stride + x * BYTES_PER_PIXEL;
      kernels.bgrxToRgba(framebuffer.at(x, y), framebuffer.stride, to, stride, width, height);
    }
    const image = this.#imageOf(framebuffer);
    for (const { x, y, width, height } of dirty) this.#context.putImageData(image, 0, 0, x, y, width, height);
    if (!this.#visible) return undefined;
    this.#unpainted++;
    this.#ask();
    return this.#unpainted < MOST_UNPAINTED ? undefined : this.#whenPainted();
  }

  toPng(): Promise<Blob> {
    return this.#canvas.convertToBlob({ type: 'image/png' });
  }

  /** A view of the kernels' memory, replaced when that grows. */
  #imageOf({ width, height }: Framebuffer): ImageData {
    if (!this.#image || this.#image.data.byteLength === 0) {
      const { buffer } = this.#memory.memory;
      const bytes = new Uint8ClampedArray(buffer, this.#pointer, width * height * BYTES_PER_PIXEL);
      this.#image = new ImageData(bytes, width, height);
    }
    return this.#image;
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#release();
    });
  }

  #whenPainted(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#release(), LONGEST_WAIT_MS);
      this.#painted = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #release(): void {
    this.#unpainted = 0;
    const painted = this.#painted;
    this.#painted = () => {};
    painted();
  }
}
