import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import type { ZStream } from 'pako';
import type { Inflater, InflateStream } from '../codecs/decode/inflate.js';
import { damaged, tooLong, tooShort, truncated } from '../codecs/decode/inflate-fault.js';

type Pako = typeof import('pako');

const ZLIB_WINDOW_BITS = 15;
const CHUNK = 256 * 1024;

/**
 * For machines on which zlib-sync did not compile: node:zlib for what is whole, and pako for streams that go on, which
 * node:zlib does not offer synchronously.
 */
export function createStandInInflater(): Inflater {
  const pako: Pako = createRequire(import.meta.url)('pako');
  return {
    name: 'node:zlib and pako',
    createStream: () => new PakoStream(pako),
    inflateInto(compressed, target) {
      const inflated = inflateBounded(compressed, target.length, target.length + 1);
      if (inflated.length < target.length) throw tooShort(inflated.length, target.length);
      target.set(inflated);
    },
    inflateWhole: (compressed, most) => inflateBounded(compressed, most, CHUNK),
  };
}

/** With a chunk as large as the result node:zlib is twice as fast as with its default. */
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

class PakoStream implements InflateStream {
  readonly #pako: Pako;
  readonly #stream: ZStream;
  #out = new Uint8Array(CHUNK);

  constructor(pako: Pako) {
    this.#pako = pako;
    this.#stream = new pako.ZStream();
    pako.zlibInflateInit2(this.#stream, ZLIB_WINDOW_BITS);
  }

  inflate(compressed: Uint8Array, most: number): Uint8Array {
    const stream = this.#stream;
    stream.input = compressed;
    stream.next_in = 0;
    stream.avail_in = compressed.length;
    let length = 0;
    for (;;) {
      stream.output = this.#out;
      stream.next_out = length;
      stream.avail_out = Math.min(this.#out.length, most + 1) - length;
      const status = this.#pako.zlibInflate(stream, this.#pako.Z_SYNC_FLUSH);
      if (status < this.#pako.Z_OK && status !== this.#pako.Z_BUF_ERROR)
        throw damaged(stream.msg || `status ${status}`);
      if (status === this.#pako.Z_NEED_DICT) throw damaged('a dictionary is asked for');
      length = stream.next_out;
      if (length > most) throw tooLong(most);
      if (status === this.#pako.Z_STREAM_END || stream.avail_out > 0) return this.#out.subarray(0, length);
      this.#grow(Math.min(this.#out.length * 2, most + 1));
    }
  }

  reset(): void {
    this.#pako.zlibInflateReset(this.#stream);
  }

  #grow(size: number): void {
    if (size <= this.#out.length) return;
    const larger = new Uint8Array(size);
    larger.set(this.#out);
    this.#out = larger;
  }
}
