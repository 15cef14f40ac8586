import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The release after the one that the tests run on. */
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];

/** A program of Debian 13 that is started here, with the libraries of that release. */
export interface NewerProgram {
  readonly program: string;
  /** What its own arguments follow. */
  readonly before: readonly string[];
}

/**
 * A program of Debian 13, downloaded once with all that it needs, from where this machine has its packages. Nothing is
 * installed: the packages are unpacked into a temporary folder.
 */
export function newerProgram(name: string, packages: readonly string[]): NewerProgram {
  const root = path.join(tmpdir(), `peerglass-${SUITE}-${packages.join('-')}`);
  if (!existsSync(root)) {
    const folder = `${root}.${process.pid}`;
    try {
      unpack(folder, packages);
      renameSync(path.join(folder, 'root'), root);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');
  return {
    program: path.join(root, 'usr/lib64/ld-linux-x86-64.so.2'),
    before: ['--library-path', libraries, path.join(root, 'usr/bin', name)],
  };
}

function unpack(folder: string, packages: readonly string[]): void {
  for (const each of ['lists/partial', 'archives/partial', 'root']) {
    mkdirSync(path.join(folder, each), { recursive: true });
  }
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at('status'), '');
  writeFileSync(at('sources.list'), `deb [signed-by=${KEYRING}] ${mirror()} ${SUITE} main\n`);
  const settings = {
    'APT::Sandbox::User': 'root',
    'Dir::State': folder,
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': at('archives'),
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = (...args: readonly string[]) => execFileSync('apt-get', [...options, '-q', ...args], { stdio: 'ignore' });
  apt('update');
  apt('install', '-y', '--no-install-recommends', '--download-only', ...packages);
  for (const file of readdirSync(at('archives')).filter(each => each.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', path.join(at('archives'), file), at('root')]);
  }
}

/** Where this machine has its packages from. */
function mirror(): string {
  for (const file of SOURCES.filter(existsSync)) {
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?\s*(?:\S.*)?$/m.exec(
      readFileSync(file, 'utf8'),
    )?.[1];
    if (found) return found;
  }
  throw new Error('This machine has no packages of Debian.');
}
