import { describe, expect, it } from 'vitest';
import { WatchFigures } from '../../../source/session/stats/watch-figures.js';

const CHANGED = [{ x: 0, y: 0, width: 1, height: 1 }];
const UPDATE = { frame: true, dirty: CHANGED, bytes: 1000, rawBytes: 30_000, receiveMs: 1, decodeMs: 2 };

describe('WatchFigures', () => {
  it('counts received and shown frames', () => {
    const figures = new WatchFigures();
    for (let frame = 0; frame < 20; frame++) {
      figures.received(frame * 50, 1000);
      figures.presented(frame * 50, { ...UPDATE, encodings: { tight: 2 } }, 4);
    }
    figures.latency(900, { p50: 10, p95: 19 });
    figures.skipped = 3;
    expect(figures).toMatchObject({ frames: 23, bytes: 20_000, encodings: { tight: 40 } });
    expect(figures.fps(951)).toBe(20);
    expect(figures.bytesPerFrame(951)).toBe(1000);
    expect(figures.compressionRatio(951)).toBe(30);
    expect(figures.mbitPerSecond(951)).toBeCloseTo(0.16);
    expect(figures.stagesMs(951)).toEqual({ receive: 1, decode: 2, present: 4 });
    expect(figures.latencyMs(951)).toEqual({ p50: 10, p95: 19 });
    expect(figures.latencyMs(5901)).toBe(null);
    expect(figures.fps(3000)).toBe(0);
    expect(figures.stagesMs(3000)).toEqual({ receive: 1, decode: 2, present: 4 });
    expect(figures.compressionRatio(3000)).toBe(30);
    figures.reset();
    expect(figures).toMatchObject({ frames: 0, bytes: 0, skipped: 0, encodings: {} });
    expect(figures.latencyMs(3000)).toBe(null);
  });

  it('counts no frame where no new picture was shown', () => {
    const figures = new WatchFigures();
    figures.presented(0, UPDATE, 4);
    for (let update = 1; update < 10; update++) {
      figures.presented(update, { ...UPDATE, frame: false, encodings: { tight: 1 } }, 0);
    }
    expect(figures).toMatchObject({ frames: 1, encodings: { tight: 9 } });
    expect(figures.fps(10)).toBe(1);
    expect(figures.bytesPerFrame(10)).toBe(1000);
    expect(figures.stagesMs(10)).toEqual({ receive: 1, decode: 2, present: 4 });
  });

  it.each([
    [1, 2, 4, 'sharer'],
    [1, 30, 15, 'decode'],
    [1, 5, 40, 'present'],
    [49, 2, 2, 'network'],
  ])('names what limits: receive %s, decode %s, present %s', (receiveMs, decodeMs, presentMs, limit) => {
    const figures = new WatchFigures();
    expect(figures.verdict(0, false, null)).toBe(null);
    for (let frame = 0; frame < 20; frame++)
      figures.presented(frame * 50, { ...UPDATE, receiveMs, decodeMs }, presentMs);
    expect(figures.verdict(951, false, null)?.limit).toBe(limit);
    expect(figures.verdict(951, true, null)?.limit).toBe('paused');
    expect(figures.verdict(951, false, 'The sharer paused the share.')).toEqual({
      limit: 'paused',
      text: 'The sharer paused the share.',
    });
    for (let frame = 40; frame < 60; frame++) figures.presented(frame * 50, { ...UPDATE, dirty: [] }, 0);
    expect(figures.verdict(2951, false, null)?.limit).toBe('screen');
  });
});
