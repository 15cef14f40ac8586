import { constants, deflateRaw, deflateRawSync } from 'node:zlib';

/** Output that surely holds a strip, so that it is made in one go: deflate adds a few bytes for each 16 KiB. */
const SLACK = 1024;
const DEFAULT_CHUNK = 16 * 1024;

function options(length: number, level: number) {
  const chunkSize = Math.max(length + (length >> 10) + SLACK, DEFAULT_CHUNK);
  return { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize };
}

/** A raw deflate stream without a final block, ended by a sync flush. */
export function deflateStripSync(raw: Uint8Array, level: number): Buffer {
  return deflateRawSync(raw, options(raw.length, level));
}

/** The same on libuv's pool. `raw` is read while it runs: it must not change before the promise is settled. */
export function deflateStrip(raw: Uint8Array, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(raw, options(raw.length, level), (error, deflated) => {
      if (error) reject(error);
      else resolve(deflated);
    });
  });
}

/** Rough times for a strip of 128 KiB of a desktop, in milliseconds, by level: what decides between the two ways. */
const STRIP_MS = [0.1, 0.25, 0.3, 0.4, 0.6, 0.8, 1.1, 1.4, 2, 2.8];
/** Longer than this the thread must not be kept from capture and sockets; less is over before the pool would begin. */
const AT_ONCE_MS = 1.2;

/** Compresses strips: at once when that is short, else side by side on the pool. */
export async function deflateStrips(strips: readonly Uint8Array[], level: number): Promise<Buffer[]> {
  const bytes = strips.reduce((sum, strip) => sum + strip.length, 0);
  if ((bytes / 131_072) * STRIP_MS[level]! <= AT_ONCE_MS) return strips.map(strip => deflateStripSync(strip, level));
  return Promise.all(strips.map(strip => deflateStrip(strip, level)));
}
