import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { bindKernels } from '../pixels/pixel-memory.js';
import { hasVectors } from '../pixels/vectors.js';

/** Compiled once per thread. */
const compiled = new Map<string, WebAssembly.Module>();

/**
 * A new memory with the kernels bound to it, one per thread.
 *
 * @param vectors false loads the kernels for processors without SIMD, which lack Cosine
 */
export function createPixelMemory(vectors = hasVectors()): PixelMemory {
  const name = vectors ? 'kernels.wasm' : 'kernels-plain.wasm';
  const module = compiled.get(name) ?? new WebAssembly.Module(readFileSync(kernelsFile(name)));
  compiled.set(name, module);
  return bindKernels(module);
}

/** In dist beside the pixels' code; tests run from the sources. */
function kernelsFile(name: string): string {
  const places = [`../pixels/${name}`, `../../dist/source/pixels/${name}`];
  const files = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return files.find(file => existsSync(file)) ?? files[0]!;
}
