import { createRequire } from 'node:module';
import { area, type Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import { BufferPool } from './buffer-pool.js';
import { jpegSize } from './jpeg-header.js';
import { paintBgrx } from './raw-decoder.js';
import { type Decoded, undecodable } from './rectangle-decoder.js';

type JpegTurbo = typeof import('@julusian/jpeg-turbo');

/**
 * Pixels from which on a JPEG is decoded on the thread pool while this thread goes on: below, the way there and back
 * costs more than the decoding.
 */
const WORTH_A_THREAD = 256 * 128;
/** Kept for pictures that are being decoded: those of a whole screen, else each of its parts would be new memory. */
const KEPT_BYTES = 12 * 1024 * 1024;

/** Decodes JPEG into a framebuffer by libjpeg-turbo. */
export class JpegDecoder {
  readonly #turbo: JpegTurbo;
  readonly #outputs = new BufferPool(KEPT_BYTES);
  #stopped = false;

  private constructor(turbo: JpegTurbo) {
    this.#turbo = turbo;
  }

  /** Null where the package does not work on this machine: no quality level must be asked for then. */
  static load(): JpegDecoder | null {
    try {
      return new JpegDecoder(createRequire(import.meta.url)('@julusian/jpeg-turbo'));
    } catch {
      return null;
    }
  }

  /**
   * Paints a rectangle from a JPEG of exactly its size; `data` may change after the call.
   * @throws (or rejects with) PeerglassError E_RFB_DECODE
   */
  paint(data: Buffer, rectangle: Rectangle, framebuffer: Framebuffer): Decoded {
    const size = jpegSize(data);
    if (!size) throw undecodable('JPEG', 'that is none');
    if (size.width !== rectangle.width || size.height !== rectangle.height) {
      const { width, height } = rectangle;
      throw undecodable('JPEG', `of ${size.width}x${size.height} pixels where ${width}x${height} belong`);
    }
    const format = { format: this.#turbo.FORMAT_BGRX };
    const output = this.#outputs.take(area(rectangle) * 4);
    if (area(rectangle) >= WORTH_A_THREAD) {
      return this.#turbo.decompress(Buffer.from(data), output, format).then(
        ({ data: pixels }) => {
          if (this.#stopped) return;
          paintBgrx(pixels, rectangle, framebuffer);
          this.#outputs.giveBack(output);
        },
        (thrown: unknown) => Promise.reject(damaged(thrown)),
      );
    }
    try {
      paintBgrx(this.#turbo.decompressSync(data, output, format).data, rectangle, framebuffer);
    } catch (thrown) {
      throw damaged(thrown);
    }
    this.#outputs.giveBack(output);
    return 'done';
  }

  /** Paints nothing from now on, whatever is still being decoded: the framebuffer may be gone. */
  stop(): void {
    this.#stopped = true;
  }
}

function damaged(thrown: unknown) {
  return undecodable('JPEG', `that is damaged: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}
