import type { Inflater } from '../codecs/decode/inflate.js';
import { loadZlibSyncInflater } from '../native/inflate-zlib-sync.js';
import { createStandInInflater } from './inflate-stand-in.js';

export type InflaterKind = 'zlib-sync' | 'stand-in';

/** Selects the inflater, for tests and troubleshooting; default: zlib-sync where it is installed. */
export const INFLATER_VARIABLE = 'PEERGLASS_INFLATER';

export interface InflaterOptions {
  readonly kind?: string | undefined;
  /** Adler-32 of bytes, if the caller has a faster one. */
  readonly checksum?: (bytes: Uint8Array) => number;
}

/**
 * zlib-sync is an optional package, compiled at installation. Without it, or without native code, node:zlib and pako
 * replace it.
 * @throws Error when zlib-sync is selected but not installed, or may not be loaded
 */
export function createInflater(options: InflaterOptions = {}): Inflater {
  const kind = options.kind ?? process.env[INFLATER_VARIABLE];
  const standIn = createStandInInflater();
  if (kind === 'stand-in') return standIn;
  try {
    return loadZlibSyncInflater(standIn, options.checksum);
  } catch (cause) {
    if (kind === 'zlib-sync') throw new Error('zlib-sync cannot be loaded', { cause });
    return standIn;
  }
}
