import fs from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { ShmProviderSegment } from 'x11';
import { hasRoom, TmpfsProvider } from '../../../source/capture/x11/tmpfs-provider.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';

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
      shm.read(segment, target, offset);
      expect(Buffer.compare(target, written.subarray(offset, offset + length))).toBe(0);
    }
  }
});

test.each([true, false])('each of several segments is read by itself (mapped: %s)', mapped => {
  const shm = provider(mapped);
  let before: { readonly segment: ShmProviderSegment; readonly written: Buffer } | null = null;
  for (let round = 0; round < 40; round++) {
    const segment = shm.create(4096 * (1 + (round % 7)) + round);
    const written = write(segment, round);
    for (const each of [{ segment, written }, ...(before ? [before] : [])]) {
      const target = new Uint8Array(each.segment.size);
      shm.read(each.segment, target, 0);
      expect(Buffer.compare(target, each.written)).toBe(0);
    }
    if (before) shm.destroy(before.segment);
    before = { segment, written };
  }
});

test('memory that grows while a segment is mapped leaves both as they are', () => {
  const shm = provider(true);
  const memory = createPixelMemory();
  const segment = shm.create(300_000);
  const first = memory.allocate(300_000);
  const written = write(segment, 9);
  shm.read(segment, memory.bytes(first, 300_000), 0);
  const before = memory.memory.buffer.byteLength;
  memory.allocate(40_000_000);
  expect(memory.memory.buffer.byteLength).toBeGreaterThan(before);
  expect(Buffer.compare(memory.bytes(first, 300_000), written)).toBe(0);
  const again = write(segment, 10);
  shm.read(segment, memory.bytes(first, 300_000), 0);
  expect(Buffer.compare(memory.bytes(first, 300_000), again)).toBe(0);
});

test.each([true, false])('nothing is read from a segment that is gone (mapped: %s)', mapped => {
  const shm = provider(mapped);
  const segment = shm.create(4096);
  shm.destroy(segment);
  shm.destroy(segment);
  expect(() => shm.read(segment, new Uint8Array(1), 0)).toThrow('gone');
  const other = shm.create(4096);
  shm.close();
  expect(() => shm.read(other, new Uint8Array(1), 0)).toThrow('gone');
});

test('what is mapped cannot be made shorter or longer, and what is only read may be', () => {
  const sealed = provider(true).create(8192);
  for (const size of [0, 8191, 8193]) expect(() => fs.ftruncateSync(sealed.fd, size)).toThrow('EPERM');
  write(sealed, 4);
  const shm = provider(false);
  const open = shm.create(8192);
  fs.ftruncateSync(open.fd, 4096);
  expect(() => shm.read(open, new Uint8Array(8192), 0)).toThrow('truncated');
});

test('nothing is read beyond the end of a mapping', () => {
  const shm = provider(true);
  const segment = shm.create(4096);
  expect(() => shm.read(segment, new Uint8Array(4097), 0)).toThrow(RangeError);
  expect(() => shm.read(segment, new Uint8Array(1), 4096)).toThrow(RangeError);
});

describe('a segment in the place of a block of pixel memory', () => {
  test('is at once what the other side writes, and the other side sees what the block has', () => {
    const shm = provider(true);
    const memory = createPixelMemory();
    const neighbour = memory.allocatePages(10);
    const pointer = memory.allocatePages(300_000);
    const length = memory.lengthOf(pointer);
    const last = memory.allocatePages(10);
    memory.bytes(neighbour, 10).fill(1);
    memory.bytes(last, 10).fill(2);
    memory.bytes(pointer, length).fill(7);
    const segment = shm.create(length);
    const overlay = shm.overlay(segment, memory, pointer)!;
    const seen = Buffer.alloc(length);
    fs.readSync(segment.fd, seen, 0, length, 0);
    expect(seen.equals(Buffer.alloc(length, 7))).toBe(true);
    for (const seed of [1, 2]) {
      const written = write(segment, seed);
      expect(Buffer.compare(memory.bytes(pointer, length), written)).toBe(0);
      // Growing leaves it where it is.
      memory.allocate(20_000_000);
      expect(overlay.inPlace).toBe(true);
    }
    expect([...memory.bytes(neighbour, 10), ...memory.bytes(last, 10)]).toEqual([
      ...Array(10).fill(1),
      ...Array(10).fill(2),
    ]);
  });

  test('is memory of its own again with the same contents when it is removed, twice too', () => {
    const shm = provider(true);
    const memory = createPixelMemory();
    const pointer = memory.allocatePages(70_000);
    const length = memory.lengthOf(pointer);
    const segment = shm.create(length);
    const overlay = shm.overlay(segment, memory, pointer)!;
    const written = write(segment, 5);
    overlay.remove();
    overlay.remove();
    expect(overlay.inPlace).toBe(false);
    write(segment, 6);
    expect(Buffer.compare(memory.bytes(pointer, length), written)).toBe(0);
    shm.close();
    memory.bytes(pointer, length).fill(3);
    expect(memory.bytes(pointer, length).every(byte => byte === 3)).toBe(true);
  });

  test('cannot be had where files are not mapped, nor after it is gone', () => {
    const memory = createPixelMemory();
    const pointer = memory.allocatePages(10);
    const shm = provider(false);
    expect(shm.overlay(shm.create(65_536), memory, pointer)).toBeNull();
    const other = provider(true);
    const segment = other.create(65_536);
    other.destroy(segment);
    expect(() => other.overlay(segment, memory, pointer)).toThrow('gone');
  });
});

test('a segment takes nothing of /dev/shm where it need not, and else never more than others can spare', () => {
  const { fd } = provider(true).create(4096);
  expect(fs.readlinkSync(`/proc/self/fd/${fd}`)).toMatch(/^\/memfd:/);
  // 64 MB, as containers have it, and a screen of 4K.
  const small = { bsize: 4096, blocks: 16_384, bavail: 16_384 };
  expect(hasRoom(small, 1920 * 1080 * 4)).toBe(true);
  expect(hasRoom({ ...small, bavail: 16_000 }, 3840 * 2160 * 4)).toBe(false);
});
