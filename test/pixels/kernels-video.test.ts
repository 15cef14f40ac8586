import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { videoToBgrx } from '../../source/pixels/reference/video.js';
import { scalesOf, type VideoColours } from '../../source/pixels/video-scales.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const blocks = new Blocks(memory);
afterEach(() => blocks.free());

const COLOURS: readonly VideoColours[] = (['bt601', 'bt709'] as const).flatMap(matrix =>
  [false, true].map(fullRange => ({ matrix, fullRange })),
);

it('videoToBgrx writes what the reference writes, in any part of a picture', () => {
  const place = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(shape, place, place, fc.boolean(), fc.constantFrom(...COLOURS), (form, left, top, mixed, colours) => {
      const size = { ...form, width: form.width + left, height: form.height + top };
      const half = { ...size, width: (size.width + 1) >> 1, height: (size.height + 1) >> 1 };
      const luma = blocks.take(size, 1);
      const u = blocks.take(half, mixed ? 2 : 1);
      const v = mixed ? { ...u, pointer: u.pointer + 1 } : blocks.take(half, 1);
      const target = blocks.take(form);
      const next = random(form.seed);
      for (const each of [luma, u, v]) scribble(memory, { ...each, length: each.length - (mixed ? 1 : 0) }, next);
      const { width, height } = form;
      const scales = scalesOf(colours);
      const expected = plane(memory, target);
      const planes = { luma: plane(memory, luma), u: plane(memory, u), v: plane(memory, v), step: mixed ? 2 : 1 };
      videoToBgrx(planes, left, top, expected, width, height, scales);
      memory.kernels.videoToBgrx(
        ...([luma.pointer, luma.stride, u.pointer, v.pointer, u.stride, mixed ? 2 : 1, left, top] as const),
        ...([target.pointer, target.stride, width, height, scales.black, scales.lumaScale] as const),
        ...([scales.redFromV, scales.greenFromU, scales.greenFromV, scales.blueFromU] as const),
      );
      expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
      blocks.free();
    }),
  );
});

it.each(COLOURS)('$matrix (full range: $fullRange) is right to a step for every colour', colours => {
  const [red, blue] = colours.matrix === 'bt601' ? [0.299, 0.114] : [0.2126, 0.0722];
  const scales = scalesOf(colours);
  const one = (value: number) => ({ bytes: Uint8Array.of(value), offset: 0, stride: 1 });
  const to = { bytes: new Uint8Array(4), offset: 0, stride: 4 };
  let worst = 0;
  for (let y = 0; y < 256; y += 5) {
    for (let u = 0; u < 256; u += 5) {
      for (let v = 0; v < 256; v += 5) {
        videoToBgrx({ luma: one(y), u: one(u), v: one(v), step: 1 }, 0, 0, to, 1, 1, scales);
        const luma = colours.fullRange ? y / 255 : (y - 16) / 219;
        const [pb, pr] = [u, v].map(value => (value - 128) / (colours.fullRange ? 255 : 224)) as [number, number];
        const r = luma + 2 * (1 - red) * pr;
        const b = luma + 2 * (1 - blue) * pb;
        const g = (luma - red * r - blue * b) / (1 - red - blue);
        for (const [index, value] of [b, g, r].entries()) {
          const right = Math.max(0, Math.min(255, value * 255));
          worst = Math.max(worst, Math.abs(to.bytes[index]! - right));
        }
      }
    }
  }
  expect(worst).toBeLessThan(0.6);
});
