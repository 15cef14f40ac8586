// `npm test [-- [--no-install] FILES and vitest options]`: sets up, runs the tests and counts them.
// Without FILES it first lints, looks for unused code and type-checks the tests.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endLeftovers } from './leaks.mjs';
import { say } from './say.mjs';
import { installOption, root, setUp } from './setup.mjs';
import { testPackages } from './system-packages.mjs';

const { install, argv: chosen } = installOption(process.argv.slice(2));
const modules = path.join(root, 'node_modules');

/** Runs a check and prints what it says once it has ended: others run beside it. */
function passes(what, script, argv) {
  const child = spawn(process.execPath, [path.join(modules, script), ...argv], { cwd: root });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(chunk));
  return new Promise(resolve =>
    child.on('close', code => {
      process.stdout.write(Buffer.concat(said));
      if (code !== 0) say(`${what} failed`);
      resolve(code === 0);
    }),
  );
}

/** Hides the display, session and settings of the user from the tests. */
function testEnvironment(run, folder) {
  const environment = {
    ...process.env,
    PEERGLASS_TEST_RUN: run,
    ...(chosen.length === 0 ? { PEERGLASS_TEST_WHOLE: '1' } : {}),
    PEERGLASS_TEST_COUNTS: path.join(folder, 'counts.json'),
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    XDG_STATE_HOME: path.join(folder, 'state'),
  };
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'XDG_SESSION_TYPE', 'TMUX', 'NO_COLOR', 'FORCE_COLOR']) {
    delete environment[name];
  }
  return environment;
}

function runVitest(environment) {
  const argv = ['run', '--reporter=default', '--reporter=./scripts/test-reporter.mjs', ...chosen];
  const child = spawn(process.execPath, [path.join(modules, 'vitest/vitest.mjs'), ...argv], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise(resolve => child.on('exit', code => resolve(code ?? 1)));
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    say('vitest ended without counting its tests');
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

// Chosen files may need none of the programs; a full run without them would only fail, and slowly.
setUp(install, [{ ...testPackages(), needed: !install && chosen.length === 0 }]);
if (process.platform !== 'linux') say('tests with displays and processes run on Linux only: skipped');

const checks =
  chosen.length > 0
    ? []
    : await Promise.all([
        passes('the style check', '@biomejs/biome/bin/biome', ['check', '.']),
        passes('the search for unused code', 'knip/bin/knip.js', ['--no-progress']),
        passes('the type check of the tests', 'typescript/bin/tsc', ['-p', 'test/tsconfig.json']),
      ]);
const brokenChecks = checks.filter(good => !good).length;

const run = randomUUID();
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-test-'));
const environment = testEnvironment(run, folder);
const status = await runVitest(environment);
const counts = readCounts(environment.PEERGLASS_TEST_COUNTS);
if (status !== 0 && counts.failed === 0) counts.failed = 1;

const leftovers = await endLeftovers(`PEERGLASS_TEST_RUN=${run}`);
for (const { pid, command } of leftovers) say(`a test left a process running: ${pid} ${command}`);
rmSync(folder, { recursive: true, force: true });

const failed = counts.failed + brokenChecks + leftovers.length;
const strict = process.env.CI === 'true' || process.env.CI === '1';
if (strict && counts.skipped > 0) say('a skipped test counts as a failure here (CI is set)');
if (counts.passed + counts.failed === 0) say('no test ran');
const good = failed === 0 && counts.passed > 0 && !(strict && counts.skipped > 0);
process.stdout.write(`\ntests: ${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = good ? 0 : 1;
