// Decodes what a share or a VNC server without a password sends, and tells what it shows: node examples/decode.mjs HOST PORT
// Only this file knows of Node: in a browser, connect gives way to a WebSocket and readFileSync to fetch.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as pako from 'pako';
import { bindKernels, Framebuffer, hasVectors, InflateFault, noTrace, RfbSession } from 'peerglass/decoder';

/** A zlib stream that goes on from block to block. */
class PakoStream {
  #stream = new pako.ZStream();
  #out = new Uint8Array(1 << 16);

  constructor() {
    pako.zlibInflateInit2(this.#stream, 15);
  }

  inflate(compressed, most) {
    const stream = this.#stream;
    Object.assign(stream, { input: compressed, next_in: 0, avail_in: compressed.length, next_out: 0 });
    for (;;) {
      Object.assign(stream, { output: this.#out, avail_out: this.#out.length - stream.next_out });
      const status = pako.zlibInflate(stream, pako.Z_SYNC_FLUSH);
      if (status < pako.Z_OK && status !== pako.Z_BUF_ERROR) throw new InflateFault('damaged', stream.msg);
      if (stream.next_out > most) throw new InflateFault('too-long', `more than ${most} bytes`);
      if (stream.avail_out > 0) return this.#out.subarray(0, stream.next_out);
      const larger = new Uint8Array(this.#out.length * 2);
      larger.set(this.#out);
      this.#out = larger;
    }
  }

  reset() {
    pako.zlibInflateReset(this.#stream);
  }
}

const kernels = import.meta.resolve(hasVectors() ? 'peerglass/kernels.wasm' : 'peerglass/kernels-plain.wasm');
const memory = bindKernels(new WebAssembly.Module(readFileSync(fileURLToPath(kernels))));
let framebuffer;

const host = {
  options: { code: null, quality: 'lossless', level: null },
  missed: false,
  memory,
  inflater: { createStream: () => new PakoStream() },
  clock: {
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    soon: callback => setImmediate(callback),
  },
  resize(size) {
    framebuffer?.free();
    framebuffer = new Framebuffer(memory, size);
    return framebuffer;
  },
  present({ dirty, bytes, encodings }) {
    // framebuffer.bytes() are the pixels now: rows from the top, 4 bytes a pixel: blue, green, red and one without a meaning.
    console.log(`${framebuffer.width}x${framebuffer.height}: ${dirty.length} parts, ${bytes} bytes`, encodings);
    session.close();
  },
  describe({ name }) {
    if (name) console.log(`watching ${name}`);
  },
  skipped() {},
  latency() {},
  notice() {},
  resumable() {},
  ended(error) {
    console.error(error.message);
    process.exitCode = 1;
  },
};

const [address, port] = process.argv.slice(2);
const stream = connect({ host: address, port: Number(port) }).pause();
const connection = { stream, early: new Uint8Array(0), peer: `${address}:${port}`, resume: null };
const session = new RfbSession({ ...connection, jpeg: null, createTrace: noTrace }, host, {});
session.start();
