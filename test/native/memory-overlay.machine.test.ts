import fs from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import {
  loadMemoryFunctions,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  MemoryCalls,
  type MemoryFunctions,
  memoryCalls,
  PROT_READ,
  PROT_WRITE,
} from '../../source/native/memory-calls.js';
import { MemoryOverlay } from '../../source/native/memory-overlay.js';
import { createSharedFile } from '../../source/native/shared-file.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';

const LENGTH = 1 << 20;
const READ_WRITE = PROT_READ | PROT_WRITE;
const FIXED_MAP = 0x10;
const FIXED_REMAP = 2;
const REFUSED = 0xffff_ffff_ffff_ffffn;

const system = memoryCalls()!;
const functions = loadMemoryFunctions();
const descriptors: number[] = [];

afterEach(() => {
  for (const each of descriptors.splice(0)) fs.closeSync(each);
});

function file(length = LENGTH): number {
  const descriptor = createSharedFile('peerglass-test', length)!;
  descriptors.push(descriptor);
  return descriptor;
}

/** A block of pixels, and what is in it. */
function picture(length = LENGTH) {
  const memory = createPixelMemory();
  const pointer = memory.allocatePages(length - 65_536);
  const block = memory.bytes(pointer, length);
  for (let at = 0; at < length; at += 7) block[at] = at % 251;
  return { memory, pointer, block, before: block.slice() };
}

/** Pages with the same byte everywhere. */
function source(kind: number, byte: number): bigint {
  const address = system.map(LENGTH, READ_WRITE, kind | MAP_ANONYMOUS, -1)!;
  system.view(address, LENGTH).fill(byte);
  return address;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** As Linux 6.1 does it: what is to be replaced is taken away, and then the mapping is refused. */
function takesAwayAndRefuses(changed: Partial<MemoryFunctions> = {}): MemoryCalls {
  return new MemoryCalls({
    ...functions,
    remap(from, before, length, flags, at) {
      if ((flags & FIXED_REMAP) === 0) return functions.remap(from, before, length, flags, at);
      functions.unmap(functions.move(at!, at!, 0), length);
      return REFUSED;
    },
    ...changed,
  });
}

test('private pages cannot be mapped twice: they are refused, and the block keeps its contents', () => {
  const { memory, pointer, block, before } = picture();
  expect(MemoryOverlay.again(memory, pointer, LENGTH, source(MAP_PRIVATE, 9))).toBeNull();
  expect(same(block, before)).toBe(true);
  block.fill(5);
  expect(block.every(byte => byte === 5)).toBe(true);
});

test('shared pages are mapped twice, and the block is private again afterwards', () => {
  const { memory, pointer, block } = picture();
  const shared = source(MAP_SHARED, 9);
  const seen = system.view(shared, LENGTH);
  const overlay = MemoryOverlay.again(memory, pointer, LENGTH, shared)!;
  expect(block.every(byte => byte === 9)).toBe(true);
  block[LENGTH - 1] = 77;
  expect(seen[LENGTH - 1]).toBe(77);
  overlay.remove();
  seen.fill(1);
  expect([block[0], block[LENGTH - 1]]).toEqual([9, 77]);
});

test('a system that unmaps the block and then refuses leaves its contents', () => {
  const refusing = takesAwayAndRefuses();
  const { memory, pointer, block, before } = picture();
  expect(MemoryOverlay.again(memory, pointer, LENGTH, source(MAP_SHARED, 9), refusing)).toBeNull();
  expect(same(block, before)).toBe(true);
  expect(MemoryOverlay.over(memory, pointer, LENGTH, file(), refusing)).toBeNull();
  expect(same(block, before)).toBe(true);
  block.fill(5);
  expect(block.every(byte => byte === 5)).toBe(true);
});

test("an overlay whose removal is refused half-way keeps the picture's contents", () => {
  const { memory, pointer, block, before } = picture();
  let refuse = false;
  const refusing = takesAwayAndRefuses();
  const turning = new MemoryCalls({ ...functions });
  turning.moveOver = (...values) => (refuse ? refusing : system).moveOver(...values);
  const overlay = MemoryOverlay.over(memory, pointer, LENGTH, file(), turning)!;
  refuse = true;
  overlay.remove();
  expect(overlay.inPlace).toBe(false);
  expect(same(block, before)).toBe(true);
});

test('without memory for a private block the picture stays shared until there is some', () => {
  let refuse = false;
  const scarce = new MemoryCalls({
    ...functions,
    map: (...values) => (refuse ? REFUSED : functions.map(...values)),
  });
  const { memory, pointer, block, before } = picture();
  const overlay = MemoryOverlay.over(memory, pointer, LENGTH, file(), scarce)!;
  refuse = true;
  overlay.remove();
  expect(overlay.inPlace).toBe(true);
  expect(same(block, before)).toBe(true);
  refuse = false;
  overlay.remove();
  expect(overlay.inPlace).toBe(false);
  expect(same(block, before)).toBe(true);
});

test('a block without memory is reported, and not touched', () => {
  const { memory, pointer } = picture();
  const none = takesAwayAndRefuses({
    map: (at, length, protection, flags, fd, offset) =>
      (flags & FIXED_MAP) === 0 ? functions.map(at, length, protection, flags, fd, offset) : REFUSED,
  });
  expect(() => MemoryOverlay.again(memory, pointer, LENGTH, source(MAP_SHARED, 9), none)).toThrow(
    'has no memory to replace it',
  );
});

test('a file that is shorter than the block is refused', () => {
  const { memory, pointer, block, before } = picture();
  expect(MemoryOverlay.over(memory, pointer, LENGTH, file(LENGTH - 1))).toBeNull();
  expect(same(block, before)).toBe(true);
});

test('concurrent readers never see anything but the picture', () => {
  const { memory, pointer, block, before } = picture();
  let looks = 0;
  const look = <Values extends unknown[], Result>(call: (...values: Values) => Result) => {
    return (...values: Values): Result => {
      const result = call(...values);
      looks++;
      expect(same(block, before)).toBe(true);
      return result;
    };
  };
  const { map, remap, unmap, advise } = functions;
  const watched = new MemoryCalls({
    ...functions,
    map: look(map),
    remap: look(remap),
    unmap: look(unmap),
    advise: look(advise),
  });
  MemoryOverlay.over(memory, pointer, LENGTH, file(), watched)!.remove();
  expect(looks).toBeGreaterThanOrEqual(4);
  expect(same(block, before)).toBe(true);
});
