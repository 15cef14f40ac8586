// Decodes the picture of a share or VNC server without a password, and prints its size:
// node examples/decode.mjs HOST PORT
// Only this file knows of Node: in a browser, connect gives way to a WebSocket and readFileSync to fetch.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bindKernels, ClientConnection, Framebuffer, hasVectors, kernelStreams, noTrace } from 'peerglass/decoder';

const kernels = import.meta.resolve(hasVectors() ? 'peerglass/kernels.wasm' : 'peerglass/kernels-plain.wasm');
const memory = bindKernels(new WebAssembly.Module(readFileSync(fileURLToPath(kernels))));
let framebuffer;

const host = {
  options: { code: null, quality: 'lossless', level: null },
  missed: false,
  memory,
  inflater: kernelStreams(memory),
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
  present({ frame, dirty, bytes, encodings }) {
    // A part of an update that takes long.
    if (!frame) return;
    // framebuffer.bytes() are the pixels now: rows from the top, 4 bytes a pixel (B, G, R, unused).
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
const session = new ClientConnection({ ...connection, jpeg: null, createTrace: noTrace }, host, {});
session.start();
