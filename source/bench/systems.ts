import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Size } from '../core/rectangle.js';
import { RsaKeyPair } from '../node/rsa.js';
import { SECURITY_TYPE } from '../protocols/rfb/constants.js';
import { keyIdentity } from '../protocols/rfb/security/rsa-aes.js';
import { NodeRsaAes } from '../session/rsa-aes-platform.js';
import type { Command } from './running-process.js';

/** The displays, port and size for a sharer and its viewer. */
export interface Place {
  readonly sharedDisplay: string;
  readonly viewerDisplay: string;
  /** Where the sharer listens. */
  readonly address: string;
  readonly port: number;
  /** The sharer's `--uplink`; null: none. */
  readonly uplink: string | null;
  readonly size: Size;
  /** Folder for CPU profiles of peerglass, or null. */
  readonly profileFolder: string | null;
}

type Part = (place: Place) => Command;

/** A sharer and a viewer to measure together. */
export interface System {
  readonly name: string;
  readonly description: string;
  /** The sharer's protocol; web: rfb over a WebSocket. */
  readonly wire: 'rfb' | 'classic' | 'web';
  /** The kind of display that it shares; x11 otherwise. */
  readonly shares?: 'wayland';
  readonly sharer: Part;
  readonly viewer: Part;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LAUNCHER = 'bin/peerglass.cjs';
/** The program without its launcher. */
const PROGRAM = 'dist/cli.js';
const ENTRIES = new Set([path.join(ROOT, LAUNCHER), path.join(ROOT, PROGRAM)]);
const BROWSER = path.join(ROOT, 'scripts/bench-browser.mjs');
const STAND_IN = path.join(ROOT, 'test/helpers/classic-peer.py');
/** Debian's python3-pygame belongs to Debian's own Python. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function sizeText({ width, height }: Size): string {
  return `${width}x${height}`;
}

function peerglass(argv: readonly string[], display: string, profileFolder: string | null): Command {
  const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
  const entry = path.join(ROOT, profileFolder ? PROGRAM : LAUNCHER);
  return {
    program: process.execPath,
    argv: [...profiling, entry, ...argv],
    environment: { DISPLAY: display, NODE_ENV: 'production', XDG_STATE_HOME: path.join(stateFolder(), 'clear') },
  };
}

/**
 * The keys and known peers of both ends during the bench, not the user's own. What is encrypted has others: where a port
 * is used again, a peer that was encrypted before would not be watched without.
 */
export function stateFolder(): string {
  return path.join(os.tmpdir(), `peerglass-bench-${process.pid}`);
}

/** Where everybody listens who is watched on the same machine. */
export const LOOPBACK = '127.0.0.1';

function share(place: Place, flags: readonly string[]): Command {
  const { sharedDisplay, address, uplink, profileFolder } = place;
  const limit = uplink === null ? [] : ['--uplink', uplink];
  const argv = ['share', '--headless', '--source', 'x11', '--bind', address, '--access', 'open', ...limit, ...flags];
  return peerglass(argv, sharedDisplay, profileFolder);
}

/** A share of a display that caches alone read. */
export function broadcaster(display: string, port: number): Command {
  const alone = ['--no-rfb', '--no-web', '--no-announce', '--access', 'open'];
  const argv = ['share', '--headless', '--source', 'x11', '--bind', LOOPBACK, ...alone, '--broadcast-port', `${port}`];
  return peerglass(argv, display, null);
}

/** Like the others, without encryption. */
const rfbSharer: Part = place => share(place, ['--encrypt', 'off', '--rfb-port', String(place.port), '--no-web']);

const waylandSharer: Part = place => {
  const { argv, ...command } = rfbSharer(place);
  const environment = { ...command.environment, DISPLAY: '', WAYLAND_DISPLAY: place.sharedDisplay };
  return { ...command, argv: argv.map(each => (each === 'x11' ? 'wayland' : each)), environment };
};

/** For browsers only. */
const webSharer: Part = place => share(place, ['--encrypt', 'off', '--no-rfb', '--web-port', String(place.port)]);

const rfbViewer: Part = ({ viewerDisplay, address, port, profileFolder }) =>
  peerglass(['watch', `${address}::${port}`, '--wire', 'rfb', '--headless'], viewerDisplay, profileFolder);

/**
 * The same, encrypted as without flags.
 * @param without security types that the viewer leaves out, so that it takes another one than CPace
 */
const encrypted =
  (part: Part, without: readonly number[] = []): Part =>
  place => {
    const { argv, ...command } = part(place);
    const environment = {
      ...command.environment,
      XDG_STATE_HOME: stateFolder(),
      PEERGLASS_LEAVE_OUT: without.join(),
    };
    return { ...command, argv: argv.map(each => (each === 'off' ? 'offered' : each)), environment };
  };

const { cpace, veNCrypt, ra2, ra2With256 } = SECURITY_TYPE;
const PASSWORD = 'measured';

/** RSA-AES has no login without a password. */
const keyedSharer: Part = place => {
  const { argv, ...command } = encrypted(rfbSharer)(place);
  const secrets = ['--code', 'as it may be', '--vnc-password', PASSWORD];
  preparedRsaKey();
  return { ...command, argv: [...argv.map(each => (each === 'open' ? 'code' : each)), ...secrets] };
};

const keyedViewer: Part = place => {
  const { argv, ...command } = encrypted(rfbViewer, [cpace, veNCrypt])(place);
  const passwordFile = path.join(stateFolder(), 'password');
  writeFileSync(passwordFile, PASSWORD);
  return { ...command, argv: [...argv, '--password-file', passwordFile, '--trust', preparedRsaKey()] };
};

/** Makes the key of the share if there is none yet. @returns its fingerprint */
function preparedRsaKey(): string {
  const file = path.join(stateFolder(), 'peerglass', 'rsa-key.pem');
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return keyIdentity(new RsaKeyPair(readFileSync(file, 'utf8')), new NodeRsaAes(null)).fingerprint;
}

/** The same, recording what it shares. */
const recording =
  (part: Part): Part =>
  place => {
    const { argv, ...command } = part(place);
    mkdirSync(stateFolder(), { recursive: true, mode: 0o700 });
    const file = path.join(stateFolder(), 'recording.pglog');
    rmSync(file, { force: true });
    return { ...command, argv: [...argv, '--record', file] };
  };

/** The same with V8 optimising as early as usual, to measure the effect of `optimizeLater`. */
const early =
  (part: Part): Part =>
  place => {
    const command = part(place);
    return { ...command, environment: { ...command.environment, PEERGLASS_OPTIMIZE_LATER: 'off' } };
  };

/** The same with the peerglass of another folder, without flags that it does not know. */
const inFolder =
  (folder: string, part: Part): Part =>
  place => {
    const { argv, ...command } = part(place);
    const entry = argv.findIndex(each => ENTRIES.has(each));
    const [program = '', name = '', ...flags] = argv.slice(entry);
    const moved = path.join(folder, path.relative(ROOT, program));
    const known = helpOf(path.join(folder, PROGRAM), name);
    return { ...command, argv: [...argv.slice(0, entry), moved, name, ...knownFlags(flags, known)] };
  };

function helpOf(program: string, command: string): string {
  return execFileSync(process.execPath, [program, command, '--help'], { encoding: 'utf8' });
}

/** Leaves out flags, with their values, that a help text does not name. */
export function knownFlags(flags: readonly string[], help: string): string[] {
  const named = new Set(help.match(/--[a-z][a-z-]*/g));
  let isKnown = true;
  return flags.filter(each => {
    if (each.startsWith('--')) isKnown = named.has(each);
    return isKnown;
  });
}

/** An earlier peerglass, to measure both in turns. @param folder a clone, set up and built */
export function earlier(folder: string): System {
  return {
    ...{ name: 'earlier', wire: 'rfb', description: 'as peerglass, the one of another folder' },
    sharer: inFolder(folder, rfbSharer),
    viewer: inFolder(folder, rfbViewer),
  };
}

const classicSharer: Part = place =>
  share(place, [
    ...['--no-rfb', '--classic', '--classic-port', String(place.port)],
    ...['--size', sizeText(place.size)],
  ]);

const classicViewer: Part = ({ viewerDisplay, address, port, size, profileFolder }) =>
  peerglass(
    ['watch', `${address}::${port}`, '--wire', 'classic', '--size', sizeText(size), '--headless'],
    viewerDisplay,
    profileFolder,
  );

const tigerViewer: Part = ({ viewerDisplay, address, port }) => ({
  program: 'xtigervncviewer',
  argv: ['-ViewOnly', '-RemoteResize=0', '-SecurityTypes=None', '-AlertOnFatalError=0', `${address}::${port}`],
  environment: { DISPLAY: viewerDisplay },
});

const tigerSharer: Part = ({ sharedDisplay, address, port }) => ({
  program: 'X0tigervnc',
  argv: [
    ...['-display', sharedDisplay, '-rfbport', String(port), '-SecurityTypes', 'None'],
    `-localhost=${address === LOOPBACK ? 1 : 0}`,
  ],
});

const browser =
  (page: 'page' | 'novnc'): Part =>
  ({ viewerDisplay, address, port, size }) => ({
    program: process.execPath,
    argv: [BROWSER, page, `${address}:${port}`, sizeText(size)],
    environment: { DISPLAY: viewerDisplay },
  });

const x11vncSharer: Part = ({ sharedDisplay, address, port }) => ({
  program: 'x11vnc',
  argv: [
    ...['-display', sharedDisplay, '-listen', address, '-rfbport', String(port)],
    ...['-nopw', '-forever', '-quiet', '-noipv6'],
  ],
});

const pythonSharer: Part = ({ sharedDisplay, address, port, size }) => ({
  program: PYTHON,
  argv: [
    STAND_IN,
    'share',
    '--host',
    address,
    '--port',
    String(port),
    '--size',
    sizeText(size),
    '--source',
    'x11',
    '--quiet',
  ],
  environment: { DISPLAY: sharedDisplay },
});

const pythonViewer: Part = ({ viewerDisplay, address, port, size }) => ({
  program: PYTHON,
  argv: [STAND_IN, 'watch', '--host', address, '--port', String(port), '--size', sizeText(size), '--window'],
  environment: { DISPLAY: viewerDisplay },
});

export const SYSTEMS: readonly System[] = [
  { name: 'peerglass', wire: 'rfb', description: 'peerglass at both ends, rfb', sharer: rfbSharer, viewer: rfbViewer },
  {
    name: 'peerglass-wayland',
    wire: 'rfb',
    description: 'as peerglass, sharing a Wayland screen (sway)',
    shares: 'wayland',
    sharer: waylandSharer,
    viewer: rfbViewer,
  },
  {
    name: 'peerglass-encrypted',
    wire: 'rfb',
    description: 'as peerglass, encrypted (CPace, AES-256-GCM)',
    sharer: encrypted(rfbSharer),
    viewer: encrypted(rfbViewer),
  },
  {
    name: 'peerglass-tls',
    wire: 'rfb',
    description: 'as peerglass, over TLS 1.3 with a certificate (VeNCrypt)',
    sharer: encrypted(rfbSharer),
    viewer: encrypted(rfbViewer, [cpace, ra2, ra2With256]),
  },
  {
    name: 'peerglass-rsa-aes',
    wire: 'rfb',
    description: 'as peerglass, over RSA-AES (AES-256-EAX)',
    sharer: keyedSharer,
    viewer: keyedViewer,
  },
  {
    name: 'peerglass-recording',
    wire: 'rfb',
    description: 'as peerglass, recording what it shares',
    sharer: recording(rfbSharer),
    viewer: rfbViewer,
  },
  {
    name: 'peerglass-early',
    wire: 'rfb',
    description: 'as peerglass, with V8 optimising as early as usual',
    sharer: early(rfbSharer),
    viewer: early(rfbViewer),
  },
  {
    name: 'peerglass-classic',
    wire: 'classic',
    description: 'peerglass at both ends, classic',
    sharer: classicSharer,
    viewer: classicViewer,
  },
  {
    name: 'peerglass-tiger',
    wire: 'rfb',
    description: 'peerglass shares, xtigervncviewer watches',
    sharer: rfbSharer,
    viewer: tigerViewer,
  },
  {
    name: 'web',
    wire: 'web',
    description: "peerglass shares, Chromium watches in peerglass's page, encrypted (CPace)",
    sharer: encrypted(webSharer),
    viewer: browser('page'),
  },
  {
    name: 'novnc',
    wire: 'web',
    description: 'peerglass shares, Chromium watches in noVNC',
    sharer: webSharer,
    viewer: browser('novnc'),
  },
  {
    name: 'tiger-peerglass',
    wire: 'rfb',
    description: 'X0tigervnc shares, peerglass watches',
    sharer: tigerSharer,
    viewer: rfbViewer,
  },
  {
    name: 'tiger',
    wire: 'rfb',
    description: 'X0tigervnc and xtigervncviewer',
    sharer: tigerSharer,
    viewer: tigerViewer,
  },
  { name: 'x11vnc', wire: 'rfb', description: 'x11vnc and xtigervncviewer', sharer: x11vncSharer, viewer: tigerViewer },
  {
    name: 'python',
    wire: 'classic',
    description: 'the Python program at both ends',
    sharer: pythonSharer,
    viewer: pythonViewer,
  },
  {
    name: 'peerglass-python',
    wire: 'classic',
    description: 'peerglass shares, the Python program watches',
    sharer: classicSharer,
    viewer: pythonViewer,
  },
];
