// A thread that works on pixels and fails in the middle of its third call: it ends, or never comes back.
import { workerData } from 'node:worker_threads';
import { leave, serve } from '../../dist/source/pixels/kernel-threads.js';
import { kernelsOver } from '../../dist/source/pixels/pixel-memory.js';

/** Which argument is the height. */
const HEIGHTS = { copyRectangle: 5, moveRows: 4, decodeCosine: 5, photographicBlocks: 3, inflateRectangle: 8 };
// A worker's URL comes without its query.
const { FAILING_KERNEL: name, FAILING_THEN: then } = process.env;
const { module, memory, pointer, words, self } = workerData;
const exchanged = new Int32Array(memory.buffer, pointer, words);
const kernels = kernelsOver(module, memory);
const height = HEIGHTS[name];
let calls = 0;

function halfOfThird(...values) {
  calls++;
  if (calls < 3) return kernels[name](...values);
  kernels[name](...values.with(height, values[height] >> 1));
  if (then === 'end') process.exit(1);
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

process.on('exit', () => leave(exchanged, self));
serve(exchanged, { ...kernels, [name]: halfOfThird }, self);
