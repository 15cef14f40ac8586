// Brings a clone to the point where it runs: npm packages, the build. Does nothing, fast, when all is in place.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build-stamp.mjs';
import { installNodePackages } from './node-packages.mjs';
import { say } from './say.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const LEAST_NODE = 20;

/** Ends the process with a sentence on standard error when the clone cannot be brought to run. */
export function setUp() {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    say(`Node ${LEAST_NODE} or newer is needed, this is ${process.version}: https://nodejs.org`);
    process.exit(1);
  }
  if (!installNodePackages(root)) process.exit(1);
  if (isBuilt(root)) return;
  say('building');
  const build = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
  if (build.status !== 0) {
    say('the build failed (its messages are above)');
    process.exit(1);
  }
}
