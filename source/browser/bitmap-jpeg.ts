import type { JpegLibrary } from '../codecs/jpeg/jpeg-library.js';
import type { Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';

/** JPEG by the browser's own decoder, which uses threads of its own. */
export class BitmapJpeg implements JpegLibrary {
  readonly name = 'createImageBitmap';
  /** For reading decoded pictures back. */
  #context: OffscreenCanvasRenderingContext2D | null = null;

  compress(): never {
    throw new Error('a page encodes no JPEG');
  }

  async decompress(data: Uint8Array, rectangle: Rectangle, framebuffer: Framebuffer): Promise<void> {
    const release = framebuffer.hold();
    try {
      const blob = new Blob([Uint8Array.from(data)], { type: 'image/jpeg' });
      const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
      const { width, height } = rectangle;
      const context = this.#contextFor(width, height);
      context.drawImage(bitmap, 0, 0);
      bitmap.close();
      paint(context.getImageData(0, 0, width, height).data, rectangle, framebuffer);
    } finally {
      release();
    }
  }

  #contextFor(width: number, height: number): OffscreenCanvasRenderingContext2D {
    const canvas = this.#context?.canvas;
    if (this.#context && canvas && canvas.width >= width && canvas.height >= height) return this.#context;
    const larger = new OffscreenCanvas(Math.max(width, canvas?.width ?? 0), Math.max(height, canvas?.height ?? 0));
    this.#context = larger.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!this.#context) throw new Error('this browser gives no 2d context to a worker');
    return this.#context;
  }
}

function paint(rgba: Uint8ClampedArray, { x, y, width, height }: Rectangle, framebuffer: Framebuffer): void {
  const { memory } = framebuffer;
  const source = memory.allocate(rgba.length);
  memory.bytes(source, rgba.length).set(rgba);
  const stride = width * BYTES_PER_PIXEL;
  memory.kernels.swapRedBlue(source, stride, framebuffer.at(x, y), framebuffer.stride, width, height);
  memory.free(source);
}
