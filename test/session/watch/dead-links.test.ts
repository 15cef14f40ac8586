import { describe, expect, it } from 'vitest';
import { NoneDisplay } from '../../../source/display/none-display.js';
import { systemClock } from '../../../source/node/clock.js';
import { createInflater } from '../../../source/node/inflater.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { WatchEvent } from '../../../source/session/messages.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { createClassicSession } from '../../../source/session/watch/classic-session.js';
import { createRfbSession } from '../../../source/session/watch/rfb-session.js';
import { Watcher } from '../../../source/session/watch/watcher.js';
import type { WatchOptions } from '../../../source/session/watch-options.js';
import { connect } from '../../../source/transport/connect.js';
import type { LivenessLimits } from '../../../source/transport/liveness.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { StallingProxy } from '../../helpers/proxies.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { WATCHED_HERE } from '../../helpers/running-watch.js';

const SIZE = { width: 320, height: 200 };
/** A tenth of what holds outside of tests. */
const SOON: LivenessLimits = { quietMs: 150, probeMs: 500, silentMs: 300, deadMs: 6000 };
/** For what must not be reported: a busy machine may stand still for a third of a second. */
const LATER: LivenessLimits = { ...SOON, silentMs: 1200 };
const QUICK_MS = 1000;
/** For all that is waited for. */
const LIMIT_MS = 30_000;
const started = stopAfterEach();

/** A watcher in this process. */
class Watching {
  readonly events: WatchEvent[] = [];
  readonly #watcher: Watcher;
  readonly #over: Promise<void>;

  constructor(port: number, options: Partial<WatchOptions> = {}, liveness = SOON) {
    this.#watcher = new Watcher(
      { ...WATCHED_HERE, ...options, peer: { host: '127.0.0.1', port } },
      {
        clock: systemClock,
        memory: createPixelMemory(),
        inflater: createInflater(),
        display: new NoneDisplay(),
        connect,
        wires: { classic: createClassicSession, rfb: createRfbSession },
        emit: event => this.events.push(event),
        date: Date.now,
        liveness,
      },
    );
    this.#over = this.#watcher.run();
  }

  get snapshots() {
    return this.events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot] : []));
  }

  get snapshot() {
    return this.snapshots.at(-1)!;
  }

  get notices() {
    return this.events.flatMap(event => (event.type === 'notice' ? [event.text] : []));
  }

  /** How soon is a matter of liveness.test.ts and retries.test.ts: a busy machine takes longer. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const began = performance.now();
    while (!condition()) {
      if (performance.now() - began > LIMIT_MS) {
        throw new Error(`${what}: not in ${LIMIT_MS} ms: ${JSON.stringify([this.snapshot, this.notices])}`);
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    this.#watcher.command({ type: 'stop' });
    await this.#over;
  }
}

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
    const direct = started(new Watching(share.port));
    await direct.until('the first frame', () => (direct.snapshot?.frames ?? 0) > 0);
    const { port } = share;
    await share.stop();
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
    const watching = started(new Watching(share.port, { code: 'sesame', secret: 'password', reconnect: true }));
    await watching.until('the first frame', () => (watching.snapshot?.frames ?? 0) > 0);
    await share.stop();
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
