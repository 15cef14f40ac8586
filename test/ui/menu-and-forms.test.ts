import { afterEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { PeerglassError } from '../../source/core/errors.js';
import { type FoundSharer, NO_PREFERENCES } from '../../source/session/app-services.js';
import { initialShareValues, type ShareField, shareFields } from '../../source/ui/share-form-values.js';
import { FakeServices, NO_SCREEN, SlowServices, TWO_MONITORS, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui } from '../helpers/fake-tui.js';

const ENTER = '\r';
const ESCAPE = '\u001b';
const DOWN = '\u001b[B';
const UP = '\u001b[A';
const RIGHT = '\u001b[C';
const TAB = '\t';

function found(name: string, address: string): FoundSharer {
  return { id: name, name, address, port: 5900, wire: 'rfb', encryption: 'none', interfaceName: 'eth0' };
}

/** The keys that lead from the first field of the share form, as it is at first, to another. */
function downTo(name: ShareField): string[] {
  const fields = shareFields(initialShareValues({}, TWO_MONITORS), TWO_MONITORS);
  return new Array<string>(fields.findIndex(field => field.name === name)).fill(DOWN);
}

let open: FakeTui | null = null;

async function begin(options: Parameters<typeof fakeTui>[0] = {}): Promise<FakeTui> {
  open = await fakeTui(options);
  return open;
}

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

describe('the menu', () => {
  test.each([
    [80, 24],
    [40, 12],
    [160, 50],
    [24, 6],
  ])('fits %i x %i', async (columns, rows) => {
    const { terminal } = await begin({ columns, rows });
    const text = await terminal.waitFor('1  Share my scr');
    expect(text).toContain('2  Watch a scr');
    expect(text).toContain('q quit');
    expect(terminal.alternate).toBe(true);
  });

  test('any other key is an invalid choice', async () => {
    const { terminal } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('x');
    await terminal.waitFor('Invalid choice: x');
    terminal.press('7');
    expect(await terminal.waitFor('Invalid choice: 7')).not.toContain('Invalid choice: x');
  });

  test('arrows and Enter choose too', async () => {
    const { terminal } = await begin();
    await terminal.waitFor('▸ 1');
    terminal.press(DOWN);
    await terminal.waitFor('▸ 2');
    terminal.press(UP, UP);
    await terminal.waitFor('▸ 4');
    terminal.press(UP, UP, ENTER);
    expect(await terminal.waitFor('› watch')).not.toContain('Share my screen');
  });

  test('keys that come together are handled one after the other', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('2');
    await terminal.waitFor('Address');
    terminal.press('10.0.0.7:9000\r');
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: '10.0.0.7', port: 9000 });
  });

  test('the choice, a whole address and Enter pasted as one lose nothing', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    const host = 'a-rather-long-name-of-a-computer.department.example.org';
    terminal.press(`2${host}:9123\r`);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host, port: 9123 });
    expect(services.shares).toEqual([]);
  });

  test('keys typed faster than anything is drawn reach the form', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press(...'2192.168.1.82:9000\r');
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: '192.168.1.82', port: 9000 });
  });

  test('Enter right after 1 is kept while the monitors are looked up, and starts one share', async () => {
    const services = new SlowServices();
    const { terminal } = await begin({ services });
    await terminal.waitFor('Share my screen');
    terminal.press('1', ENTER, ENTER);
    await terminal.waitFor('Looking for monitors');
    expect(services.shares.length).toBe(0);
    services.found();
    await terminal.waitFor('Tell the other person');
    expect(services.shares.length).toBe(1);
  });

  test('Esc goes back while the monitors are looked up, and what is found later is dropped', async () => {
    const services = new SlowServices();
    const { terminal } = await begin({ services });
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor('Looking for monitors');
    terminal.press(ENTER, ESCAPE);
    await terminal.waitFor('What would you like to do?');
    terminal.press('2');
    await terminal.waitFor('Address');
    services.found();
    terminal.press('x');
    expect(await terminal.waitFor(/Address +x/)).not.toContain('Who may watch');
    expect(services.shares).toEqual([]);
  });

  test('3 twice begins one demo', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('33');
    await terminal.waitFor('› share');
    expect(services.shares.length).toBe(1);
  });

  test('q leaves with 0, and the terminal is as before', async () => {
    const { terminal, tui } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('q');
    expect(await tui.done).toBe(0);
    await terminal.text();
    expect(terminal.alternate).toBe(false);
    expect(terminal.raw.at(-1)).toBe(false);
  });

  test('Ctrl-C leaves with 130 from anywhere', async () => {
    const { terminal, tui } = await begin();
    terminal.press('1');
    await terminal.waitFor('What');
    terminal.press('\u0003');
    expect(await tui.done).toBe(130);
    await terminal.text();
    expect(terminal.alternate).toBe(false);
  });

  test('the help lists the keys of the screen', async () => {
    const { terminal } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('?');
    const text = await terminal.waitFor('quit peerglass');
    expect(text).toContain('Ctrl-C');
    terminal.press(ESCAPE);
    await terminal.waitFor('What would you like to do?');
  });

  test('damaged preferences are reported in full', async () => {
    const services = new FakeServices();
    const remedy = 'They are set aside beside it (.damaged), and the defaults are used from here to the last word';
    const error = new PeerglassError('E_CONFIG', 'The preferences are damaged.', remedy);
    services.preferences.load = () => Promise.reject(error);
    const { terminal } = await begin({ services });
    expect(await terminal.waitFor('last word')).toContain('E_CONFIG: The preferences are damaged.');
  });
});

describe('the share form', () => {
  test('has its labels and values apart in a narrow terminal', async () => {
    const { terminal } = await begin({ columns: 60, rows: 36 });
    await terminal.waitFor('1  Share my scr');
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    const text = await terminal.text();
    for (const { label, indented } of shareFields(initialShareValues({}, TWO_MONITORS), TWO_MONITORS))
      expect(text).toContain(`${indented ? '  ' : ''}${label} `);
  });

  test('Enter at once shares the primary monitor as the command line does: over rfb, with a code', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    const text = await terminal.waitFor('monitor 1  1920x1080');
    expect(text).toContain('anyone with the code');
    expect(text).not.toContain('1366x768');
    terminal.press(ENTER);
    await expect.poll(() => services.shares.length).toBe(1);
    expect(services.shares[0]?.options).toMatchObject({
      source: { kind: 'auto' },
      target: { kind: 'output', output: 'DP-1' },
      classicPort: null,
      rfbPort: 5900,
      access: 'code',
      classicSize: { width: 1366, height: 768 },
      classicFit: 'fit',
      level: 6,
      fps: 60,
      cursor: 'shown',
    });
  });

  test('the classic protocol is enabled by its field, which is remembered', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(...downTo('classic'), ' ');
    await terminal.waitFor('anyone with the code (classic viewers: ask me)');
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options).toMatchObject({ classicPort: 9000, rfbPort: 5900 });
    expect(services.stored.share).toEqual({ classic: 'on' });
  });

  test.each([
    [80, 24],
    [40, 12],
    [160, 50],
  ])('fits %i x %i', async (columns, rows) => {
    const { terminal } = await begin({ columns, rows });
    terminal.press('1');
    const text = await terminal.waitFor('Who may watch');
    expect(text).toContain('Enter share');
    terminal.press(UP);
    await terminal.waitFor('▸ Threads');
  });

  test('values are checked while they are typed', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(...downTo('rfbPort'));
    await terminal.waitFor('▸   port');
    terminal.press('7', '7', '7', '7', '7');
    await terminal.waitFor('A port is a whole number from 0 to 65535, not "77777".');
    terminal.press(ENTER);
    expect(services.shares.length).toBe(0);
    terminal.press('\u007f');
    await terminal.waitFor('7777');
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options.rfbPort).toBe(7777);
    expect(services.stored.share).toEqual({ rfbPort: '7777' });
  });

  test.each([
    ['the one that was chosen', { what: 'output:HDMI-1' }, 'HDMI-1'],
    ['the primary one when that is not there', { what: 'output:DP-9' }, 'DP-1'],
    ['the primary one when a number was kept', { what: 'monitor:2' }, 'DP-1'],
  ] as const)('a monitor is remembered by its name: %s', async (_, share, output) => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, share };
    const { terminal } = await begin({ services });
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options.target).toEqual({ kind: 'output', output });
    expect(services.stored.share).toEqual(output === 'DP-1' ? {} : share);
  });

  test('a window is picked from the list, a region is typed', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(' ');
    await terminal.waitFor('日本語 — an editor');
    terminal.press(DOWN, DOWN, DOWN, ENTER);
    await terminal.waitFor('a region (type it)');
    terminal.press(DOWN);
    await terminal.waitFor('▸   region');
    await terminal.waitFor('A region is typed as 800x600+100+50: size, then where.');
    terminal.press('9', '0', 'x', '9', '0');
    await terminal.waitFor('not "90x90"');
    terminal.press('+', '9', '9', '9', '9', '+', '0');
    await terminal.waitFor('is outside the screen');
    for (let count = 0; count < 6; count++) terminal.press('\u007f');
    terminal.press('5', '+', '6', ENTER);
    await expect
      .poll(() => services.shares[0]?.options.target)
      .toEqual({ kind: 'region', region: { x: 5, y: 6, width: 90, height: 90 } });
  });

  test('at least one protocol stays on', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(...downTo('rfb'), ' ', DOWN, ' ');
    await terminal.waitFor('Turn on one of the protocols');
    terminal.press(ENTER);
    expect(services.shares.length).toBe(0);
  });

  test('browsers watch unless they are turned off, on a port of their own', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(...downTo('webPort'));
    await terminal.waitFor('▸   port          5800');
    terminal.press('5', '9', '0', '0');
    await terminal.waitFor('The page for browsers needs a port of its own.');
    terminal.press('\u007f', '1', ENTER);
    await expect.poll(() => services.shares[0]?.options).toMatchObject({ webPort: 5901, webRequired: true });
    expect(services.stored.share).toEqual({ webPort: '5901' });
  });

  test('browsers alone can watch, with the code', async () => {
    const { terminal, services } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(...downTo('rfb'), ' ', ENTER);
    await expect
      .poll(() => services.shares[0]?.options)
      .toMatchObject({ rfbPort: null, webPort: 5800, webRequired: false, access: 'code', announce: false });
  });

  test('where a dialog of the desktop asks, the form says so and offers what it can ask for', async () => {
    const services = new FakeServices();
    const why = 'the Wayland compositor offers no direct capture, so the desktop asks which screen';
    services.targets = { ...services.targets, source: { kind: 'portal', why } };
    const { terminal } = await begin({ columns: 120, rows: 30, services });
    terminal.press('1');
    const text = await terminal.waitFor('a screen: your desktop asks which');
    expect(text, 'monitors are not for us to choose').not.toContain('monitor 1');
    expect(text).toContain('portal: the Wayland compositor offers no direct capture');
    terminal.press(RIGHT, ENTER);
    await expect.poll(() => services.shares[0]?.options.target).toEqual({ kind: 'all' });
  });

  test('without a screen it says why, and the pattern is only shared when it is chosen', async () => {
    const services = new FakeServices();
    const remedy = 'Set DISPLAY. Or name its display with --display :0. The test pattern needs none: --source pattern.';
    const error = { code: 'E_NO_DISPLAY', message: 'There is no screen to share.', remedy } as const;
    services.targets = { ...NO_SCREEN, source: { kind: null, error } };
    const { terminal } = await begin({ columns: 120, rows: 30, services });
    terminal.press('1');
    const text = await terminal.waitFor('E_NO_DISPLAY');
    expect(text).toContain('Set DISPLAY. Start peerglass inside the graphical session');
    expect(text, 'flags are no advice here').not.toContain('--');
    terminal.press(ENTER);
    await terminal.waitFor('Choose the test pattern to try peerglass without a screen.');
    expect(services.shares.length).toBe(0);
    terminal.press(RIGHT, ENTER);
    await expect.poll(() => services.shares[0]?.options.source).toEqual({ kind: 'pattern' });
  });

  test('Esc goes back to the menu', async () => {
    const { terminal } = await begin();
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(ESCAPE);
    expect(await terminal.waitFor('What would you like to do?')).not.toContain('Who may watch');
  });
});

describe('the code in the share form', () => {
  test('is a new one unless one is typed, whose strength is told; it is not remembered', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor(/code +a new one/);
    terminal.press(...downTo('code'));
    await terminal.waitFor(/▸ +code/);
    terminal.press('Lesson 3');
    await terminal.waitFor(/code +Lesson 3 +about 16 bits: 27 hours of guessing/);
    terminal.press(DOWN, DOWN, ' ');
    await terminal.waitFor(/keep both +● on/);
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options).toMatchObject({ code: 'Lesson 3', keepCode: true });
    expect(services.stored.share).toEqual({ keepCode: 'on' });
    terminal.press('q');
    await terminal.waitFor('What would you like');
    terminal.press('1');
    await terminal.waitFor(/code +the kept one/);
  });

  test('may have any letters; the VNC password only those that VNC carries', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor(/code +a new one/);
    terminal.press(...downTo('code'), 'é', DOWN, 'é', ENTER);
    await terminal.waitFor('A VNC password has letters without accents');
    expect(services.shares).toEqual([]);
    terminal.press('\u007f', ENTER);
    await expect.poll(() => services.shares[0]?.options.code).toBe('é');
  });

  test('stands beside a password for other VNC viewers, which is as long as VNC carries', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor(/VNC password +a new one/);
    terminal.press(...downTo('vncPassword'), 'longer than', ENTER);
    await terminal.waitFor('A VNC password has at most 8 characters: VNC carries no more.');
    expect(services.shares).toEqual([]);
    terminal.press('\u007f', '\u007f', '\u007f', ENTER);
    await expect.poll(() => services.shares[0]?.options).toMatchObject({ code: null, vncPassword: 'longer t' });
    expect(services.stored.share).toEqual({});
  });

  test('is asked for only where viewers need one', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor(/code +a new one/);
    terminal.press(...downTo('code'), 'x', UP, RIGHT);
    expect(await terminal.waitFor('ask me each time')).not.toMatch(/keep both/);
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options).toMatchObject({ access: 'ask', code: null });
  });
});

describe('the announcement', () => {
  test('is on, its switch turns it off, and that is remembered', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor(/Announce +● on/);
    terminal.press(UP, UP, ' ');
    await terminal.waitFor(/▸ Announce +○ off/);
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options.announce).toBe(false);
    expect(services.stored.share).toEqual({ announce: 'off' });
    terminal.press('q');
    await terminal.waitFor('What would you like');
    terminal.press('1');
    await terminal.waitFor(/Announce +○ off/);
  });

  test('does not exist with the classic protocol alone', async () => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, share: { rfb: 'off', classic: 'on' } };
    const { terminal } = await begin({ services });
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    expect(await terminal.waitFor(/Classic +● on/)).not.toContain('Announce');
    terminal.press(ENTER);
    await expect.poll(() => services.shares[0]?.options.announce).toBe(false);
  });

  test('and its outcome are on the link page', async () => {
    const { terminal, services } = await begin();
    await terminal.waitFor('Share my screen');
    terminal.press('1');
    await terminal.waitFor('Who may watch');
    terminal.press(ENTER);
    await terminal.waitFor('Tell the other person');
    services.shares[0]!.emit({
      type: 'listening',
      wires: [{ wire: 'rfb', address: '::', port: 5900 }],
      code: 'k7m2p4qr',
      vncPassword: null,
    });
    services.shares[0]!.emit({ type: 'announced', name: 'desk (2)', problem: null });
    terminal.press('u');
    await terminal.waitFor('found as  desk (2)');
    terminal.press('w');
    await terminal.waitFor('copied, if this terminal allows it');
    const copied = /\u001b\]52;c;([\w+/=]+)\u0007/.exec(terminal.output.join(''))?.[1] ?? '';
    expect(Buffer.from(copied, 'base64').toString()).toBe('peerglass watch 192.168.1.82:5900   code k7m2p4qr');
    services.shares[0]!.emit({ type: 'announced', name: null, problem: 'This machine is on no network.' });
    await terminal.waitFor('not announced: This machine is on no network.');
  });
});

test('a form that the terminal has no room for says how many fields are above and below', async () => {
  const { terminal } = await begin({ columns: 60, rows: 20 });
  terminal.press('1');
  const fields = shareFields(initialShareValues({}, TWO_MONITORS), TWO_MONITORS).length;
  const text = await terminal.waitFor('Who may watch');
  const shown = text.split('\n').filter(line => /^│ [▸ ] +\S/.test(line)).length;
  expect(text).toContain(` ${fields - shown} more fields: ↓ ↑ ─`);
  terminal.resize(60, 40);
  await expect.poll(() => terminal.text()).not.toContain('more fields');
});

describe('the watch form', () => {
  test('has what the command line said without an address; its files are those of one session', async () => {
    const command = parseArguments(['watch', '--name', 'Bo', '--record', 'a.pglog']);
    if (command.kind !== 'watch-form') throw new Error(command.kind);
    const { terminal, services } = await begin({ start: command });
    await terminal.waitFor(/Your name +Bo/);
    await terminal.waitFor('Also from the command line: --record');
    terminal.press('10.0.0.7', ENTER);
    await expect.poll(() => services.watches[0]?.options).toMatchObject({ name: 'Bo', recordFile: 'a.pglog' });
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot({ frames: 1 }) });
    services.watches[0]!.emit({ type: 'ended', error: null, frames: 1 });
    await terminal.waitFor('What would you like');
    terminal.press('2');
    expect(await terminal.waitFor(/Your name +Bo/)).not.toContain('--record');
    terminal.press(ENTER);
    await expect.poll(() => services.watches[1]?.options).toMatchObject({ name: 'Bo', recordFile: null });
  });

  test.each([
    [80, 24],
    [40, 12],
    [160, 50],
  ])('fits %i x %i with peers', async (columns, rows) => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, peers: ['192.168.1.82:9000', 'studio.local'], share: {}, watch: {} };
    const { terminal } = await begin({ columns, rows, services });
    terminal.press('2');
    const text = await terminal.waitFor('studio.local');
    expect(text).toContain('Enter connect');
  });

  test('errors in an address are shown while typing, and Enter does not start it', async () => {
    const { terminal, services } = await begin();
    terminal.press('2');
    await terminal.waitFor('Type the address');
    terminal.press('a', ':', 'b');
    await terminal.waitFor('b is not a port');
    terminal.press(ENTER);
    expect(services.watches.length).toBe(0);
    terminal.press('\u007f', '9', '0', '0', '0', ENTER);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: 'a', port: 9000 });
    // It may be a wrong one: it is remembered once it has shown a picture.
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'connecting', frames: 0 }) });
    await terminal.waitFor('connecting');
    expect(services.stored.peers).toEqual([]);
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot({ frames: 1 }) });
    await expect.poll(() => services.stored.peers).toEqual(['a:9000']);
  });

  test.each([
    ['peerglass watch 10.77.0.1:5900   code ABCD-EFGH', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['"peerglass watch 10.77.0.1:5900"\r\n  code ABCD-EFGH\r\n', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['http://10.77.0.1:5800/?code=k7m2p4qr', '10.77.0.1:5900', 'k7m2p4qr'],
    ['vnc://[fe80::1%25eth0]:5900', 'vnc://[fe80::1%eth0]:5900', null],
  ])('the invitation %j is pasted as it stands', async (text, address, code) => {
    const { terminal, services } = await begin();
    terminal.press('2');
    await terminal.waitFor('Type the address');
    terminal.press(`\u001b[200~${text}\u001b[201~`);
    if (code !== null) await terminal.waitFor(new RegExp(`Code +${code}`));
    terminal.press(TAB);
    await terminal.waitFor(new RegExp(`Address +${address.replace(/[[\]]/g, '\\$&')} *│`));
    terminal.press(ENTER);
    await expect.poll(() => services.watches[0]?.options.code).toBe(code);
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot({ frames: 1 }) });
    await expect.poll(() => services.stored.peers).toEqual([address]);
  });

  test('an invitation without brackets around the paste is typed, spaces and all', async () => {
    const { terminal, services } = await begin();
    terminal.press('2');
    await terminal.waitFor('Type the address');
    terminal.press('10.77.0.1:5900   code ABCD-EFGH', ENTER);
    await expect
      .poll(() => services.watches[0]?.options)
      .toMatchObject({
        peer: { host: '10.77.0.1', port: 5900 },
        code: 'ABCD-EFGH',
      });
  });

  test('sharers found on the network come and go, and are chosen with the arrows', async () => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, peers: ['first:9000'], share: {}, watch: {} };
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor('looking …');
    services.find({ sharers: [found('desk', '10.0.0.7'), found('attic', '192.168.1.82')] });
    const text = await terminal.waitFor(/attic .*192\.168\.1\.82:5900 +not encrypted +this machine/);
    // Those of this machine come last.
    expect(text.indexOf('desk')).toBeLessThan(text.indexOf('attic'));
    terminal.press(DOWN);
    await terminal.waitFor(/▸ desk/);
    await terminal.waitFor(/Address +10\.0\.0\.7:5900/);
    // It is chosen by what it is, not by where it stands.
    services.find({ sharers: [found('cellar', '10.0.0.9'), found('desk', '10.0.0.7')] });
    await terminal.waitFor('cellar');
    expect(await terminal.text()).toMatch(/▸ desk/);
    services.find({ sharers: [found('cellar', '10.0.0.9')] });
    await terminal.waitFor(/▸ Address +10\.0\.0\.7:5900/);
    terminal.press(UP, UP);
    await terminal.waitFor(/▸ cellar/);
    terminal.press(ENTER);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: '10.0.0.9', port: 5900 });
    await expect.poll(() => services.looking).toBe(0);
  });

  test.each([
    [80, 24],
    [40, 12],
    [50, 18],
    [100, 30],
  ])('a long list of them fits %i x %i, and the chosen one is visible', async (columns, rows) => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, peers: ['first:9000', 'second:9000'], share: {}, watch: {} };
    const { terminal } = await begin({ columns, rows, services });
    terminal.press('2');
    await terminal.waitFor('Address');
    services.find({ sharers: Array.from({ length: 40 }, (_, n) => found(`desk ${n}`, `10.0.1.${n}`)), more: 3 });
    await terminal.waitFor('desk 0');
    terminal.press(...new Array<string>(1 + 30).fill(DOWN));
    const text = await terminal.waitFor('▸ desk 30');
    expect(text).toContain('Enter connect');
    terminal.press(...new Array<string>(11).fill(DOWN));
    await terminal.waitFor('▸ second:9000');
  });

  test('the name that the sharer sees is asked for once', async () => {
    const { terminal, services } = await begin();
    terminal.press('2');
    await terminal.waitFor(/Your name +not given/);
    terminal.press('10.0.0.7', TAB, TAB, TAB, TAB, 'Anna B.');
    await terminal.waitFor(/▸ Your name +Anna B\./);
    terminal.press(ENTER);
    await expect.poll(() => services.watches[0]?.options.name).toBe('Anna B.');
    expect(services.stored.watch).toEqual({ name: 'Anna B.' });
    services.watches[0]!.emit({ type: 'ended', error: null, frames: 0 });
    terminal.press('q');
    await terminal.waitFor('What would you like');
    terminal.press('2');
    await terminal.waitFor(/Your name +Anna B\./);
  });

  test('one key leads from the address to the first sharer; after the last one come the other fields', async () => {
    const services = new FakeServices();
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor('looking …');
    services.find({ sharers: [found('desk', '10.0.0.7')] });
    await terminal.waitFor('↓ to choose');
    terminal.press(DOWN);
    await terminal.waitFor(/▸ desk/);
    terminal.press(DOWN);
    await terminal.waitFor(/▸ Protocol/);
    terminal.press(UP);
    await terminal.waitFor(/▸ desk/);
    terminal.press(ENTER);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: '10.0.0.7', port: 5900 });
  });

  test('an arrow does not replace an address that was typed', async () => {
    const services = new FakeServices();
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor('looking …');
    services.find({ sharers: [found('desk', '10.0.0.7')] });
    await terminal.waitFor('desk');
    terminal.press('studio.local');
    await terminal.waitFor(/▸ Address +studio/);
    terminal.press(DOWN);
    expect(await terminal.waitFor(/▸ Protocol/)).toMatch(/Address +studio\.local/);
    terminal.press(UP, UP);
    await terminal.waitFor(/▸ desk/);
  });

  test('the reason replaces the list if nobody can be found', async () => {
    const services = new FakeServices();
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor('looking …');
    services.find({ problem: 'Another program keeps UDP port 5353 (mDNS) for itself.' });
    await terminal.waitFor('Not searching: Another program keeps UDP port 5353 (mDNS) for itself.');
    terminal.press('10.0.0.1', ENTER);
    await expect.poll(() => services.watches.length).toBe(1);
  });

  test('the last peers can be chosen with the arrows, and forgotten', async () => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, peers: ['first:9000', 'second:9000'], share: {}, watch: {} };
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor('Last watched');
    terminal.press(DOWN, DOWN);
    await terminal.waitFor('▸ second:9000');
    terminal.press('\u0004');
    await expect.poll(() => services.stored.peers).toEqual(['first:9000']);
    await terminal.waitFor(/▸ Address\s+second:9000/);
    terminal.press(UP);
    await terminal.waitFor('▸ first:9000');
    terminal.press(ENTER);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: 'first', port: 9000 });
  });

  test('the last peer is filled in: Enter watches it, typing replaces it', async () => {
    const services = new FakeServices();
    services.stored = { ...NO_PREFERENCES, peers: ['first:9000'], share: {}, watch: {} };
    const { terminal } = await begin({ services });
    terminal.press('2');
    await terminal.waitFor(/Address\s+first:9000/);
    terminal.press('x', ENTER);
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: 'x', port: null });
  });

  test.each(['localhost', '127.0.0.1:9000', '192.168.1.82', '[2001:db8::82]:9000'])(
    '%s is this machine: it warns of a hall of mirrors',
    async address => {
      const { terminal } = await begin();
      terminal.press('2');
      await terminal.waitFor('Type the address');
      terminal.press(address);
      await terminal.waitFor(address);
      expect(await terminal.waitFor('hall of')).toContain(address);
    },
  );

  test('protocol, size and view', async () => {
    const { terminal, services } = await begin();
    terminal.press('2');
    await terminal.waitFor('Type the address');
    terminal.press('host', TAB, RIGHT, RIGHT);
    await terminal.waitFor('‹ classic');
    terminal.press(TAB, '8', '0', '0', 'x');
    await terminal.waitFor('A size is typed as 1366x768');
    terminal.press('6', '0', '0', TAB, RIGHT);
    await terminal.waitFor('‹ this terminal ›');
    terminal.press(ENTER);
    await expect
      .poll(() => services.watches[0]?.options)
      .toMatchObject({ wire: 'classic', classicSize: { width: 800, height: 600 }, view: 'terminal' });
    expect(services.stored.watch).toEqual({ wire: 'classic', size: '800x600', view: 'terminal' });
  });
});
