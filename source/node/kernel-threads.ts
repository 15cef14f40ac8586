import { Worker } from 'node:worker_threads';
import { KernelThreads, type KernelThreadsOptions, MOST_THREADS, THREADS_BYTES } from '../pixels/kernel-threads.js';
import { bindKernels, type PixelMemory } from '../pixels/pixel-memory.js';
import type { KernelThreadData } from './kernel-worker.js';

/** What the loss of a thread means for the user. */
export const THREAD_LOST = 'A thread that works on pixels has ended. One thread does all the work now.';

/** In megabytes: these threads run a loop, and have hardly any objects. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

/**
 * A memory whose kernels run on several threads. The threads end with the one that calls this, and do not keep it alive.
 * @param module of kernels-shared.wasm
 * @param threads the caller included
 * @param entry of the other threads
 * @returns null where the system has no room for such a memory, or no thread
 */
export function shareKernels(
  module: WebAssembly.Module,
  threads: number,
  entry: URL,
  options: Omit<KernelThreadsOptions, 'stop'> = {},
): PixelMemory | null {
  const workers: Worker[] = [];
  const stop = () => {
    for (const worker of workers) void worker.terminate();
  };
  try {
    const memory = bindKernels(module, true);
    const pointer = memory.allocate(THREADS_BYTES);
    const words = new Int32Array(memory.memory.buffer, pointer, THREADS_BYTES / 4);
    const others = Math.min(threads, MOST_THREADS) - 1;
    const shared = new KernelThreads(memory.kernels, words, { ...options, stop });
    for (let self = 1; self <= others; self++) {
      const workerData: KernelThreadData = { module, memory: memory.memory, pointer, words: words.length, self };
      const options = { workerData, name: `peerglass pixels ${self}`, resourceLimits: LIMITS, execArgv: [] };
      const worker = new Worker(entry, { ...options, stdout: true, stderr: true, trackUnmanagedFds: false });
      worker.on('error', () => shared.died());
      worker.on('exit', () => shared.died());
      worker.unref();
      workers.push(worker);
    }
    memory.threads = shared;
    return memory;
  } catch {
    stop();
    return null;
  }
}
