import { afterEach, describe, expect, test } from 'vitest';
import type { ShareCommand } from '../../source/session/messages.js';
import { FakeServices, type FakeShare, SlowServices, shareSnapshot, TCP, viewer } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS, TERMINAL_SIZES } from '../helpers/fake-tui.js';
import { strayControls } from '../helpers/hostile-text.js';

const ENTER = '\r';
const ESCAPE = '\u001b';
const DOWN = '\u001b[B';

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

async function sharing(
  columns = 80,
  rows = 24,
  options = SHARE_OPTIONS,
  services = new FakeServices(),
): Promise<FakeTui & { share: FakeShare }> {
  open = await fakeTui({ columns, rows, start: { kind: 'share', options }, services });
  const { terminal } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  await terminal.waitFor('share');
  const share = services.shares[0]!;
  share.emit({
    type: 'listening',
    wires: [{ wire: 'classic', address: '0.0.0.0', port: 9000 }],
    code: null,
    vncPassword: null,
  });
  return { ...open, share };
}

function lastOf(share: FakeShare, type: ShareCommand['type']): ShareCommand | undefined {
  return share.sent.filter(command => command.type === type).at(-1);
}

describe('the share dashboard', () => {
  test('says that the desktop asks which screen while that is not answered; Esc ends the wait', async () => {
    open = await fakeTui({ columns: 80, rows: 24, start: { kind: 'share', options: SHARE_OPTIONS } });
    const { services, terminal } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    await terminal.waitFor('starting');
    const share = services.shares[0]!;
    share.emit({ type: 'notice', tone: 'info', text: 'Your desktop asks which screen to share: answer its dialog.' });
    await terminal.waitFor('Your desktop asks which screen to share: answer its dialog.');
    terminal.press(ESCAPE);
    await expect.poll(() => share.stopped).toBe(true);
  });

  test('of a share that only this machine can reach invites nobody else', async () => {
    const { terminal, share } = await sharing(80, 24, { ...SHARE_OPTIONS, bind: '127.0.0.1' });
    share.emit({
      type: 'listening',
      wires: [{ wire: 'rfb', address: '127.0.0.1', port: 5900 }],
      code: null,
      vncPassword: null,
    });
    await terminal.waitFor('On this machine only');
    expect(await terminal.text()).not.toContain('Tell the other person');
    terminal.press('u');
    await terminal.waitFor('vnc://127.0.0.1:5900');
    expect(await terminal.text()).not.toContain('Tell the other person');
  });

  test.each(TERMINAL_SIZES)('fits %i x %i, nothing wrapped, the invitation first', async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    for (let sample = 0; sample < 30; sample++) {
      share.emit({ type: 'snapshot', snapshot: shareSnapshot({ t: 1_700_000_000_000 + sample * 250, fps: sample }) });
    }
    share.emit({ type: 'notice', tone: 'good', text: '192.168.1.86 connected' });
    const text = await terminal.waitFor('192.168.1.86 connected');
    expect(text.split('\n').slice(0, 3).join('\n')).toContain('peerglass watch 192.168.1.82:9000');
    expect(text).toContain('sharing to 2');
    expect(text).toContain('12.3');
    expect(text).toContain('q end');
    expect(text).not.toContain('y yes');
    expect(text).not.toContain('X ban');
    if (columns >= 66) {
      expect(text).toContain('Frames per second');
      expect(text).toContain('encode 21.2');
      expect(text).toContain('limited by compression, 21 ms');
      expect(text).toContain('192.168.1.86');
      expect(text).toContain('110:1');
    }
    if (columns >= 80) {
      expect(text).toContain('192.168.1.87');
      expect(text).toContain('1,203');
    }
  });

  test('figures keep their places when their values change', async () => {
    const { terminal, share } = await sharing();
    const where = async (fps: number): Promise<number[]> => {
      share.emit({
        type: 'snapshot',
        snapshot: shareSnapshot({ publishedFps: fps, bytesPerFrame: fps * 9999, frames: fps }),
      });
      const text = await terminal.waitFor(new RegExp(`published +${fps.toFixed(fps < 100 ? 1 : 0)} `));
      return text
        .split('\n')
        .flatMap(line => ['per frame', 'ratio', 'total', 'latency'].map(label => line.indexOf(label)));
    };
    expect(await where(123)).toEqual(await where(7.5));
  });

  test('addresses: the default route first, the others with their interfaces', async () => {
    const { terminal } = await sharing();
    const text = await terminal.waitFor('10.0.0.5:9000 (wlan0)');
    expect(text).toContain('[2001:db8::82]:9000 (eth0)');
  });

  test('a viewer is named beside its address, and the slowest one is marked', async () => {
    const { terminal, share } = await sharing(120, 30);
    const viewers = [viewer(1, { name: 'anna-laptop.lan' }), viewer(2, { fps: 4 }), viewer(7, { state: 'asking' })];
    const slowest = { id: 2, address: viewers[1]!.address, fps: 4, limit: 'network', text: 'slow' } as const;
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers, slowest }) });
    const text = await terminal.waitFor('anna-laptop.lan');
    expect(text).toMatch(/▸ 192\.168\.1\.86 +anna-laptop\.lan/);
    expect(text).toMatch(/ !192\.168\.1\.87 /);
    const named = viewers.map(each => ({ ...each, name: 'berta.lan' }));
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: named }) });
    share.emit({ type: 'asking', viewer: 7, address: '192.168.1.92', expiresAt: Date.now() + 28_000, gaveCode: true });
    await terminal.waitFor('192.168.1.92 (berta.lan) wants to watch, with the right code, not encrypted');
  });

  test('viewers from the web stand in the same table, with their browser', async () => {
    const { terminal, share } = await sharing(120, 30);
    const web = { wire: 'rfb', via: 'web' } as const;
    const viewers = [
      viewer(1, { ...web, browser: 'Firefox 153' }),
      viewer(2, { ...web, browser: 'Safari 18', name: 'anna' }),
      viewer(3, { ...web, browser: null }),
      viewer(4, { wire: 'rfb' }),
    ];
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers }) });
    const text = await terminal.waitFor('browser, Firefox 153');
    expect(text).toMatch(/192\.168\.1\.87 +anna, Safari 18 +browser /);
    expect(text).toMatch(/192\.168\.1\.88 +browser +browser /);
    expect(text).toMatch(/192\.168\.1\.89 +rfb /);
    const asking = viewers.map(each => ({ ...each, state: 'asking' }) as const);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: asking }) });
    share.emit({ type: 'asking', viewer: 1, address: '192.168.1.86', expiresAt: Date.now() + 28_000, gaveCode: false });
    await terminal.waitFor('192.168.1.86 (browser, Firefox 153) wants to watch, not encrypted');
  });

  test('v lets in who asks, and has them remembered, where they have a key', async () => {
    const { terminal, share } = await sharing();
    const ask = (id: number, identity: string | null) => {
      const asker = viewer(id, { state: 'asking', identity });
      share.emit({ type: 'snapshot', snapshot: shareSnapshot({ state: 'asking', viewers: [asker] }) });
      share.emit({
        type: 'asking',
        viewer: id,
        address: `10.0.0.${id}`,
        expiresAt: Date.now() + 28_000,
        gaveCode: false,
      });
    };
    ask(7, null);
    expect(await terminal.waitFor('10.0.0.7 wants to watch')).not.toContain('remember');
    await terminal.answerable();
    terminal.press('v', 'n');
    await expect.poll(() => lastOf(share, 'consent')).toEqual({ type: 'consent', viewer: 7, answer: 'no' });
    expect(lastOf(share, 'remember')).toBeUndefined();
    ask(8, 'ab'.repeat(32));
    await terminal.waitFor('10.0.0.8 wants to watch');
    await terminal.answerable();
    expect(await terminal.text()).toContain('yes, and remember');
    terminal.press('v');
    await expect.poll(() => lastOf(share, 'consent')).toEqual({ type: 'consent', viewer: 8, answer: 'yes' });
    expect(lastOf(share, 'remember')).toEqual({ type: 'remember', viewer: 8, remembered: true });
  });

  test('the question says what protects the viewer', async () => {
    const { terminal, share } = await sharing();
    const asker = viewer(7, { state: 'asking', encryption: 'TLS 1.3' });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ state: 'asking', viewers: [asker] }) });
    const expiresAt = Date.now() + 28_000;
    share.emit({ type: 'asking', viewer: 7, address: '192.168.1.92', expiresAt, gaveCode: false });
    await terminal.waitFor('192.168.1.92 wants to watch, TLS 1.3');
  });

  test('nobody gets in before y, and the question cannot be missed', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'asking', viewer: 7, address: '192.168.1.86', expiresAt: Date.now() + 28_000, gaveCode: false });
    // What is pressed before it can have been read is meant for something else.
    terminal.press('y', 'a', 'n');
    const text = await terminal.waitFor('192.168.1.86 wants to watch');
    expect(text).toMatch(/y {2}yes {3}n {2}no {3}a {2}everyone this session {2}\(\d\d s\)/);
    // The answers stand alone in the bar, but for the help and the way out.
    const bar = text.split('\n').findLast(line => line.includes('n no'));
    expect(bar?.trim()).toBe('y yes  n no  a everyone  ? help  q end');
    await terminal.answerable();
    expect(lastOf(share, 'consent')).toBe(undefined);
    terminal.press('y');
    await expect.poll(() => lastOf(share, 'consent')).toEqual({ type: 'consent', viewer: 7, answer: 'yes' });
    await terminal.waitFor('Tell the other person');
  });

  test.each([
    [60, 20, ['latency', 'total', 'changed', 'CPU', 'capture']],
    [40, 20, ['latency', 'total', 'changed']],
    [60, 40, ['latency', 'CPU', 'capture', 'Frames per second', '╭─ Mbit/s']],
    [100, 16, ['latency', 'total']],
  ])('small but not that small, %i x %i: no empty rows while figures are missing', async (columns, rows, shown) => {
    const { terminal, share } = await sharing(columns, rows);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)] }) });
    const text = await terminal.waitFor('192.168.1.86');
    for (const each of shown) expect(text).toContain(each);
    const lines = text.split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    // One for a verdict, and one for a notice.
    expect(lines.slice(0, -1).filter(line => line.trim() === '').length).toBeLessThanOrEqual(3);
  });

  test.each([
    [40, 12],
    [80, 24],
  ])('the code is shown in full at %i x %i', async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    share.emit({
      type: 'listening',
      wires: [{ wire: 'rfb', address: '0.0.0.0', port: 5900 }],
      code: '7r7we2k4',
      vncPassword: null,
    });
    expect(await terminal.waitFor('code 7r7we2k4')).toContain('peerglass watch 192.168.1.82:5900');
  });

  test.each([
    [80, 24, 'From another VNC viewer: 192.168.1.82:5900, password s3cret'],
    [100, 30, 'From another VNC viewer: 192.168.1.82:5900, password s3cret'],
    [40, 12, 'VNC: s3cret'],
  ])('the password for other VNC programs has a line of its own at %i x %i', async (columns, rows, line) => {
    const { terminal, share } = await sharing(columns, rows);
    const wires = [{ wire: 'rfb' as const, address: '0.0.0.0', port: 5900 }];
    share.emit({ type: 'listening', wires, code: 'kafem-prawy', vncPassword: 's3cret' });
    const text = await terminal.waitFor(line);
    expect(text).toContain('code kafem-prawy');
    expect(text).toContain('peerglass watch 192.168.1.82:5900');
    if (rows >= 24) expect(text, 'the other addresses still stand there').toContain('also 10.0.0.5:5900 (wlan0)');
  });

  test('what is copied for the other person has the code alone', async () => {
    const { terminal, share } = await sharing();
    const wires = [{ wire: 'rfb' as const, address: '0.0.0.0', port: 5900 }];
    share.emit({ type: 'listening', wires, code: 'kafem-prawy', vncPassword: 's3cret' });
    await terminal.waitFor('kafem-prawy');
    terminal.press('u');
    // It is read whole beside the QR code too.
    await terminal.waitFor(/From another VNC viewer: \s*192\.168\.1\.82:5900, password\s+(│\s+)?s3cret/);
    terminal.press('w');
    await terminal.waitFor('copied');
    const copied = /\u001b\]52;c;([\w+/=]+)\u0007/.exec(terminal.output.join(''))?.[1] ?? '';
    expect(Buffer.from(copied, 'base64').toString()).toBe('peerglass watch 192.168.1.82:5900   code kafem-prawy');
  });

  test('the question takes the place of whatever lies over the dashboard', async () => {
    const { terminal, share } = await sharing(40, 12);
    await terminal.waitFor('peerglass watch');
    terminal.press('?');
    await terminal.waitFor('Sharing');
    share.emit({ type: 'asking', viewer: 7, address: '192.168.1.86', expiresAt: Date.now() + 28_000, gaveCode: false });
    await terminal.waitFor('192.168.1.86 wants to watch');
    await terminal.answerable();
    terminal.press('n');
    await expect.poll(() => lastOf(share, 'consent')).toEqual({ type: 'consent', viewer: 7, answer: 'no' });
  });

  test('several ask: one after the other, or all at once', async () => {
    const { terminal, share } = await sharing();
    for (const viewerId of [1, 2, 3]) {
      share.emit({
        type: 'asking',
        viewer: viewerId,
        address: `10.0.0.${viewerId}`,
        expiresAt: Date.now() + 30_000,
        gaveCode: false,
      });
    }
    await terminal.waitFor('10.0.0.1 wants to watch');
    await terminal.waitFor('and 2 more');
    await terminal.answerable();
    // One press too many, or a key that repeats itself, is no answer to the next question.
    terminal.press('y', 'y', 'y');
    await terminal.waitFor('10.0.0.2 wants to watch');
    await terminal.answerable();
    expect(share.sent.filter(each => each.type === 'consent')).toEqual([{ type: 'consent', viewer: 1, answer: 'yes' }]);
    // The second one leaves just before the answer to it is pressed.
    share.emit({ type: 'asked', viewer: 2 });
    terminal.press('y', 'a');
    await terminal.waitFor('10.0.0.3 wants to watch');
    await terminal.answerable();
    expect(lastOf(share, 'consent')).toMatchObject({ viewer: 1 });
    terminal.press('a');
    await expect.poll(() => lastOf(share, 'consent')).toEqual({ type: 'consent', viewer: 3, answer: 'all' });
    expect(terminal.output.filter(text => text === '\u0007')).toHaveLength(1);
    await terminal.waitFor('Tell the other person');
  });

  test('control characters of an address never reach the terminal', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'notice', tone: 'info', text: 'evil\u001b[2J\u0007name' });
    await terminal.waitFor('evil[2Jname');
    expect(strayControls(terminal.output.join(''))).toEqual([]);
  });

  test('the live keys', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await terminal.waitFor('sharing to 2');
    const presses: [string, ShareCommand][] = [
      ['0', { type: 'level', level: 0 }],
      ['+', { type: 'level', level: 7 }],
      ['-', { type: 'level', level: 5 }],
      [']', { type: 'quality', quality: 80 }],
      ['l', { type: 'quality', quality: 'lossless' }],
      ['f', { type: 'fps', fps: 120 }],
      ['c', { type: 'cursor', shown: false }],
      [' ', { type: 'pause', paused: true }],
      ['r', { type: 'reset-figures' }],
    ];
    for (const [key, command] of presses) {
      terminal.press(key);
      await expect.poll(() => lastOf(share, command.type)).toEqual(command);
    }
    terminal.press('s');
    await expect
      .poll(() => lastOf(share, 'save-picture'))
      .toMatchObject({ file: expect.stringMatching(/^peerglass-share-.*\.png$/) });
  });

  test('rate limits step from what is used, for the chosen viewer and for all', async () => {
    const { terminal, share } = await sharing(120, 30);
    const rfb = (change = {}) => viewer(1, { wire: 'rfb', mbitPerSecond: 12.3, ...change });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [rfb()], mbitPerSecond: 24.7 }) });
    await terminal.waitFor('sharing to 1');
    const expectSent = (command: ShareCommand) => expect.poll(() => lastOf(share, command.type)).toEqual(command);
    terminal.press('<');
    await expectSent({ type: 'viewer-rate', viewer: 1, rate: 10 * 125_000 });
    terminal.press('{');
    await expectSent({ type: 'uplink', rate: 20 * 125_000 });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [rfb({ maxMbit: 10 })], uplinkMbit: 20 }) });
    await terminal.waitFor('uplink 20 Mbit/s');
    await terminal.waitFor('max rate 10 Mbit/s');
    terminal.press('>');
    await expectSent({ type: 'viewer-rate', viewer: 1, rate: 15 * 125_000 });
    terminal.press('}');
    await expectSent({ type: 'uplink', rate: 30 * 125_000 });
    const most = shareSnapshot({ viewers: [rfb({ maxMbit: 1000 })], uplinkMbit: 1000 });
    share.emit({ type: 'snapshot', snapshot: most });
    await terminal.waitFor('uplink 1000 Mbit/s');
    terminal.press('>');
    await expectSent({ type: 'viewer-rate', viewer: 1, rate: null });
    terminal.press('}');
    await expectSent({ type: 'uplink', rate: null });
  });

  test.each([
    ['of a link that was measured', { budgetMbit: 60 }, 50],
    ['where nothing is known', { budgetMbit: null }, 20],
  ])('the first limit while nothing is sent: %s', async (_what, known, mbit) => {
    const { terminal, share } = await sharing(120, 30);
    const quiet = viewer(1, { wire: 'rfb', mbitPerSecond: 0.02, ...known });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [quiet], mbitPerSecond: 0.02 }) });
    await terminal.waitFor('sharing to 1');
    terminal.press('>');
    await terminal.waitFor('no limit yet (< sets one)');
    terminal.press('<');
    await expect.poll(() => lastOf(share, 'viewer-rate')).toMatchObject({ rate: mbit * 125_000 });
    await terminal.waitFor(`max rate of ${quiet.address}: ${mbit} Mbit/s (< lowers it, > raises it)`);
    terminal.press('{');
    await expect.poll(() => lastOf(share, 'uplink')).toMatchObject({ rate: mbit * 125_000 });
    await terminal.waitFor(`uplink: ${mbit} Mbit/s ({ lowers it, } raises it)`);
  });

  test('one viewer at 4 fps among thirty at 58: the share keeps its own rate, and the slow one is named', async () => {
    const { terminal, share } = await sharing();
    const viewers = Array.from({ length: 30 }, (_, id) => viewer(id, { fps: id === 17 ? 4 : 58 }));
    const text = 'limited by the viewer at 192.168.1.102: it takes 240 of 250 ms a frame';
    const slowest = { id: 17, address: '192.168.1.102', fps: 4, limit: 'viewer', text } as const;
    const bottleneck = 'keeping up: the screen changes 58 times a second';
    share.emit({
      type: 'snapshot',
      snapshot: shareSnapshot({ viewers, fps: 31, publishedFps: 58, slowest, bottleneck }),
    });
    const screen = await terminal.waitFor(
      'slowest 192.168.1.102, 4.0 of 58.0 fps: limited by the viewer: it takes 240',
    );
    expect(screen).toMatch(/published +58\.0/);
    expect(screen).not.toMatch(/31\.0|keeping up/);
    expect(screen).toContain('1-12 of 30');
    terminal.press(...Array.from({ length: 29 }, () => 'j'));
    const last = await terminal.waitFor('▸ 192.168.1.114');
    expect(last).toContain('19-30 of 30');
    terminal.press('\u001b[5~');
    await terminal.waitFor('▸ 192.168.1.104');
  });

  test('the round trip of an idle link is old', async () => {
    const { terminal, share } = await sharing(160, 50);
    const tcp = { ...TCP, rttAgeMs: 240_000 };
    const viewers = [viewer(1, { rttMs: 12.4, rttAgeMs: 240_000, tcp }), viewer(2, { rttMs: 12.4, rttAgeMs: 100 })];
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers }) });
    const screen = await terminal.waitFor('(12ms)');
    expect(screen).toContain('12.4 ms');
    terminal.press(ENTER);
    await terminal.waitFor('RTT, 4 min ago');
  });

  test('the picture is gone with the last viewer', async () => {
    const { terminal, share } = await sharing(160, 50);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await expect.poll(() => lastOf(share, 'thumbnail')).toMatchObject({ size: { columns: expect.any(Number) } });
    const size = (lastOf(share, 'thumbnail') as Extract<ShareCommand, { type: 'thumbnail' }>).size!;
    const thumbnail = { ...size, rgb: new Uint8Array(size.columns * size.rows * 3).fill(128) };
    share.emit({ type: 'thumbnail', thumbnail });
    await terminal.waitFor('▀▀▀▀');
    const asking = viewer(3, { state: 'asking' });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ state: 'asking', viewers: [asking] }) });
    expect(await terminal.waitFor('Idle - no viewers, nothing is captured.')).not.toContain('▀▀▀▀');
    await expect.poll(() => lastOf(share, 'thumbnail')).toEqual({ type: 'thumbnail', size: null });
    // Whoever comes next is not shown what the one before was sent.
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    expect(await terminal.waitFor('Waiting for the first picture')).not.toContain('▀▀▀▀');
  });

  test('j and k move, x disconnects the chosen viewer and X bans it, after a question', async () => {
    const { terminal, share } = await sharing();
    const viewers = [viewer(1), viewer(2), viewer(3, { address: '2001:db8:1:2::5' })];
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers }) });
    await terminal.waitFor('▸ 192.168.1.86');
    terminal.press('j');
    await terminal.waitFor('▸ 192.168.1.87');
    terminal.press('x');
    const question = await terminal.waitFor('Disconnect 192.168.1.87?');
    expect(question.trimEnd().split('\n').at(-1)!.trim()).toBe('y yes  n no');
    terminal.press('n');
    await terminal.waitFor('Tell the other person');
    expect(lastOf(share, 'kick')).toBeUndefined();
    terminal.press('x', 'y');
    await terminal.answerable();
    expect(lastOf(share, 'kick')).toBeUndefined();
    terminal.press('y');
    await expect.poll(() => lastOf(share, 'kick')).toEqual({ type: 'kick', viewer: 2 });
    terminal.press('k');
    await terminal.waitFor('▸ 192.168.1.86');
    terminal.press('X');
    await terminal.waitFor('Ban 192.168.1.86 until this session ends?');
    terminal.press(ESCAPE);
    await terminal.waitFor('Tell the other person');
    expect(lastOf(share, 'ban')).toBeUndefined();
    terminal.press('j', 'j', 'X');
    await terminal.waitFor('Ban 2001:db8:1:2::5 and its network (/64) until this session ends?');
    await terminal.answerable();
    terminal.press('y');
    await expect.poll(() => lastOf(share, 'ban')).toEqual({ type: 'ban', viewer: 3 });
  });

  test('a question about a viewer that has left is gone, and never about another', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await terminal.waitFor('▸ 192.168.1.86');
    terminal.press('x');
    await terminal.waitFor('Disconnect 192.168.1.86?');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(2)] }) });
    await terminal.waitFor('Tell the other person');
    terminal.press('y');
    await terminal.waitFor('▸ 192.168.1.87');
    expect(lastOf(share, 'kick')).toBeUndefined();
  });

  test('Esc goes one step back: enlarged, chosen, then the question whether to end', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await terminal.waitFor('sharing to 2');
    terminal.press('\t', ENTER);
    await terminal.waitFor('ø');
    terminal.press(ESCAPE);
    await terminal.waitFor(/▸Frames per second[\s\S]*Viewers 2/);
    terminal.press(ESCAPE);
    expect(await terminal.waitFor(/ Frames per second/)).not.toContain('Stop sharing?');
    terminal.press(ESCAPE);
    await terminal.waitFor('2 viewers are connected. Stop sharing?');
    expect(share.stopped).toBe(false);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [] }) });
    await expect.poll(() => terminal.text()).not.toMatch(/2 viewers|broadcast/);
    expect(await terminal.text()).toContain('Stop sharing?');
  });

  test.each(TERMINAL_SIZES)('a missing source and the remedy, at %i x %i', async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    const missing = {
      code: 'E_SOURCE_GONE',
      message: 'Monitor DP-2 is off.',
      remedy: 'It goes on by itself.',
    } as const;
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ state: 'suspended', missing }) });
    const text = await terminal.waitFor('Monitor DP-2 is off.');
    expect(text.replace(/[\s│]+/g, ' ')).toContain('Press o to share');
    expect(text).toContain('source gone');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    expect(await terminal.waitFor('sharing to 2')).toContain('peerglass watch 192.168.1.82:9000');
  });

  test('another source from the list', async () => {
    const { terminal, share } = await sharing();
    await terminal.waitFor('Tell the other person');
    terminal.press('o');
    await terminal.waitFor('Share something else');
    terminal.press('q');
    await terminal.waitFor('Tell the other person');
    terminal.press('o');
    const text = await terminal.waitFor('monitor 2');
    expect(text).not.toContain('test pattern');
    terminal.press(DOWN, ENTER);
    await expect
      .poll(() => lastOf(share, 'target'))
      .toEqual({ type: 'target', target: { kind: 'output', output: 'HDMI-1' } });
  });

  describe('a list of sources that takes its time', () => {
    const asked = {
      type: 'asking',
      viewer: 7,
      address: '10.0.0.7',
      expiresAt: Date.now() + 30_000,
      gaveCode: false,
    } as const;

    async function looking() {
      const services = new SlowServices();
      const opened = await sharing(80, 24, SHARE_OPTIONS, services);
      await opened.terminal.waitFor('Tell the other person');
      opened.terminal.press('o');
      await expect.poll(() => services.looked).toBe(1);
      return { ...opened, services };
    }

    test('comes once it is there', async () => {
      const { terminal, services } = await looking();
      services.found();
      await terminal.waitFor('Share something else');
    });

    test('does not cover the question of a viewer who asks meanwhile', async () => {
      const { terminal, share, services } = await looking();
      share.emit(asked);
      await terminal.waitFor('10.0.0.7 wants to watch');
      services.found();
      share.emit({ type: 'notice', tone: 'info', text: 'Later.' });
      expect(await terminal.waitFor('Later.')).toContain('10.0.0.7 wants to watch');
      expect(await terminal.text()).not.toContain('Share something else');
    });

    test('does not cover a page that was opened meanwhile', async () => {
      const { terminal, services } = await looking();
      terminal.press('?');
      await terminal.waitFor('let the viewer in');
      services.found();
      await new Promise(setImmediate);
      // The second one closes the help as it is drawn then; a list would stay.
      terminal.press('j', '?');
      expect(await terminal.waitFor(/Tell the other person|Share something else/)).toContain('Tell the other person');
    });
  });

  test('the link, and its QR code where rfb is enabled', async () => {
    const { terminal, share } = await sharing(80, 30);
    share.emit({
      type: 'listening',
      wires: [
        { wire: 'classic', address: '0.0.0.0', port: 9000 },
        { wire: 'rfb', address: '0.0.0.0', port: 5900 },
      ],
      code: '123-456',
      vncPassword: null,
    });
    await terminal.waitFor('peerglass watch 192.168.1.82:5900');
    terminal.press('u');
    const text = await terminal.waitFor('vnc://192.168.1.82:5900');
    expect(text).toContain('code 123-456');
    expect(text).toContain('192.168.1.82:9000');
    expect(text).toMatch(/[▀▄█]{10}/);
  });

  test('panels: Tab chooses, Enter enlarges, z freezes', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ publishedFps: 11.1 }) });
    await terminal.waitFor('11.1');
    terminal.press('\t');
    await terminal.waitFor('▸Frames per second');
    terminal.press(ENTER);
    const text = await terminal.waitFor('ø');
    expect(text).not.toContain('Viewers');
    terminal.press(ENTER);
    await terminal.waitFor('Viewers');
    terminal.press('z');
    await terminal.waitFor('frozen');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ publishedFps: 22.2, level: 3 }) });
    expect(await terminal.waitFor('compression 3')).not.toContain('22.2');
    terminal.press('z');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ publishedFps: 33.3 }) });
    await terminal.waitFor('33.3');
  });

  test('a thumbnail is requested when there is room, and drawn in its panel', async () => {
    const { terminal, share } = await sharing(160, 50);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await expect.poll(() => lastOf(share, 'thumbnail')).toMatchObject({ size: { columns: expect.any(Number) } });
    const size = (lastOf(share, 'thumbnail') as Extract<ShareCommand, { type: 'thumbnail' }>).size!;
    expect(size.columns / size.rows).toBeCloseTo(16 / 9, 1);
    const rgb = new Uint8Array(size.columns * size.rows * 3).fill(128);
    share.emit({ type: 'thumbnail', thumbnail: { ...size, rgb } });
    const text = await terminal.waitFor('▀'.repeat(size.columns));
    expect(text.split('\n').filter(line => line.includes('▀'.repeat(size.columns))).length).toBe(size.rows / 2);
    for (const line of text.split('\n').filter(each => each.includes('▀▀'))) expect(line).toMatch(/│$/);
  });

  test('follows resizing in both directions', async () => {
    const { terminal, share } = await sharing(160, 50);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await terminal.waitFor('What leaves this machine');
    terminal.resize(40, 12);
    expect((await terminal.waitFor(/fps +58\.6/)).split('\n').length).toBe(12);
    terminal.resize(80, 24);
    await terminal.waitFor('Viewers 2');
    terminal.resize(20, 5);
    await terminal.waitFor('terminal too small');
    terminal.resize(160, 50);
    await terminal.waitFor('What leaves this machine');
  });

  test('q asks first when somebody watches, then the shell is back', async () => {
    const { terminal, share, tui } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await terminal.waitFor('sharing to 2');
    terminal.press('q');
    await terminal.waitFor('2 viewers are connected. Stop sharing?');
    terminal.press('n');
    await terminal.waitFor('Tell the other person');
    expect(share.stopped).toBe(false);
    terminal.press(ESCAPE);
    await terminal.waitFor('Stop sharing?');
    await terminal.answerable();
    terminal.press('y');
    await expect(tui.done).resolves.toBe(0);
    expect(share.stopped).toBe(true);
    expect(await terminal.text()).toContain('Shared monitor HDMI-1 (1920x1080)');
    expect(terminal.alternate).toBe(false);
  });

  test('a session that fails says so, and the shell is back with the reason', async () => {
    const { terminal, share, tui } = await sharing();
    share.emit({
      type: 'ended',
      error: {
        code: 'E_PORT_IN_USE',
        message: 'Port 9000 is used by another program.',
        remedy: 'Choose another port.',
      },
      frames: 0,
    });
    const text = await terminal.waitFor('E_PORT_IN_USE');
    expect(text).toContain('Port 9000 is used by another program.');
    expect(text).toContain('Choose another port.');
    terminal.press(ENTER);
    await expect(tui.done).resolves.toBe(1);
    expect(await terminal.text()).toContain(
      'E_PORT_IN_USE: Port 9000 is used by another program. Choose another port.',
    );
  });

  test('a hundred viewers, and text of any width', async () => {
    const { terminal, share } = await sharing(100, 30);
    const viewers = Array.from({ length: 100 }, (_, id) =>
      viewer(id, {
        address: id % 2 ? '[2001:db8:1234:5678:9abc:def0:1234:5678]:54321' : '日本語のとても長い名前のコンピューター',
      }),
    );
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers, fps: 1e9, bytes: 1e20, frames: 1e15 }) });
    const text = await terminal.waitFor('Viewers 100');
    expect(text).toContain('…');
    for (const line of text.split('\n').filter(each => each.startsWith('│'))) expect(line).toMatch(/│$/);
  });

  test('unchanged parts are not drawn again', async () => {
    const { terminal, share } = await sharing();
    const idle = shareSnapshot({ state: 'asleep', viewers: [], fps: 0, mbitPerSecond: 0 });
    share.emit({ type: 'snapshot', snapshot: idle });
    await terminal.waitFor('idle');
    const before = terminal.writes;
    for (let step = 1; step <= 3; step++)
      share.emit({ type: 'snapshot', snapshot: { ...idle, t: idle.t + step * 10 } });
    for (let drawn = 0; drawn < 5; drawn++) await terminal.passes(500);
    expect(terminal.writes).toBe(before);
  });
});
