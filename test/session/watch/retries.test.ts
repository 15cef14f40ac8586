import { describe, expect, it } from 'vitest';
import { mayComeBack, Retries } from '../../../source/session/watch/retries.js';

describe('Retries', () => {
  it('tries a sharer that comes back within a second', () => {
    const retries = new Retries();
    expect(Array.from({ length: 4 }, () => retries.nextPauseMs(0))).toEqual([500, 1000, 1000, 1000]);
  });

  it('starts over after a connection that lasted, not after one that broke at once', () => {
    const retries = new Retries();
    const pauses = [0, 100, 100, 60_000, 0].map(watchedMs => retries.nextPauseMs(watchedMs));
    expect(pauses).toEqual([500, 1000, 1000, 500, 1000]);
  });

  it('gives whoever could check a guess at the code as few of them as wrong codes would', () => {
    const retries = new Retries();
    const pauses = Array.from({ length: 8 }, () => retries.nextPauseMs(0, true));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(retries.nextPauseMs(0), 'another loss is no guess').toBe(1000);
    expect(retries.nextPauseMs(100, true), 'and does not make them fewer').toBe(60_000);
    expect(retries.nextPauseMs(60_000, true), 'but a connection that lasted does').toBe(1000);
  });

  it('gives up on a sharer that refused or sent invalid data', () => {
    for (const code of ['E_PEER_REFUSED', 'E_FRAME_DATA', 'E_RFB_AUTH', 'E_PICTURE_SIZE'] as const) {
      expect(mayComeBack(code)).toBe(false);
    }
    for (const code of ['E_PEER_CLOSED', 'E_CONNECT_REFUSED', 'E_PEER_SILENT'] as const) {
      expect(mayComeBack(code)).toBe(true);
    }
  });
});
