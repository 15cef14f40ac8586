import { describe, expect, it, vi } from 'vitest';
import { PeerglassError } from '../../../source/core/errors.js';
import { NodeCPace } from '../../../source/session/cpace-platform.js';
import { KnownPeers } from '../../../source/session/known-peers.js';
import { NodeRsaAes } from '../../../source/session/rsa-aes-platform.js';
import { UpdateOutput } from '../../../source/session/share/rfb/update-output.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { mayComeBack } from '../../../source/session/watch/retries.js';
import { rfbSessionFactory } from '../../../source/session/watch/rfb-session.js';
import { connect as connectTo } from '../../../source/transport/connect.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { idleTrace } from '../../helpers/idle-trace.js';
import { ownStateFolder } from '../../helpers/state-folder.js';
import { WatchingHost } from '../../helpers/watching-host.js';

const SIZE = { width: 160, height: 100 };
const started = stopAfterEach();

ownStateFolder('test');

async function share(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  const running = started(await CanvasShare.start(SIZE, { encrypt: 'offered', ...options }));
  running.canvas.paint({ x: 0, y: 0, ...SIZE }, 0x336699);
  return running;
}

/** A peerglass viewer. @param key what it is known by */
async function watch({ port }: CanvasShare, name: string, key = new NodeCPace(null)): Promise<WatchingHost> {
  const host = new WatchingHost({ encrypt: 'offered', name });
  const { stream } = await connectTo({ host: '127.0.0.1', port });
  const parts = { stream, early: new Uint8Array(0), peer: 'share:5900', trace: idleTrace(), resume: null };
  const session = rfbSessionFactory({}, new KnownPeers(null), new NodeRsaAes(null), key)(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  return host;
}

const watched = (host: WatchingHost) => host.until(() => host.updates.length > 0);
const viewersOf = (running: CanvasShare) => running.snapshot.viewers.map(({ name, state }) => `${name} ${state}`);

describe('a viewer that says its name', () => {
  it('is shown and reported by it, in plain text', async () => {
    const running = await share();
    await watched(await watch(running, '\u001b[2JAnna B.\n'));
    await expect.poll(() => viewersOf(running)).toEqual(['[2JAnna B. watching']);
    expect(running.notices).toContain('127.0.0.1 ([2JAnna B.) connected');
  });

  it('is asked about by it, before it gets a pixel', async () => {
    const running = await share({ access: 'ask' });
    const host = await watch(running, 'Anna');
    await expect.poll(() => viewersOf(running)).toEqual(['Anna asking']);
    const [asker] = running.snapshot.viewers;
    expect(asker).toMatchObject({ encryption: 'AES-256, no code', identity: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(host.updates).toEqual([]);
    running.sharer.viewers.answer(asker!.id, 'yes');
    await watched(host);
  });

  it('is told that it asks too soon, and not that a code is wrong', async () => {
    const running = await share({ access: 'ask' });
    const first = await watch(running, 'Anna');
    await expect.poll(() => viewersOf(running)).toEqual(['Anna asking']);
    running.sharer.viewers.answer(running.snapshot.viewers[0]!.id, 'no');
    await expect(first.until(() => false)).rejects.toMatchObject({ code: 'E_DECLINED' });
    const again = await watch(running, 'Anna');
    await expect(again.until(() => false)).rejects.toMatchObject({
      code: 'E_PEER_REFUSED',
      message: expect.stringContaining('accepts no requests from this address for now'),
    });
  });

  it.each([
    ['banned', 'ban', 'The sharer has banned this viewer for the rest of the session.'],
    ['disconnected', 'kick', 'The sharer ended this connection.'],
  ] as const)('is told that it was %s while it waited', async (_what, action, reason) => {
    const running = await share({ access: 'ask' });
    const host = await watch(running, 'Anna');
    await expect.poll(() => viewersOf(running)).toEqual(['Anna asking']);
    running.sharer.viewers[action](running.snapshot.viewers[0]!.id);
    await expect(host.until(() => false)).rejects.toMatchObject({
      code: 'E_PEER_REFUSED',
      message: `Refused: ${reason}`,
    });
  });

  it('is nobody if it says none', async () => {
    const running = await share();
    await watched(await watch(running, ' '));
    await expect.poll(() => viewersOf(running)).toEqual(['null watching']);
    expect(running.notices).toContain('127.0.0.1 connected');
  });
});

describe('a ban', () => {
  it('is of the key where a viewer has one: others at its address stay, and it stays out', async () => {
    const running = await share();
    const key = new NodeCPace(null);
    const rude = await watch(running, 'Rude', key);
    const other = await watch(running, 'Anna');
    await watched(rude);
    await watched(other);
    await expect.poll(() => viewersOf(running)).toEqual(['Rude watching', 'Anna watching']);
    running.sharer.viewers.ban(running.snapshot.viewers[0]!.id);
    await expect(rude.until(() => false)).rejects.toMatchObject({
      code: 'E_PEER_REFUSED',
      message: 'The sharer has banned this viewer for the rest of the session.',
    });
    const again = await watch(running, 'Somebody else', key);
    await expect(again.until(() => false)).rejects.toMatchObject({
      code: 'E_PEER_REFUSED',
      message: 'Refused: The sharer has banned this viewer for the rest of the session.',
    });
    await expect.poll(() => viewersOf(running)).toEqual(['Anna watching']);
    await watched(await watch(running, 'Berta'));
    expect(running.notices.filter(text => /ban|Rude|Somebody/.test(text))).toEqual([
      '127.0.0.1 (Rude) connected',
      '127.0.0.1 (Rude) is banned until this session ends',
    ]);
  });
});

describe('a viewer whose connection ends on purpose', () => {
  const ending = (host: WatchingHost) => expect(host.until(() => false)).rejects;

  it('is told that the share is over, and that reconnecting is in vain', async () => {
    const running = await share();
    const host = await watch(running, 'Anna');
    await watched(host);
    await running.stop();
    await ending(host).toMatchObject({ code: 'E_SHARE_ENDED', message: 'The sharer stopped sharing.' });
    expect(mayComeBack('E_SHARE_ENDED')).toBe(false);
  });

  it('is told so behind what was written of an update that was being encoded', async () => {
    const size = { width: 1920, height: 1080 };
    const running = started(await CanvasShare.start(size, { encrypt: 'offered', level: 9 }));
    const host = await watch(running, 'Anna');
    await watched(host);
    const begun = vi.spyOn(UpdateOutput.prototype, 'begin');
    running.canvas.paint({ x: 0, y: 0, ...size }, (x, y) => (x * 7919 + y * 104_729) & 0xff_ff_ff);
    await expect.poll(() => begun.mock.calls.length).toBeGreaterThan(0);
    await running.stop();
    await ending(host).toMatchObject({ code: 'E_SHARE_ENDED' });
  });

  it('is told so while it waits to be let in', async () => {
    const running = await share({ access: 'ask' });
    const host = await watch(running, 'Anna');
    await expect.poll(() => viewersOf(running)).toEqual(['Anna asking']);
    await running.stop();
    await ending(host).toMatchObject({ code: 'E_SHARE_ENDED', message: expect.stringContaining('stopped sharing') });
  });

  it('is told that it was disconnected', async () => {
    const running = await share();
    const host = await watch(running, 'Anna');
    await watched(host);
    await expect.poll(() => viewersOf(running)).toEqual(['Anna watching']);
    running.sharer.viewers.kick(running.snapshot.viewers[0]!.id);
    await ending(host).toMatchObject({ code: 'E_PEER_REFUSED', message: 'The sharer ended this connection.' });
  });

  it('reconnects after a share that failed', async () => {
    const running = await share();
    const host = await watch(running, 'Anna');
    await watched(host);
    await running.sharer.close(new PeerglassError('E_DISPLAY_DIED', 'The X server is gone.'));
    await ending(host).toMatchObject({ code: 'E_PEER_CLOSED' });
    expect(mayComeBack('E_PEER_CLOSED')).toBe(true);
  });
});
