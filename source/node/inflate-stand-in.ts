import { inflateSync } from 'node:zlib';
import type { WholeInflater } from '../codecs/decode/inflate.js';
import { damaged, tooLong, tooShort, truncated } from '../codecs/decode/inflate-fault.js';

const CHUNK = 256 * 1024;

/** For machines without zlib-sync. */
export function createStandInInflater(): WholeInflater {
  return {
    name: 'node:zlib',
    inflateInto(compressed, target) {
      const inflated = inflateBounded(compressed, target.length, target.length + 1);
      if (inflated.length < target.length) throw tooShort(inflated.length, target.length);
      target.set(inflated);
    },
    inflateWhole: (compressed, most) => inflateBounded(compressed, most, CHUNK),
  };
}

/** With chunks the size of the result node:zlib is twice as fast as with its default. */
function inflateBounded(compressed: Uint8Array, most: number, chunkSize: number): Buffer {
  let inflated: Buffer;
  try {
    const options = { chunkSize: Math.max(chunkSize, 64), maxOutputLength: Math.max(most, 1) };
    inflated = inflateSync(compressed, options);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(most);
    if (code === 'Z_BUF_ERROR') throw truncated();
    throw damaged(thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (inflated.length > most) throw tooLong(most);
  return inflated;
}
