import type { Inflater, WholeInflater } from '../codecs/decode/inflate.js';
import { kernelStreams } from '../codecs/decode/kernel-streams.js';
import { loadZlibSyncInflater } from '../native/inflate-zlib-sync.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { adler32 } from '../pixels/reference/statistics.js';
import { createStandInInflater } from './inflate-stand-in.js';
import { createPixelMemory } from './load-kernels.js';

export type InflaterKind = 'zlib-sync' | 'stand-in';

/** Selects the inflater of whole data, for tests and troubleshooting; default: zlib-sync where it is installed. */
export const INFLATER_VARIABLE = 'PEERGLASS_INFLATER';

export interface InflaterOptions {
  readonly kind?: string | undefined;
  /** The memory that decoders work in. */
  readonly memory?: PixelMemory;
}

/**
 * Streams are inflated by a kernel, whole frames by zlib-sync, an optional package that is compiled at installation.
 * Without it, or without native code, node:zlib replaces it.
 * @throws Error when zlib-sync is selected but not installed, or may not be loaded
 */
export function createInflater({ kind, memory = createPixelMemory() }: InflaterOptions = {}): Inflater {
  return { ...wholeInflater(kind ?? process.env[INFLATER_VARIABLE], memory), ...kernelStreams(memory) };
}

function wholeInflater(kind: string | undefined, memory: PixelMemory): WholeInflater {
  const standIn = createStandInInflater();
  if (kind === 'stand-in') return standIn;
  try {
    return loadZlibSyncInflater(standIn, bytes => checksum(bytes, memory));
  } catch (cause) {
    if (kind === 'zlib-sync') throw new Error('zlib-sync cannot be loaded', { cause });
    return standIn;
  }
}

/** Adler-32, by the kernel for pixels in its memory. */
function checksum(bytes: Uint8Array, { memory, kernels }: PixelMemory): number {
  if (bytes.buffer !== memory.buffer) return adler32(bytes, 1);
  return kernels.adler32(bytes.byteOffset, bytes.length, 1) >>> 0;
}
