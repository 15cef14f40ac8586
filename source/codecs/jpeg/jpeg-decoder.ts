import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { type Decoded, undecodable } from '../decode/rectangle-decoder.js';
import type { JpegLibrary } from './jpeg-library.js';

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** An encoder writes about ten segments before the first scan; many more only keep the decoder busy. */
const MAX_SEGMENTS = 64;

/**
 * The size of a JPEG from its frame header (ITU T.81, B.2.2), or a description of the fault. Strict: only well-formed
 * marker segments are skipped, so no decoder can find a different header. The size is checked here because the
 * decompressor multiplies the sides in 32 bits before it checks that its output fits.
 *
 * The frame must be sequential and its first scan must have all components. Then there is no second scan (B.2.3), and
 * decoding time depends on the pixels alone. A few bytes of a progressive or multi-scan frame can demand many passes
 * over the picture, and no VNC server sends them.
 */
export function jpegSize(data: Uint8Array): Size | string {
  if (data[0] !== MARKER || data[1] !== START_OF_IMAGE) return 'that is not JPEG';
  let at = 2;
  let frame: (Size & { readonly components: number }) | null = null;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    while (data[at] === MARKER && data[at + 1] === MARKER) at++;
    if (at + 4 > data.length) return 'without a picture';
    const marker = data[at + 1]!;
    if (data[at] !== MARKER || marker < 0xc0 || isBare(marker)) return 'that is not JPEG';
    const length = u16(data, at + 2);
    if (marker === END_OF_IMAGE || length < 2) return 'without a picture';
    if (marker === START_OF_SCAN) {
      if (!frame) return 'without a size';
      const { components, ...size } = frame;
      return data[at + 4] === components ? size : 'of several scans';
    }
    if (isFrame(marker)) {
      if (frame) return 'of two sizes';
      if (!isSequential(marker)) return 'of several scans';
      if (length < 8 || at + 10 > data.length) return 'without a size';
      frame = { height: u16(data, at + 5), width: u16(data, at + 7), components: data[at + 9]! };
    }
    at += 2 + length;
  }
  return `of more than ${MAX_SEGMENTS} segments`;
}

/** SOF0 to SOF15, except DHT (C4), JPG (C8) and DAC (CC), which share the range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** SOF0 and SOF1. */
function isSequential(marker: number): boolean {
  return marker === 0xc0 || marker === 0xc1;
}

/** RST0 to RST7 and SOI have no length. */
function isBare(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd8;
}

function u16(data: Uint8Array, at: number): number {
  return (data[at]! << 8) | data[at + 1]!;
}

/** From this many pixels a JPEG is decoded on another thread; below, the round trip costs more than decoding. */
const MIN_THREADED_PIXELS = 256 * 128;

/** Decodes JPEG into a framebuffer. */
export class JpegDecoder {
  readonly #library: JpegLibrary;

  constructor(library: JpegLibrary) {
    this.#library = library;
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
      throw undecodable('JPEG', `of ${size.width}x${size.height} pixels instead of ${width}x${height}`);
    }
    try {
      const painted = this.#library.decompress(data, rectangle, framebuffer, area(rectangle) >= MIN_THREADED_PIXELS);
      return painted?.catch((thrown: unknown) => Promise.reject(damaged(thrown))) ?? 'done';
    } catch (thrown) {
      throw damaged(thrown);
    }
  }
}

function damaged(thrown: unknown) {
  return undecodable('JPEG', `that is damaged: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}
