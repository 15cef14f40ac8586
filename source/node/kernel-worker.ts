// A thread that works on pixels beside the one that owns them.
import { workerData } from 'node:worker_threads';
import { leave, serve } from '../pixels/kernel-threads.js';
import { kernelsOver } from '../pixels/pixel-memory.js';

/** What the thread is started with. */
export interface KernelThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where the words that threads exchange lie in the memory, and how many they are. */
  readonly pointer: number;
  readonly words: number;
  /** Its number, from 1 on. */
  readonly self: number;
}

const { module, memory, pointer, words, self } = workerData as KernelThreadData;
const exchanged = new Int32Array(memory.buffer, pointer, words);
process.on('exit', () => leave(exchanged, self));
serve(exchanged, kernelsOver(module, memory), self);
