import { NAMED_ENCODINGS } from '../session/option-values.js';
import { BROADCAST_DEFAULTS, LIMITS, SHARE_DEFAULTS, sourceWords } from '../session/share-options.js';

export const COMMANDS = [
  'share',
  'watch',
  'play',
  'demo',
  'bakeoff',
  'list',
  'forget',
  'doctor',
  'capture',
  'report',
  'wireshark',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** One flag. The parser, the checks and the help all read this table; a flag's name is written nowhere else. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** Placeholder of the value in the help. A flag without it is a switch. */
  readonly value?: string;
  /** On by default: the help lists it as `--no-name`. */
  readonly negated?: boolean;
  readonly short?: string;
  readonly on: readonly (CommandName | 'menu')[];
  readonly help: string;
  /** For commands where its meaning or default differs. */
  readonly helpOf?: Partial<Record<CommandName, string>>;
  /** Its heading in the help. */
  readonly group:
    | 'What to share'
    | 'Protocols'
    | 'Picture'
    | 'Who may watch'
    | 'Viewing'
    | 'Packets'
    | 'Running'
    | 'Help';
}

const EVERYWHERE = [...COMMANDS, 'menu'] as const;
const SESSIONS = ['share', 'watch', 'demo'] as const;
const SHARING = ['share', 'demo', 'bakeoff'] as const;
const DASHBOARD = ['share', 'demo'] as const;
const WATCHING = ['watch', 'demo'] as const;
const VIEWING = ['watch', 'play', 'demo'] as const;
const ASKING = ['watch', 'demo', 'bakeoff', 'capture'] as const;
const PICTURES = ['share', 'watch', 'demo', 'bakeoff', 'capture'] as const;

const { classicPort, rfbPort, webPort, classicSize, level, fps } = SHARE_DEFAULTS;

/** One help text for all commands that share. */
function sharing(help: string): Record<(typeof SHARING)[number], string> {
  return { share: help, demo: help, bakeoff: help };
}

export const FLAGS: readonly Flag[] = [
  {
    name: 'source',
    value: 'KIND',
    on: SHARING,
    group: 'What to share',
    help: `${sourceWords()} (share: what works here; else: pattern)`,
    helpOf: {
      share: `${sourceWords()} (what works here)`,
      demo: `${sourceWords()} (pattern)`,
      bakeoff: `${sourceWords()} (pattern)`,
    },
  },
  {
    name: 'display',
    value: ':0',
    on: ['share', 'demo', 'bakeoff', 'list'],
    group: 'What to share',
    help: 'the X display ($DISPLAY)',
  },
  {
    name: 'monitor',
    value: 'N|NAME|all',
    on: SHARING,
    group: 'What to share',
    help: 'monitor by number (1 is the primary) or name, or all as one picture (1)',
  },
  { name: 'region', value: 'WxH+X+Y', on: SHARING, group: 'What to share', help: 'part of the screen' },
  { name: 'window', value: 'ID|TITLE', on: SHARING, group: 'What to share', help: 'one window' },
  {
    name: 'name',
    value: 'TEXT',
    on: ['share', 'watch'],
    group: 'Who may watch',
    help: 'name that the other end sees (share: host name; watch: the one from the form)',
    helpOf: {
      share: 'name that viewers see (host name)',
      watch: 'your name, for a peerglass sharer to see (the one from the form, if you gave one there)',
    },
  },
  {
    name: 'cursor',
    on: DASHBOARD,
    group: 'What to share',
    help: 'paint the pointer into the picture; --no-cursor hides it',
  },

  { name: 'rfb-port', value: 'N', on: ['share'], group: 'Protocols', help: `port for rfb, which is VNC (${rfbPort})` },
  { name: 'rfb', negated: true, on: ['share'], group: 'Protocols', help: 'do not share over rfb (VNC)' },
  {
    name: 'web',
    on: ['share'],
    group: 'Protocols',
    help: 'share with browsers: they open a link (the default beside rfb); --no-web leaves them out',
  },
  {
    name: 'web-port',
    value: 'N',
    on: ['share'],
    group: 'Protocols',
    help: `port of the page for browsers (${webPort}, or no browsers where it is taken); implies --web`,
  },
  {
    name: 'broadcast',
    on: ['share'],
    group: 'Protocols',
    help: 'share through HTTP caches too, with any number of viewers: whoever has the link watches (docs/broadcast.md)',
  },
  {
    name: 'broadcast-port',
    value: 'N',
    on: ['share'],
    group: 'Protocols',
    help: `port that caches read (${BROADCAST_DEFAULTS.port}); implies --broadcast`,
  },
  {
    name: 'broadcast-url',
    value: 'URL',
    on: ['share'],
    group: 'Protocols',
    help: 'where viewers reach the cache, for the link: http://hall.example (this computer); implies --broadcast',
  },
  {
    name: 'broadcast-link',
    value: 'LINK',
    on: ['share'],
    group: 'Protocols',
    help: 'use the link of an earlier broadcast again, so that its viewers come back (a new one); implies --broadcast',
  },
  {
    name: 'publish',
    value: 'ssh://USER@SERVER',
    on: ['share'],
    group: 'Protocols',
    help: 'let a cache on a server read it over ssh, where this computer cannot be reached; implies --broadcast',
  },
  {
    name: 'origin-token',
    value: 'TOKEN',
    on: ['share'],
    group: 'Protocols',
    help: 'only answer caches that send this in the header X-Share (everybody); needs --broadcast',
  },
  {
    name: 'rate',
    value: 'RATE',
    on: ['share'],
    group: 'Protocols',
    help: 'most that a broadcast sends to each cache, e.g. 8mbit (4mbit); needs --broadcast',
  },
  {
    name: 'segment',
    value: 'SECONDS',
    on: ['share'],
    group: 'Protocols',
    help: `seconds in one file of a broadcast (${BROADCAST_DEFAULTS.segmentSeconds}); 1 for caches that do not stream; needs --broadcast`,
  },

  { name: 'classic', on: ['share'], group: 'Protocols', help: 'share over classic too, for the Python program' },
  {
    name: 'classic-port',
    value: 'N',
    on: ['share'],
    group: 'Protocols',
    help: `port for classic (${classicPort}); implies --classic`,
  },
  {
    name: 'bind',
    value: 'ADDRESS',
    on: ['share'],
    group: 'Protocols',
    help: 'listen on this address only (all interfaces)',
  },

  {
    name: 'announce',
    negated: true,
    on: ['share'],
    group: 'Protocols',
    help: 'do not announce the share on the local network (mDNS)',
  },

  {
    name: 'wire',
    value: 'PROTOCOL',
    on: ASKING,
    group: 'Protocols',
    help: 'protocol: rfb, classic, or auto to detect it (auto)',
    helpOf: {
      demo: 'protocol: rfb, classic or auto (auto: rfb)',
      bakeoff: 'protocol: rfb, classic or auto (auto: rfb)',
    },
  },

  {
    name: 'access',
    value: 'WHO',
    on: ['share'],
    group: 'Who may watch',
    help: 'code, ask (on the dashboard) or open (rfb: code; classic: ask; required with --headless)',
  },
  {
    name: 'code',
    value: 'CODE',
    on: ['share', 'watch', 'capture'],
    group: 'Who may watch',
    help: 'access code (share: a random one)',
    helpOf: {
      share: 'access code for peerglass viewers (a random one)',
      watch: 'access code shown by a peerglass sharer (asked for when needed)',
      capture: 'access code shown by a peerglass sharer; needs --encrypt offered',
    },
  },
  {
    name: 'code-file',
    value: 'FILE',
    on: ['share', 'watch', 'capture'],
    group: 'Who may watch',
    help: 'read the code from the first line of a file (or from PEERGLASS_CODE in the environment)',
  },
  {
    name: 'vnc-password',
    value: 'TEXT',
    on: ['share'],
    group: 'Who may watch',
    help: 'password for VNC programs, up to 8 characters (a random one)',
  },
  {
    name: 'vnc-password-file',
    value: 'FILE',
    on: ['share'],
    group: 'Who may watch',
    help: 'read it from the first line of a file (or from PEERGLASS_VNC_PASSWORD in the environment)',
  },
  {
    name: 'keep-code',
    on: ['share'],
    group: 'Who may watch',
    help: 'use the code and VNC password of the last share that kept them, and keep them for the next one',
  },

  {
    name: 'user',
    value: 'NAME',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'user name, for VNC servers that need one (asked for when needed)',
    helpOf: { capture: 'user name, for VNC servers that need one' },
  },
  {
    name: 'password-file',
    value: 'FILE',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'read the password of a VNC server, or of a share for other VNC viewers, from the first line of a file',
  },
  {
    name: 'encrypt',
    value: 'WHEN',
    on: ['share', 'watch', 'capture'],
    group: 'Who may watch',
    help: 'encryption over rfb: required, offered or off (offered; capture: off, so that Wireshark can read it)',
    helpOf: {
      share: 'encryption over rfb: required (of every viewer), offered, or off (offered)',
      watch:
        'encryption over rfb: required (else do not connect), offered (used if the sharer has it), or off (offered)',
      capture: 'encryption over rfb: required, offered, or off, so that Wireshark can read the capture (off)',
    },
  },
  {
    name: 'cert',
    value: 'FILE',
    on: ['share'],
    group: 'Who may watch',
    help: 'certificate for TLS, a PEM file, with --key (peerglass makes its own)',
  },
  { name: 'key', value: 'FILE', on: ['share'], group: 'Who may watch', help: 'private key of --cert, a PEM file' },
  {
    name: 'trust',
    value: 'WHAT',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'log in without asking: to the server whose certificate or key has this SHA-256, over encryption without a certificate (anonymous), without encryption (clear), or with a code that others could find out (code)',
  },

  {
    name: 'viewer',
    value: 'KEY',
    on: ['forget'],
    group: 'Who may watch',
    help: 'forget a remembered viewer: the first digits of its key, or its name',
  },

  {
    name: 'size',
    value: 'WxH',
    on: PICTURES,
    group: 'Picture',
    help: `picture size on classic (${classicSize.width}x${classicSize.height}; watch: detected)`,
    helpOf: {
      ...sharing(`picture size on classic (${classicSize.width}x${classicSize.height})`),
      watch: 'picture size on classic, as set at the sharer (detected)',
      capture: 'picture size on classic, as set at the sharer (detected)',
    },
  },
  {
    name: 'fit',
    on: SHARING,
    group: 'Picture',
    help: 'classic: scale a larger screen to fit the picture (the default)',
  },
  {
    name: 'crop',
    on: SHARING,
    group: 'Picture',
    help: 'classic: crop a larger screen to its top left, as the original does',
  },
  {
    name: 'level',
    value: '0-9',
    on: PICTURES,
    group: 'Picture',
    help: `compression level, 0 none to 9 most (${level}; watch: automatic)`,
    helpOf: {
      ...sharing(`compression level, 0 none to 9 most (${level})`),
      watch: 'compression level to ask the sharer for, 0 none to 9 most (automatic: as the link needs)',
      capture: 'compression level to ask the sharer for, 0 none to 9 most (automatic: as the link needs)',
    },
  },
  {
    name: 'quality',
    value: 'Q',
    on: ['share', 'watch', 'demo', 'bakeoff'],
    group: 'Picture',
    help: 'rfb: JPEG quality 1-100, lossless or auto (auto)',
    helpOf: {
      share: 'rfb: JPEG quality 1-100, lossless, or auto: as each viewer asks (auto)',
      watch: 'rfb: JPEG quality to ask the sharer for: 1-100, lossless or auto (auto)',
    },
  },
  {
    name: 'encoding',
    value: 'NAME',
    on: SHARING,
    group: 'Picture',
    help: `rfb: ${NAMED_ENCODINGS.join(', ')}, or auto: as each viewer prefers (auto)`,
  },
  {
    name: 'video',
    value: 'WHEN',
    on: [...SHARING, 'watch'],
    group: 'Picture',
    help: 'rfb: films as H.264: auto (on slow links), always or off (auto)',
    helpOf: { watch: 'rfb: films as H.264: auto (where they can be decoded) or off (auto)' },
  },
  { name: 'fps', value: 'N', on: SHARING, group: 'Picture', help: `frame rate cap, frames per second (${fps})` },
  {
    name: 'max-rate',
    value: 'RATE',
    on: ['share', 'watch'],
    group: 'Picture',
    help: 'rfb: the most that is sent to each viewer, e.g. 20mbit (what the link carries)',
    helpOf: {
      share: 'rfb: the most that is sent to each viewer, e.g. 20mbit (what the link carries)',
      watch: 'the most that a peerglass sharer may send, e.g. 20mbit (what the link carries)',
    },
  },
  {
    name: 'uplink',
    value: 'RATE',
    on: ['share'],
    group: 'Picture',
    help: 'rfb: the most that is sent to all viewers together, e.g. 100mbit (what the links carry)',
  },
  {
    name: 'congestion',
    value: 'NAME',
    on: ['share'],
    group: 'Protocols',
    help: "rfb: TCP's congestion control, e.g. bbr or cubic (Linux; the system's)",
  },
  {
    name: 'scroll-detection',
    negated: true,
    on: SHARING,
    group: 'Picture',
    help: 'send scrolled areas as pixels, to measure what detection saves',
  },

  {
    name: 'link',
    value: 'RATE',
    on: ['bakeoff'],
    group: 'Picture',
    help: 'predict for a link of this rate, e.g. 100mbit (none: by encoding time alone)',
  },

  {
    name: 'view',
    value: 'VIEW',
    on: VIEWING,
    group: 'Viewing',
    help: 'sdl (a window), terminal or none (sdl; a headless demo: none)',
    helpOf: {
      watch: 'sdl (a window), terminal or none (sdl)',
      play: 'sdl (a window), terminal or none (sdl)',
      demo: 'sdl (a window), terminal or none (sdl; headless: none)',
    },
  },
  {
    name: 'scale',
    value: 'fit|N',
    on: VIEWING,
    group: 'Viewing',
    help: 'fit the window, or a whole-number factor (fit)',
  },
  { name: 'fullscreen', on: VIEWING, group: 'Viewing', help: 'start in full screen' },
  { name: 'frames', value: 'N', on: WATCHING, group: 'Viewing', help: 'exit after N frames' },
  {
    name: 'snapshot',
    value: 'FILE.png',
    on: VIEWING,
    group: 'Viewing',
    help: 'save the last picture on exit, readable by you alone (play: the picture at --at, and exit)',
    helpOf: {
      watch: 'save the last picture on exit, readable by you alone',
      demo: 'save the last picture on exit, readable by you alone',
      play: 'save the picture at --at (the last one) and exit; readable by you alone',
    },
  },
  {
    name: 'at',
    value: 'TIME',
    on: ['play'],
    group: 'Viewing',
    help: 'begin at this time of the recording: seconds, M:S or H:M:S (0)',
  },
  { name: 'speed', value: 'N', on: ['play'], group: 'Viewing', help: 'speed, 0.25 to 16 (1)' },
  { name: 'skip-still', on: ['play'], group: 'Viewing', help: 'skip times without a change' },

  {
    name: 'record',
    value: 'FILE',
    on: ['share', 'watch'],
    group: 'Running',
    help: 'record the picture to a file, for peerglass play; an old file is replaced',
    helpOf: {
      share: 'record what is shared to a file, for peerglass play, watched or not; an old file is replaced',
      watch: 'record the picture to a file, for peerglass play; an old file is replaced',
    },
  },
  {
    name: 'export',
    value: 'FILE.pcapng',
    on: SESSIONS,
    group: 'Packets',
    help: "write the session's traffic to a Wireshark file, from before the first connection",
  },
  {
    name: 'output',
    value: 'FILE.pcapng',
    on: ['capture'],
    group: 'Packets',
    help: 'file to write (peerglass-capture-DATE-TIME.pcapng)',
  },
  {
    name: 'port',
    value: 'N',
    on: ['capture'],
    group: 'Packets',
    help: 'capture a TCP port of this machine instead of watching',
  },
  {
    name: 'html',
    value: 'OUT.html',
    on: ['report', 'play'],
    group: 'Packets',
    help: 'write the report with plots in one file, too (play: a page with the recording and its player)',
    helpOf: {
      report: 'also write the report with plots, in one file',
      play: 'instead of playing write a page with the recording and its player, in one file that needs no server',
    },
  },
  {
    name: 'install',
    on: ['wireshark'],
    group: 'Packets',
    help: "copy the dissector into Wireshark's personal plugins",
  },
  {
    name: 'path',
    on: ['wireshark'],
    group: 'Packets',
    help: 'print the path of the dissector, for tshark -X lua_script:PATH',
  },

  {
    name: 'headless',
    on: [...SESSIONS, 'play'],
    group: 'Running',
    help: 'no dashboard: report events on standard error',
    helpOf: { play: 'no dashboard; exit at the end of the recording' },
  },
  {
    name: 'json',
    on: ['share', 'watch', 'play', 'demo', 'bakeoff', 'list', 'doctor'],
    group: 'Running',
    help: 'print JSON on standard output (share, watch, play, demo: one snapshot per second, with --headless)',
    helpOf: {
      play: 'with --headless: print a JSON snapshot per second on standard output',
      share: 'with --headless: print a JSON snapshot per second on standard output',
      watch: 'with --headless: print a JSON snapshot per second on standard output',
      demo: 'with --headless: print a JSON snapshot of each end per second on standard output',
      bakeoff: 'print the results as JSON on standard output',
      list: 'print the list as JSON on standard output',
      doctor: 'print the findings as JSON on standard output: a list of {check, status, text, remedy}',
    },
  },
  {
    name: 'threads',
    value: 'N',
    on: [...SESSIONS, 'play'],
    group: 'Running',
    help: `threads that work on pixels, 1 to ${LIMITS.threads.most}, or auto: what this computer has free (auto)`,
  },
  {
    name: 'log',
    value: 'FILE',
    on: SESSIONS,
    group: 'Running',
    help: 'append snapshots and notices to a file, one JSON line each',
  },
  {
    name: 'duration',
    value: 'SECONDS',
    on: PICTURES,
    group: 'Running',
    help: 'stop after this time (bakeoff: how long to collect frames; 3)',
    helpOf: {
      share: 'stop after this time',
      watch: 'stop after this time',
      demo: 'stop after this time',
      capture: 'stop after this time',
      bakeoff: 'how long to collect frames (3)',
    },
  },

  {
    name: 'help',
    short: 'h',
    on: EVERYWHERE,
    group: 'Help',
    help: 'show this help; for a command: peerglass share --help',
  },
  { name: 'version', short: 'v', on: EVERYWHERE, group: 'Help', help: 'show the version' },
];

export function flagsOf(command: CommandName | 'menu'): Flag[] {
  return FLAGS.filter(flag => flag.on.includes(command));
}

/** The help of a flag for one command. */
export function flagHelp(flag: Flag, command: CommandName): string {
  return flag.helpOf?.[command] ?? flag.help;
}

/** As typed, e.g. "--level 0-9" or "--no-rfb". */
export function flagText(flag: Flag): string {
  return `--${flag.negated ? 'no-' : ''}${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
}
