import { expect, it, vi } from 'vitest';
import { Scratch } from '../../source/codecs/decode/rectangle-decoder.js';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';

const memory = createPixelMemory();

/** What a memory that cannot grow throws, once. */
function failOnce(): void {
  vi.spyOn(memory, 'allocate').mockImplementationOnce(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
  });
}

it("the decoders' scratch memory is allocated again after it could not grow", () => {
  const scratch = new Scratch(memory);
  scratch.reserve(1);
  failOnce();
  expect(() => scratch.reserve(1 << 20)).toThrow(RangeError);
  expect(memory.lengthOf(scratch.reserve(1000))).toBeGreaterThanOrEqual(1000);
  scratch.free();
});

it("the encoders' scratch memory is allocated again after it could not grow", () => {
  const scratch = new EncodeScratch(memory, nodeCompressors);
  failOnce();
  expect(() => scratch.reserve(1 << 20)).toThrow(RangeError);
  scratch.reserve(1000);
  expect(memory.lengthOf(scratch.indices)).toBeGreaterThanOrEqual(1000 * 10);
  failOnce();
  expect(() => scratch.reserve(1 << 20)).toThrow(RangeError);
  scratch.free();
});
