import { afterEach, describe, expect, test } from 'vitest';
import { readInvitation } from '../../source/core/invitation.js';
import type { SharedBroadcastSnapshot } from '../../source/session/snapshot.js';
import { initialShareValues, shareFields } from '../../source/ui/share-form-values.js';
import { FakeServices, shareSnapshot, TWO_MONITORS, viewer } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS, TERMINAL_SIZES } from '../helpers/fake-tui.js';

const DOWN = '\u001b[B';
const LINK = 'http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const READ: SharedBroadcastSnapshot = {
  ...{ state: 'live', readers: 2, mbitPerSecond: 3.124, ageMs: 14.4, segment: 7, server: null },
  link: LINK,
};
const IDLE: SharedBroadcastSnapshot = { ...READ, state: 'asleep', readers: 0, mbitPerSecond: 0, ageMs: null };

let open: FakeTui | null = null;
afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

async function sharing(columns: number, rows: number, broadcast: SharedBroadcastSnapshot, alone = false) {
  open = await fakeTui({ columns, rows, start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  const share = services.shares[0]!;
  const wires = alone ? [] : [{ wire: 'rfb' as const, address: '::', port: 5900 }];
  share.emit({ type: 'listening', wires, code: alone ? null : 'k7m2p9qx', vncPassword: null });
  const viewers = alone ? [] : [viewer(1)];
  share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers, broadcast, state: 'sharing' }) });
  await terminal.waitFor(alone ? '/live/' : '192.168.1.82');
  return { terminal, share };
}

/** A screen without frames and QR codes, words side by side. */
const plain = (text: string) => text.replace(/[\s│▀▄█]+/g, ' ');

describe('a broadcast on the dashboard', () => {
  test('has a row below the viewers: who reads it, how much, how old', async () => {
    const { terminal, share } = await sharing(120, 40, READ);
    const text = plain(await terminal.waitFor('broadcast  2 caches'));
    expect(text).toContain('broadcast 2 caches read it 3.12 Mbit/s 14 ms old');
    expect(text).toContain('sharing to 1 + broadcast');
    expect(text).toContain('u shows its link');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)], broadcast: IDLE }) });
    await terminal.waitFor('broadcast  idle: no cache asks for it');
    const named = { ...READ, readers: 1, state: 'paused', server: 'server.example' } as const;
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [], broadcast: named }) });
    expect(plain(await terminal.waitFor('server.example'))).toContain(
      'broadcast at server.example 1 cache reads it paused 3.12 Mbit/s',
    );
  });

  test('alone, has its link in place of an address, and is asked about at the end only while it is read', async () => {
    const { terminal, share } = await sharing(120, 40, READ, true);
    const text = plain(await terminal.waitFor('broadcasting'));
    expect(text).toContain(LINK);
    expect(text).toContain('u shows the whole link and its QR code');
    terminal.press('q');
    await terminal.waitFor('The broadcast is being watched. Stop sharing?');
    terminal.press('n');
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [], broadcast: IDLE }) });
    await terminal.waitFor('no cache asks');
    terminal.press('q');
    await expect.poll(() => share.stopped).toBe(true);
  });

  test.each(TERMINAL_SIZES)('fits %i x %i, nothing wrapped', async (columns, rows) => {
    const { terminal } = await sharing(columns, rows, READ);
    expect((await terminal.text()).split('\n').length).toBeLessThanOrEqual(rows);
    terminal.press('u', 'b');
    expect((await terminal.text()).split('\n').length).toBeLessThanOrEqual(rows);
  });
});

describe('the link page', () => {
  test('b shows the link of the broadcast with its QR code, and the other one again', async () => {
    const { terminal, share } = await sharing(120, 40, READ);
    terminal.press('u');
    await terminal.waitFor('code k7m2p9qx');
    terminal.press('b');
    const text = await terminal.waitFor('Anyone with this link can watch');
    expect(text.replace(/[\s│▀▄█]+/g, '')).toContain(LINK);
    expect(text).not.toContain('k7m2p9qx');
    expect(text.split('\n').filter(line => /[▀▄█]{3}/.test(line)).length).toBeGreaterThan(15);
    terminal.press('S');
    await expect
      .poll(() => share.sent.find(({ type }) => type === 'save-link'))
      .toMatchObject({ link: LINK, code: null });
    terminal.press('w');
    const line = Buffer.from(`peerglass watch '${LINK}'`).toString('base64');
    await expect.poll(() => terminal.output.join('')).toContain(line);
    terminal.press('b');
    await terminal.waitFor('code k7m2p9qx');
  });

  test.each([
    [110, 36],
    [100, 30],
  ])('has the link in one line at %i x %i, without borders', async (columns, rows) => {
    const { terminal } = await sharing(columns, rows, READ, true);
    terminal.press('u');
    const text = await terminal.waitFor('Anyone with this link can watch');
    expect(text.split('\n').map(line => line.trimEnd())).toContain(LINK);
  });

  test('in a narrow terminal the lines of the link are the whole of theirs, and what the QR code takes is said', async () => {
    const { terminal } = await sharing(80, 24, READ, true);
    terminal.press('u');
    const text = await terminal.waitFor('Anyone with this link can watch');
    const lines = text.split('\n').map(line => line.trimEnd());
    expect(lines).toEqual(expect.arrayContaining([LINK.slice(0, 80), LINK.slice(80)]));
    expect(readInvitation(lines.slice(1, 3).join('\n'))).toMatchObject({
      address: LINK.replace(/#.*/, ''),
      code: LINK.replace(/.*#/, ''),
    });
    const [, columns, rows] = /QR code: needs a terminal of (\d+)x(\d+); S saves it as a picture/.exec(text)!;
    await open?.tui.leave(0);
    const larger = await sharing(Number(columns), Number(rows), READ, true);
    larger.terminal.press('u');
    const seen = await larger.terminal.waitFor('Anyone with this link can watch');
    expect(seen.split('\n').filter(line => /[▀▄█]{3}/.test(line)).length).toBeGreaterThan(15);
  });

  test('says that nobody else reaches a link that was made without a network', async () => {
    const { terminal } = await sharing(
      120,
      40,
      { ...READ, link: LINK.replace('hall.example', '127.0.0.1:5801') },
      true,
    );
    terminal.press('u');
    expect(plain(await terminal.waitFor('Only this machine can open this link'))).toContain('--broadcast-url');
  });

  test('of a share that is bound to this machine names --bind; a terminal of 60 columns has every key', async () => {
    const options = { ...SHARE_OPTIONS, bind: '127.0.0.1' };
    open = await fakeTui({ columns: 60, rows: 20, start: { kind: 'share', options } });
    const { services, terminal } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    const share = services.shares[0]!;
    const wires = [{ wire: 'rfb' as const, address: '127.0.0.1', port: 5900 }];
    share.emit({ type: 'listening', wires, code: 'k7m2p9qx', vncPassword: null });
    const broadcast = { ...READ, link: LINK.replace('hall.example', '127.0.0.1:5801') };
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [], broadcast }) });
    await terminal.waitFor('code k7m2p9qx');
    terminal.press('u');
    await terminal.waitFor('how to connect');
    terminal.press('b');
    const text = await terminal.waitFor('Only this machine can open');
    expect(plain(text)).toContain('share without --bind');
    expect(text).toMatch(/w copy {2}W copy link {2}S save picture {2}b broadcast {2}Esc/);
  });

  test('shows it at once where there is no other, and no key for another', async () => {
    const { terminal } = await sharing(120, 40, READ, true);
    terminal.press('u');
    const text = await terminal.waitFor('Anyone with this link can watch');
    expect(text).not.toMatch(/\bb broadcast/);
  });
});

describe('the form', () => {
  test('has a switch for a broadcast, its port and where its link leads', async () => {
    const services = new FakeServices();
    open = await fakeTui({ columns: 120, rows: 45, services });
    const { terminal } = open;
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    const fields = shareFields(initialShareValues({}, TWO_MONITORS), TWO_MONITORS);
    terminal.press(...Array(fields.findIndex(({ name }) => name === 'broadcast')).fill(DOWN), ' ');
    await terminal.waitFor('anyone with the link can watch');
    terminal.press(DOWN, '5', '9', '0', '0');
    await terminal.waitFor('A broadcast needs a port of its own.');
    terminal.press('\u007f', '1', DOWN, ...'hall');
    await terminal.waitFor('The URL of a broadcast is typed as http://hall.example');
    terminal.press(...Array(4).fill('\u007f'), ...'http://hall', '\r');
    await expect
      .poll(() => services.shares[0]?.options.broadcast)
      .toMatchObject({
        ...{ port: 5901, url: 'http://hall', rate: 500_000, publish: null },
      });
  });
});
