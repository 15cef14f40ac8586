#!/usr/bin/env node
// The launcher: sets what must be set before Node starts, runs the program, and outlives it. A native fault kills the
// program before any handler runs; the launcher then restores the terminal and reports the crash.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tty = require('node:tty');

const MOST_LOG_BYTES = 1024 * 1024;
/** Synchronized output, bracketed paste, colours off; wrapping, cursor on; alternate screen left. See ScreenPainter. */
const RESTORE = '\u001b[?2026l\u001b[?2004l\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';
const FAULTS = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS', 'SIGKILL']);
const EXIT_CODES = { SIGINT: 130, SIGTERM: 0, SIGHUP: 0 };

const argv = process.argv.slice(2);

/** Whether the program will draw on the whole terminal: a guess from the arguments, the program itself decides. */
function drawsScreen() {
  if (!process.stdout.isTTY) return false;
  if (argv.some(word => ['--help', '-h', '--version', '-v'].includes(word))) return false;
  if (['list', 'doctor', 'forget', 'help', 'capture', 'report', 'wireshark'].includes(argv[0])) return false;
  const view = argv.includes('--view=terminal') || argv[argv.indexOf('--view') + 1] === 'terminal';
  return view || !argv.includes('--headless');
}

/** The system's usual folder for logs; except on macOS that of source/node/state-folder.ts. Throws for a user without a home folder. */
function logFolder() {
  if (process.env.XDG_STATE_HOME) return path.join(process.env.XDG_STATE_HOME, 'peerglass');
  if (process.platform === 'win32')
    return path.join(process.env.LOCALAPPDATA || path.join(os.homedir(), 'AppData/Local'), 'peerglass');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library/Logs/peerglass');
  return path.join(os.homedir(), '.local/state/peerglass');
}

/** The log file for the output of native libraries while the screen is in use; null if it cannot be opened. */
function openLog() {
  try {
    const folder = logFolder();
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, 'peerglass.log');
    if (fs.statSync(file, { throwIfNoEntry: false })?.size > MOST_LOG_BYTES) fs.renameSync(file, `${file}.old`);
    return { file, descriptor: fs.openSync(file, 'a', 0o600) };
  } catch {
    return null;
  }
}

function terminalSettings() {
  if (process.platform === 'win32' || !process.stdin.isTTY) return null;
  const { status, stdout } = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

const screen = drawsScreen();
const settings = screen ? terminalSettings() : null;
// While the screen is in use, descriptor 2 is the log: native libraries and Node itself print there at any time.
const log = screen && process.stderr.isTTY ? openLog() : null;

function restoreTerminal() {
  if (!screen) return;
  try {
    fs.writeSync(1, RESTORE);
  } catch {
    // The terminal is gone.
  }
  if (settings) spawnSync('stty', [settings], { stdio: ['inherit', 'ignore', 'ignore'] });
}

// As in source/cli/standard-streams.ts: on exit Node restores terminals, and aborts if one of them is gone.
const terminals = [0, 1, 2].filter(descriptor => tty.isatty(descriptor));
process.on('exit', () => {
  for (const descriptor of terminals) if (!tty.isatty(descriptor)) fs.closeSync(descriptor);
});

let child = null;
/** The command line that would start the same share, as reported by the program; null without a share. */
let sharing = null;

/** Every user of the machine can read a program's arguments, but only its own user can read its environment. */
function start(words, secret) {
  sharing = null;
  child = spawn(process.execPath, [path.join(__dirname, '../dist/cli.js'), ...(secret ? [] : words)], {
    stdio: ['inherit', 'inherit', log ? log.descriptor : 'inherit', 2, 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(4, os.cpus().length)),
      PEERGLASS_ERROR_DESCRIPTOR: '3',
      ...(secret ? { PEERGLASS_ARGUMENTS: JSON.stringify(words) } : {}),
    },
  });
  child.on('message', message => {
    if (message === 'stop') stopJob();
    else if (message && 'sharing' in message) sharing = message.sharing;
  });
  child.on('error', error => {
    restoreTerminal();
    process.stderr.write(`E_INTERNAL: peerglass cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  // After the last message.
  child.on('close', ended);
}

// Ctrl-C in a terminal reaches both processes; the program treats the second signal as the same Ctrl-C.
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const passOn = signal => child.kill(signal);
function listenToStopping() {
  for (const signal of STOPPING) process.on(signal, passOn);
}
function leaveStoppingToSystem() {
  for (const signal of STOPPING) process.off(signal, passOn);
}

/** How long a job may take to stop. If it still runs then, no shell is waiting for it. */
const STOPPED_BY_MS = 500;
const stop = () => child.kill('SIGTSTP');
const listenToStop = () => process.off('SIGTSTP', stop).on('SIGTSTP', stop);

// Ctrl-Z: the program restores the terminal first and reports that; then the signal's default stops the whole job,
// including this process. A signal sent to this process alone is passed on.
function stopJob() {
  process.off('SIGTSTP', stop);
  process.kill(0, 'SIGTSTP');
  setTimeout(listenToStop, STOPPED_BY_MS);
}

/** Drops keys that were typed for the program before it died: they are no answer to the question. */
function dropTyped() {
  const terminal = fs.openSync('/dev/tty', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    while (fs.readSync(terminal, Buffer.alloc(1024)) > 0);
  } catch {
    // Nothing is left.
  }
  fs.closeSync(terminal);
}

/** Asks on the terminal; Enter alone means yes. It may block: nothing else runs, and Ctrl-C ends it. */
function agrees(question) {
  leaveStoppingToSystem();
  process.off('SIGTSTP', stop);
  try {
    const windows = process.platform === 'win32';
    if (!windows) dropTyped();
    process.stderr.write(question);
    const answer = Buffer.alloc(256);
    const terminal = windows ? 0 : fs.openSync('/dev/tty', 'r');
    const length = fs.readSync(terminal, answer);
    if (!windows) fs.closeSync(terminal);
    return length > 0 && /^\s*(y(es)?)?\s*$/i.test(answer.toString('utf8', 0, length));
  } catch {
    return false;
  } finally {
    listenToStopping();
    if (screen && process.platform !== 'win32') listenToStop();
  }
}

const SECRETS = {
  '--code': 'CODE',
  '--vnc-password': 'PASSWORD',
  '--broadcast-link': 'LINK',
  '--origin-token': 'TOKEN',
};

/** A command line quoted for a shell, with placeholders for the secrets. */
function withoutSecrets(words) {
  const shown = words.map((word, index) => SECRETS[words[index - 1]] ?? word);
  return shown.map(word => (/^[\w:./@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** Whether a share that crashed is resumed in a new process. */
function sharesAgain() {
  if (!sharing) return false;
  if (screen && process.stdin.isTTY && process.stderr.isTTY) {
    if (!agrees('Share again with the same code and port? [Y/n] ')) return false;
    start(sharing, true);
    return true;
  }
  const names = Object.keys(SECRETS).flatMap(flag => (sharing.includes(flag) ? [SECRETS[flag]] : []));
  const before = names.length > 0 ? ` (${names.join(' and ')}: the same as before)` : '';
  process.stderr.write(`To share again with the same code and port${before}: peerglass ${withoutSecrets(sharing)}\n`);
  return false;
}

function ended(code, signal) {
  if (signal === null) process.exit(code ?? 1);
  restoreTerminal();
  if (FAULTS.has(signal)) {
    const where = log ? ` Its last messages are in ${log.file}.` : '';
    const cause = signal === 'SIGKILL' ? 'was killed by the system or a user' : 'crashed in a system library';
    const advice =
      signal === 'SIGKILL'
        ? ' If nobody killed it, this machine may have run out of memory: close other programs and start it again.'
        : ' If it happens again, run: PEERGLASS_NATIVE=off peerglass ...';
    const restored = screen ? ' The terminal is restored.' : '';
    process.stderr.write(`E_CRASH: peerglass ${cause} (${signal}).${restored}${where}${advice}\n`);
    if (sharesAgain()) return;
  }
  process.exit(EXIT_CODES[signal] ?? 1);
}

listenToStopping();
if (screen && process.platform !== 'win32') {
  listenToStop();
  process.on('SIGCONT', () => {
    listenToStop();
    child.kill('SIGCONT');
  });
}
const secret = argv.some(word =>
  /^--(code|vnc-password|broadcast-link|origin-token)(=|$)|\bcode\b|vncpassword=|https?:.*#/i.test(word),
);
if (secret) process.title = 'peerglass';
start(argv, secret);
