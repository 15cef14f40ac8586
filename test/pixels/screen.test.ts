import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, overlaps, type Rectangle } from '../../source/core/rectangle.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { Screen } from '../../source/pixels/screen.js';
import { full } from '../helpers/full-memory.js';
import { random } from './planes.js';

const memory = createPixelMemory();

function copyPart(from: Framebuffer, to: Framebuffer, { x, y, width, height }: Rectangle): void {
  memory.kernels.copyRectangle(from.at(x, y), from.stride, to.at(x, y), to.stride, width * 4, height);
}

function paint(target: Framebuffer, { x, y, width, height }: Rectangle, pixel: number): void {
  memory.kernels.fillRectangle(target.at(x, y), target.stride, width, height, pixel);
}

describe('Screen', () => {
  it('takes the whole picture first, then only what differs', () => {
    const screen = new Screen(memory, { width: 200, height: 100 });
    expect(screen.version).toBe(0);
    expect(screen.commit([], 1)).toMatchObject({ version: 1, rectangles: [screen.framebuffer.bounds] });
    expect(screen.commit([screen.framebuffer.bounds], 2)).toBeNull();
    paint(screen.incoming, { x: 70, y: 60, width: 8, height: 9 }, 0xffffff);
    expect(screen.commit([{ x: 3, y: 5, width: 1000, height: 1000 }], 3)).toEqual({
      version: 2,
      time: 3,
      rectangles: [{ x: 70, y: 60, width: 8, height: 9 }],
      moves: [],
      changedPixels: 72,
    });
    expect(Buffer.compare(screen.framebuffer.bytes(), screen.incoming.bytes())).toBe(0);
    expect(screen.grid.versionAt(1, 0)).toBe(2);
    expect(screen.grid.versionAt(0, 0)).toBe(1);
    screen.free();
  });

  it('keeps two small changes in one damage apart, also inside one tile', () => {
    const screen = new Screen(memory, { width: 640, height: 480 });
    screen.commit([], 0);
    const changes = [
      { x: 2, y: 3, width: 6, height: 6 },
      { x: 52, y: 50, width: 6, height: 6 },
      { x: 600, y: 470, width: 10, height: 10 },
    ];
    for (const change of changes) paint(screen.incoming, change, 0x123456);
    const entry = screen.commit([screen.framebuffer.bounds], 1);
    expect(entry?.rectangles).toEqual(changes);
    screen.free();
  });

  it('is one rectangle for a letter on four tiles and for a whole new picture', () => {
    const screen = new Screen(memory, { width: 1000, height: 700 });
    screen.commit([], 0);
    paint(screen.incoming, { x: 60, y: 58, width: 9, height: 14 }, 0xff);
    expect(screen.commit([screen.framebuffer.bounds], 1)?.rectangles).toEqual([{ x: 60, y: 58, width: 9, height: 14 }]);
    paint(screen.incoming, screen.framebuffer.bounds, 0xabcdef);
    expect(screen.commit([screen.framebuffer.bounds], 2)?.rectangles).toEqual([screen.framebuffer.bounds]);
    screen.free();
  });

  it('gives disjoint rectangles, few enough, that hold every difference', () => {
    const change = fc.record({ x: fc.nat(299), y: fc.nat(259), width: fc.nat(40), height: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 0xffffff }),
        (all, pixel) => {
          const screen = new Screen(memory, { width: 340, height: 300 });
          screen.commit([], 0);
          for (const each of all) paint(screen.incoming, each, pixel);
          const entry = screen.commit(all, 1);
          expect(Buffer.compare(screen.framebuffer.bytes(), screen.incoming.bytes())).toBe(0);
          const rectangles = entry?.rectangles ?? [];
          rectangles.forEach((a, i) => {
            for (const b of rectangles.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
          });
          screen.free();
        },
      ),
    );
  });

  it('is right when captures write only their damage, small and whole pictures in any order', () => {
    const size = { width: 200, height: 150 };
    const where = fc.oneof(
      fc.record({ x: fc.nat(199), y: fc.nat(149), width: fc.integer({ min: 1, max: 60 }), height: fc.constant(30) }),
      fc.constant({ x: 0, y: 0, ...size }),
      fc.constant({ x: 10, y: 0, width: 190, height: 150 }),
    );
    const step = fc.record({ damage: fc.array(where, { minLength: 1, maxLength: 3 }), read: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), fc.integer(), (steps, seed) => {
        const screen = new Screen(memory, size);
        const truth = new Framebuffer(memory, size);
        const next = random(seed);
        for (const { damage, read } of steps) {
          const parts = damage.map(each => intersect(each, truth.bounds)!);
          for (const part of parts) paint(truth, part, Math.floor(next() * 0xffffff));
          const incoming = screen.incomingFor(parts);
          for (const part of parts) copyPart(truth, incoming, part);
          screen.commit(parts, 1);
          expect(Buffer.compare(screen.framebuffer.bytes(), truth.bytes())).toBe(0);
          if (read) expect(Buffer.compare(screen.incoming.bytes(), truth.bytes())).toBe(0);
        }
        screen.free();
        truth.free();
      }),
    );
  });

  it('leaves the pixels where they are while somebody holds them', () => {
    const screen = new Screen(memory, { width: 64, height: 64 });
    screen.commit([], 0);
    const release = screen.framebuffer.hold();
    const { pointer } = screen.framebuffer;
    paint(screen.incoming, screen.framebuffer.bounds, 0x123456);
    screen.commit([screen.framebuffer.bounds], 1);
    expect(screen.framebuffer.pointer).toBe(pointer);
    release();
    paint(screen.incoming, screen.framebuffer.bounds, 0x654321);
    screen.commit([screen.framebuffer.bounds], 2);
    expect(screen.framebuffer.pointer).not.toBe(pointer);
    screen.free();
  });

  it('starts over after a resize: every cursor gets the whole picture', () => {
    const screen = new Screen(memory, { width: 64, height: 64 });
    screen.commit([], 0);
    screen.resize({ width: 100, height: 50 });
    expect(screen.version).toBe(2);
    expect(screen.journal.changesSince(1)).toEqual({ rectangles: [{ x: 0, y: 0, width: 100, height: 50 }], moves: [] });
    expect(screen.journal.changesSince(2).rectangles).toEqual([]);
    paint(screen.incoming, { x: 1, y: 1, width: 2, height: 2 }, 0xff);
    screen.commit([screen.incoming.bounds], 1);
    expect(screen.journal.changesSince(1).rectangles).toEqual([screen.incoming.bounds]);
    expect(screen.journal.changesSince(2).rectangles).toEqual([{ x: 1, y: 1, width: 2, height: 2 }]);
    screen.free();
  });

  it('keeps its picture if there is no memory for another size', () => {
    const small = createPixelMemory();
    const screen = new Screen(small, { width: 64, height: 64 });
    small.kernels.fillRectangle(screen.incoming.at(0, 0), screen.incoming.stride, 64, 64, 0x123456);
    screen.commit([], 0);
    const before = Buffer.from(screen.framebuffer.bytes());
    // Room for the first of the two framebuffers, not for the second.
    small.free(small.allocatePages(1200 * 900 * 4));
    const end = full(small);
    expect(() => screen.resize({ width: 1200, height: 900 })).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
    expect([screen.version, screen.framebuffer.bounds.width]).toEqual([1, 64]);
    expect(Buffer.compare(before, screen.framebuffer.bytes())).toBe(0);
    small.kernels.fillRectangle(screen.incoming.at(1, 2), screen.incoming.stride, 3, 4, 0xff);
    expect(screen.commit([screen.incoming.bounds], 1)?.rectangles).toEqual([{ x: 1, y: 2, width: 3, height: 4 }]);
    // The first framebuffer was freed again.
    small.free(small.allocatePages(1200 * 900 * 4));
    end();
    screen.resize({ width: 1200, height: 900 });
    expect(screen.framebuffer.width).toBe(1200);
  });
});
