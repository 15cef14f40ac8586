import { area, type Rectangle } from '../../core/rectangle.js';
import { type JpegLibrary, jpegLibrary } from '../../native/jpeg-library.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { type Decoded, undecodable } from '../decode/rectangle-decoder.js';
import { jpegSize } from './jpeg-header.js';

/**
 * Pixels from which on a JPEG is decoded on another thread while this one goes on: below, the way there and back costs
 * more than the decoding.
 */
const WORTH_A_THREAD = 256 * 128;

/** Decodes JPEG into a framebuffer. */
export class JpegDecoder {
  readonly #library: JpegLibrary;

  constructor(library: JpegLibrary) {
    this.#library = library;
  }

  /** Null where JPEG cannot be read on this machine: no quality level must be asked for then. */
  static load(): JpegDecoder | null {
    const library = jpegLibrary();
    return library && new JpegDecoder(library);
  }

  /**
   * Paints a rectangle from a JPEG of exactly its size; `data` may change after the call.
   * @throws (or rejects with) PeerglassError E_RFB_DECODE
   */
  paint(data: Uint8Array, rectangle: Rectangle, framebuffer: Framebuffer): Decoded {
    const size = jpegSize(data);
    if (typeof size === 'string') throw undecodable('JPEG', size);
    if (size.width !== rectangle.width || size.height !== rectangle.height) {
      const { width, height } = rectangle;
      throw undecodable('JPEG', `of ${size.width}x${size.height} pixels where ${width}x${height} belong`);
    }
    try {
      const painted = this.#library.decompress(data, rectangle, framebuffer, area(rectangle) >= WORTH_A_THREAD);
      return painted?.catch((thrown: unknown) => Promise.reject(damaged(thrown))) ?? 'done';
    } catch (thrown) {
      throw damaged(thrown);
    }
  }
}

function damaged(thrown: unknown) {
  return undecodable('JPEG', `that is damaged: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}
