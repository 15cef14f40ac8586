import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollingWindow } from '../../../source/session/stats/rolling-window.js';
import { ShareFigures } from '../../../source/session/stats/share-figures.js';

describe('RollingWindow', () => {
  it('is what a filter over all samples gives', () => {
    const gaps = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 400 }), value: fc.integer({ min: 0, max: 9 }) }), {
      minLength: 1,
      maxLength: 800,
    });
    fc.assert(
      fc.property(gaps, steps => {
        const window = new RollingWindow(1000);
        const samples: { time: number; value: number }[] = [];
        let now = 0;
        for (const { gap, value } of steps) {
          now += gap;
          window.add(now, value);
          samples.push({ time: now, value });
        }
        const recent = samples.filter(sample => sample.time > now - 1000);
        expect(window.count(now)).toBe(recent.length);
        expect(window.sum(now)).toBe(recent.reduce((sum, sample) => sum + sample.value, 0));
        expect(window.mean(now + 1000)).toBeNull();
      }),
    );
  });
});

describe('ShareFigures', () => {
  it('adds up what its viewers count', () => {
    const figures = new ShareFigures();
    const [one, two] = [figures.viewer(), figures.viewer()];
    for (let at = 0; at < 30; at++) {
      one.frame(at * 20, { bytes: 100, rawBytes: 1000, kind: 'changed' });
      one.sent(at * 20, 100);
    }
    two.frame(600, { bytes: 300, rawBytes: 1000, kind: 'repeated' });
    two.sent(600, 300);
    expect(figures.frames).toBe(31);
    expect(figures.bytes).toBe(3300);
    expect(figures.changedFrames).toBe(30);
    expect(figures.repeatedFrames).toBe(1);
    expect(figures.fps(600)).toBe(31);
    expect(one.fps(600)).toBe(30);
    expect(figures.compressionRatio(600)).toBeCloseTo(31_000 / 3300);
    expect(figures.mbitPerSecond(600)).toBeCloseTo((3300 * 8) / 1e6);
    expect(one.fps(1100)).toBe(24);
    expect(two.bytesPerFrame(600)).toBe(300);
  });

  it('keeps the ratio of the last second that had a frame, and the last time of an idle stage', () => {
    const figures = new ShareFigures();
    figures.frame(0, { bytes: 10, rawBytes: 50, kind: 'changed' });
    figures.stage(0, 'encode', 4);
    figures.stage(10, 'encode', 8);
    expect(figures.compressionRatio(10)).toBe(5);
    expect(figures.stagesMs(10).encode).toBe(6);
    expect(figures.compressionRatio(5000)).toBe(5);
    expect(figures.stagesMs(5000).encode).toBe(8);
    expect(figures.fps(5000)).toBe(0);
  });

  it("starts over from zero, as do its viewers'", () => {
    const figures = new ShareFigures();
    const viewer = figures.viewer();
    viewer.frame(0, { bytes: 10, rawBytes: 50, kind: 'changed' });
    viewer.encoding('tight', 3);
    viewer.skipped = 2;
    figures.reset();
    expect([figures.frames, viewer.frames, viewer.skipped, viewer.encodings]).toEqual([0, 0, 0, {}]);
  });
});
