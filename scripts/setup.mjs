// Makes a clone ready to run: npm packages, missing system packages, the build. Fast when everything is in place.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build-stamp.mjs';
import { nodePackages } from './node-packages.mjs';
import { say } from './say.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const NO_INSTALL = '--no-install';

/** Removes `--no-install` from the arguments. With it nothing is installed; what is missing is only named. */
export function installOption(argv) {
  return { install: !argv.includes(NO_INSTALL), argv: argv.filter(argument => argument !== NO_INSTALL) };
}

/**
 * Something that can be missing, and how to install it.
 * @typedef {object} Group
 * @property {readonly { readonly what: string, readonly why: string }[]} items that are missing
 * @property {string} by the program that installs them
 * @property {string} command for a person
 * @property {(() => boolean) | null} install returns whether it worked; null if only a person can do it
 * @property {boolean} needed whether nothing works without the items
 */

/**
 * Lists what is missing, an item per line, then installs what can be installed without asking.
 * @param {readonly Group[]} groups
 * @returns whether everything needed is there
 */
export function provide(groups, { install, tell = say }) {
  const missing = groups.filter(({ items }) => items.length > 0);
  const installs = group => install && group.install !== null;
  for (const group of missing) {
    for (const { what, why } of group.items) {
      if (installs(group)) tell(`installing with ${group.by}: ${what} (${why})`);
      else tell(`missing: ${what} (${why})`);
    }
    if (!installs(group)) tell(`to install: ${group.command}`);
  }
  const failed = missing.filter(group => {
    if (!installs(group)) return true;
    if (group.install()) return false;
    tell(`that failed (see the messages above); to install: ${group.command}`);
    return true;
  });
  return failed.every(({ needed }) => !needed);
}

/**
 * Why the program cannot run on a version of Node, or null if it can. Only package.json names the oldest version.
 * @param {string} version such as "20.19.4"
 */
export function nodeTooOld(version) {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const oldest = engines.node.replace('>=', '');
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `Node ${oldest} or newer is needed, this is ${version}: https://nodejs.org`;
}

/**
 * Sets the clone up. If that fails, ends the process with a sentence on standard error.
 * @param {boolean} install whether anything may be installed
 * @param {readonly Group[]} groups needed besides the npm packages
 */
export function setUp(install = true, groups = []) {
  const tooOld = nodeTooOld(process.versions.node);
  if (tooOld !== null) {
    say(tooOld);
    process.exit(1);
  }
  if (!provide([nodePackages(root), ...groups], { install })) process.exit(1);
  if (isBuilt(root)) return;
  say('building');
  const build = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
  if (build.status !== 0) {
    say('the build failed (see the messages above)');
    process.exit(1);
  }
}
