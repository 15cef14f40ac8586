import { vi } from 'vitest';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';

/** Keeps a memory from growing. @returns undoes it */
export function full({ memory }: PixelMemory): () => void {
  const grow = vi.spyOn(memory, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
  });
  return () => grow.mockRestore();
}
