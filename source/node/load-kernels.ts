import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { bindKernels } from '../pixels/pixel-memory.js';
import { hasVectors } from '../pixels/vectors.js';
import { shareKernels } from './kernel-threads.js';

/** Compiled once per thread. */
const compiled = new Map<string, WebAssembly.Module>();

export interface PixelMemoryOptions {
  /** False: the kernels for processors without SIMD, which lack Cosine, on one thread. */
  readonly vectors?: boolean;
  /** Threads that the kernels may run on, the calling one included. Default: 1. */
  readonly threads?: number;
  /** Called once, when one of several threads was lost: the kernels go on, on one. */
  readonly lost?: () => void;
}

/** A new memory with the kernels bound to it, one per thread that owns pictures. */
export function createPixelMemory({ vectors = hasVectors(), threads = 1, lost }: PixelMemoryOptions = {}): PixelMemory {
  const shared =
    threads > 1 && vectors ? shareKernels(load('kernels-shared.wasm'), threads, KERNEL_WORKER, { lost }) : null;
  return shared ?? bindKernels(load(vectors ? 'kernels.wasm' : 'kernels-plain.wasm'));
}

function load(name: string): WebAssembly.Module {
  const module = compiled.get(name) ?? new WebAssembly.Module(readFileSync(builtFile(`pixels/${name}`)));
  compiled.set(name, module);
  return module;
}

/** The entry of the threads that kernels run on besides the calling one. */
const KERNEL_WORKER = pathToFileURL(builtFile('node/kernel-worker.js'));

/** In dist beside this code; tests run from the sources. */
function builtFile(name: string): string {
  const places = [`../${name}`, `../../dist/source/${name}`];
  const files = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return files.find(file => existsSync(file)) ?? files[0]!;
}
