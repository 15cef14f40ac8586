// `npm start -- [--no-install] ARGUMENTS`: sets the clone up, then runs peerglass with the arguments in the caller's
// folder.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { installOption, root, setUp } from './setup.mjs';
import { sdlLibrary } from './system-packages.mjs';

const { install, argv } = installOption(process.argv.slice(2));
const opensNoWindow =
  ['share', 'list'].includes(argv[0]) ||
  argv.some(argument =>
    ['--help', '--version', '--view=none', '--view=terminal', 'none', 'terminal'].includes(argument),
  );

setUp(install, opensNoWindow ? [] : [sdlLibrary(root)]);

// npm changes to the package's folder, but files named in the arguments are relative to the caller's.
const calledFrom = process.env.npm_lifecycle_event === 'start' ? process.env.INIT_CWD : undefined;
const child = spawn(process.execPath, [path.join(root, 'bin/peerglass.cjs'), ...argv], {
  cwd: calledFrom ?? process.cwd(),
  stdio: 'inherit',
});
// Ctrl-C in a terminal reaches both processes, and the child decides; a signal sent to this process alone is passed on.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', error => {
  process.stderr.write(`peerglass: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
