import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Group, installOption, nodeTooOld, provide } from '../../scripts/setup.mjs';
import { sdlLibrary, type THIS_MACHINE, testPackages } from '../../scripts/system-packages.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
type Machine = typeof THIS_MACHINE;

/** A machine that has these programs and files, and no others. */
function machine(has: readonly string[], facts: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    architecture: 'x64',
    environment: {},
    isRoot: false,
    hasProgram: (name: string) => has.includes(name),
    exists: file => has.includes(path.basename(String(file))),
    ...facts,
  };
}

/** What is told of groups, in the order in which it happens, with "RUN …" where one is installed. */
function told(groups: readonly Group[], install: boolean, succeeds = true): { lines: string[]; goesOn: boolean } {
  const lines: string[] = [];
  const faked = groups.map(group => ({
    ...group,
    install: group.install && (() => lines.push(`RUN ${group.command}`) > 0 && succeeds),
  }));
  const goesOn = provide(faked, { install, tell: (text: string) => lines.push(text) });
  return { lines, goesOn };
}

const npm: Group = {
  items: [{ what: 'the packages', why: 'all is made of them' }],
  by: 'npm',
  command: 'npm ci',
  needed: true,
  install: () => true,
};

describe('the version of Node', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('%s is accepted', version =>
    expect(nodeTooOld(version)).toBeNull(),
  );

  test.each(['18.20.8', '20.9.0', '20.18.3'])('%s is refused, with the oldest supported version', version => {
    expect(nodeTooOld(version)).toBe(`Node 20.19 or newer is needed, this is ${version}: https://nodejs.org`);
  });
});

describe('what is missing', () => {
  test('is listed before anything is installed, an item per line: how, what and why', () => {
    const debian = machine(['apt-get', 'Xvfb'], { isRoot: true });
    const { lines, goesOn } = told([npm, testPackages(debian)], true);
    const first = lines.findIndex(line => line.startsWith('RUN'));
    expect(lines.slice(first).map(line => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'RUN npm ci',
      'RUN apt-get install',
    ]);
    expect(lines[0]).toBe('installing with npm: the packages (all is made of them)');
    expect(lines).toContain('installing with apt-get: tmux (terminals)');
    expect(lines).toContain('installing with apt-get: libsdl2-2.0-0 (the window that shows a shared screen)');
    for (const line of lines.slice(0, first)) expect(line).toMatch(/^installing with (npm|apt-get): [\w .+-]+ \(.+\)$/);
    const said = lines.slice(1, first).map(line => /: (\S+) /.exec(line)![1]);
    expect(said).not.toContain('xvfb');
    expect(lines.at(-1)).toBe(`RUN apt-get install ${said.join(' ')}`);
    expect(goesOn).toBe(true);
  });

  test('is only named with --no-install, and ends a run that cannot do without it', () => {
    const debian = machine(['apt-get'], { isRoot: true });
    const npmOnly = told([npm, sdlLibrary(ROOT, debian)], false);
    expect(npmOnly.lines).toEqual([
      'missing: the packages (all is made of them)',
      'to install: npm ci',
      expect.stringMatching(/^missing: the SDL 2 library \(the window .*--view terminal.*\)$/),
      'to install: apt-get install libsdl2-2.0-0',
    ]);
    expect(npmOnly.goesOn).toBe(false);
    expect(told([sdlLibrary(ROOT, debian)], false).goesOn).toBe(true);
    const tests = told([{ ...testPackages(debian), needed: true }], false);
    expect(tests.lines.filter(line => !/^(missing|to install): /.test(line))).toEqual([]);
    expect(tests.goesOn).toBe(false);
  });

  test('is named if the user has to install it', () => {
    const { lines, goesOn } = told([sdlLibrary(ROOT, machine(['dnf']))], true);
    expect(lines.at(-1)).toBe('to install: sudo dnf install SDL2');
    expect(goesOn).toBe(true);
    expect(told([testPackages(machine(['apt-get']))], true).lines.at(-1)).toMatch(/^to install: sudo apt-get install /);
  });

  test('that could not be installed is reported with its command', () => {
    const { lines, goesOn } = told([npm], true, false);
    expect(lines.at(-1)).toMatch(/failed.*npm ci/);
    expect(goesOn).toBe(false);
  });

  test('is nothing where everything is in place; outside Linux the tests need no programs', () => {
    const complete = { exists: () => true, hasProgram: () => true };
    expect(
      told([{ ...npm, items: [] }, testPackages(machine([], complete)), sdlLibrary(ROOT, machine([], complete))], true),
    ).toEqual({ lines: [], goesOn: true });
    expect(testPackages(machine([], { platform: 'darwin' })).items).toEqual([]);
    expect(
      sdlLibrary(ROOT, machine(['SDL2.dll'], { platform: 'win32', environment: { PATH: 'C:\\a;C:\\b' } })).items,
    ).toEqual([]);
  });
});

test('--no-install is no argument of the program', () => {
  expect(installOption(['--no-install', 'share'])).toEqual({ install: false, argv: ['share'] });
  expect(installOption(['share'])).toEqual({ install: true, argv: ['share'] });
});

test.each(['start.mjs', 'test.mjs'])('%s --no-install in a clone without packages names npm ci and fails', script => {
  const clone = mkdtempSync(path.join(tmpdir(), 'peerglass-clone-'));
  try {
    for (const name of ['scripts', 'package.json', 'package-lock.json']) {
      cpSync(path.join(ROOT, name), path.join(clone, name), { recursive: true });
    }
    const argv = [path.join(clone, 'scripts', script), '--no-install', 'list'];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: clone });
    expect(stderr).toMatch(
      /^peerglass: missing: the packages of package-lock\.json \(.*\)\npeerglass: to install: npm ci\n/,
    );
    expect([status, stdout]).toEqual([1, '']);
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});
