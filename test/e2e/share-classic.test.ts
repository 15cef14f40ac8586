import { afterEach, describe, expect, it } from 'vitest';
import type { ShareOptions } from '../../source/session/share-options.js';
import { ClassicPeer, type WatchingPeerOptions } from '../helpers/classic-peer.js';
import { RunningShare } from '../helpers/running-share.js';

const running: { stop(): Promise<void> }[] = [];

async function share(options: Partial<ShareOptions> = {}): Promise<RunningShare> {
  const started = await RunningShare.start(options);
  running.push(started);
  return started;
}

function watch(started: RunningShare, options: Partial<WatchingPeerOptions> = {}): ClassicPeer {
  const peer = ClassicPeer.watch({ port: started.classicPort, size: { width: 1366, height: 768 }, ...options });
  running.push(peer);
  return peer;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()));
});

describe('a share on the classic wire', () => {
  it('is watched by the stand-in for the original program, and sleeps without a viewer', async () => {
    const started = await share();
    const peer = watch(started);
    await peer.moreFrames(30);
    expect(new Set(peer.frames.map(({ crc }) => crc)).size).toBeGreaterThan(10);
    const sharing = await started.snapshotWhere(({ fps }) => fps > 5);
    expect(sharing.state).toBe('sharing');
    expect(sharing.viewers).toMatchObject([{ wire: 'classic', address: '127.0.0.1', state: 'watching' }]);
    await peer.stop();
    const asleep = await started.snapshotWhere(({ state }) => state === 'asleep');
    const later = await started.snapshotWhere(({ t }) => t > asleep.t);
    expect(later.capturedPixels).toBe(asleep.capturedPixels);
    expect(started.notices).toEqual(['127.0.0.1 connected', expect.stringMatching(/^127\.0\.0\.1 left after \d+ s$/)]);
    await started.stop();
    expect(started.events.at(-1)).toMatchObject({ type: 'ended', error: null });
  });
});
