import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { offeredAgain, type SharingNotice, shareArguments } from '../../source/cli/share-again.js';
import type { ShareController } from '../../source/session/app-services.js';
import type { ShareCommand, ShareEvent } from '../../source/session/messages.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { shareSnapshot } from '../helpers/fake-sessions.js';

function optionsOf(argv: readonly string[]): ShareOptions {
  const command = parseArguments(argv);
  if (command.kind !== 'share') throw new Error('no share');
  return command.options;
}

class FakeShare implements ShareController {
  readonly sent: ShareCommand[] = [];
  tell: (event: ShareEvent) => void = () => {};
  send(command: ShareCommand): void {
    this.sent.push(command);
  }
  subscribe(listener: (event: ShareEvent) => void): () => void {
    this.tell = listener;
    return () => {};
  }
  async stop(): Promise<void> {}
}

const LISTENING = {
  type: 'listening',
  wires: [{ wire: 'rfb', address: '0.0.0.0', port: 41_234 }],
  code: 'k7mp2xqd',
  vncPassword: 'p4ssw0rd',
} as unknown as ShareEvent;

describe('the command line of a share', () => {
  test.each([
    ['plain', []],
    ['a monitor by name', ['--monitor', 'HDMI-1', '--no-cursor', '--quality', '80']],
    [
      'a region left of the first monitor',
      ['--region', '800x600-10+20', '--level', '0', '--fps', '12', '--max-rate', '8.5mbit', '--uplink', '1gbit'],
    ],
    ['a window', ['--window', 'My "document"; rm', '--source', 'x11', '--display', ':9']],
    [
      'all, on the classic wire',
      ['--monitor', 'all', '--no-rfb', '--classic-port', '9001', '--crop', '--size', '64x48'],
    ],
    ['both wires', ['--classic', '--rfb-port', '0', '--code', 'a b', '--bind', '::1', '--name', "Ann's"]],
    ['secrets that are kept', ['--code', 'lesson3', '--vnc-password', 'a b', '--keep-code']],
    ['open', ['--access', 'open', '--encoding', 'zrle', '--no-scroll-detection', '--log', '/tmp/x']],
    ['a number of threads', ['--threads', '3']],
    ['the test pattern', ['--source', 'pattern']],
    ['without browsers', ['--no-web']],
    ['with browsers only', ['--no-rfb', '--web']],
    ['browsers on the usual port, which must be free', ['--web-port', '5800']],
    ['browsers on another port', ['--web-port', '8080', '--encrypt', 'required']],
    ['a broadcast', ['--broadcast', '--rate', '8.5mbit', '--segment', '1', '--origin-token', 'a=b']],
    ['a broadcast alone, published', ['--no-rfb', '--publish', 'ssh://anna@[2001:db8::1]:22', '--broadcast-port', '9']],
    ['a broadcast elsewhere', ['--broadcast-url', 'https://hall.example:8443/talks']],
    [
      'the link of an earlier broadcast',
      ['--broadcast-link', 'http://hall/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'],
    ],
    ['a recording', ['--source', 'replay:/tmp/a:b', '--cursor']],
  ])('means the same options: %s', (_name, argv) => {
    const options = optionsOf(['share', ...argv]);
    expect(optionsOf(shareArguments(options))).toEqual(options);
  });

  test('does not write over an export', () => {
    expect(shareArguments(optionsOf(['share', '--export', 'x.pcapng'])).join(' ')).not.toContain('x.pcapng');
  });
});

describe('the launcher is given', () => {
  function share(argv: readonly string[], run = { headless: false, json: false }) {
    const fake = new FakeShare();
    const notices: SharingNotice[] = [];
    const session = offeredAgain(
      () => fake,
      run,
      null,
      notice => notices.push(notice),
    )(optionsOf(['share', ...argv]));
    return { fake, notices, session, last: () => optionsOf(notices.at(-1)!.sharing!) };
  }

  test('the port that was bound and the code that was made up', () => {
    const { fake, notices, last } = share(['--rfb-port', '0']);
    expect(notices).toEqual([]);
    fake.tell(LISTENING);
    expect(last()).toMatchObject({
      rfbPort: 41_234,
      code: 'k7mp2xqd',
      vncPassword: 'p4ssw0rd',
      access: 'code',
    });
  });

  test('the link of its broadcast, whose viewers come back then', () => {
    const link = 'http://10.0.0.7:5801/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const { fake, notices, last } = share(['--broadcast']);
    fake.tell(LISTENING);
    const broadcast = {
      state: 'live',
      readers: 2,
      mbitPerSecond: 3,
      ageMs: 14,
      segment: 7,
      server: null,
      link,
    } as const;
    for (let count = 0; count < 2; count++) fake.tell({ type: 'snapshot', snapshot: shareSnapshot({ broadcast }) });
    expect(last().broadcast).toMatchObject({ link, url: null });
    expect(notices).toHaveLength(2);
  });

  test('what was changed meanwhile', () => {
    const { fake, last, session } = share([]);
    session.send({ type: 'level', level: 2 });
    fake.tell(LISTENING);
    session.send({ type: 'target', target: { kind: 'output', output: 'DP-2' } });
    session.send({ type: 'quality', quality: 'lossless' });
    session.send({ type: 'fps', fps: 5 });
    session.send({ type: 'cursor', shown: false });
    expect(last()).toMatchObject({ level: 2, quality: 'lossless', fps: 5, cursor: 'hidden' });
    expect(last().target).toEqual({ kind: 'output', output: 'DP-2' });
    expect(fake.sent).toHaveLength(5);
  });

  test('how it was run', () => {
    const { fake, notices } = share(['--access', 'open'], { headless: true, json: true });
    fake.tell(LISTENING);
    expect(notices.at(-1)!.sharing!.slice(-2)).toEqual(['--headless', '--json']);
  });

  test('when it is over', () => {
    const { fake, notices } = share([]);
    fake.tell(LISTENING);
    fake.tell({ type: 'ended', error: null, frames: 0 });
    expect(notices.at(-1)).toEqual({ sharing: null });
  });

  test("nothing of the demo's share", () => {
    const fake = new FakeShare();
    const notices: SharingNotice[] = [];
    const demo = optionsOf(['share']);
    const start = offeredAgain(
      () => fake,
      { headless: false, json: false },
      demo,
      notice => notices.push(notice),
    );
    start(demo);
    fake.tell(LISTENING);
    expect(notices).toEqual([]);
  });
});
