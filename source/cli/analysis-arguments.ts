import {
  parseDuration,
  parseLevel,
  parsePeer,
  parsePort,
  parseProtocol,
  parseSize,
  parseText,
} from '../session/option-values.js';
import { WATCH_DEFAULTS, type WatchOptions } from '../session/watch-options.js';
import type { Command } from './command.js';
import { type GivenFlags, usage } from './given-flags.js';
import { loginOf } from './login-arguments.js';
import { requireOwnFiles } from './named-files.js';

const parseFile = (text: string) => parseText(text, 'A file');

/** `peerglass-capture-20260131-140327.pcapng`, in the current folder. */
function captureFile(date: Date): string {
  const two = (value: number): string => value.toString().padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `peerglass-capture-${day}-${time}.pcapng`;
}

/** @throws PeerglassError E_USAGE */
export function captureCommand(flags: GivenFlags, address: string | undefined): Command {
  const file = flags.value('output', parseFile, null) ?? captureFile(new Date());
  const duration = flags.value('duration', parseDuration, null);
  const port = flags.value('port', parsePort, null);
  if (address === undefined) {
    for (const name of ['wire', 'code', 'code-file', 'user', 'password-file', 'encrypt', 'trust', 'size', 'level']) {
      if (flags.has(name)) throw usage(`--${name} needs an ADDRESS to watch.`);
    }
    if (port === null || port === 0) {
      throw usage(
        'peerglass capture needs an ADDRESS to watch, or --port for a port of this machine.',
        'For example: peerglass capture 192.168.1.82, or peerglass capture --port 5900',
      );
    }
    return { kind: 'capture-port', port, file, duration };
  }
  if (port !== null) throw usage('--port captures without watching; with an ADDRESS write HOST:PORT instead.');
  const wire = flags.value('wire', parseProtocol, 'auto');
  const peer = parsePeer(address, wire);
  if (!peer.ok) throw usage(peer.problem, 'For example: peerglass capture 192.168.1.82:5900');
  const options: WatchOptions = {
    peer: peer.value,
    broadcast: null,
    wire,
    view: 'none',
    ...loginOf(flags, wire, 'off'),
    classicSize: flags.value('size', parseSize, null),
    name: '',
    scale: 'fit',
    fullscreen: false,
    quality: 'auto',
    level: flags.value('level', parseLevel, null),
    maxRate: null,
    // Wireshark cannot read it.
    video: false,
    threads: WATCH_DEFAULTS.threads,
    frames: null,
    snapshotFile: null,
    terminalCells: null,
    reconnect: false,
    recordFile: null,
    exportFile: file,
  };
  const run = { headless: true, json: false, logFile: null, duration, endsWithSharer: true };
  return { kind: 'watch', options, run };
}

/** @throws PeerglassError E_USAGE */
export function reportCommand(flags: GivenFlags, file: string | undefined): Command {
  if (file === undefined || file.trim() === '') {
    throw usage('peerglass report needs a file.', 'A .pcapng capture, or a log written by --log or --json.');
  }
  requireOwnFiles(flags, { what: 'The file', file });
  return { kind: 'report', file, html: flags.value('html', parseFile, null) };
}

/** @throws PeerglassError E_USAGE */
export function wiresharkCommand(flags: GivenFlags): Command {
  flags.onlyOneOf('install', 'path');
  if (!flags.has('install') && !flags.has('path')) {
    throw usage('peerglass wireshark needs --install or --path.', 'See peerglass wireshark --help.');
  }
  return { kind: 'wireshark', install: flags.has('install') };
}
