import { describe, expect, it } from 'vitest';
import { LinkCapacity } from '../../source/transport/link-capacity.js';

/** Updates of a size over a link that carries so many bytes a second. */
function over(bytesPerSecond: number, updates = 30, bytes = 40_000, capacity = new LinkCapacity()): LinkCapacity {
  for (let update = 0; update < updates; update++) capacity.measured(bytes, (bytes * 1000) / bytesPerSecond);
  return capacity;
}

describe("a link's capacity", () => {
  it('is unknown before an update of some size', () => {
    const capacity = new LinkCapacity();
    expect(capacity.bytesPerSecond).toBeNull();
    capacity.measured(100, 20);
    expect(capacity.bytesPerSecond).toBeNull();
    expect(over(1e6).bytesPerSecond).toBeCloseTo(1e6);
  });

  it('does not fall for letters, however long they take', () => {
    const capacity = over(1e6);
    for (let letter = 0; letter < 100; letter++) capacity.measured(66, 30);
    expect(capacity.bytesPerSecond).toBeCloseTo(1e6);
  });

  it('rises with small updates that come faster than it would let them', () => {
    const capacity = over(50_000);
    for (let update = 0; update < 800; update++) capacity.measured(4000, 2);
    expect(capacity.bytesPerSecond).toBeGreaterThan(1e6);
  });

  it('does not rise because the answers to many small updates come at once, after a lost packet', () => {
    const capacity = over(600_000);
    // 60 a second for a minute, of which each second holds one stall.
    for (let second = 0; second < 60; second++) {
      for (let update = 0; update < 47; update++) capacity.measured(900, 3);
      capacity.measured(900, 120);
      for (let update = 0; update < 9; update++) capacity.measured(900, 0.2);
    }
    expect(capacity.bytesPerSecond).toBeLessThan(700_000);
  });

  it('survives a stall', () => {
    const capacity = over(1e6);
    capacity.measured(40_000, 3000);
    expect(capacity.bytesPerSecond).toBeGreaterThan(300_000);
    over(1e6, 8, 40_000, capacity);
    expect(capacity.bytesPerSecond).toBeGreaterThan(700_000);
  });

  it('follows a link that gets thin, and one that gets better, within a second', () => {
    expect(over(500_000, 15, 40_000, over(5e6)).bytesPerSecond).toBeLessThan(800_000);
    expect(over(5e6, 125, 40_000, over(500_000)).bytesPerSecond).toBeGreaterThan(3e6);
  });
});
