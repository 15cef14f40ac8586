import type { Size } from '../core/rectangle.js';

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/**
 * The size that the frame header of a sequential JPEG states (ITU T.81, B.2.2), or null when there is none before its first
 * scan. Strict:
 * only well-formed marker segments are passed over, so that no decoder can read another header than this one. A size is
 * checked here because the decompressor multiplies sides in 32 bits before it believes that its output fits.
 */
export function jpegSize(data: Uint8Array): Size | null {
  if (data[0] !== MARKER || data[1] !== START_OF_IMAGE) return null;
  let at = 2;
  while (at + 4 <= data.length) {
    if (data[at] !== MARKER) return null;
    const marker = data[at + 1]!;
    if (marker === MARKER) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE || marker < 0xc0 || isBare(marker)) return null;
    const length = u16(data, at + 2);
    if (length < 2) return null;
    if (isFrame(marker)) {
      if (!isSequential(marker) || length < 8 || at + 9 > data.length) return null;
      return { height: u16(data, at + 5), width: u16(data, at + 7) };
    }
    at += 2 + length;
  }
  return null;
}

/** SOF0 to SOF15, without DHT (C4), JPG (C8) and DAC (CC), which share their range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** SOF0 and SOF1. No VNC server sends progressive frames, and few bytes of them can ask for many passes over the picture. */
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
