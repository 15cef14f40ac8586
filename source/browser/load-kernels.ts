import { bindKernels, type PixelMemory } from '../pixels/pixel-memory.js';

/** @param url of kernels.wasm, which the server must deliver as application/wasm */
export async function loadKernels(url: string): Promise<PixelMemory> {
  return bindKernels(await WebAssembly.compileStreaming(fetch(url)));
}
