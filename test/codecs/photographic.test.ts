import { describe, expect, it } from 'vitest';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { photographicParts } from '../../source/codecs/encode/photographic.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { noise } from '../helpers/scenes.js';

const memory = createPixelMemory();
const picture = new Framebuffer(memory, { width: 320, height: 192 });
const scratch = new EncodeScratch(memory, nodeCompressors);

const photograph = (x: number, y: number) => 0x404040 + (noise(x, y) & 0x1f1f1f);
/** Steps of one nearly everywhere, and an edge of a few pixels. */
const sky = (x: number, y: number) =>
  0x606060 + (x & 1) + (y % 64) * 0x0100 + (x % 64 === 9 && y % 64 < 8 ? 0x500000 : 0);

function partsWith(paint: (x: number, y: number) => number) {
  const view = new DataView(memory.memory.buffer);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) view.setUint32(picture.at(x, y), paint(x, y), true);
  }
  return photographicParts(picture, picture.bounds, scratch);
}

const isIn = (column: number, row: number, x: number, y: number) => x >> 6 === column && y >> 6 === row;

describe('photographicParts', () => {
  it('treats a smooth block with a few edges as photographic if all its neighbours are', () => {
    const parts = partsWith((x, y) => (isIn(2, 1, x, y) ? sky(x, y) : photograph(x, y)));
    expect(parts).toMatchObject([{ rectangle: picture.bounds, photographic: true }]);
  });

  it.each([
    ['beside another one', (x: number, y: number) => isIn(2, 1, x, y) || isIn(3, 1, x, y), sky],
    ['with the corner on a flat one', (x: number, y: number) => isIn(2, 1, x, y) || isIn(1, 0, x, y), sky],
    ['flat itself', (x: number, y: number) => isIn(2, 1, x, y), () => 0x808080],
  ])('but not one %s', (name, isOther, other) => {
    const parts = partsWith((x, y) => {
      if (name.includes('corner') && isIn(1, 0, x, y)) return 0x808080;
      return isOther(x, y) ? other(x, y) : photograph(x, y);
    });
    const exact = parts.filter(part => !part.photographic).map(({ rectangle }) => rectangle);
    expect(exact.some(({ x, y, width }) => x <= 128 && x + width >= 192 && y === 64)).toBe(true);
  });

  it('measures the chroma of each photograph for itself', () => {
    const coloured = (x: number, y: number) => 0x404040 + (noise(x, y) & 0x3f3f3f);
    const grey = (x: number, y: number) => 0x404040 + (noise(x, y) & 0x7f) * 0x010101;
    const parts = partsWith((x, y) => (x < 128 ? grey(x, y) : x < 192 ? 0x808080 : coloured(x, y)));
    const chroma = parts.map(part => (part.photographic ? part.chroma : null));
    expect(parts.map(({ rectangle: { x, width } }) => [x, width]).slice(0, 3)).toEqual([
      [0, 128],
      [128, 64],
      [192, 128],
    ]);
    expect(chroma[0]).toBe(0);
    expect(chroma[1]).toBeNull();
    expect(chroma[2]).toBeGreaterThan(10);
  });
});
