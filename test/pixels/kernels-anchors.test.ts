import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { type Anchor, findAnchors } from '../../source/pixels/reference/anchors.js';
import { type Block, Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

function anchorsOf(picture: Block, width: number, height: number, rarity: number, most = 4096): Anchor[] {
  const out = blocks.bytes(most * 8);
  const scratch = blocks.bytes(width * 4 + 16);
  const { pointer, stride } = picture;
  const count = memory.kernels.findAnchors(pointer, stride, width, height, rarity, scratch, out, most);
  const words = new Uint32Array(memory.memory.buffer, out, count * 2);
  return Array.from({ length: count }, (_, i) => {
    return { hash: words[i * 2]!, x: words[i * 2 + 1]! & 0xffff, y: words[i * 2 + 1]! >>> 16 };
  });
}

describe('findAnchors', () => {
  it('finds what the reference finds, and stops when there is no room', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 2, max: 9 }), fc.constantFrom(2, 3, 256), (form, rarity, values) => {
        const { width, height } = form;
        const picture = blocks.take(form);
        scribble(memory, picture, random(form.seed), values);
        const expected = findAnchors(plane(memory, picture), width, height, rarity);
        expect(anchorsOf(picture, width, height, rarity)).toEqual(expected.slice(0, 4096));
        expect(anchorsOf(picture, width, height, rarity, 3)).toEqual(expected.slice(0, 3));
        blocks.free();
      }),
    );
  });

  it('finds the same anchors after a move, and none in a flat picture', () => {
    const form = { width: 140, height: 90, padding: 0, shift: 0, seed: 3 };
    const picture = blocks.take(form);
    scribble(memory, picture, random(3), 3);
    const whole = anchorsOf(picture, 140, 90, 5);
    const moved = { ...picture, pointer: picture.pointer + 10 * picture.stride + 7 * 4 };
    const part = anchorsOf(moved, 120, 70, 5);
    expect(part.length).toBeGreaterThan(20);
    for (const { hash, x, y } of part) expect(whole).toContainEqual({ hash, x: x + 7, y: y + 10 });
    memory.kernels.fillRectangle(picture.pointer, picture.stride, 140, 90, 0x808080);
    expect(anchorsOf(picture, 140, 90, 2)).toEqual([]);
  });
});
