import { describe, expect, it } from 'vitest';
import { type ShareTimes, shareBottleneck } from '../../source/analysis/bottleneck.js';

function verdict(change: Partial<ShareTimes>): string | null {
  const stagesMs = { capture: 1, detect: 1, encode: 5, send: 0.2 };
  return shareBottleneck({ fps: 30, fpsCap: 60, heldMs: 0, stagesMs, ...change });
}

describe('shareBottleneck', () => {
  it('says nothing while nothing moves', () => expect(verdict({ fps: 0 })).toBeNull());

  it.each<[string, Partial<ShareTimes>]>([
    ['at the cap of 60 fps', { fps: 58 }],
    ['limited by how often the screen changes, 30 times a second', {}],
    ['limited by compress, 31 ms', { stagesMs: { capture: 1, detect: 1, encode: 31, send: 0.2 }, heldMs: 14 }],
    ['limited by capture, 40 ms', { fps: 24, stagesMs: { capture: 39, detect: 1, encode: 5, send: 0.2 } }],
    ['limited by the network or the viewer, 92 ms', { fps: 10, heldMs: 92 }],
    [
      'limited by the network or the viewer, 80 ms',
      { fps: 11, stagesMs: { capture: 1, detect: 1, encode: 5, send: 80 } },
    ],
  ])('%s', (text, change) => expect(verdict(change)).toBe(text));
});
