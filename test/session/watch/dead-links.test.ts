import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../source/node/clock.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import type { LivenessLimits } from '../../../source/transport/liveness.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { StallingProxy } from '../../helpers/proxies.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { Watching } from '../../helpers/watching.js';

const SIZE = { width: 320, height: 200 };
/** A tenth of what holds outside of tests. */
const SOON: LivenessLimits = { quietMs: 150, probeMs: 500, silentMs: 300, deadMs: 6000 };
/** For what must not be reported: a busy machine may stand still for a third of a second. */
const LATER: LivenessLimits = { ...SOON, silentMs: 1200 };
const QUICK_MS = 1000;
const started = stopAfterEach();

/** Somebody who watches, let in as soon as on a machine that is not busy, or after a question. */
async function joined(port: number, liveness: LivenessLimits, letIn: () => Promise<void>): Promise<Watching> {
  for (;;) {
    const watching = started(new Watching(port, {}, liveness));
    const began = performance.now();
    await letIn();
    const asked = performance.now();
    await watching.until('the first frame', () => (watching.snapshot?.frames ?? 0) > 0);
    const slow = performance.now() - asked > QUICK_MS && asked - began < QUICK_MS;
    await watching.until('the first frames', () => (watching.snapshot?.frames ?? 0) > 5);
    // After a slow start a viewer without a key tries no second connection: a person might be asked again.
    if (!slow) return watching;
    await watching.stop();
  }
}

/** A share whose screen moves all the time, and somebody who watches it through a proxy. */
async function moving(options: Partial<ShareOptions> = {}, liveness = SOON) {
  const share = started(await CanvasShare.start(SIZE, options, systemClock, liveness));
  let step = 0;
  const painting = setInterval(
    () => share.canvas.paint({ x: step++ % 200, y: 20, width: 90, height: 90 }, step * 977),
    20,
  );
  started({ stop: async () => clearInterval(painting) });
  const proxy = started(await StallingProxy.before(share.port));
  const watching = await joined(proxy.port, liveness, async () => {
    if (options.access !== 'ask') return;
    await expect.poll(() => share.events.some(({ type }) => type === 'asking')).toBe(true);
    // A person takes longer, which is how a viewer knows that one was asked.
    await new Promise(resolve => setTimeout(resolve, 1600));
    share.sharer.viewers.answer(1, 'yes');
  });
  return { share, proxy, watching };
}

describe('an unresponsive link', () => {
  it('is reported at both ends, and continues when it recovers', async () => {
    const { share, proxy, watching } = await moving();
    proxy.stalled = true;
    proxy.cut();
    await watching.until('told to who watches', () => watching.snapshot.silentMs !== null);
    expect(watching.snapshot.state).toBe('reconnecting');
    await watching.until('told to who shares', () => (share.snapshot.viewers[0]?.silentMs ?? null) !== null);
    await watching.until('a second connection', () => proxy.connections === 2);
    proxy.stalled = false;
    proxy.mend();
    await watching.until('the picture', () => watching.snapshot.state === 'watching');
    // Whichever of the two was heard first.
    await watching.until('told', () => share.notices.some(text => /answers again after|left after/.test(text)));
    await watching.until(
      'one viewer',
      () => share.snapshot.viewers.length === 1 && watching.snapshot.silentMs === null,
    );
    const told = watching.notices.filter(text => /No response|back after/.test(text));
    expect(told).toEqual([
      expect.stringMatching(/^No response from 127/),
      expect.stringMatching(/is back after \d+ s/),
    ]);
    expect(share.notices.filter(text => /no answer for \d+ s/.test(text)).length).toBeGreaterThan(0);
  });

  it('is replaced by a standby, and the sharer never counts two for long', async () => {
    const { share, proxy, watching } = await moving();
    const { frames } = watching.snapshot;
    proxy.cut();
    await watching.until('told', () => watching.snapshot.silentMs !== null);
    await watching.until(
      'taken over',
      () => watching.snapshot.state === 'watching' && watching.snapshot.frames > frames + 9,
    );
    await watching.until('one viewer', () => share.snapshot.viewers.length === 1);
    expect(proxy.connections).toBe(1);
    expect(watching.events.some(({ type }) => type === 'ended')).toBe(false);
  });
});

describe('a viewer accepted by a person', () => {
  it('resumes on a second connection without asking again; a stranger from there is asked about', async () => {
    const { share, proxy, watching } = await moving({ access: 'ask' });
    const questions = () => share.events.filter(({ type }) => type === 'asking').length;
    const { frames } = watching.snapshot;
    proxy.cut();
    await watching.until('taken over', () => watching.snapshot.frames > frames + 9);
    await watching.until('one viewer', () => share.snapshot.viewers.length === 1);
    expect(questions()).toBe(1);
    expect(share.notices).toContain('127.0.0.1 resumed over a new connection');
    expect(JSON.stringify(watching.events)).not.toContain('"key"');
    const stranger = new RfbTestViewer({ port: proxy.port });
    void stranger.shakeHands().catch(() => {});
    await watching.until('a question', () => questions() === 2);
    stranger.close();
  });
});

describe('an idle link', () => {
  it('is not reported while the share is paused, and never for a viewer that only requests', async () => {
    const { share, watching } = await moving({}, LATER);
    const asking = await RfbTestViewer.open({ port: share.port, encodings: [0], asks: false });
    share.sharer.viewers.setting({ paused: true });
    await watching.until('paused', () => watching.snapshot.sharer?.kind === 'paused');
    const from = watching.snapshots.length;
    await new Promise(resolve => setTimeout(resolve, 3000));
    expect(
      watching.snapshots.slice(from).every(({ state, silentMs }) => state === 'watching' && silentMs === null),
    ).toBe(true);
    expect([...watching.notices, ...share.notices].filter(text => /no answer/i.test(text))).toEqual([]);
    asking.close();
  });
});

describe('a sharer that comes back', () => {
  it('is seen again, however long it was away', async () => {
    const { share, watching } = await moving();
    const direct = started(new Watching(share.port, {}, SOON));
    await direct.until('the first frame', () => (direct.snapshot?.frames ?? 0) > 0);
    const { port } = share;
    await share.fail();
    await direct.until('missed', () => direct.snapshot.state === 'reconnecting');
    await new Promise(resolve => setTimeout(resolve, 2600));
    const again = started(await CanvasShare.start(SIZE, { rfbPort: port }, systemClock, SOON));
    again.canvas.paint({ x: 0, y: 0, ...SIZE }, 0x336699);
    await direct.until('seen', () => direct.snapshot.state === 'watching');
    expect(direct.events.some(({ type }) => type === 'ended')).toBe(false);
    await watching.stop();
  });

  it('with another code is told as that, not as a code typed wrong', async () => {
    const share = started(await CanvasShare.start(SIZE, { access: 'code', vncPassword: 'sesame' }));
    const watching = started(new Watching(share.port, { code: 'sesame', secret: 'password', reconnect: true }, SOON));
    await watching.until('the first frame', () => (watching.snapshot?.frames ?? 0) > 0);
    await share.fail();
    started(await CanvasShare.start(SIZE, { access: 'code', vncPassword: 'mustard', rfbPort: share.port }));
    const ended = () => watching.events.find(event => event.type === 'ended');
    await watching.until('ended', () => ended() !== undefined);
    expect(ended()?.error).toEqual({
      code: 'E_RFB_AUTH',
      message: 'The share was started again, with another password.',
      remedy: "Ask for the password that the sharer's screen shows now.",
      about: 'password',
    });
  });
});
