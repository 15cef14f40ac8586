import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Size } from '../core/rectangle.js';
import type { Command } from './running-process.js';

/** The displays, port and size for a sharer and its viewer. */
export interface Place {
  readonly sharedDisplay: string;
  readonly viewerDisplay: string;
  readonly port: number;
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
const BROWSER = path.join(ROOT, 'scripts/bench-browser.mjs');
const STAND_IN = path.join(ROOT, 'test/helpers/classic-peer.py');
/** Debian's python3-pygame belongs to Debian's own Python. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function sizeText({ width, height }: Size): string {
  return `${width}x${height}`;
}

function peerglass(argv: readonly string[], display: string, profileFolder: string | null): Command {
  const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
  const entry = path.join(ROOT, profileFolder ? 'dist/cli.js' : 'bin/peerglass.cjs');
  return {
    program: process.execPath,
    argv: [...profiling, entry, ...argv],
    environment: { DISPLAY: display, NODE_ENV: 'production' },
  };
}

const ON_X11 = ['--headless', '--source', 'x11', '--bind', '127.0.0.1', '--access', 'open'];

/** Like the others, without encryption. */
const rfbSharer: Part = ({ sharedDisplay, port, profileFolder }) =>
  peerglass(
    ['share', ...ON_X11, '--encrypt', 'off', '--rfb-port', String(port), '--no-web'],
    sharedDisplay,
    profileFolder,
  );

const waylandSharer: Part = place => {
  const { argv, ...command } = rfbSharer(place);
  const environment = { ...command.environment, DISPLAY: '', WAYLAND_DISPLAY: place.sharedDisplay };
  return { ...command, argv: argv.map(each => (each === 'x11' ? 'wayland' : each)), environment };
};

/** For browsers only. */
const webSharer: Part = ({ sharedDisplay, port, profileFolder }) =>
  peerglass(
    ['share', ...ON_X11, '--encrypt', 'off', '--no-rfb', '--web-port', String(port)],
    sharedDisplay,
    profileFolder,
  );

const rfbViewer: Part = ({ viewerDisplay, port, profileFolder }) =>
  peerglass(['watch', `127.0.0.1::${port}`, '--wire', 'rfb', '--headless'], viewerDisplay, profileFolder);

/** The keys and known peers of both ends, for the time of the bench: a port that is used again has another key. */
export function stateFolder(): string {
  return path.join(os.tmpdir(), `peerglass-bench-${process.pid}`);
}

/** The same with everything in CPace's records, as without flags. */
const encrypted =
  (part: Part): Part =>
  place => {
    const { argv, ...command } = part(place);
    const environment = { ...command.environment, XDG_STATE_HOME: stateFolder() };
    return { ...command, argv: argv.map(each => (each === 'off' ? 'offered' : each)), environment };
  };

/** The same with V8 optimising as early as usual, to measure the effect of `optimizeLater`. */
const early =
  (part: Part): Part =>
  place => {
    const command = part(place);
    return { ...command, environment: { ...command.environment, PEERGLASS_OPTIMIZE_LATER: 'off' } };
  };

const classicSharer: Part = ({ sharedDisplay, port, size, profileFolder }) =>
  peerglass(
    ['share', ...ON_X11, '--no-rfb', '--classic', '--classic-port', String(port), '--size', sizeText(size)],
    sharedDisplay,
    profileFolder,
  );

const classicViewer: Part = ({ viewerDisplay, port, size, profileFolder }) =>
  peerglass(
    ['watch', `127.0.0.1::${port}`, '--wire', 'classic', '--size', sizeText(size), '--headless'],
    viewerDisplay,
    profileFolder,
  );

const tigerViewer: Part = ({ viewerDisplay, port }) => ({
  program: 'xtigervncviewer',
  argv: ['-ViewOnly', '-RemoteResize=0', '-SecurityTypes=None', '-AlertOnFatalError=0', `127.0.0.1::${port}`],
  environment: { DISPLAY: viewerDisplay },
});

const tigerSharer: Part = ({ sharedDisplay, port }) => ({
  program: 'X0tigervnc',
  argv: ['-display', sharedDisplay, '-rfbport', String(port), '-SecurityTypes', 'None', '-localhost=1'],
});

const browser =
  (page: 'page' | 'novnc'): Part =>
  ({ viewerDisplay, port, size }) => ({
    program: process.execPath,
    argv: [BROWSER, page, String(port), sizeText(size)],
    environment: { DISPLAY: viewerDisplay },
  });

const x11vncSharer: Part = ({ sharedDisplay, port }) => ({
  program: 'x11vnc',
  argv: ['-display', sharedDisplay, '-rfbport', String(port), '-nopw', '-forever', '-localhost', '-quiet', '-noipv6'],
});

const pythonSharer: Part = ({ sharedDisplay, port, size }) => ({
  program: PYTHON,
  argv: [STAND_IN, 'share', '--port', String(port), '--size', sizeText(size), '--source', 'x11', '--quiet'],
  environment: { DISPLAY: sharedDisplay },
});

const pythonViewer: Part = ({ viewerDisplay, port, size }) => ({
  program: PYTHON,
  argv: [STAND_IN, 'watch', '--port', String(port), '--size', sizeText(size), '--window'],
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
    description: "peerglass shares, Chromium watches in peerglass's page",
    sharer: webSharer,
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
