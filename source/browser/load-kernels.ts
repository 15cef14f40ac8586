import { bindKernels, type PixelMemory } from '../pixels/pixel-memory.js';

/** @param url of kernels.wasm; the server says what type it has */
export async function loadKernels(url: string): Promise<PixelMemory> {
  return bindKernels(await WebAssembly.compileStreaming(fetch(url)));
}
