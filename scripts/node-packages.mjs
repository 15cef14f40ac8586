// Installs the npm packages of a clone if they are missing or do not match package-lock.json.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const STAMP = '.peerglass-stamp';

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Identifies the installed packages: the lock file, and the platform that native modules are compiled for. */
function stampFor(lock) {
  const runtime = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return createHash('sha256').update(lock).update(runtime).digest('hex');
}

/** Whether npm's own record of node_modules has every package that the lock file requires on every system. */
function holdsAll(lock, installed) {
  if (installed === null) return false;
  const present = JSON.parse(installed).packages;
  return Object.entries(JSON.parse(lock).packages).every(
    ([place, { version, optional, devOptional }]) =>
      place === '' || optional || devOptional || present[place]?.version === version,
  );
}

function isLink(folder) {
  try {
    return lstatSync(folder).isSymbolicLink();
  } catch {
    return false;
  }
}

function npmCommand() {
  const running = process.env.npm_execpath;
  const beside = path.dirname(process.execPath);
  const candidates = [
    ...(running && path.basename(running).startsWith('npm-cli') ? [running] : []),
    path.join(beside, 'node_modules/npm/bin/npm-cli.js'),
    path.join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const script = candidates.find(file => existsSync(file));
  return script
    ? { command: process.execPath, first: [script], shell: false }
    : { command: 'npm', first: [], shell: true };
}

/** Whether the packages are in place. Packages that somebody installed by other means are accepted as they are. */
function isInstalled(root, lock, stamp) {
  const modules = path.join(root, 'node_modules');
  const stampFile = path.join(modules, STAMP);
  if (lock === null) return existsSync(modules);
  if (read(stampFile) === stamp) return true;
  // A linked node_modules belongs to another clone: npm would empty it while that clone uses it.
  if (isLink(modules)) return true;
  if (read(stampFile) !== null || !holdsAll(lock, read(path.join(modules, '.package-lock.json')))) return false;
  writeFileSync(stampFile, stamp);
  return true;
}

/** The packages of a clone as a group for `provide`. */
export function nodePackages(root) {
  const lock = read(path.join(root, 'package-lock.json'));
  const stamp = lock === null ? null : stampFor(lock);
  const what = 'the packages of package-lock.json';
  const why = 'needed by the program, its build and its tests; takes about half a minute, once';
  return {
    items: isInstalled(root, lock, stamp) ? [] : [{ what, why }],
    by: 'npm',
    command: 'npm ci',
    needed: true,
    install() {
      const { command, first, shell } = npmCommand();
      const { status } = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: root,
        stdio: ['ignore', 2, 2],
        shell,
      });
      if (status === 0) writeFileSync(path.join(root, 'node_modules', STAMP), stamp);
      return status === 0;
    },
  };
}
