import type * as JpegTurbo from '@julusian/jpeg-turbo';
import { paintBgrx } from '../codecs/decode/paint-pixels.js';
import type { JpegLibrary, JpegQuality, Subsampling } from '../codecs/jpeg/jpeg-library.js';
import { Semaphore } from '../codecs/jpeg/semaphore.js';
import { BufferPool } from '../core/buffer-pool.js';
import { area, type Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
import { loadNative } from './load-native.js';

type Package = typeof JpegTurbo;

/** Concurrent compressions on the thread pool: enough to keep it busy, few enough to reuse buffers. */
const MAX_AT_ONCE = 8;
const KEPT_BYTES = 24 * 1024 * 1024;

/**
 * libjpeg-turbo through its npm package, which only takes packed pixels: rectangles are copied on the way in and out.
 * It uses the fast DCT, about 2 dB worse than the accurate one at the same quality.
 * @returns null where the package has no build for this machine
 */
export function loadBindingJpeg(): JpegLibrary | null {
  try {
    return new BindingJpeg(loadNative('@julusian/jpeg-turbo'));
  } catch {
    return null;
  }
}

/**
 * Decodes a whole picture, RGBA and packed.
 * @throws Error where the package has no build for this machine, and for a damaged JPEG
 */
export function decodeJpeg(bytes: Buffer): { readonly data: Buffer; readonly width: number; readonly height: number } {
  const turbo = loadNative('@julusian/jpeg-turbo');
  return turbo.decompressSync(bytes, { format: turbo.FORMAT_RGBA });
}

class BindingJpeg implements JpegLibrary {
  readonly name = 'package';
  readonly #turbo: Package;
  readonly #buffers = new BufferPool(KEPT_BYTES);
  readonly #semaphore = new Semaphore(MAX_AT_ONCE);

  constructor(turbo: Package) {
    this.#turbo = turbo;
  }

  compress<Result>(
    framebuffer: Framebuffer,
    rectangle: Rectangle,
    jpeg: JpegQuality,
    pooled: boolean,
    use: (jpeg: Uint8Array) => Result,
  ): Result | Promise<Result> {
    const { width, height } = rectangle;
    const options: JpegTurbo.EncodeOptions = {
      format: this.#turbo.FORMAT_BGRX,
      width,
      height,
      subsampling: samplesOf(this.#turbo, jpeg.subsampling),
      quality: jpeg.quality,
    };
    // Copied now in either case: a queued rectangle must not change.
    const staged = this.#stage(framebuffer, rectangle);
    if (pooled) return this.#compressPooled(staged, options, use);
    const output = bufferOf(this.#buffers.take(this.#turbo.bufferSize(options)));
    const result = use(this.#turbo.compressSync(staged, output, options));
    this.#buffers.release(output);
    this.#buffers.release(staged);
    return result;
  }

  async #compressPooled<Result>(
    staged: Buffer,
    options: JpegTurbo.EncodeOptions,
    use: (jpeg: Uint8Array) => Result,
  ): Promise<Result> {
    await this.#semaphore.acquire();
    const output = bufferOf(this.#buffers.take(this.#turbo.bufferSize(options)));
    try {
      return use(await this.#turbo.compress(staged, output, options));
    } finally {
      this.#buffers.release(output);
      this.#buffers.release(staged);
      this.#semaphore.release();
    }
  }

  decompress(
    data: Uint8Array,
    rectangle: Rectangle,
    framebuffer: Framebuffer,
    pooled: boolean,
  ): undefined | Promise<void> {
    const format = { format: this.#turbo.FORMAT_BGRX };
    const output = bufferOf(this.#buffers.take(area(rectangle) * BYTES_PER_PIXEL));
    if (!pooled) {
      paintBgrx(this.#turbo.decompressSync(bufferOf(data), output, format).data, rectangle, framebuffer);
      this.#buffers.release(output);
      return undefined;
    }
    const release = framebuffer.hold();
    return this.#turbo
      .decompress(Buffer.from(data), output, format)
      .then(({ data: pixels }) => {
        paintBgrx(pixels, rectangle, framebuffer);
        this.#buffers.release(output);
      })
      .finally(release);
  }

  /** A packed copy. */
  #stage(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): Buffer {
    const { stride } = framebuffer;
    const rowBytes = width * BYTES_PER_PIXEL;
    const staged = bufferOf(this.#buffers.take(rowBytes * height));
    const from = bufferOf(framebuffer.memory.bytes(framebuffer.at(x, y), (height - 1) * stride + rowBytes));
    for (let row = 0; row < height; row++) {
      from.copy(staged, row * rowBytes, row * stride, row * stride + rowBytes);
    }
    return staged;
  }
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function samplesOf(turbo: Package, subsampling: Subsampling): JpegTurbo.SubSampling {
  if (subsampling === '4:4:4') return turbo.SAMP_444;
  if (subsampling === '4:2:2') return turbo.SAMP_422;
  return subsampling === '4:2:0' ? turbo.SAMP_420 : turbo.SAMP_GRAY;
}
