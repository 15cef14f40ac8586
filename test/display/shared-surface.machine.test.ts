import { expect, test } from 'vitest';
import { SharedSurface } from '../../source/display/shared-surface.js';
import { MAP_ANONYMOUS, MAP_SHARED, memoryCalls, PROT_READ, PROT_WRITE } from '../../source/native/memory-calls.js';
import { PIXELS_BGRX } from '../../source/native/sdl2.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';

const SIZE = { width: 128, height: 64 };

/** A window's surface in shared memory, and a picture of its size. */
function windowOf() {
  const system = memoryCalls()!;
  const length = SIZE.width * SIZE.height * 4;
  const pixels = system.map(length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1)!;
  const surface = { ...SIZE, pitch: SIZE.width * 4, pixels, format: PIXELS_BGRX };
  const framebuffer = new Framebuffer(createPixelMemory(), SIZE);
  return { surface, framebuffer, seen: system.view(pixels, length) };
}

test('a picture is not detached from the window while another thread holds it', () => {
  const { surface, framebuffer, seen } = windowOf();
  const shared = SharedSurface.of(framebuffer, surface)!;
  const release = framebuffer.hold();
  expect(shared.leave()).toBe(false);
  expect(shared.inPlace).toBe(true);
  framebuffer.bytes().fill(3);
  expect(seen[0]).toBe(3);
  release();
  expect(shared.leave()).toBe(true);
  expect(shared.inPlace).toBe(false);
  framebuffer.bytes().fill(4);
  expect(seen[0]).toBe(3);
});

test('a picture is not attached to the window while another thread holds it', () => {
  const { surface, framebuffer } = windowOf();
  framebuffer.bytes().fill(8);
  const release = framebuffer.hold();
  expect(SharedSurface.of(framebuffer, surface)).toBeNull();
  expect(framebuffer.bytes().every(byte => byte === 8)).toBe(true);
  release();
  expect(SharedSurface.of(framebuffer, surface)).not.toBeNull();
});

test('a picture freed while another thread holds it is detached when released', () => {
  const { surface, framebuffer } = windowOf();
  const shared = SharedSurface.of(framebuffer, surface)!;
  const release = framebuffer.hold();
  framebuffer.free();
  expect(shared.inPlace).toBe(true);
  release();
  expect(shared.inPlace).toBe(false);
});
