import os from 'node:os';
import { plainCode } from '../core/code.js';
import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import {
  accept,
  freshVncPassword,
  type Parsed,
  parseAccess,
  parseBind,
  parseCongestion,
  parseDisplay,
  parseDuration,
  parseEncoding,
  parseEncrypt,
  parseFps,
  parseInvitation,
  parseLevel,
  parseMaxRate,
  parsePeer,
  parsePort,
  parseProtocol,
  parseQuality,
  parseRate,
  parseRegion,
  parseScale,
  parseShareName,
  parseSize,
  parseText,
  parseThreads,
  parseUplink,
  parseVideo,
  parseView,
  parseViewerName,
  parseWhole,
  quoted,
  refuse,
} from '../session/option-values.js';
import {
  type AccessPolicy,
  type CursorPolicy,
  SHARE_DEFAULTS,
  type ShareOptions,
  type ShareTarget,
  type SourceChoice,
  showsScreen,
  sourceOf,
  sourceWords,
} from '../session/share-options.js';
import type { WatchOptions } from '../session/watch-options.js';
import { captureCommand, reportCommand, wiresharkCommand } from './analysis-arguments.js';
import { broadcastOf } from './broadcast-arguments.js';
import type { Command, DemoCommand, RunOptions } from './command.js';
import { COMMANDS, type CommandName } from './flags.js';
import {
  checkFlags,
  commandOf,
  type GivenFlags,
  type GivenSecrets,
  readArguments,
  SEE_HELP,
  SHOWN,
  usage,
} from './given-flags.js';
import { loginOf } from './login-arguments.js';
import { requireOwnFiles } from './named-files.js';
import { playCommand } from './play-arguments.js';
import { codeOf, vncPasswordOf } from './secret-arguments.js';

function parseSource(text: string): Parsed<SourceChoice> {
  const source = sourceOf(text);
  return source ? accept(source) : refuse(`The source is ${sourceWords()}, not ${quoted(text)}.`);
}

function parseMonitor(text: string): Parsed<ShareTarget> {
  if (text === 'all') return accept({ kind: 'all' });
  if (!/^[-+.\d\s]*$/.test(text)) return accept({ kind: 'output', output: text.trim() });
  const number = parseWhole(text, { least: 1, most: 64 }, 'A monitor');
  return number.ok ? accept({ kind: 'monitor', number: number.value }) : number;
}

const parseName =
  (what: string) =>
  (text: string): Parsed<string> =>
    parseText(text, what);

function targetOf(flags: GivenFlags): ShareTarget {
  flags.onlyOneOf('monitor', 'region', 'window');
  const region = flags.value('region', parseRegion, null);
  if (region) return { kind: 'region', region };
  const window = flags.value('window', parseName('A window'), null);
  if (window !== null) return { kind: 'window', window };
  return flags.value('monitor', parseMonitor, { kind: 'monitor', number: 1 });
}

function cursorOf(flags: GivenFlags, headless: boolean): CursorPolicy {
  const shown = flags.switch('cursor');
  if (shown === undefined) return headless ? 'auto' : 'shown';
  return shown ? 'shown' : 'hidden';
}

/** Options that `share` and `demo` have in common. */
function pictureOf(flags: GivenFlags, run: RunOptions, source: SourceChoice) {
  flags.onlyOneOf('fit', 'crop');
  const shown = flags.value('source', parseSource, source);
  requireOwnFiles(flags, shown.kind === 'replay' ? { what: '--source', file: shown.file } : null);
  const part = ['monitor', 'region', 'window', 'display'].find(flag => flags.has(flag));
  if (part !== undefined && !showsScreen(shown)) {
    const what = shown.kind === 'pattern' ? 'the test pattern' : 'a recording';
    const others = source.kind === 'auto' ? 'Remove --source' : 'Add --source x11 (or screenshots)';
    throw usage(`--${part} chooses a part of a screen, and ${what} is not a screen.`, `${others} to show a screen.`);
  }
  return {
    source: shown,
    target: targetOf(flags),
    display: flags.value('display', parseDisplay, null),
    classicSize: flags.value('size', parseSize, SHARE_DEFAULTS.classicSize),
    classicFit: flags.has('crop') ? 'crop' : SHARE_DEFAULTS.classicFit,
    level: flags.value('level', parseLevel, SHARE_DEFAULTS.level),
    quality: flags.value('quality', parseQuality, SHARE_DEFAULTS.quality),
    encoding: flags.value('encoding', parseEncoding, SHARE_DEFAULTS.encoding),
    video: flags.value('video', parseVideo, SHARE_DEFAULTS.video),
    fps: flags.value('fps', parseFps, SHARE_DEFAULTS.fps),
    name: flags.value('name', parseShareName, os.hostname()),
    cursor: cursorOf(flags, run.headless),
    threads: flags.value('threads', parseThreads, SHARE_DEFAULTS.threads),
    scrollDetection: flags.switch('scroll-detection') !== false,
    attended: !run.headless,
    exportFile: flags.value('export', parseName('A file'), null),
    recordFile: flags.value('record', parseName('A file'), null),
    logFile: run.logFile,
  } satisfies Partial<ShareOptions>;
}

function accessRequired(message: string): PeerglassError {
  return new PeerglassError(
    'E_ACCESS_REQUIRED',
    message,
    'Add --access code to ask viewers for a code (rfb only), or --access open to let everyone in.',
  );
}

/** The protocols of a share; `rfb` over TCP, to browsers, or both. */
interface Protocols {
  readonly classic: boolean;
  readonly rfb: boolean;
}

/** Defaults: rfb viewers need a code; the sharer is asked about each classic viewer. */
function accessOf(
  flags: GivenFlags,
  run: RunOptions,
  { classic, rfb }: Protocols,
): Pick<ShareOptions, 'access' | 'code' | 'vncPassword' | 'keepCode'> {
  const named = flags.value('access', parseAccess, null);
  const about = ['code', 'code-file', 'vnc-password', 'vnc-password-file', 'keep-code'].find(name => flags.has(name));
  const codeGiven = about !== undefined || (rfb && flags.secrets.PEERGLASS_CODE !== undefined);
  const access: AccessPolicy | null = named ?? (codeGiven ? 'code' : null);
  if (about !== undefined && access !== 'code') throw usage(`--${about} and --access ${access} exclude each other.`);
  if (run.headless) {
    if (access === null && (rfb || classic)) throw accessRequired('Headless sharing needs --access.');
    if (access === 'ask') throw accessRequired('--access ask needs the dashboard, and --headless has none.');
    if (access === 'code' && classic) throw accessRequired('The classic protocol has no codes.');
  }
  if (access === 'code' && !rfb) throw usage('--access code needs rfb: the classic protocol has no codes.');
  const coded = ['code', 'code-file'].find(name => flags.has(name));
  if (coded !== undefined && flags.value('encrypt', parseEncrypt, SHARE_DEFAULTS.encrypt) === 'off') {
    const remedy = 'With --encrypt off all viewers log in with the VNC password: --vnc-password.';
    throw usage(`--${coded} needs encryption: without it the code would be given away.`, remedy);
  }
  const chosen = access ?? (rfb ? 'code' : 'ask');
  return {
    access: chosen,
    code: chosen === 'code' ? codeOf(flags) : null,
    vncPassword: chosen === 'code' ? vncPasswordOf(flags) : null,
    keepCode: flags.switch('keep-code') === true,
  };
}

function shareOf(flags: GivenFlags, run: RunOptions): ShareOptions {
  const classic = flags.switch('classic') ?? flags.has('classic-port');
  const tcp = flags.switch('rfb') !== false;
  const web = flags.switch('web') ?? (tcp || flags.has('web-port'));
  const rfb = tcp || web;
  const broadcast = broadcastOf(flags);
  if (!classic && flags.has('classic-port')) throw usage('--no-classic and --classic-port exclude each other.');
  if (!tcp && flags.has('rfb-port')) throw usage('--no-rfb and --rfb-port exclude each other.');
  if (!web && flags.has('web-port')) throw usage('--no-web and --web-port exclude each other.');
  if (!rfb && !classic && !broadcast) {
    throw usage('--no-rfb leaves no protocol to share over.', 'Add --classic, --web or --broadcast.');
  }
  const classicPort = flags.value('classic-port', parsePort, SHARE_DEFAULTS.classicPort);
  const rfbPort = flags.value('rfb-port', parsePort, SHARE_DEFAULTS.rfbPort);
  const webPort = flags.value('web-port', parsePort, SHARE_DEFAULTS.webPort);
  if (classic && tcp && classicPort === rfbPort && rfbPort !== 0) throw usage('rfb and classic need different ports.');
  const others = [...(tcp ? [rfbPort] : []), ...(classic ? [classicPort] : [])];
  if (flags.has('web-port') && webPort !== 0 && others.includes(webPort)) {
    throw usage('The page for browsers needs a port of its own.');
  }
  if (broadcast && broadcast.port !== 0 && [...others, ...(web ? [webPort] : [])].includes(broadcast.port)) {
    throw usage('A broadcast needs a port of its own.');
  }
  return {
    ...pictureOf(flags, run, { kind: 'auto' }),
    classicPort: classic ? classicPort : null,
    rfbPort: tcp ? rfbPort : null,
    webPort: web ? webPort : null,
    webRequired: flags.has('web-port'),
    broadcast,
    bind: flags.value('bind', parseBind, null),
    announce: flags.switch('announce') !== false,
    maxRate: flags.value('max-rate', parseMaxRate, null),
    uplink: flags.value('uplink', parseUplink, null),
    congestion: flags.value('congestion', parseCongestion, null),
    ...accessOf(flags, run, { classic, rfb }),
    ...encryptionOf(flags, { classic, rfb }),
  };
}

/** How viewers are encrypted; the classic wire cannot. */
function encryptionOf(
  flags: GivenFlags,
  { classic, rfb }: Protocols,
): Pick<ShareOptions, 'encrypt' | 'certFile' | 'keyFile'> {
  for (const name of ['encrypt', 'cert', 'key']) {
    if (!rfb && flags.has(name)) throw usage(`--${name} needs rfb: the classic protocol cannot encrypt.`);
  }
  const encrypt = flags.value('encrypt', parseEncrypt, SHARE_DEFAULTS.encrypt);
  if (encrypt === 'required' && classic) {
    throw usage('--encrypt required excludes the classic protocol, which cannot encrypt.', 'Remove --classic.');
  }
  if (flags.has('cert') !== flags.has('key')) throw usage('--cert and --key belong together.');
  if (encrypt === 'off' && flags.has('cert')) throw usage('--cert has no meaning with --encrypt off.');
  return {
    encrypt,
    certFile: flags.value('cert', parseName('A file'), null),
    keyFile: flags.value('key', parseName('A file'), null),
  };
}

function viewOf(flags: GivenFlags, run: RunOptions, view: WatchOptions['view']): Omit<WatchOptions, 'peer'> {
  requireOwnFiles(flags, null);
  const frames = flags.value('frames', text => parseWhole(text, { least: 1, most: 999_999_999 }, 'The count'), null);
  return {
    broadcast: null,
    wire: flags.value('wire', parseProtocol, 'auto'),
    view: flags.value('view', parseView, view),
    code: null,
    secret: 'code',
    user: null,
    name: flags.value('name', parseViewerName, ''),
    encrypt: 'off',
    trust: [],
    classicSize: flags.value('size', parseSize, null),
    scale: flags.value('scale', parseScale, 'fit'),
    fullscreen: flags.switch('fullscreen') === true,
    quality: flags.value('quality', parseQuality, SHARE_DEFAULTS.quality),
    level: flags.value('level', parseLevel, null),
    maxRate: flags.value('max-rate', parseMaxRate, null),
    video: flags.value('video', parseVideo, 'auto') !== 'off',
    threads: flags.value('threads', parseThreads, SHARE_DEFAULTS.threads),
    frames,
    snapshotFile: flags.value('snapshot', parseName('A file'), null),
    terminalCells: null,
    reconnect: frames === null && run.duration === null,
    exportFile: flags.value('export', parseName('A file'), null),
    recordFile: flags.value('record', parseName('A file'), null),
  };
}

function demoOf(flags: GivenFlags, run: RunOptions, view: WatchOptions['view']): DemoCommand {
  const watch = viewOf(flags, run, run.headless ? 'none' : view);
  const classic = watch.wire === 'classic';
  // Every user of this machine can connect to its loopback: the secret lets only our own viewer in.
  const secret = freshVncPassword();
  const share: ShareOptions = {
    ...pictureOf(flags, run, { kind: 'pattern' }),
    classicPort: classic ? 0 : null,
    rfbPort: classic ? null : 0,
    webPort: null,
    webRequired: false,
    broadcast: null,
    bind: '127.0.0.1',
    // It never leaves this machine.
    encrypt: 'off',
    certFile: null,
    keyFile: null,
    announce: false,
    maxRate: null,
    uplink: null,
    congestion: null,
    access: 'code',
    code: classic ? secret : null,
    vncPassword: classic ? null : secret,
    keepCode: false,
  };
  const own = { code: secret, secret: 'password', classicSize: share.classicSize, exportFile: null } as const;
  return { kind: 'demo', share, watch: { ...watch, ...own }, run };
}

/** How long frames are collected before the trial, in seconds. */
const BAKEOFF_SECONDS = 3;

function bakeoffOf(flags: GivenFlags): Command {
  const json = flags.switch('json') === true;
  const { share, watch } = demoOf(flags, { headless: true, json, logFile: null, duration: null }, 'none');
  return {
    kind: 'bakeoff',
    share,
    watch,
    link: flags.value('link', parseRate, null),
    seconds: flags.value('duration', parseDuration, BAKEOFF_SECONDS),
    json,
  };
}

function runOf(flags: GivenFlags): RunOptions {
  const headless = flags.switch('headless') === true;
  const json = flags.switch('json') === true;
  if (json && !headless)
    throw usage('--json needs --headless: otherwise the dashboard uses standard output.', 'Add --headless.');
  return {
    headless,
    json,
    logFile: flags.value('log', parseName('A file'), null),
    duration: flags.value('duration', parseDuration, null),
  };
}

/** The peer, from the words after `watch`: an address, or the sharer's invitation, quoted or not. */
function invitedTo(words: readonly string[], { wire, code }: Pick<WatchOptions, 'wire' | 'code'>, flags: GivenFlags) {
  const invitation = parseInvitation(words.join(' '), wire, code);
  if (!invitation.ok) {
    const { problem, code: kind = 'E_USAGE' } = invitation;
    throw new PeerglassError(kind, problem, kind === 'E_USAGE' ? 'For example: peerglass watch 192.168.1.82' : '');
  }
  const { peer, code: invited, wire: said, broadcast } = invitation.value;
  if (broadcast) {
    for (const name of NOT_OF_A_BROADCAST) {
      if (flags.has(name)) throw usage(`--${name} has no meaning for the link of a broadcast.`);
    }
    return { peer, wire: said, broadcast, code: null };
  }
  if (invited === null) return { peer, wire: said };
  const named = ['code', 'code-file'].find(name => flags.has(name));
  if (named !== undefined && code !== null && plainCode(code) !== plainCode(invited)) {
    throw usage(`--${named} and the invitation name different codes.`);
  }
  if (said === 'classic') throw usage('A code needs rfb: the classic protocol has no codes.');
  return { peer, wire: said, code: invited };
}

/** What a broadcast leaves no choice of: everybody gets the same, sealed with the key of the link. */
const NOT_OF_A_BROADCAST = [
  'wire',
  'size',
  'level',
  'quality',
  'max-rate',
  'user',
  'password-file',
  'encrypt',
  'trust',
  'export',
];

/** Commands with one argument, an address or a file. `watch` takes an invitation of several words. */
const TAKES_A_WORD: ReadonlySet<string> = new Set(['capture', 'report', 'forget', 'play']);

/**
 * The command line, checked completely before anything starts.
 * @param view the default of --view with a dashboard
 * @param secrets from the environment
 * @throws PeerglassError E_USAGE, E_ACCESS_REQUIRED, E_CODE_INVALID
 */
export function parseArguments(
  argv: readonly string[],
  view: WatchOptions['view'] = 'sdl',
  secrets: GivenSecrets = {},
): Command {
  const { words, values } = readArguments(argv);
  if (words[0] === 'help') return { kind: 'help', topic: COMMANDS.find(each => each === words[1]) ?? null };
  const name = commandOf(words[0]);
  if (values.has('help')) return { kind: 'help', topic: name === 'menu' ? null : name };
  if (values.has('version')) return { kind: 'version' };
  try {
    return commandFrom(name, words, checkFlags(name, values, secrets), view);
  } catch (thrown) {
    const { code, message, remedy } = thrown as PeerglassError;
    if (remedy !== SEE_HELP || name === 'menu') throw thrown;
    throw new PeerglassError(code, message, `See peerglass ${name} --help.`);
  }
}

function commandFrom(
  name: CommandName | 'menu',
  words: readonly string[],
  flags: GivenFlags,
  view: WatchOptions['view'],
): Command {
  const extra = name === 'watch' ? undefined : words[TAKES_A_WORD.has(name) ? 2 : 1];
  if (extra !== undefined) throw usage(`Unexpected argument for peerglass ${name}: "${plainText(extra, SHOWN)}".`);
  switch (name) {
    case 'menu':
      return { kind: 'menu' };
    case 'list':
      return {
        kind: 'list',
        display: flags.value('display', parseDisplay, null),
        json: flags.switch('json') === true,
      };
    case 'doctor':
      return { kind: 'doctor', json: flags.switch('json') === true };
    case 'share': {
      const run = runOf(flags);
      return { kind: 'share', options: shareOf(flags, run), run };
    }
    case 'watch': {
      const run = runOf(flags);
      const options = {
        ...viewOf(flags, run, run.headless ? 'sdl' : view),
        ...loginOf(flags, flags.value('wire', parseProtocol, 'auto'), 'offered'),
      };
      if (words.length === 1) {
        if (run.headless)
          throw usage(
            'peerglass watch needs an address.',
            'peerglass list finds sharers on the network. For example: peerglass watch 192.168.1.82',
          );
        return { kind: 'watch-form', given: { options, flags: flags.names }, run };
      }
      return { kind: 'watch', options: { ...options, ...invitedTo(words.slice(1), options, flags) }, run };
    }
    case 'play':
      return playCommand(flags, runOf(flags), words[1], view);
    case 'forget': {
      const viewer = flags.value('viewer', text => parseText(text, 'A viewer'), null);
      if (words[1] === undefined) return { kind: 'forget', peer: null, viewer };
      if (viewer !== null) throw usage('Either an address is forgotten, or a --viewer.');
      const peer = parsePeer(words[1]);
      if (!peer.ok) throw usage(peer.problem, 'For example: peerglass forget 192.168.1.82');
      return { kind: 'forget', peer: peer.value, viewer };
    }
    case 'capture':
      return captureCommand(flags, words[1]);
    case 'report':
      return reportCommand(flags, words[1]);
    case 'wireshark':
      return wiresharkCommand(flags);
    case 'bakeoff':
      return bakeoffOf(flags);
    case 'demo':
      return demoOf(flags, runOf(flags), view);
  }
}
