import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { withinMemory } from '../../../source/session/watch/picture-memory.js';

const GIGABYTE = 2 ** 30;

describe('a picture', () => {
  it('is created if it fits half of the memory', () => {
    expect(withinMemory({ width: 12_000, height: 8_000 }, () => 'made', GIGABYTE)).toBe('made');
  });

  it('is refused with its size if it does not', () => {
    const make = () => withinMemory({ width: 16_384, height: 16_384 }, () => 'made', GIGABYTE);
    expect(make).toThrowError(expect.objectContaining({ code: 'E_PICTURE_SIZE' }));
    expect(make).toThrowError(/1074 MB/);
  });

  it('is refused when WebAssembly memory cannot grow', () => {
    const memory = createPixelMemory();
    const make = () => withinMemory({ width: 1, height: 1 }, () => memory.allocate(2 ** 32), GIGABYTE);
    expect(make).toThrowError(expect.objectContaining({ code: 'E_PICTURE_SIZE' }));
  });
});
