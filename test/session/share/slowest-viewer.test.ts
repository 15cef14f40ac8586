import { describe, expect, it } from 'vitest';
import { shareSnapshot } from '../../../source/session/share/share-snapshot.js';
import type { ViewerSession } from '../../../source/session/share/viewer-session.js';
import { ProcessUsage } from '../../../source/session/stats/process-usage.js';
import { ShareFigures } from '../../../source/session/stats/share-figures.js';
import { viewer } from '../../helpers/fake-sessions.js';

const TCP = { busyShare: 0.1, carried: 1e6, bytesPerSecond: 1e6, least: false, minRttMs: 1, awaitedMs: 0 };
const LINK = { heldShare: 0.2, heldMs: 3, heldBytes: 250_000, heldForMs: 0, tcp: TCP, queuedBytes: 0 };
const SLOW_LINK = { ...LINK, heldShare: 0.95, heldMs: 240, tcp: { ...TCP, busyShare: 0.9 }, queuedBytes: 120_000 };

function session(
  id: number,
  fps: number,
  link: typeof LINK,
  connectedAt = 0,
  wire: 'classic' | 'rfb' = 'classic',
): ViewerSession {
  const told = viewer(id, { fps, connectedAt, wire });
  return {
    ...{ id, address: told.address, state: told.state, wantsFrame: true, admission: 'settled' as const },
    encodeProfile: null,
    budget: null,
    takesSmall: false,
    ...{ fixedRate: 0, demand: 0, grant() {}, limitRate: () => true },
    name: null,
    proven: null,
    snapshot: () => told,
    link: () => ({ ...link, address: told.address }),
    onPicture() {},
    onCursor() {},
    onSettings() {},
    trial: () => null,
    linkEstimate: () => ({ rate: null, rttMs: null, overlapped: true }),
    encodeAs: () => true,
    close() {},
    cut() {},
  };
}

function told(viewers: readonly ViewerSession[], published: number, paused = false) {
  const figures = new ShareFigures();
  for (let frame = 0; frame < published; frame++) figures.published.add(1000 + (frame * 1000) / published, 1);
  const settings = {
    level: 6,
    quality: 'auto',
    fps: 60,
    cursor: 'shown',
    maxRate: null,
    uplink: null,
    paused,
  } as const;
  const parts = {
    state: 'sharing',
    missing: null,
    source: null,
    exported: null,
    recording: null,
    broadcast: null,
    levels: [],
    video: { encoder: null, regions: [], pictures: 0, idrs: 0, bytes: 0 },
    usage: new ProcessUsage(),
    threads: 1,
  } as const;
  return shareSnapshot({ ...parts, settings, viewers, figures }, 1999);
}

describe("a share's own rate", () => {
  const pupils = Array.from({ length: 29 }, (_, index) => session(index + 1, 58, LINK));

  it('is shown beside the mean of its viewers, with the one that lags and why', () => {
    const { publishedFps, slowest } = told([...pupils, session(30, 4, SLOW_LINK)], 59);
    expect(publishedFps).toBe(59);
    expect(slowest).toMatchObject({ id: 30, address: '192.168.1.115', fps: 4, limit: 'network' });
    expect(slowest?.text).toMatch(/limited by the network to 192\.168\.1\.115: 8\.00 Mbit\/s carried, 120 kB queued/);
  });

  it('is never above the cap, nor is that of a viewer', () => {
    const { publishedFps, viewers } = told([session(1, 69, LINK, 0, 'rfb'), session(2, 69, LINK)], 66);
    expect(publishedFps).toBe(60);
    // On the classic wire frames are also repeated.
    expect(viewers.map(({ fps }) => fps)).toEqual([60, 69]);
  });

  it.each([
    ['all keep up', pupils, 59, false],
    ['there is little to show', [session(1, 1, SLOW_LINK)], 3, false],
    ['it is paused', [session(1, 1, SLOW_LINK)], 59, true],
    ['the viewer has only just come', [session(1, 1, SLOW_LINK, Date.now())], 59, false],
  ])('names nobody where %s', (_, viewers, published, paused) => {
    expect(told(viewers, published, paused).slowest).toBe(null);
  });
});
