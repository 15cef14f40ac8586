// A thread that works on pixels and fails in the middle of its third call: it ends, or never comes back.
import { workerData } from 'node:worker_threads';
import { leave, serve } from '../../dist/source/pixels/kernel-threads.js';
import { kernelsOver } from '../../dist/source/pixels/pixel-memory.js';

const HALF = 5;
const { module, memory, pointer, words, self } = workerData;
const exchanged = new Int32Array(memory.buffer, pointer, words);
const kernels = kernelsOver(module, memory);
let calls = 0;

function copyHalfOfThird(...values) {
  calls++;
  if (calls < 3) return kernels.copyRectangle(...values);
  kernels.copyRectangle(...values.with(HALF, values[HALF] >> 1));
  if (new URL(import.meta.url).searchParams.get('then') === 'end') process.exit(1);
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

process.on('exit', () => leave(exchanged, self));
serve(exchanged, { ...kernels, copyRectangle: copyHalfOfThird }, self);
