import { NAMED_ENCODINGS } from '../session/option-values.js';
import { SHARE_DEFAULTS, sourceWords } from '../session/share-options.js';

export const COMMANDS = [
  'share',
  'watch',
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

/** One flag: the parser, the checks and the help text all read this table, and nothing else knows a flag's name. */
export interface Flag {
  /** As typed, without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  /** A switch that is only written to turn something off is listed as `--no-name`. */
  readonly negated?: boolean;
  readonly short?: string;
  readonly on: readonly (CommandName | 'menu')[];
  readonly help: string;
  /** Of commands where it means something else, or another value holds without it. */
  readonly helpOf?: Partial<Record<CommandName, string>>;
  /** The heading in the help that it stands under. */
  readonly group: 'What to share' | 'Wires' | 'Picture' | 'Who may watch' | 'Viewing' | 'Packets' | 'Running' | 'Help';
}

const EVERYWHERE = [...COMMANDS, 'menu'] as const;
const SESSIONS = ['share', 'watch', 'demo'] as const;
const SHARING = ['share', 'demo', 'bakeoff'] as const;
const DASHBOARD = ['share', 'demo'] as const;
const WATCHING = ['watch', 'demo'] as const;
const ASKING = ['watch', 'demo', 'bakeoff', 'capture'] as const;
const PICTURES = ['share', 'watch', 'demo', 'bakeoff', 'capture'] as const;

const { classicPort, rfbPort, classicSize, level, fps } = SHARE_DEFAULTS;

/** A help text of the commands that share. */
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
    help: 'a monitor by number (1 is the primary) or name, or all as one picture (1)',
  },
  { name: 'region', value: 'WxH+X+Y', on: SHARING, group: 'What to share', help: 'a part of the screen' },
  { name: 'window', value: 'ID|TITLE', on: SHARING, group: 'What to share', help: 'one window' },
  {
    name: 'name',
    value: 'TEXT',
    on: ['share'],
    group: 'What to share',
    help: 'the name that viewers see (this machine)',
  },
  {
    name: 'cursor',
    on: DASHBOARD,
    group: 'What to share',
    help: 'paint the pointer into the picture; --no-cursor hides it',
  },

  { name: 'rfb-port', value: 'N', on: ['share'], group: 'Wires', help: `the port of the rfb wire (${rfbPort})` },
  { name: 'rfb', negated: true, on: ['share'], group: 'Wires', help: 'leave the rfb wire (VNC) out' },
  { name: 'classic', on: ['share'], group: 'Wires', help: 'open the classic wire too, for the Python program' },
  {
    name: 'classic-port',
    value: 'N',
    on: ['share'],
    group: 'Wires',
    help: `the port of the classic wire (${classicPort}); opens it`,
  },
  { name: 'bind', value: 'ADDRESS', on: ['share'], group: 'Wires', help: 'listen on one address (all interfaces)' },

  {
    name: 'announce',
    negated: true,
    on: ['share'],
    group: 'Wires',
    help: 'tell nobody on the network that there is a share (mDNS)',
  },

  {
    name: 'wire',
    value: 'WIRE',
    on: ASKING,
    group: 'Wires',
    help: 'auto, rfb or classic (auto: detect)',
  },

  {
    name: 'access',
    value: 'WHO',
    on: ['share'],
    group: 'Who may watch',
    help: 'code, ask (on the dashboard) or open (rfb: code; classic: ask; headless: has to be given)',
  },
  {
    name: 'code',
    value: 'CODE',
    on: ['share', 'watch', 'capture'],
    group: 'Who may watch',
    help: 'the code that a viewer must give (share: a new one is made up)',
    helpOf: {
      share: 'the code that viewers must give (a new one is made up)',
      watch: "the code on the sharer's dashboard, or a VNC password (asked for when needed)",
      capture: "the code on the sharer's dashboard, or a VNC password",
    },
  },

  {
    name: 'user',
    value: 'NAME',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'the user name for VNC servers that ask for one (asked for when needed)',
    helpOf: { capture: 'the user name for VNC servers that ask for one' },
  },
  {
    name: 'password-file',
    value: 'FILE',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'a file whose first line is the code or password, in place of --code',
  },
  {
    name: 'encrypt',
    value: 'WHEN',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'rfb wire: required, offered or off (offered; capture: off, so that Wireshark can read it)',
    helpOf: {
      watch: 'required (leave sharers that do not encrypt), offered, or off (offered)',
      capture: 'required, offered, or off, so that Wireshark can read the capture (off)',
    },
  },
  {
    name: 'trust',
    value: 'WHAT',
    on: ['watch', 'capture'],
    group: 'Who may watch',
    help: 'send user and password to a server that shows the certificate of this SHA-256; or over anonymous or clear connections',
  },

  {
    name: 'size',
    value: 'WxH',
    on: PICTURES,
    group: 'Picture',
    help: `of the classic wire's picture (${classicSize.width}x${classicSize.height}; watch: worked out)`,
    helpOf: {
      ...sharing(`of the classic wire's picture (${classicSize.width}x${classicSize.height})`),
      watch: "of the classic wire's picture, as the sharer has it (worked out)",
      capture: "of the classic wire's picture, as the sharer has it (worked out)",
    },
  },
  { name: 'fit', on: SHARING, group: 'Picture', help: 'scale a larger screen into the classic picture (the default)' },
  { name: 'crop', on: SHARING, group: 'Picture', help: 'cut a larger screen at its corner, as the original does' },
  {
    name: 'level',
    value: '0-9',
    on: PICTURES,
    group: 'Picture',
    help: `deflate level: 0 none, 9 most (${level}; watch: as the link needs)`,
    helpOf: {
      ...sharing(`deflate level: 0 none, 9 most (${level})`),
      watch: 'deflate level to ask the sharer for: 0 none, 9 most (as the link needs)',
      capture: 'deflate level to ask the sharer for: 0 none, 9 most (as the link needs)',
    },
  },
  {
    name: 'quality',
    value: 'Q',
    on: ['share', 'watch', 'demo', 'bakeoff'],
    group: 'Picture',
    help: 'JPEG quality of the rfb wire: lossless, 1-100 or auto (auto)',
  },
  {
    name: 'encoding',
    value: 'NAME',
    on: SHARING,
    group: 'Picture',
    help: `rfb wire: ${NAMED_ENCODINGS.join(', ')}, or auto: what each viewer prefers (auto)`,
  },
  { name: 'fps', value: 'N', on: SHARING, group: 'Picture', help: `cap on frames a second (${fps})` },
  {
    name: 'scroll-detection',
    negated: true,
    on: SHARING,
    group: 'Picture',
    help: 'send scrolled areas as pixels, to see what detection saves',
  },

  {
    name: 'link',
    value: 'RATE',
    on: ['bakeoff'],
    group: 'Picture',
    help: 'what the link carries, to predict by, as 100mbit (none: by encoding alone)',
  },

  {
    name: 'view',
    value: 'VIEW',
    on: WATCHING,
    group: 'Viewing',
    help: 'sdl (a window), terminal or none (sdl; a headless demo: none)',
    helpOf: {
      watch: 'sdl (a window), terminal or none (sdl)',
      demo: 'sdl (a window), terminal or none (sdl; headless: none)',
    },
  },
  { name: 'scale', value: 'fit|N', on: WATCHING, group: 'Viewing', help: 'fit the window, or a whole factor (fit)' },
  { name: 'fullscreen', on: WATCHING, group: 'Viewing', help: 'start with the whole screen' },
  { name: 'frames', value: 'N', on: WATCHING, group: 'Viewing', help: 'leave after N frames' },
  {
    name: 'snapshot',
    value: 'FILE.png',
    on: WATCHING,
    group: 'Viewing',
    help: 'write the last picture there on leaving, readable by you alone',
  },

  {
    name: 'export',
    value: 'FILE.pcapng',
    on: SESSIONS,
    group: 'Packets',
    help: "write the session's traffic for Wireshark, from before the first connection",
  },
  {
    name: 'output',
    value: 'FILE.pcapng',
    on: ['capture'],
    group: 'Packets',
    help: 'where to write (peerglass-capture-DATE-TIME.pcapng)',
  },
  {
    name: 'port',
    value: 'N',
    on: ['capture'],
    group: 'Packets',
    help: 'capture a TCP port of this machine, watch nothing',
  },
  {
    name: 'html',
    value: 'OUT.html',
    on: ['report'],
    group: 'Packets',
    help: 'the report with its plots too, in one file',
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
    help: 'print where the dissector is, for tshark -X lua_script:PATH',
  },

  { name: 'headless', on: SESSIONS, group: 'Running', help: 'no dashboard: what happens is told on standard error' },
  {
    name: 'json',
    on: ['share', 'watch', 'demo', 'bakeoff', 'list', 'doctor'],
    group: 'Running',
    help: 'headless: one snapshot a second on standard output, a line each (or what was found)',
    helpOf: {
      share: 'headless: one snapshot a second on standard output, a line each',
      watch: 'headless: one snapshot a second on standard output, a line each',
      demo: 'headless: one snapshot a second of each end on standard output, a line each',
      bakeoff: 'the results as JSON on standard output',
      list: 'what was found as JSON on standard output',
      doctor: 'what was found as JSON on standard output, a list of {check, status, text, remedy}',
    },
  },
  {
    name: 'log',
    value: 'FILE',
    on: SESSIONS,
    group: 'Running',
    help: 'append snapshots and notices to a file, a line each',
  },
  {
    name: 'duration',
    value: 'SECONDS',
    on: PICTURES,
    group: 'Running',
    help: 'end after this time (bakeoff: how long to collect frames; 3)',
    helpOf: {
      share: 'end after this time',
      watch: 'end after this time',
      demo: 'end after this time',
      capture: 'end after this time',
      bakeoff: 'how long to collect frames (3)',
    },
  },

  { name: 'help', short: 'h', on: EVERYWHERE, group: 'Help', help: 'this text; of a command: peerglass share --help' },
  { name: 'version', short: 'v', on: EVERYWHERE, group: 'Help', help: 'the version' },
];

export function flagsOf(command: CommandName | 'menu'): Flag[] {
  return FLAGS.filter(flag => flag.on.includes(command));
}

/** What a flag does, in the words that are true of one command. */
export function flagHelp(flag: Flag, command: CommandName): string {
  return flag.helpOf?.[command] ?? flag.help;
}

/** As it is written, e.g. "--level 0-9" or "--no-rfb". */
export function flagText(flag: Flag): string {
  return `--${flag.negated ? 'no-' : ''}${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
}
