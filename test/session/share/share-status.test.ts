import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../source/node/clock.js';
import type { ProtocolSession } from '../../../source/session/watch/protocol-session.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { needsNative } from '../../helpers/needs-native.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { paintScene, photograph } from '../../helpers/scenes.js';
import { WatchingHost } from '../../helpers/watching-host.js';
import { differences, watchPort } from '../../interop/watching.js';

const SIZE = { width: 520, height: 320 };
const [RAW, DESKTOP_NAME, FENCE, CONTINUOUS, SHARE_STATUS] = [0, -307, -312, -313, 0xd047_5354 | 0];
const started = stopAfterEach();

let session: ProtocolSession | null = null;
afterEach(() => session?.close());

async function watched() {
  const share = started(await CanvasShare.start(SIZE, { name: 'desk' }));
  paintScene(share);
  const host = new WatchingHost({ quality: 'auto' });
  session = await watchPort(share.port, host);
  await host.until(() => host.updates.length > 0);
  return { share, host };
}

function exactly({ canvas }: CanvasShare) {
  const rgb = Uint8Array.from([...canvas.colours].flatMap(colour => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return { ...SIZE, rgb };
}

describe('the share status for peerglass viewers', () => {
  it("is the share's state, on joining and at once after a change", async () => {
    const { share, host } = await watched();
    await host.until(() => host.facts.sharer !== undefined);
    expect(host.facts.sharer).toEqual({ kind: 'sharing', text: '' });
    share.sharer.viewers.setting({ paused: true });
    await host.until(() => host.facts.sharer?.kind === 'paused');
    share.sharer.viewers.announce({ kind: 'source-gone', text: 'The window “Folien” was closed.' });
    await host.until(() => host.facts.sharer?.kind === 'source-gone');
    expect(host.facts.sharer?.text).toBe('The window “Folien” was closed.');

    const late = new WatchingHost();
    const second = await watchPort(share.port, late);
    await late.until(() => late.facts.sharer?.kind === 'source-gone');
    second.close();

    share.sharer.viewers.announce(null);
    await host.until(() => host.facts.sharer?.kind === 'paused');
    share.sharer.viewers.setting({ paused: false });
    await host.until(() => host.facts.sharer?.kind === 'sharing');
    expect(host.facts.name).toBe('desk');
  });

  it('marks updates that only refine, so that both ends count the same frames', async () => {
    const { share, host } = await watched();
    for (let step = 1; step <= 5; step++) {
      share.canvas.paint({ x: 40, y: 40, width: 300, height: 200 }, (x, y) => photograph(x, y + step));
      const { length } = host.updates;
      await host.until(() => host.updates.length > length);
      await new Promise(resolve => setTimeout(resolve, 30));
    }
    const goal = exactly(share);
    await host.until(() => differences(host.picture(), goal) === 0);
    const frames = host.updates.filter(({ frame }) => frame);
    // A viewer that cannot read JPEG asks for no losses: there is nothing to refine.
    expect(host.updates.length).toBeGreaterThanOrEqual(frames.length + needsNative(1, 0));
    await expect.poll(() => share.figures.frames).toBe(frames.length);
  });

  it("is the viewer's latency, as measured by the sharer", async () => {
    const { host } = await watched();
    await host.until(() => host.latencyMs !== null);
    expect(host.latencyMs?.p50).toBeGreaterThan(0);
    expect(host.latencyMs?.p50).toBeLessThan(10_000);
  });

  it('counts no time before the viewer came, however long its first picture was there', async () => {
    let later = 0;
    const share = started(await CanvasShare.start(SIZE, {}, { ...systemClock, now: () => systemClock.now() + later }));
    paintScene(share);
    const first = new WatchingHost({ quality: 'lossless' });
    session = await watchPort(share.port, first);
    await first.until(() => first.latencyMs !== null);
    later = 100_000;
    const second = new WatchingHost({ quality: 'lossless' });
    const joined = await watchPort(share.port, second);
    await second.until(() => second.latencyMs !== null);
    joined.close();
    expect(second.latencyMs?.p95).toBeLessThan(50_000);
  });

  it('is in the name of the desktop for other viewers', async () => {
    const share = started(await CanvasShare.start(SIZE, { name: 'desk' }));
    const encodings = [RAW, DESKTOP_NAME, FENCE, CONTINUOUS];
    const viewer = await RfbTestViewer.open({ port: share.port, encodings, fences: true });
    await viewer.until(() => viewer.updates > 0);
    share.sharer.viewers.announce({ kind: 'source-gone', text: 'The window was closed.' });
    await viewer.until(() => viewer.names.length === 1);
    expect(viewer.names).toEqual(['desk (The window was closed.)']);
    expect(viewer.fences.every(({ flags }) => flags >= 0x8000_0000)).toBe(true);
    expect(viewer.kinds['only-refines']).toBeUndefined();
    viewer.close();

    const ours = await RfbTestViewer.open({ port: share.port, encodings: [...encodings, SHARE_STATUS], fences: true });
    await ours.until(() => ours.fences.some(({ flags }) => flags === 0));
    expect(ours.names).toEqual([]);
    ours.close();
  });
});
