import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shareKernels } from '../../source/node/kernel-threads.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import type { KernelThreadsOptions } from '../../source/pixels/kernel-threads.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';

const built = (name: string) => new URL(`../../dist/source/${name}`, import.meta.url);
let module: WebAssembly.Module | undefined;

export function sharedModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readFileSync(fileURLToPath(built('pixels/kernels-shared.wasm'))));
  return module;
}

/** Counts of threads that everything holds with. */
export const THREADS = [1, 2, 3, 8] as const;

/**
 * A memory whose kernels run on as many threads, which all work by now, and share work of any size.
 * @param entry of the other threads
 */
export async function memoryOf(
  threads: number,
  options: Omit<KernelThreadsOptions, 'stop'> = {},
  entry = built('node/kernel-worker.js'),
): Promise<PixelMemory> {
  if (threads === 1) return createPixelMemory();
  const memory = shareKernels(sharedModule(), threads, entry, { leastNs: 1, ...options });
  if (!memory?.threads) throw new Error('this system shares no memory');
  while (memory.threads.count < threads) await new Promise(resolve => setTimeout(resolve, 5));
  return memory;
}

/** The entry of threads that fail in the middle of their third call of a kernel: they end, or never come back. */
export function failingThreads(
  kernel: 'copyRectangle' | 'moveRows' | 'decodeCosine' | 'photographicBlocks' | 'inflateRectangle',
  then: 'end' | 'hang',
): URL {
  process.env.FAILING_KERNEL = kernel;
  process.env.FAILING_THEN = then;
  return new URL('./failing-kernel-worker.mjs', import.meta.url);
}
