import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CodeUnproven } from '../../source/protocols/rfb/security/trust.js';
import { NodeCPace } from '../../source/session/cpace-platform.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import { NodeRsaAes } from '../../source/session/rsa-aes-platform.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { connect as connectTo } from '../../source/transport/connect.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { idleTrace } from '../helpers/idle-trace.js';
import { Wiretap } from '../helpers/proxies.js';
import { noise, paintScene } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';
import { WatchingHost } from '../helpers/watching-host.js';

const SIZE = { width: 320, height: 200 };
const CODE = 'kafem-prawy';
const BY_CODE = { access: 'code', code: CODE, vncPassword: 'for VNC' } as const;
const started = stopAfterEach();

/** Of the sharer; each viewer has peers and a key of its own. */
const folder = ownStateFolder('test');

async function share(options: Partial<ShareOptions> = BY_CODE): Promise<CanvasShare> {
  const running = started(await CanvasShare.start(SIZE, { encrypt: 'offered', ...options }));
  paintScene(running);
  return running;
}

/** A person with a viewer: what it keeps of sharers, and its key. */
class Person {
  readonly peers = new KnownPeers(path.join(folder.path, `viewer-${Math.random()}`));
  readonly cpace = new NodeCPace(null);

  /** @param port where "share:5900" leads now */
  async watch(port: number, code: string | null, resume: Uint8Array | null = null): Promise<Watched> {
    const host = new Watched(code);
    const { stream } = await connectTo({ host: '127.0.0.1', port });
    const parts = { stream, early: new Uint8Array(0), peer: 'share:5900', trace: idleTrace(), resume };
    const session = rfbSessionFactory({}, this.peers, new NodeRsaAes(null), this.cpace)(parts, host);
    started({ stop: async () => session.close() });
    host.close = () => session.close();
    session.start();
    return host;
  }

  async sees(running: CanvasShare, code: string | null, port = running.port): Promise<Watched> {
    const host = await this.watch(port, code);
    await host.until(() => shows(host, running));
    return host;
  }

  async stopped(port: number, code: string | null) {
    return (await this.watch(port, code)).until(() => false).catch(error => error);
  }
}

class Watched extends WatchingHost {
  key: Uint8Array | null = null;
  close = () => {};

  constructor(code: string | null) {
    super({ encrypt: 'offered', code });
  }

  override resumable(key: Uint8Array = new Uint8Array(0)): void {
    this.key = Uint8Array.from(key);
  }
}

function shows(host: WatchingHost, { canvas }: CanvasShare): boolean {
  return (
    host.framebuffer !== null &&
    canvas.colours.every((colour, at) => host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) === colour)
  );
}

const anew = () => {
  process.env.XDG_STATE_HOME = path.join(folder.path, 'another computer');
};
/** Leaves of the list of types only the last. */
const toTheLast = (said: Buffer) =>
  said[0] === said.length - 1 && said.includes(80) ? Buffer.from([1, said.at(-1)!]) : said;

describe('a share that is known by CPace', () => {
  it('is remembered once the viewer was let in, and recognised', async () => {
    const [running, person] = [await share(), new Person()];
    const first = await person.sees(running, CODE);
    expect(first.notices.join()).toMatch(/^The identity of share:5900 is remembered: SHA-256 ([0-9A-F]{2}:){31}/);
    expect(first.facts.encryption).toBe('AES-256, code');
    first.close();
    const again = await person.sees(running, 'KAFEM PRAWY');
    expect(again.notices).toEqual([]);
  });

  it('is not remembered by a viewer with a wrong code, which is told once', async () => {
    const [running, person] = [await share(), new Person()];
    expect(await person.stopped(running.port, 'lesson3')).toMatchObject({ code: 'E_RFB_AUTH', message: 'Wrong code.' });
    expect(person.peers.all).toEqual({});
    const told = () => running.notices.filter(text => text.includes('127.0.0.1'));
    await expect.poll(told).toEqual(['127.0.0.1 entered a wrong code']);
  });

  it('is answered one after the other, however many viewers come at once', async () => {
    const clock = new FakeClock();
    const running = started(await CanvasShare.start(SIZE, { encrypt: 'offered', ...BY_CODE }, clock));
    paintScene(running);
    let wrong = 0;
    const person = new Person();
    for (let viewer = 0; viewer < 12; viewer++) {
      void person.stopped(running.port, 'lesson3').then(({ message }) => {
        if (message === 'Wrong code.') wrong++;
      });
    }
    const { viewers } = running.sharer;
    const waiting = () => viewers.all.filter(({ admission }) => admission === 'settled').length;
    await expect.poll(() => [wrong, waiting()]).toEqual([1, 11]);
    // Each wrong one doubles the wait for the next. After five seconds nobody is judged any more.
    for (const [index, seconds] of [1, 2].entries()) {
      clock.advance(seconds * 1000 - 1);
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(wrong).toBe(index + 1);
      clock.advance(1);
      await expect.poll(() => wrong).toBe(index + 2);
    }
    expect(running.notices.join()).toContain('127.0.0.1 has entered 3 wrong codes');
  });

  it.each([
    // 65 bytes, and perhaps more. Before, the sharer has said 34 and 66 for itself.
    ['instead of its proof', ({ length }: Buffer) => length >= 65 && length !== 66, true],
    ['before the key exchange', ({ length }: Buffer) => length === 34, false],
  ])('cut off %s by somebody in between, may or may not have been guessed at', async (_when, cuts, guess) => {
    const [running, person] = [await share(), new Person()];
    const tap = started(await Wiretap.before(running.port, said => (cuts(said) ? null : said)));
    const error = await person.stopped(tap.port, CODE);
    expect(error).toMatchObject({ code: 'E_PEER_CLOSED' });
    expect(error instanceof CodeUnproven).toBe(guess);
  });

  it('that shows another key is left, even with the right code, until it is forgotten', async () => {
    const [running, person] = [await share(), new Person()];
    (await person.sees(running, CODE)).close();
    anew();
    const other = await share();
    expect(await person.stopped(other.port, CODE)).toMatchObject({
      code: 'E_PEER_CHANGED',
      remedy: expect.stringContaining('peerglass forget share:5900'),
    });
    person.peers.forget({ host: 'share', port: null });
    await person.sees(other, CODE);
  });

  it.each([CODE, 'lesson-no3', null])('that no longer has it is left, with %j', async code => {
    const options = code === null ? { access: 'open' as const } : { ...BY_CODE, code };
    const [running, person] = [await share(options), new Person()];
    (await person.sees(running, code)).close();
    const tap = started(await Wiretap.before(running.port, toTheLast));
    expect(await person.stopped(tap.port, code)).toMatchObject({ code: 'E_PEER_WEAKER' });
  });

  it('and asks for no code shows who it is by its key', async () => {
    const [running, person] = [await share({ access: 'open' }), new Person()];
    const first = await person.sees(running, null);
    expect(first.facts.encryption).toBe('AES-256, sharer not verified');
    first.close();
    const again = await person.sees(running, null);
    expect(again.facts.encryption).toBe('AES-256, sharer known');
    expect(await new Person().stopped(running.port, CODE)).toMatchObject({ code: 'E_CODE_DOWNGRADE' });
  });
});

describe('a man in the middle of CPace', () => {
  it('who only listens gets neither code nor name nor pixel', async () => {
    const running = await share({ ...BY_CODE, encoding: 'raw', name: 'a name to be found' });
    running.canvas.paint({ x: 0, y: 0, width: 40, height: 20 }, 0x336699);
    const tap = started(await Wiretap.before(running.port));
    await new Person().sees(running, CODE, tap.port);
    running.canvas.paint({ x: 20, y: 30, width: 200, height: 120 }, noise);
    const heard = Buffer.concat(tap.heard);
    const pixels = Buffer.concat(Array.from({ length: 8 }, () => Buffer.from([0x99, 0x66, 0x33])));
    const clear = [CODE, CODE.replace('-', ''), 'a name to be found', pixels];
    expect(heard.length).toBeGreaterThan(SIZE.width * SIZE.height * 3);
    expect(clear.map(text => heard.includes(text))).toEqual([false, false, false, false]);
  });

  it('who strips it does not get the code, though he is not known to be there', async () => {
    const running = await share();
    const tap = started(await Wiretap.before(running.port, toTheLast));
    expect(await new Person().stopped(tap.port, CODE)).toMatchObject({ code: 'E_CODE_DOWNGRADE' });
    const own = await share({ ...BY_CODE, code: 'lesson-no3' });
    const other = started(await Wiretap.before(own.port, toTheLast));
    // 127.0.0.1 is no network, but the name of the peer is that of another machine.
    expect(await new Person().stopped(other.port, 'lesson-no3')).toMatchObject({
      code: 'E_TRUST_REQUIRED',
      about: 'code',
    });
    expect(Buffer.concat(other.heard).length).toBeLessThan(60);
  });

  it('with a share of his own gets one guess from a viewer, and no picture to it', async () => {
    anew();
    const his = await share({ ...BY_CODE, code: 'a guess' });
    const error = await new Person().stopped(his.port, CODE);
    expect(error).toMatchObject({ code: 'E_RFB_AUTH' });
    await expect.poll(() => his.snapshot.viewers).toEqual([]);
  });
});

describe('a remembered viewer', () => {
  const remember = async (running: CanvasShare, remembered = true) => {
    await expect.poll(() => running.snapshot.viewers[0]?.identity).toMatch(/^[0-9a-f]{64}$/);
    await running.sharer.command({ type: 'remember', viewer: running.snapshot.viewers[0]!.id, remembered });
  };

  it('needs no code, until it is forgotten; others do', async () => {
    const [running, person] = [await share(), new Person()];
    const first = await person.sees(running, CODE);
    await remember(running);
    expect(running.notices.join()).toMatch(/127.0.0.1 is remembered: from now on it needs no code/);
    await expect.poll(() => running.snapshot.viewers[0]?.remembered).toBe(true);
    first.close();
    const again = await person.sees(running, null);
    expect(again.facts.encryption).toBe('AES-256, sharer known');
    await expect.poll(() => running.snapshot.viewers.at(-1)?.encryption).toBe('AES-256, remembered');
    // Somebody else with what can be copied: the sharer's address and its key.
    const other = new Person();
    const known = person.peers.find('share:5900')!;
    other.peers.remember('share:5900', known);
    expect(await other.stopped(running.port, null)).toMatchObject({ code: 'E_CODE_REQUIRED' });
    await expect.poll(() => running.snapshot.viewers.length).toBe(1);
    await remember(running, false);
    again.close();
    expect(await person.stopped(running.port, null)).toMatchObject({ code: 'E_CODE_REQUIRED' });
    expect(running.notices.join()).not.toMatch(/wrong code/);
  });

  it('is not asked about', async () => {
    const [running, person] = [await share({ access: 'ask' }), new Person()];
    const asked = () => running.events.filter(event => event.type === 'asking').length;
    const first = await person.watch(running.port, null);
    await expect.poll(asked).toBe(1);
    const asking = running.events.find(event => event.type === 'asking')!;
    await running.sharer.command({ type: 'consent', viewer: asking.viewer, answer: 'yes' });
    await first.until(() => shows(first, running));
    await remember(running);
    first.close();
    await person.sees(running, null);
    expect(asked()).toBe(1);
  });

  it('is nobody where the file is damaged: the person is told', async () => {
    const [running, person] = [await share(), new Person()];
    (await person.sees(running, CODE)).close();
    writeFileSync(path.join(folder.path, 'peerglass', 'remembered-viewers.json'), 'damaged');
    expect(await person.stopped(running.port, null)).toMatchObject({ code: 'E_CODE_REQUIRED' });
    expect(running.notices.join()).toMatch(/remembered viewers .* cannot be read: it is damaged/);
  });
});

it('a viewer that a person let in resumes over CPace, without a question, and replaces its connection', async () => {
  const [running, person] = [await share({ access: 'ask' }), new Person()];
  const asked = () => running.events.filter(event => event.type === 'asking');
  const first = await person.watch(running.port, null);
  await expect.poll(() => asked().length).toBe(1);
  await running.sharer.command({ type: 'consent', viewer: asked()[0]!.viewer, answer: 'yes' });
  await first.until(() => shows(first, running));
  await first.until(() => first.key !== null);
  const second = await person.watch(running.port, null, first.key);
  await second.until(() => shows(second, running));
  await expect.poll(() => first.error?.code).toBe('E_PEER_CLOSED');
  expect(asked().length).toBe(1);
  await expect.poll(() => running.snapshot.viewers.map(({ encryption }) => encryption)).toEqual(['AES-256, resumed']);
});
