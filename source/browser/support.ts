import { hasVectors } from '../pixels/vectors.js';

/** What the browser lacks for this page, as text; null: nothing. */
export function lacking(): string | null {
  if (typeof WebAssembly !== 'object' || typeof WebAssembly.compileStreaming !== 'function') return 'WebAssembly';
  if (!hasVectors()) return 'WebAssembly SIMD';
  if (typeof Worker !== 'function' || typeof OffscreenCanvas !== 'function') return 'OffscreenCanvas';
  if (!('transferControlToOffscreen' in HTMLCanvasElement.prototype)) return 'OffscreenCanvas';
  try {
    if (!new OffscreenCanvas(1, 1).getContext('2d')) return 'a 2d context for OffscreenCanvas';
  } catch {
    return 'a 2d context for OffscreenCanvas';
  }
  // The newest parts of the language in the worker.
  if (!('findLast' in Array.prototype) || !('hasOwn' in Object)) return 'JavaScript of 2022';
  return null;
}
