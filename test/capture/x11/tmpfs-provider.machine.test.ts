import fs from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { ShmProviderSegment } from 'x11';
import { TmpfsProvider } from '../../../source/capture/x11/tmpfs-provider.js';
import { createPixelMemory } from '../../../source/pixels/kernels.js';

const providers: TmpfsProvider[] = [];

function provider(mapped: boolean): TmpfsProvider {
  const made = new TmpfsProvider(mapped);
  providers.push(made);
  return made;
}

afterEach(() => {
  for (const each of providers.splice(0)) each.close();
});

/** Writes to the segment as the server would. */
function write({ fd, size }: ShmProviderSegment, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8) + seed) & 0xff;
  fs.writeSync(fd, bytes, 0, size, 0);
  return bytes;
}

test.each([true, false])('what the other side writes is copied from any place (mapped: %s)', mapped => {
  const shm = provider(mapped);
  const segment = shm.create(100_003);
  for (const seed of [1, 2, 3]) {
    const written = write(segment, seed);
    for (const [offset, length] of [
      [0, 100_003],
      [1, 1],
      [4095, 2],
      [65_537, 30_000],
      [100_002, 1],
    ] as const) {
      const target = new Uint8Array(length);
      shm.read(target, offset);
      expect(Buffer.compare(target, written.subarray(offset, offset + length))).toBe(0);
    }
  }
});

test.each([true, false])('the segment that was made last is the one that is read (mapped: %s)', mapped => {
  const shm = provider(mapped);
  let before: ShmProviderSegment | null = null;
  for (let round = 0; round < 40; round++) {
    // As when the screen is given another size: the new one is there before the old one has gone.
    const segment = shm.create(4096 * (1 + (round % 7)) + round);
    if (before) shm.destroy(before);
    before = segment;
    const written = write(segment, round);
    const target = new Uint8Array(segment.size);
    shm.read(target, 0);
    expect(Buffer.compare(target, written)).toBe(0);
  }
});

test('memory that grows while a segment is mapped leaves both as they are', () => {
  const shm = provider(true);
  const memory = createPixelMemory();
  const segment = shm.create(300_000);
  const first = memory.allocate(300_000);
  const written = write(segment, 9);
  shm.read(memory.bytes(first, 300_000), 0);
  const before = memory.memory.buffer.byteLength;
  memory.allocate(40_000_000);
  expect(memory.memory.buffer.byteLength).toBeGreaterThan(before);
  expect(Buffer.compare(memory.bytes(first, 300_000), written)).toBe(0);
  const again = write(segment, 10);
  shm.read(memory.bytes(first, 300_000), 0);
  expect(Buffer.compare(memory.bytes(first, 300_000), again)).toBe(0);
});

test.each([true, false])('nothing is read from a segment that is gone (mapped: %s)', mapped => {
  const shm = provider(mapped);
  const segment = shm.create(4096);
  shm.destroy(segment);
  shm.destroy(segment);
  expect(() => shm.read(new Uint8Array(1), 0)).toThrow('gone');
  shm.create(4096);
  shm.close();
  expect(() => shm.read(new Uint8Array(1), 0)).toThrow('gone');
});

test('nothing is read beyond the end of a mapping', () => {
  const shm = provider(true);
  shm.create(4096);
  expect(() => shm.read(new Uint8Array(4097), 0)).toThrow(RangeError);
  expect(() => shm.read(new Uint8Array(1), 4096)).toThrow(RangeError);
});
