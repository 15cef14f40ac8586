import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { initialShareValues, shareFields } from '../../source/ui/share-form-values.js';
import { NO_SCREEN } from '../helpers/fake-sessions.js';
import { LAUNCHER, Terminal } from '../helpers/terminal.js';

let terminal: Terminal | null = null;
let server: Server | null = null;

function open(options: ConstructorParameters<typeof Terminal>[0] = {}): Terminal {
  terminal = new Terminal(options);
  return terminal;
}

afterEach(() => {
  terminal?.close();
  terminal = null;
  server?.close();
  server = null;
});

/** The settings of the terminal driver, as the shell sees them. */
async function settings(shell: Terminal): Promise<string> {
  return shell.ask('stty -a');
}

/** The shell has the terminal again: its settings, the ordinary screen with what was on it, and the cursor. */
async function expectRestored(shell: Terminal, before: string): Promise<void> {
  await expect.poll(() => shell.modes()).toEqual({ alternate: false, cursor: true });
  expect(await settings(shell)).toBe(before);
  expect(shell.screen()).toContain('scrollback');
}

async function menu(
  options: ConstructorParameters<typeof Terminal>[0] = {},
): Promise<{ shell: Terminal; before: string }> {
  const shell = open(options);
  await shell.waitFor('$');
  const before = await settings(shell);
  shell.run('clear; echo scrollback');
  await shell.waitFor(/^scrollback/m);
  shell.peerglass();
  await shell.waitFor('Share my screen');
  expect(shell.modes().alternate).toBe(true);
  return { shell, before };
}

describe('the terminal is restored', () => {
  test('after q', async () => {
    const { shell, before } = await menu();
    shell.keys('q');
    await expectRestored(shell, before);
    expect(await shell.ask('echo "code $?"')).toMatch(/code \d/);
  });

  test('after Ctrl-C, with exit code 130', async () => {
    const { shell, before } = await menu();
    shell.keys('C-c');
    await expect.poll(() => shell.modes().alternate).toBe(false);
    expect(await shell.ask('echo $?')).toBe('130\n');
    await expectRestored(shell, before);
  });

  test.each([
    ['SIGTERM', 'launcher'],
    ['SIGHUP', 'program'],
    ['SIGTERM', 'program'],
  ] as const)('after %s to %s', async (signal, which) => {
    const { shell, before } = await menu();
    process.kill(shell.process(which), signal);
    await expectRestored(shell, before);
  });

  test.each(['SIGSEGV', 'SIGABRT', 'SIGKILL'] as const)(
    'after %s of the program: the launcher says so',
    async signal => {
      const { shell, before } = await menu();
      process.kill(shell.process('program'), signal);
      await shell.waitFor('E_CRASH');
      expect(await shell.ask('echo $?')).toBe('1\n');
      await expectRestored(shell, before);
    },
  );

  test('after SIGKILL of the launcher, by the program itself', async () => {
    const { shell, before } = await menu();
    process.kill(shell.process('launcher'), 'SIGKILL');
    await expectRestored(shell, before);
  });

  test('there is none any more when its window is closed: the program ends with 0 all the same', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-closed-'));
    const file = path.join(folder, 'code');
    const shell = open();
    await shell.waitFor('$');
    // The shell's own end must not take along whoever writes the code down.
    shell.run(`(trap '' HUP; "${process.execPath}" "${LAUNCHER}"; echo $? > ${file}.part; mv ${file}.part ${file})`);
    await shell.waitFor('Share my screen');
    shell.close();
    await expect.poll(() => existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('0\n');
    rmSync(folder, { recursive: true });
  });
});

describe('a share that a native fault ends', () => {
  test('is offered again on the terminal, with its code and port', async () => {
    const shell = open();
    await shell.waitFor('$');
    shell.peerglass('share --no-web --source pattern --bind 127.0.0.1 --rfb-port 0');
    const address = /127\.0\.0\.1:\d+/;
    const code = /code ([a-z]{5}-[a-z]{5})\b/;
    const first = await shell.waitFor(code);
    const crashed = shell.process('program');
    process.kill(crashed, 'SIGSEGV');
    await shell.waitFor('Share again with the same code and port? [Y/n]');
    shell.keys('Enter');
    const second = await shell.waitFor(code);
    expect([code, address].map(each => each.exec(second)?.[0])).toEqual(
      [code, address].map(each => each.exec(first)?.[0]),
    );
    process.kill(shell.process('program'), 'SIGSEGV');
    await shell.waitFor(/\[Y\/n\] *$/m);
    shell.keys('n', 'Enter');
    expect(await shell.ask('echo $?')).toBe('1\n');
  });
});

describe('a job of the shell', () => {
  test('Ctrl-Z, a shell, and fg: the terminal is put back, then taken again and drawn whole', async () => {
    const { shell, before } = await menu();
    shell.keys('2');
    await shell.waitFor('Type the address');
    shell.keys('C-z');
    await shell.waitFor('Stopped');
    await expectRestored(shell, before);
    shell.run('printf "\\033[?1000h\\033[?1003h"; fg');
    await shell.waitFor('Type the address');
    expect(shell.modes()).toEqual({ alternate: true, cursor: false });
    expect(shell.mouseReports()).toBe(false);
    shell.keys('Escape');
    await shell.waitFor('What would you like to do?');
    shell.keys('q');
    await expectRestored(shell, before);
  });

  test('SIGTSTP and SIGCONT from outside, to the launcher and to the program', async () => {
    const { shell, before } = await menu();
    for (const which of ['launcher', 'program'] as const) {
      process.kill(shell.process(which), 'SIGTSTP');
      await shell.waitFor('Stopped');
      await expectRestored(shell, before);
      // In the background it may not have the terminal: the system stops it again.
      process.kill(shell.process('launcher'), 'SIGCONT');
      await expectRestored(shell, before);
      shell.run('clear; echo scrollback; fg');
      await shell.waitFor('What would you like to do?');
    }
    shell.keys('q');
    await expectRestored(shell, before);
  });
});

describe('in a real terminal', () => {
  test('menu, invalid choice, forms, and back', async () => {
    const { shell } = await menu();
    shell.keys('x');
    await shell.waitFor('Invalid choice');
    shell.keys('1');
    await shell.waitFor('E_NO_DISPLAY');
    shell.keys('Escape');
    await shell.waitFor('What would you like to do?');
    shell.keys('2');
    await shell.waitFor('Type the address');
    shell.type('10.0.0.999');
    await shell.waitFor('not an IPv4 address');
    shell.keys('Escape');
    expect(await shell.waitFor('What would you like to do?')).not.toContain('not an IPv4 address');
  });

  test('shares the pattern, asks for a viewer, shows it, and follows the level', async () => {
    const { shell } = await menu();
    server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server?.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await new Promise(resolve => server?.close(resolve));
    shell.keys('1');
    await shell.waitFor('E_NO_DISPLAY');
    shell.keys('Right');
    await shell.waitFor('test pattern');
    const fields = shareFields(initialShareValues({}, NO_SCREEN), NO_SCREEN);
    const downs = fields.findIndex(field => field.name === 'rfb');
    // rfb and the page for browsers off, the classic protocol on.
    shell.keys(...new Array<string>(downs).fill('Down'), 'Space', 'Down', 'Space');
    await shell.waitFor('Turn on one of the protocols');
    shell.keys('Down', 'Space', 'Down');
    shell.type(`${port}`);
    await shell.waitFor(`${port}`);
    shell.keys('Enter');
    await shell.waitFor(`:${port}`);
    await shell.waitFor('● idle');

    const other = new Terminal();
    try {
      await other.waitFor('$');
      other.peerglass(`watch 127.0.0.1:${port} --headless --view none --json`);
      await shell.waitFor('wants to watch');
      expect(shell.screen()).toMatch(/yes .* no .* everyone this session/);
      await shell.answerable();
      shell.keys('y');
      await shell.waitFor(/▸ 127\.0\.0\.1/);
      await shell.waitFor('sharing to 1');
      shell.keys('0');
      await shell.waitFor('compression 0');
      await shell.waitFor(/ratio +1\.0:1/);
      shell.keys('9');
      await shell.waitFor(/ratio +([2-9]\d|\d{3})[.\d]*:1/);
      shell.resize(40, 12);
      await shell.waitFor(/frame +\S+ \S+ ratio/);
      shell.resize(160, 50);
      await shell.waitFor('What leaves this machine');
      await shell.waitFor(/▀{20}/);
      shell.keys('q');
      await shell.waitFor('1 viewer is connected. Stop sharing?');
      await shell.answerable();
      shell.keys('y');
      await shell.waitFor(/Shared [\d,]+ frames/);
    } finally {
      other.close();
    }
  });

  test('the demo runs without a display: the picture is drawn in the terminal', async () => {
    const shell = open({ columns: 100, rows: 30 });
    await shell.waitFor('$');
    shell.peerglass('demo --size 320x240');
    await shell.waitFor('sharing to 1');
    shell.keys('Tab');
    await shell.waitFor('watching');
    await shell.waitFor(/▀{10}/);
    expect(shell.screen(true)).toMatch(/\u001b\[[\d;]*38[;:]/);
  });

  test('NO_COLOR: no colour at all, and everything can still be distinguished', async () => {
    const { shell } = await menu({ environment: { NO_COLOR: '1' } });
    expect(shell.screen(true)).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9\d|38|48)[;m]/);
    expect(shell.screen()).toContain('▸ 1');
    shell.keys('3');
    await shell.waitFor('sharing to 1');
    expect(shell.screen(true)).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9\d|38|48)[;m]/);
  });

  test('what is printed on descriptor 2 behind its back goes to the log, not over the screen', async () => {
    const preload = path.join(import.meta.dirname, '../helpers/print-on-stderr.cjs');
    const shell = open({ environment: { NODE_OPTIONS: `--require=${preload}` } });
    await shell.waitFor('$');
    shell.peerglass();
    const before = await shell.waitFor('Share my screen');
    await expect
      .poll(() => readFileSync(path.join(shell.home, 'state/peerglass/peerglass.log'), 'utf8'))
      .toContain('a native library says');
    expect(shell.screen()).toBe(before);
    shell.keys('q');
    await shell.waitFor('$');
  });

  test('without a terminal it names the headless demo', async () => {
    const shell = open({ columns: 160 });
    await shell.waitFor('$');
    shell.run(`node ${path.join(import.meta.dirname, '../../bin/peerglass.cjs')} | cat`);
    await shell.waitFor('E_NO_TTY');
    expect(shell.screen()).toContain('peerglass demo --headless --duration 10 --json');
  });
});
