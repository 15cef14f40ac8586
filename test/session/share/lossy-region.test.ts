import { describe, expect, it } from 'vitest';
import { area } from '../../../source/core/rectangle.js';
import { LossyRegion } from '../../../source/session/share/rfb/lossy-region.js';
import { STATIC_MS } from '../../../source/session/share/tuning.js';

const PHOTO = { x: 0, y: 0, width: 256, height: 128 };
const pixels = (rectangles: readonly { width: number; height: number }[]) =>
  rectangles.reduce((sum, each) => sum + area(each), 0);

describe('a lossy area', () => {
  it('is refined once it is static, as much as there is room for, and at least one cell', () => {
    const lossy = new LossyRegion();
    lossy.sent(PHOTO, true, 0);
    expect(lossy.staticCells(STATIC_MS - 1, 1e9)).toEqual([]);
    expect(lossy.waitMs(STATIC_MS - 50)).toBe(50);
    expect(lossy.staticCells(STATIC_MS, 0)).toHaveLength(1);
    expect(pixels(lossy.staticCells(STATIC_MS, 1e9))).toBe(area(PHOTO));
  });

  it('is gone when it was sent lossless', () => {
    const lossy = new LossyRegion();
    lossy.sent(PHOTO, true, 0);
    lossy.sent({ x: 0, y: 0, width: 256, height: 64 }, false, 10);
    expect(pixels(lossy.staticCells(STATIC_MS, 1e9))).toBe(256 * 64);
    lossy.sent(PHOTO, false, 20);
    expect(lossy.isEmpty).toBe(true);
    expect(lossy.waitMs(20)).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits again when it was sent again, also the part under a newer area', () => {
    const lossy = new LossyRegion();
    lossy.sent(PHOTO, true, 0);
    lossy.sent({ x: 0, y: 0, width: 100, height: 128 }, true, 200);
    expect(pixels(lossy.staticCells(STATIC_MS, 1e9))).toBe(156 * 128);
    expect(pixels(lossy.staticCells(200 + STATIC_MS, 1e9))).toBe(area(PHOTO));
  });

  it('follows a move', () => {
    const lossy = new LossyRegion();
    lossy.sent(PHOTO, true, 0);
    lossy.moved({ source: { x: 0, y: 64, width: 256, height: 200 }, dx: 0, dy: -64 }, 100);
    // The upper half was covered by the lower half; the lower half lies there still, and what came from below is right.
    expect(pixels(lossy.staticCells(1000, 1e9))).toBe(256 * 64);
    expect(lossy.staticCells(1000, 1e9)[0]).toMatchObject({ y: 0 });
  });
});
