import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pattern } from '../../../source/capture/pattern/pattern.js';
import { PatternSource } from '../../../source/capture/pattern/pattern-source.js';
import { contains, type Rectangle } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';

import { FakeClock } from '../../helpers/fake-clock.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const SIZE = { width: 320, height: 180 };

function drawn(frame: number): Uint32Array {
  const pattern = new Pattern(SIZE);
  pattern.draw(frame);
  return pattern.canvas.pixels;
}

function same(a: Uint32Array, b: Uint32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

test('a frame depends on its number alone, whatever was drawn before', () => {
  const pattern = new Pattern(SIZE);
  const frames = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(frames, numbers => {
      for (const number of numbers) pattern.draw(number);
      expect(same(pattern.canvas.pixels, drawn(numbers.at(-1)!))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('what differs between two frames lies in the rectangles that were reported', () => {
  const pattern = new Pattern(SIZE);
  pattern.draw(0);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), frame => {
      const before = pattern.canvas.pixels.slice();
      const damage = pattern.draw(frame);
      const unreported = pattern.canvas.pixels.findIndex((pixel, i) => {
        if (pixel === before[i]) return false;
        const place = { x: i % SIZE.width, y: Math.floor(i / SIZE.width), width: 1, height: 1 };
        return !damage.some(rectangle => contains(rectangle, place));
      });
      expect(unreported).toBe(-1);
    }),
    { numRuns: 30 },
  );
});

test.each([
  { width: 1, height: 1 },
  { width: 33, height: 7 },
  { width: 40, height: 2000 },
  { width: 3840, height: 2160 },
])('any size can be drawn: $width x $height', size => {
  const pattern = new Pattern(size);
  const bounds: Rectangle = { x: 0, y: 0, ...size };
  for (const rectangle of [...pattern.draw(0), ...pattern.draw(1000)]) expect(contains(bounds, rectangle)).toBe(true);
});

test('the source animates at 60 Hz while it is started and rests while it is not', async () => {
  const clock = new FakeClock();
  const source = new PatternSource(SIZE, 'asked for', clock);
  await source.open();
  expect(source.describe()).toMatchObject({ kind: 'pattern', ...SIZE, why: 'asked for' });
  expect(clock.pending).toBe(0);

  const events = new RecordingEvents();
  source.start(events);
  expect(events.take()).toEqual([{ x: 0, y: 0, ...SIZE }]);
  clock.advance(500);
  expect(events.take().length).toBeGreaterThan(0);
  source.stop();
  expect(clock.pending).toBe(0);
  clock.advance(10_000);
  expect(events.take()).toEqual([]);

  const incoming = new Framebuffer(createPixelMemory(), SIZE);
  expect(await source.read([incoming.bounds], incoming)).toBe(SIZE.width * SIZE.height);
  expect(same(new Uint32Array(incoming.bytes().slice().buffer), drawn(30))).toBe(true);
  await source.close();
});

test('a part is read without touching the rest', async () => {
  const source = new PatternSource(SIZE, '', new FakeClock());
  await source.open();
  const incoming = new Framebuffer(createPixelMemory(), SIZE);
  incoming.bytes().fill(7);
  expect(await source.read([{ x: 10, y: 20, width: 30, height: 40 }], incoming)).toBe(1200);
  const pixels = new Uint32Array(incoming.bytes().slice().buffer);
  const expected = drawn(0);
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const inside = x >= 10 && x < 40 && y >= 20 && y < 60;
      const i = y * SIZE.width + x;
      if (pixels[i] !== (inside ? expected[i] : 0x07070707)) throw new Error(`wrong pixel at ${x}, ${y}`);
    }
  }
  await source.close();
});
