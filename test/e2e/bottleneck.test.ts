import { describe, expect, test } from 'vitest';
import type { Limit } from '../../source/analysis/bottleneck.js';
import { LightViewer } from '../../source/bench/light-viewer.js';
import type { ShareSnapshot } from '../../source/session/snapshot.js';
import { ClassicPeer } from '../helpers/classic-peer.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { MovingPhoto } from '../helpers/moving-photo.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { Program } from '../helpers/program.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { ShareOfSource } from '../helpers/share-of-source.js';

const SIZE = { width: 800, height: 600 };
const started = stopAfterEach();

type Wire = 'classic' | 'rfb';

/** The verdict that holds for three snapshots in a row. */
async function settled(share: ShareOfSource, ...limits: readonly Limit[]): Promise<ShareSnapshot> {
  const from = share.snapshots.length;
  const since = () => share.snapshots.slice(from);
  const held = () =>
    since().findIndex(
      (_, at, all) => at >= 2 && [0, 1, 2].every(back => limits.includes(all[at - back]?.limit as Limit)),
    );
  await share.until(() => held() >= 0, `the verdict "${limits.join(' or ')}"`);
  return since()[held()]!;
}

describe.each<Wire>(['classic', 'rfb'])('what limits a share over %s', wire => {
  test('is capture where reading the screen is slow', async () => {
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE, { readMs: 70 }), wire, { level: 1 }));
    started(await RunningWatch.start(share.port, { wire, classicSize: SIZE }));
    const { bottleneck } = await settled(share, 'capture');
    // Without the cycle where a busy machine finished no frame in the last second.
    const [, ms, cycle] =
      /^(?:limited by|slowest step) capture: (\d+)(?: of (\d+))? ms a frame$/.exec(bottleneck ?? '') ?? [];
    expect(Number(ms)).toBeGreaterThanOrEqual(68);
    expect(Number(cycle ?? ms)).toBeGreaterThanOrEqual(Number(ms));
  });

  test('is the cap where there is one, and nothing where nothing changes', async () => {
    const source = new MovingPhoto(SIZE);
    const share = started(await ShareOfSource.start(source, wire, { level: 1, fps: 5 }));
    started(await RunningWatch.start(share.port, { wire, classicSize: SIZE }));
    const capped = await settled(share, 'cap');
    expect(capped.bottleneck).toMatch(/^at the cap of 5 fps: busy [\d.]+ of 200 ms a frame$/);
    source.stand();
    const still = await settled(share, 'screen');
    expect(still.bottleneck).toBe('nothing changes on the screen');
    await share.send({ type: 'pause', paused: true });
    expect((await settled(share, 'paused')).bottleneck).toContain('paused');
    await share.send({ type: 'pause', paused: false });
    source.move();
    await settled(share, 'cap');
  });
});

describe('what limits a share', () => {
  test('is compression at a costly level on a photograph; the level that it names gives more', async () => {
    const source = new MovingPhoto({ width: 1366, height: 768 });
    const share = started(await ShareOfSource.start(source, 'classic', { level: 9, fps: 120 }));
    started(await RunningWatch.start(share.port, { wire: 'classic', classicSize: { width: 1366, height: 768 } }));
    const pattern = /compression: (\d+) of (\d+) ms a frame; compression level (\d) would give (\d+) fps$/;
    const figuresOf = (bottleneck: string | null) => pattern.exec(bottleneck ?? '')?.map(Number) ?? [];
    // The first figures count the time before the first frame, too.
    const slow = await share.snapshotWhere(({ bottleneck }) => {
      const [, ms, cycle] = figuresOf(bottleneck);
      return ms! / cycle! > 0.5;
    }, 'compression that takes most of a frame, and a level that would give more');
    const [, , cycle, level, fps] = figuresOf(slow.bottleneck);
    expect(fps).toBeGreaterThanOrEqual(Math.floor(1000 / cycle!));
    await share.send({ type: 'level', level: level! });
    const faster = /compression: \d+ of (\d+) ms/;
    await share.snapshotWhere(
      snapshot => snapshot.limit !== 'compress' || Number(faster.exec(snapshot.bottleneck ?? '')?.[1]) < cycle! * 0.9,
      `frames faster than every ${cycle} ms at level ${level}`,
    );
  });

  test('is compression for an rfb viewer that takes no JPEG and decodes nothing', async () => {
    const source = new MovingPhoto({ width: 1366, height: 768 });
    const share = started(await ShareOfSource.start(source, 'rfb', { level: 9, quality: 'lossless' }));
    const viewer = await LightViewer.connect(share.port);
    started({ stop: async () => viewer.close() });
    const slow = await settled(share, 'compress');
    expect(slow.bottleneck).toMatch(/compression: (\d+ of )?\d+ ms a frame/);
  });

  test('is a slow viewer on this machine, not the network to it', async () => {
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), 'rfb', { level: 1 }));
    const viewer = await LightViewer.connect(share.port, { thinkMs: 150 });
    started({ stop: async () => viewer.close() });
    const { bottleneck } = await settled(share, 'viewer');
    expect(bottleneck).toMatch(/^limited by the viewer at 127\.0\.0\.1: it takes (\d+ of )?\d+ ms a frame$/);
  });

  test.each<Wire>(['classic', 'rfb'])('is a shaped link, over %s', async wire => {
    const network = started(new NetworkNamespace());
    network.shape('8mbit');
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), wire, { level: 1, bind: network.here }));
    const argv = ['watch', `${network.here}:${share.port}`, '--headless', '--view', 'none', '--size', '800x600'];
    started(new Program(argv, {}, network.prefix));
    const { bottleneck, viewers } = await settled(share, 'network');
    const [, address, rate] =
      /^limited by the network to (\S+): ([\d.]+) Mbit\/s carried, [\d.]+ kB queued/.exec(bottleneck ?? '') ?? [];
    expect(address).toBe(network.there);
    expect(Number(rate)).toBeGreaterThan(3);
    expect(Number(rate)).toBeLessThan(16);
    expect(viewers[0]?.tcp?.rttMs).toBeGreaterThan(1);
  });

  test('is a viewer that has stopped, until it continues', async () => {
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), 'classic', { level: 1, fps: 4 }));
    const viewer = started(ClassicPeer.watch({ port: share.port, size: SIZE }));
    await settled(share, 'cap');
    viewer.pause();
    const stopped = await share.snapshotWhere(
      ({ limit, bottleneck }) => limit === 'viewer' && /nothing for \d+ s/.test(bottleneck ?? ''),
      'a viewer that takes nothing',
    );
    expect(stopped.bottleneck).toMatch(/^limited by the viewer at 127\.0\.0\.1: it has accepted nothing for [2-9] s$/);
    viewer.resume();
    await settled(share, 'cap');
  });

  test('is a slow viewer', async () => {
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), 'classic', { level: 1 }));
    started(ClassicPeer.watch({ port: share.port, size: SIZE, delay: 0.2 }));
    const { bottleneck } = await settled(share, 'viewer');
    expect(bottleneck).toMatch(/^limited by the viewer at 127\.0\.0\.1: it takes (\d+ of )?\d+ ms a frame$/);
  });
});
