import os from 'node:os';
import type { MonitorTarget, ShareTargets } from '../session/app-services.js';
import {
  type Parsed,
  parseBroadcastRate,
  parseBroadcastUrl,
  parseCode,
  parseEncrypt,
  parseFps,
  parseLevel,
  parseMaxRate,
  parsePort,
  parseRegion,
  parseSize,
  parseThreads,
  parseUplink,
  parseVideo,
  parseVncPassword,
  rateText,
  regionText,
  sizeText,
  strengthText,
} from '../session/option-values.js';
import {
  type AccessPolicy,
  asksByDialog,
  BROADCAST_DEFAULTS,
  type BroadcastOptions,
  offeredSources,
  SHARE_DEFAULTS,
  type ShareOptions,
  type ShareTarget,
  type SourceChoice,
  sourceOf,
} from '../session/share-options.js';
import {
  type Choice,
  CODE_ENTRY,
  DIGITS_ONLY,
  differing,
  type Field,
  OFF,
  ON,
  PASSWORD_ENTRY,
  type Problems,
  RATE_ENTRY,
  REGION_ENTRY,
  SIZE_ENTRY,
  THREADS_FIELD,
  URL_ENTRY,
  type Values,
} from './form.js';

export type ShareField =
  | 'what'
  | 'region'
  | 'access'
  | 'code'
  | 'vncPassword'
  | 'keepCode'
  | 'classic'
  | 'classicPort'
  | 'size'
  | 'fit'
  | 'rfb'
  | 'rfbPort'
  | 'web'
  | 'webPort'
  | 'broadcast'
  | 'broadcastPort'
  | 'broadcastRate'
  | 'broadcastUrl'
  | 'announce'
  | 'encrypt'
  | 'level'
  | 'fps'
  | 'maxRate'
  | 'uplink'
  | 'video'
  | 'threads'
  | 'pointer';

/** No screen can be shared. The test pattern must be chosen: it never replaces a screen by itself. */
const NOTHING = 'nothing';
const REGION = 'region';

const SHARE_FORM_DEFAULTS: Values<ShareField> = {
  what: 'monitor:1',
  region: '',
  access: 'code',
  code: '',
  vncPassword: '',
  keepCode: OFF,
  classic: OFF,
  classicPort: String(SHARE_DEFAULTS.classicPort),
  size: sizeText(SHARE_DEFAULTS.classicSize),
  fit: SHARE_DEFAULTS.classicFit,
  rfb: ON,
  rfbPort: String(SHARE_DEFAULTS.rfbPort),
  web: ON,
  webPort: String(SHARE_DEFAULTS.webPort),
  broadcast: OFF,
  broadcastPort: String(BROADCAST_DEFAULTS.port),
  broadcastRate: rateText(BROADCAST_DEFAULTS.rate),
  broadcastUrl: '',
  announce: ON,
  encrypt: SHARE_DEFAULTS.encrypt,
  level: String(SHARE_DEFAULTS.level),
  fps: String(SHARE_DEFAULTS.fps),
  maxRate: '',
  uplink: '',
  video: SHARE_DEFAULTS.video,
  threads: SHARE_DEFAULTS.threads,
  pointer: 'shown',
};

/** Where a dialog of the desktop asks: only what it is to offer can be chosen before. */
const DIALOG_CHOICES: readonly Choice[] = [
  { value: 'monitor:1', label: 'a screen: your desktop asks which' },
  { value: 'all', label: 'several screens as one picture: your desktop asks which' },
  { value: REGION, label: 'a region (type it) of a screen: your desktop asks which' },
  { value: 'window:chosen on the desktop', label: 'a window: your desktop asks which' },
];

/** The choices of a list: each monitor, all monitors, a region, each window. */
export function targetChoices({ source, monitors, windows }: ShareTargets): Choice[] {
  if (source.kind !== null && asksByDialog(source.kind)) return [...DIALOG_CHOICES];
  const screens = monitors.map(monitor => {
    const { number, name, primary, geometry, note } = monitor;
    const notes = `${primary ? ' (primary)' : ''}${note === undefined ? '' : ` (${note})`}`;
    const place = `${sizeText(geometry)} at ${geometry.x},${geometry.y}`;
    return {
      value: monitorValue(monitor, monitors),
      label: `monitor ${number}  ${place}  ${name}${notes}`,
    };
  });
  const all = monitors.length > 1 ? [{ value: 'all', label: 'all monitors as one picture' }] : [];
  const region = monitors.length > 0 ? [{ value: REGION, label: 'a region (type it)' }] : [];
  const single = windows.map(({ id, title, geometry }) => ({
    value: `window:${id}`,
    label: `window "${title === '' ? id : title}"${geometry ? `  ${sizeText(geometry)}` : ''}`,
  }));
  return [...screens, ...all, ...region, ...single];
}

/** By name, because numbers change when monitors come and go. */
function monitorValue({ name, number }: MonitorTarget, monitors: readonly MonitorTarget[]): string {
  const alone = monitors.filter(each => each.name === name).length === 1;
  return alone ? `output:${name}` : `monitor:${number}`;
}

/** The same and the test pattern; `NOTHING` is first if no screen can be shared. */
export function whatChoices(targets: ShareTargets): Choice[] {
  const nothing = targets.source.kind === null ? [{ value: NOTHING, label: 'no screen can be shared' }] : [];
  const offered = offeredSources().map(({ kind, label }) => ({ value: kind, label }));
  return [...nothing, ...targetChoices(targets), ...offered];
}

/** The target of a choice; `region` is the typed text. */
export function targetOf(value: string, region: string): ShareTarget {
  if (value.startsWith('window:')) return { kind: 'window', window: value.slice('window:'.length) };
  if (value.startsWith('output:')) return { kind: 'output', output: value.slice('output:'.length) };
  if (value === 'all') return { kind: 'all' };
  if (value === REGION) {
    const parsed = parseRegion(region);
    if (parsed.ok) return { kind: 'region', region: parsed.value };
  }
  const number = /^monitor:(\d+)$/.exec(value)?.[1];
  return { kind: 'monitor', number: number === undefined ? 1 : Number(number) };
}

/** What to remember. No secret, and not the first choice: next time the primary monitor may be another one. */
export function valuesToRemember(values: Values<ShareField>, targets: ShareTargets): Record<string, string> {
  const first = values.what === whatChoices(targets)[0]?.value;
  const { what, code, vncPassword } = SHARE_FORM_DEFAULTS;
  return differing({ ...values, code, vncPassword, ...(first ? { what } : {}) }, SHARE_FORM_DEFAULTS);
}

/** The defaults, replaced by remembered values that are still valid on this machine. */
export function initialShareValues(
  remembered: Readonly<Record<string, string>>,
  targets: ShareTargets,
): Values<ShareField> {
  const values: Record<ShareField, string> = { ...SHARE_FORM_DEFAULTS };
  for (const name of Object.keys(SHARE_FORM_DEFAULTS) as ShareField[]) {
    const value = remembered[name];
    if (value !== undefined) values[name] = value;
  }
  const problems = shareProblems(values, targets);
  for (const name of Object.keys(problems) as ShareField[]) values[name] = SHARE_FORM_DEFAULTS[name];
  if (values.classic !== ON && values.broadcast !== ON && !takesCodes(values)) values.rfb = ON;
  const choices = whatChoices(targets);
  // The ids of windows and the numbers of monitors do not last, and the pattern must be chosen each time.
  const keeps =
    choices.some(choice => choice.value === values.what) && !/^(window|monitor):|^pattern$/.test(values.what);
  return { ...values, what: keeps ? values.what : (choices[0]?.value ?? NOTHING) };
}

const VIDEO: Field<ShareField> = {
  name: 'video',
  label: 'Films',
  note: '',
  input: {
    kind: 'choice',
    choices: [
      { value: 'auto', label: 'as video on slow links' },
      { value: 'always', label: 'always as video' },
      { value: 'off', label: 'never as video' },
    ],
  },
};

const ENCRYPT: Field<ShareField> = {
  name: 'encrypt',
  label: 'Encryption',
  note: '',
  input: {
    kind: 'choice',
    choices: [
      { value: 'offered', label: 'with every viewer that can' },
      { value: 'required', label: 'required: refuse other viewers' },
      { value: 'off', label: 'off' },
    ],
  },
};

function codeFields({ code, keepCode, encrypt }: Values<ShareField>): Field<ShareField>[] {
  const usual = keepCode === ON ? 'the kept one' : 'a new one';
  const ofPeerglass: Field<ShareField> = {
    name: 'code',
    label: 'code',
    note: code === '' ? 'for peerglass and browsers' : strengthText(code),
    indented: true,
    input: { kind: 'text', entry: CODE_ENTRY, empty: usual },
  };
  return [
    // Without encryption nobody can show it without giving it away.
    ...(encrypt === 'off' ? [] : [ofPeerglass]),
    {
      name: 'vncPassword',
      label: 'VNC password',
      note: 'for other VNC viewers, up to 8 characters',
      indented: true,
      input: { kind: 'text', entry: PASSWORD_ENTRY, empty: usual },
    },
    {
      name: 'keepCode',
      label: 'keep both',
      note: 'use both again for the next share',
      indented: true,
      input: { kind: 'switch' },
    },
  ];
}

export function shareFields(values: Values<ShareField>, targets: ShareTargets): Field<ShareField>[] {
  const port = (name: 'classicPort' | 'rfbPort' | 'webPort' | 'broadcastPort', note: string): Field<ShareField> => ({
    name,
    label: 'port',
    note,
    indented: true,
    input: { kind: 'text', entry: DIGITS_ONLY },
  });
  const region: Field<ShareField> = {
    name: 'region',
    label: 'region',
    note: 'WxH+X+Y, for example 800x600+100+50',
    indented: true,
    input: { kind: 'text', entry: REGION_ENTRY, empty: 'WxH+X+Y' },
  };
  const announce: Field<ShareField> = {
    name: 'announce',
    label: 'Announce',
    note: 'so that others on this network find it',
    input: { kind: 'switch' },
  };
  const classic: Field<ShareField>[] = [
    port('classicPort', 'of the classic protocol'),
    {
      name: 'size',
      label: 'picture',
      note: 'both ends must use the same size',
      indented: true,
      input: { kind: 'text', entry: SIZE_ENTRY },
    },
    {
      name: 'fit',
      label: 'larger screen',
      note: '',
      indented: true,
      input: {
        kind: 'choice',
        choices: [
          { value: 'fit', label: 'scale to fit' },
          { value: 'crop', label: 'crop, as the original does' },
        ],
      },
    },
  ];
  const broadcast: Field<ShareField>[] = [
    port('broadcastPort', 'that caches read'),
    {
      name: 'broadcastUrl',
      label: 'link to',
      note: 'the cache; anyone with the link can watch',
      indented: true,
      input: { kind: 'text', entry: URL_ENTRY, empty: 'this computer' },
    },
    {
      name: 'broadcastRate',
      label: 'rate',
      note: 'to each cache at most',
      indented: true,
      input: { kind: 'text', entry: RATE_ENTRY },
    },
  ];
  return [
    { name: 'what', label: 'What', note: '', input: { kind: 'choice', choices: whatChoices(targets) } },
    ...(values.what === REGION ? [region] : []),
    {
      name: 'access',
      label: 'Who may watch',
      note: '',
      input: {
        kind: 'choice',
        choices: [
          ...(takesCodes(values) ? [{ value: 'code', label: codeLabel(values) }] : []),
          { value: 'ask', label: 'ask me each time' },
          { value: 'open', label: 'everyone who connects' },
        ],
      },
    },
    ...(usesCode(values) ? codeFields(values) : []),
    { name: 'rfb', label: 'rfb (VNC)', note: 'for peerglass and any VNC viewer', input: { kind: 'switch' } },
    ...(values.rfb === ON ? [port('rfbPort', 'for rfb (VNC)')] : []),
    { name: 'web', label: 'Browsers', note: 'for any browser: viewers open a link', input: { kind: 'switch' } },
    ...(values.web === ON ? [port('webPort', 'of the page')] : []),
    { name: 'classic', label: 'Classic', note: 'for the Python program, also peerglass', input: { kind: 'switch' } },
    ...(values.classic === ON ? classic : []),
    {
      name: 'broadcast',
      label: 'Broadcast',
      note: 'for any number of viewers, by HTTP caches',
      input: { kind: 'switch' },
    },
    ...(values.broadcast === ON ? broadcast : []),
    {
      name: 'level',
      label: 'Compression',
      note: 'level: 0 = none, 9 = most',
      input: { kind: 'text', entry: DIGITS_ONLY },
    },
    { name: 'fps', label: 'Frame rate cap', note: 'frames per second', input: { kind: 'text', entry: DIGITS_ONLY } },
    ...(takesCodes(values) ? RATES : []),
    ...(takesCodes(values) ? [VIDEO] : []),
    {
      name: 'pointer',
      label: 'Pointer',
      note: '',
      input: {
        kind: 'choice',
        choices: [
          { value: 'shown', label: 'shown' },
          { value: 'hidden', label: 'hidden' },
        ],
      },
    },
    ...(takesCodes(values) ? [ENCRYPT] : []),
    ...(values.rfb === ON ? [announce] : []),
    THREADS_FIELD,
  ];
}

const RATES: readonly Field<ShareField>[] = [
  {
    name: 'maxRate',
    label: 'Max rate',
    note: 'at most to each viewer (rfb), e.g. 20mbit',
    input: { kind: 'text', entry: RATE_ENTRY, empty: 'no limit' },
  },
  {
    name: 'uplink',
    label: 'Uplink',
    note: 'at most to all viewers together (rfb)',
    input: { kind: 'text', entry: RATE_ENTRY, empty: 'no limit' },
  },
];

function codeLabel(values: Values<ShareField>): string {
  const secret = values.encrypt === 'off' ? 'VNC password' : 'code';
  return `anyone with the ${secret}${values.classic === ON ? ' (classic viewers: ask me)' : ''}`;
}

function usesCode(values: Values<ShareField>): boolean {
  return accessOf(values) === 'code';
}

/** Whether viewers come over rfb, by a program or a browser. */
function takesCodes({ rfb, web }: Values<ShareField>): boolean {
  return rfb === ON || web === ON;
}

/** The classic protocol cannot ask a viewer for a code. Without rfb the sharer is asked. */
function accessOf(values: Values<ShareField>): AccessPolicy {
  return values.access === 'code' && !takesCodes(values) ? 'ask' : (values.access as AccessPolicy);
}

function problemOf(parsed: Parsed<unknown>): string | undefined {
  return parsed.ok ? undefined : parsed.problem;
}

/** A rate limit of rfb viewers; null: none. */
function rateOf(values: Values<ShareField>, name: 'maxRate' | 'uplink'): { rate: number | null; problem?: string } {
  if (!takesCodes(values) || values[name].trim() === '') return { rate: null };
  const parsed = (name === 'maxRate' ? parseMaxRate : parseUplink)(values[name]);
  return parsed.ok ? { rate: parsed.value } : { rate: null, problem: parsed.problem };
}

/** The problems of the values in use, a sentence each. */
export function shareProblems(values: Values<ShareField>, targets: ShareTargets): Problems<ShareField> {
  const { classic, rfb, web } = values;
  const found: Partial<Record<ShareField, string | undefined>> = {
    what: values.what === NOTHING ? 'Choose the test pattern to try peerglass without a screen.' : undefined,
    region: values.what === REGION ? regionProblem(values.region, targets) : undefined,
    rfb:
      classic !== ON && values.broadcast !== ON && !takesCodes(values)
        ? 'Turn on one of the protocols: with all off nobody can connect.'
        : undefined,
    classicPort: classic === ON ? problemOf(parsePort(values.classicPort)) : undefined,
    size: classic === ON ? problemOf(parseSize(values.size)) : undefined,
    rfbPort: rfb === ON ? problemOf(parsePort(values.rfbPort)) : undefined,
    webPort: web === ON ? problemOf(parsePort(values.webPort)) : undefined,
    broadcastPort: values.broadcast === ON ? problemOf(parsePort(values.broadcastPort)) : undefined,
    broadcastRate: values.broadcast === ON ? problemOf(parseBroadcastRate(values.broadcastRate)) : undefined,
    broadcastUrl:
      values.broadcast === ON && values.broadcastUrl !== ''
        ? problemOf(parseBroadcastUrl(values.broadcastUrl))
        : undefined,
    level: problemOf(parseLevel(values.level)),
    fps: problemOf(parseFps(values.fps)),
    threads: problemOf(parseThreads(values.threads)),
    maxRate: rateOf(values, 'maxRate').problem,
    uplink: rateOf(values, 'uplink').problem,
    video: problemOf(parseVideo(values.video)),
    encrypt: takesCodes(values) ? encryptProblem(values) : undefined,
    code: usesCode(values) && values.code !== '' ? problemOf(parseCode(values.code)) : undefined,
    vncPassword:
      usesCode(values) && values.vncPassword !== '' ? problemOf(parseVncPassword(values.vncPassword)) : undefined,
  };
  if (classic === ON && rfb === ON && values.classicPort === values.rfbPort && values.rfbPort !== '0') {
    found.rfbPort ??= 'rfb and classic need different ports.';
  }
  const others = [...(rfb === ON ? [values.rfbPort] : []), ...(classic === ON ? [values.classicPort] : [])];
  if (web === ON && values.webPort !== '0' && others.includes(values.webPort)) {
    found.webPort ??= 'The page for browsers needs a port of its own.';
  }
  const all = [...others, ...(web === ON ? [values.webPort] : [])];
  if (values.broadcast === ON && values.broadcastPort !== '0' && all.includes(values.broadcastPort)) {
    found.broadcastPort ??= 'A broadcast needs a port of its own.';
  }
  return Object.fromEntries(
    Object.entries(found).filter(([, problem]) => problem !== undefined),
  ) as Problems<ShareField>;
}

function encryptProblem({ encrypt, classic }: Values<ShareField>): string | undefined {
  const parsed = parseEncrypt(encrypt);
  if (!parsed.ok) return parsed.problem;
  const both = parsed.value === 'required' && classic === ON;
  return both ? 'The classic protocol cannot encrypt: turn it off, or do not require encryption.' : undefined;
}

/** A region must be within the monitors: anything beyond them would be black. */
export function regionProblem(text: string, targets: ShareTargets): string | undefined {
  const parsed = parseRegion(text);
  if (!parsed.ok) return parsed.problem;
  const { x, y, width, height } = parsed.value;
  const right = Math.max(0, ...targets.monitors.map(({ geometry }) => geometry.x + geometry.width));
  const bottom = Math.max(0, ...targets.monitors.map(({ geometry }) => geometry.y + geometry.height));
  if (targets.monitors.length === 0) return undefined;
  if (x >= 0 && y >= 0 && x + width <= right && y + height <= bottom) return undefined;
  return `${regionText(parsed.value)} is outside the screen, which is ${right}x${bottom}.`;
}

function broadcastOptionsOf({ broadcastPort, broadcastRate, broadcastUrl }: Values<ShareField>): BroadcastOptions {
  const url = parseBroadcastUrl(broadcastUrl);
  const rate = parseBroadcastRate(broadcastRate);
  return {
    ...BROADCAST_DEFAULTS,
    port: Number(broadcastPort),
    rate: rate.ok ? rate.value : BROADCAST_DEFAULTS.rate,
    url: url.ok ? url.value : null,
  };
}

/** The source, if one was chosen rather than a screen. */
function sourceOffered(what: string): SourceChoice | null {
  return offeredSources().some(({ kind }) => kind === what) ? sourceOf(what) : null;
}

/** The options of a share; the values must have no problem. */
export function shareOptionsOf(values: Values<ShareField>): ShareOptions {
  const port = (text: string): number => Number(text);
  const size = parseSize(values.size);
  const offered = sourceOffered(values.what);
  const encrypt = parseEncrypt(values.encrypt);
  const video = parseVideo(values.video);
  const threads = parseThreads(values.threads);
  return {
    source: offered ?? { kind: 'auto' },
    target: targetOf(offered ? 'monitor:1' : values.what, values.region),
    display: null,
    classicPort: values.classic === ON ? port(values.classicPort) : null,
    rfbPort: values.rfb === ON ? port(values.rfbPort) : null,
    webPort: values.web === ON ? port(values.webPort) : null,
    webRequired: port(values.webPort) !== SHARE_DEFAULTS.webPort,
    bind: null,
    encrypt: encrypt.ok && takesCodes(values) ? encrypt.value : SHARE_DEFAULTS.encrypt,
    certFile: null,
    keyFile: null,
    access: accessOf(values),
    code: usesCode(values) && values.encrypt !== 'off' && values.code !== '' ? values.code : null,
    vncPassword: usesCode(values) && values.vncPassword !== '' ? values.vncPassword : null,
    keepCode: usesCode(values) && values.keepCode === ON,
    classicSize: size.ok ? size.value : SHARE_DEFAULTS.classicSize,
    classicFit: values.fit === 'crop' ? 'crop' : 'fit',
    level: Number(values.level),
    quality: SHARE_DEFAULTS.quality,
    encoding: SHARE_DEFAULTS.encoding,
    video: video.ok ? video.value : SHARE_DEFAULTS.video,
    fps: Number(values.fps),
    maxRate: rateOf(values, 'maxRate').rate,
    uplink: rateOf(values, 'uplink').rate,
    congestion: null,
    threads: threads.ok ? threads.value : SHARE_DEFAULTS.threads,
    name: os.hostname(),
    cursor: values.pointer === 'hidden' ? 'hidden' : 'shown',
    scrollDetection: true,
    announce: values.rfb === ON && values.announce === ON,
    broadcast: values.broadcast === ON ? broadcastOptionsOf(values) : null,
    attended: true,
    exportFile: null,
    recordFile: null,
    logFile: null,
  };
}
