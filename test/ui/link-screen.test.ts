import { afterEach, describe, expect, test } from 'vitest';
import type { Listening, ShareCommand } from '../../source/session/messages.js';
import { bigText } from '../../source/ui/big-text.js';
import { FakeServices, type FakeShare } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS, TERMINAL_SIZES } from '../helpers/fake-tui.js';

const WIRES: Listening[] = [
  { wire: 'rfb', address: '::', port: 5900 },
  { wire: 'web', address: '::', port: 5800, https: false, certificate: null },
];
const CODE = 'k7m2p9qx';
const LINK = `http://192.168.1.82:5800/#${CODE}`;

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

async function linkPage(
  [columns, rows]: readonly [number, number],
  wires = WIRES,
  code: string | null = CODE,
  bind: string | null = null,
  vncPassword: string | null = null,
): Promise<FakeTui & { share: FakeShare }> {
  open = await fakeTui({ columns, rows, start: { kind: 'share', options: { ...SHARE_OPTIONS, bind } } });
  const { services, terminal } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  await terminal.waitFor('share');
  const share = services.shares[0]!;
  share.emit({ type: 'listening', wires, code, vncPassword });
  await terminal.waitFor(bind ?? '192.168.1.82');
  terminal.press('u');
  await terminal.waitFor('how to connect');
  return { ...open, share };
}

describe('the link page', () => {
  test('at 80x24: the link whole, the code, and a QR code beside', async () => {
    const { terminal } = await linkPage([80, 24]);
    const text = await terminal.waitFor(LINK);
    expect(text).toContain(`code ${CODE}`);
    expect(text).toContain('peerglass watch 192.168.1.82:5900');
    expect(text).toContain('vnc://192.168.1.82:5900');
    expect(text.split('\n').filter(line => /[▀▄█]{3}/.test(line)).length).toBeGreaterThan(12);
  });

  test('at 160x50: the link in big letters in one line, and a large QR code', async () => {
    const { terminal } = await linkPage([160, 50]);
    const big = bigText(LINK)!;
    const text = await terminal.waitFor(big[0]!.trim());
    for (const line of big) expect(text).toContain(line.trimEnd());
    expect(text.split('\n').filter(line => /██ *██ /.test(line)).length).toBeGreaterThan(25);
    expect(text).toContain(`code ${CODE}`);
  });

  test('at 120x40: the big link is broken before the code', async () => {
    const { terminal } = await linkPage([120, 40]);
    const text = await terminal.waitFor(bigText(`#${CODE}`)![1]!.trim());
    for (const line of bigText('http://192.168.1.82:5800/')!) expect(text).toContain(line.trimEnd());
  });

  test.each(TERMINAL_SIZES)('fits %i x %i, nothing wrapped', async (columns, rows) => {
    const { terminal } = await linkPage([columns, rows]);
    expect((await terminal.text()).split('\n').length).toBeLessThanOrEqual(rows);
  });

  test('without a code the link has no fragment', async () => {
    const { terminal } = await linkPage([80, 24], WIRES, null);
    const text = await terminal.waitFor('http://192.168.1.82:5800/');
    expect(text).not.toContain('#');
  });

  test('a code that is no plain word is written as a link has it', async () => {
    const { terminal } = await linkPage([160, 50], WIRES, 'Lesson 3%');
    expect(await terminal.waitFor('#Lesson%203%25')).toContain('code Lesson 3%');
  });

  test('the VNC password stands there whole', async () => {
    const { terminal } = await linkPage([80, 24], WIRES, CODE, null, 's3cret77');
    const text = (await terminal.waitFor('s3cret77')).replace(/[\s│▀▄█]+/g, ' ');
    expect(text).toContain('From another VNC viewer: 192.168.1.82:5900, password s3cret77');
    expect(text).toContain('vnc://192.168.1.82:5900');
  });

  test('with browsers only and without encryption, the password is theirs', async () => {
    const { terminal } = await linkPage([80, 24], WIRES.slice(1), null, null, 's3cret77');
    expect(await terminal.waitFor('Browsers: password s3cret77')).not.toContain('VNC');
  });

  test('with https, and with browsers only', async () => {
    const { terminal } = await linkPage(
      [80, 24],
      [{ wire: 'web', address: '::', port: 5800, https: true, certificate: 'ab12'.repeat(16) }],
    );
    const text = await terminal.waitFor(`https://192.168.1.82:5800/#${CODE}`);
    expect(text).toContain('certificate SHA-256 ab12 ab12');
    expect(text).not.toContain('peerglass watch');
    expect(text).not.toContain('vnc://');
  });

  test('bound to the loopback, says that nobody else can connect', async () => {
    const { terminal } = await linkPage([80, 24], WIRES, CODE, '127.0.0.1');
    const text = await terminal.waitFor('On this machine only');
    expect(text).toContain('Only this machine can reach that address');
    expect(text).toContain(`http://127.0.0.1:5800/#${CODE}`);
    expect(text.replace(/[\s│▀▄█]+/g, ' ')).toContain('To let others in, share without --bind.');
  });

  test('without a network, says so and what to do, and has the address as soon as there is one', async () => {
    const services = new FakeServices();
    services.addresses = [];
    open = await fakeTui({ services, start: { kind: 'share', options: SHARE_OPTIONS } });
    const { terminal } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    services.shares[0]!.emit({ type: 'listening', wires: WIRES, code: CODE, vncPassword: null });
    await terminal.waitFor('On this machine only: no network is up');
    terminal.press('u');
    const text = (await terminal.waitFor('No network is up, so')).replace(/[\s│▀▄█]+/g, ' ');
    expect(text).toContain('No network is up, so only this machine can reach that address. Connect to one');
    expect(text).not.toContain('--bind');
    services.addresses = new FakeServices().addresses;
    terminal.press('u', 'u');
    await terminal.waitFor(LINK);
    expect(await terminal.text()).not.toContain('No network');
  });

  test('of a demo names no flag that nobody gave', async () => {
    open = await fakeTui({ start: { kind: 'demo' } });
    const { terminal, services } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    services.shares[0]!.emit({ type: 'listening', wires: WIRES, code: CODE, vncPassword: null });
    await terminal.waitFor('127.0.0.1');
    terminal.press('u');
    const text = (await terminal.waitFor('A demo can be')).replace(/[\s│▀▄█]+/g, ' ');
    expect(text).toContain('A demo can be watched on this machine only. To share with others: peerglass share.');
    expect(text).not.toContain('--bind');
  });

  test('S saves the link as a picture, and the page says what became of it', async () => {
    const { terminal, share } = await linkPage([80, 24]);
    terminal.press('S');
    const asked = (): ShareCommand | undefined => share.sent.find(({ type }) => type === 'save-link');
    await expect.poll(asked).toMatchObject({ link: LINK, code: CODE });
    const command = asked();
    const file = command?.type === 'save-link' ? command.file : '';
    expect(file).toMatch(/^peerglass-link-\d{8}-\d{6}\.png$/);
    share.emit({ type: 'notice', tone: 'warning', text: `${file} cannot be written.` });
    expect((await terminal.waitFor('be written.')).replace(/[\s│▀▄█]+/g, ' ')).toContain(`${file} cannot be written.`);
    share.emit({ type: 'notice', tone: 'good', text: `Saved ${file}` });
    await terminal.waitFor(`Saved ${file}`);
  });

  test('W copies the link, w the line for peerglass', async () => {
    const { terminal } = await linkPage([80, 24]);
    const copied = () => terminal.output.join('');
    terminal.press('W');
    await expect.poll(copied).toContain(Buffer.from(LINK).toString('base64'));
    terminal.press('w');
    await expect
      .poll(copied)
      .toContain(Buffer.from(`peerglass watch 192.168.1.82:5900   code ${CODE}`).toString('base64'));
  });

  test('without the page there is nothing to save, and no key for it', async () => {
    const { terminal, share } = await linkPage([80, 24], WIRES.slice(0, 1));
    const text = await terminal.waitFor('vnc://192.168.1.82:5900');
    expect(text).not.toContain('save picture');
    terminal.press('S', 'W');
    await terminal.text();
    expect(share.sent.filter(({ type }) => type === 'save-link')).toEqual([]);
  });
});

describe('big letters', () => {
  test('are of equal height, in lines of equal width, each unlike the others', () => {
    const all = [...'0123456789abcdefghijklmnopqrstuvwxyz.:/#-[]'].map(bigText);
    for (const letter of all) expect(letter).toHaveLength(4);
    expect(new Set(all.map(letter => letter!.join('\n'))).size).toBe(all.length);
    for (const lines of [bigText(LINK)!]) expect(new Set(lines.map(line => line.length)).size).toBe(1);
  });

  test('stand for what they are only', () => {
    expect(bigText('Ä')).toBeNull();
    expect(bigText('A')).toBeNull();
  });
});
