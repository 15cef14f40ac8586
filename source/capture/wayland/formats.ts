import { PeerglassError } from '../../core/errors.js';

/** One channel of a pixel: `shift` bits from the right of the little-endian pixel, values up to `max`. */
interface Channel {
  readonly shift: number;
  readonly max: number;
  /** The values on the full range 0-255. */
  readonly bytes: Uint8Array;
}

/** A format of wl_shm that can be shared. */
export interface ShmFormat {
  /** Its number in wl_shm. */
  readonly code: number;
  readonly bytesPerPixel: 3 | 4;
  /** `bgrx`: the framebuffers' own format, `rgbx`: with red and blue exchanged, else the channels of each pixel. */
  readonly layout: 'bgrx' | 'rgbx' | readonly [red: Channel, green: Channel, blue: Channel];
}

function fourcc(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32LE(0);
}

const BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);
const BYTES_OF_TEN_BITS = Uint8Array.from({ length: 1024 }, (_, value) => Math.round((value * 255) / 1023));
const byte = (shift: number): Channel => ({ shift, max: 255, bytes: BYTES });
const ten = (shift: number): Channel => ({ shift, max: 1023, bytes: BYTES_OF_TEN_BITS });

const TEN_BGR: ShmFormat['layout'] = [ten(20), ten(10), ten(0)];
const TEN_RGB: ShmFormat['layout'] = [ten(0), ten(10), ten(20)];

/**
 * The best first. ARGB8888 and XRGB8888 have numbers of their own, all others those of drm_fourcc.h. Alpha is ignored:
 * there is nothing behind a screen.
 */
const FORMATS: readonly ShmFormat[] = [
  { code: 1, bytesPerPixel: 4, layout: 'bgrx' },
  { code: 0, bytesPerPixel: 4, layout: 'bgrx' },
  { code: fourcc('XB24'), bytesPerPixel: 4, layout: 'rgbx' },
  { code: fourcc('AB24'), bytesPerPixel: 4, layout: 'rgbx' },
  { code: fourcc('RX24'), bytesPerPixel: 4, layout: [byte(24), byte(16), byte(8)] },
  { code: fourcc('RA24'), bytesPerPixel: 4, layout: [byte(24), byte(16), byte(8)] },
  { code: fourcc('BX24'), bytesPerPixel: 4, layout: [byte(8), byte(16), byte(24)] },
  { code: fourcc('BA24'), bytesPerPixel: 4, layout: [byte(8), byte(16), byte(24)] },
  { code: fourcc('RG24'), bytesPerPixel: 3, layout: [byte(16), byte(8), byte(0)] },
  { code: fourcc('BG24'), bytesPerPixel: 3, layout: [byte(0), byte(8), byte(16)] },
  { code: fourcc('XR30'), bytesPerPixel: 4, layout: TEN_BGR },
  { code: fourcc('AR30'), bytesPerPixel: 4, layout: TEN_BGR },
  { code: fourcc('XB30'), bytesPerPixel: 4, layout: TEN_RGB },
  { code: fourcc('AB30'), bytesPerPixel: 4, layout: TEN_RGB },
];

/** Formats with transparency, the best first, for the picture of the pointer. */
const WITH_ALPHA = [0, fourcc('AB24')];

/**
 * The best of the offered formats.
 * @throws PeerglassError E_WAYLAND_FORMAT
 */
export function bestFormat(offered: readonly number[]): ShmFormat {
  const found = FORMATS.find(({ code }) => offered.includes(code));
  if (found) return found;
  const names = offered.slice(0, 8).map(formatName);
  const message = `The compositor offers its pictures only in formats that peerglass cannot read: ${names.join(', ') || 'none'}.`;
  throw new PeerglassError('E_WAYLAND_FORMAT', message, 'Please report this, with the name of your compositor.');
}

/** The best offered format with transparency; null if there is none. */
export function alphaFormat(offered: readonly number[]): ShmFormat | null {
  const code = WITH_ALPHA.find(each => offered.includes(each));
  return FORMATS.find(each => each.code === code) ?? null;
}

/** As drm_fourcc.h names it, e.g. "RG16". */
function formatName(code: number): string {
  if (code < 2) return ['AR24', 'XR24'][code]!;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(code);
  const text = bytes.toString('latin1');
  return /^[\x20-\x7e]{4}$/.test(text) ? text.trimEnd() : `0x${code.toString(16)}`;
}

// A screen has millions of pixels: plain loops, without a function call per pixel.

/** Converts packed pixels of a format to BGRX. @param to one element a pixel */
export function toBgrx({ bytesPerPixel, layout }: ShmFormat, from: Buffer, to: Uint32Array): void {
  if (bytesPerPixel === 3) {
    for (let pixel = 0, at = 0; pixel < to.length; pixel++, at += 3) {
      to[pixel] = from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16);
    }
  } else new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(from.subarray(0, to.byteLength));
  if (layout === 'bgrx') return;
  if (layout === 'rgbx') {
    exchange(to);
    return;
  }
  const [red, green, blue] = layout;
  for (let place = 0; place < to.length; place++) {
    const pixel = to[place]!;
    to[place] =
      (red.bytes[(pixel >>> red.shift) & red.max]! << 16) |
      (green.bytes[(pixel >>> green.shift) & green.max]! << 8) |
      blue.bytes[(pixel >>> blue.shift) & blue.max]!;
  }
}

function exchange(pixels: Uint32Array): void {
  for (let place = 0; place < pixels.length; place++) {
    const pixel = pixels[place]!;
    pixels[place] = (pixel & 0xff00_ff00) | ((pixel & 0xff) << 16) | ((pixel >>> 16) & 0xff);
  }
}
