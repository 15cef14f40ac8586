import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../source/core/buffer-pool.js';

describe('BufferPool', () => {
  it('never hands out a buffer twice at a time, nor a short one, and keeps no more than it may', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.constant('back' as const)));
    fc.assert(
      fc.property(steps, taken => {
        const pool = new BufferPool(300_000);
        const out: Uint8Array[] = [];
        for (const step of taken) {
          if (step === 'back') {
            const buffer = out.pop();
            if (buffer) pool.release(buffer);
          } else {
            const buffer = pool.take(step);
            expect(buffer.length).toBeGreaterThanOrEqual(step);
            expect(out.includes(buffer)).toBe(false);
            out.push(buffer);
          }
          expect(pool.bytes).toBeLessThanOrEqual(300_000);
        }
      }),
    );
  });

  it('reuses a released buffer', () => {
    const pool = new BufferPool(1_000_000);
    const first = pool.take(70_000);
    pool.release(first);
    expect(pool.take(70_001)).toBe(first);
  });
});
