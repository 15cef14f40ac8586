import { isBroadcastAddress, readInvitation } from '../core/invitation.js';
import type { LocalAddress, Preferences } from '../session/app-services.js';
import {
  parseCode,
  parseInvitation,
  parseMaxRate,
  parseProtocol,
  parseSize,
  parseThreads,
  parseView,
  parseViewerName,
  rateText,
  sizeText,
} from '../session/option-values.js';
import { type GivenWatch, WATCH_DEFAULTS, type WatchOptions } from '../session/watch-options.js';
import {
  CODE_ENTRY,
  differing,
  type Field,
  NAME_ENTRY,
  type Problems,
  RATE_ENTRY,
  SIZE_ENTRY,
  THREADS_FIELD,
  type Values,
  VIEW_CHOICES,
  VIEW_FIELD,
} from './form.js';

export type WatchField = 'address' | 'wire' | 'size' | 'code' | 'name' | 'maxRate' | 'threads' | 'view';

export const WATCH_FORM_DEFAULTS: Values<WatchField> = {
  address: '',
  wire: 'auto',
  size: 'auto',
  code: '',
  name: '',
  maxRate: '',
  threads: WATCH_DEFAULTS.threads,
  view: 'sdl',
};

/** A warning only: an address of this machine may also be a tunnel, another display or the test pattern. */
export const HALL_OF_MIRRORS = 'If this is the screen in front of you, expect a hall of mirrors.';

const MAX_PEERS = 20;

/** With the choice that only a flag can make. */
const VIEW_OR_NONE: Field<'view'> = {
  ...VIEW_FIELD,
  input: { kind: 'choice', choices: [...VIEW_CHOICES, { value: 'none', label: 'nothing, figures only' }] },
};

/**
 * The defaults, replaced by remembered values, and those by what the command line has said. The address is the last
 * peer, selected: Enter watches it again.
 * @param given the last address given in the form, and a code that has let nobody in yet; or empty
 */
export function initialWatchValues(
  preferences: Preferences,
  given = { address: '', code: '' },
  flags: GivenWatch | null = null,
): Values<WatchField> {
  const { wire, size, name, maxRate, threads, view } = { ...WATCH_FORM_DEFAULTS, ...preferences.watch };
  const address = given.address || (preferences.peers[0] ?? '');
  const values = { address, wire, size, code: given.code, name, maxRate, threads, view };
  const problems = watchProblems(values);
  return {
    ...values,
    wire: problems.wire ? WATCH_FORM_DEFAULTS.wire : wire,
    name: problems.name ? WATCH_FORM_DEFAULTS.name : name,
    maxRate: problems.maxRate ? WATCH_FORM_DEFAULTS.maxRate : maxRate,
    threads: problems.threads ? WATCH_FORM_DEFAULTS.threads : threads,
    size: problems.size ? WATCH_FORM_DEFAULTS.size : size,
    view: problems.view ? WATCH_FORM_DEFAULTS.view : view,
    ...(flags ? flaggedValues(flags) : {}),
    ...(given.code === '' ? {} : { code: given.code }),
  };
}

/** The fields of flags. A secret from the environment counts as one. */
const FIELDS: Readonly<Record<string, WatchField>> = {
  wire: 'wire',
  size: 'size',
  name: 'name',
  'max-rate': 'maxRate',
  threads: 'threads',
  view: 'view',
};
/** Flags of the field for the code. */
const SECRETS: readonly string[] = ['code', 'code-file', 'password-file'];

/** What the command line has said, by field. */
function flaggedValues({ options, flags }: GivenWatch): Partial<Values<WatchField>> {
  const { wire, classicSize, code, name, maxRate, threads, view } = options;
  const all: Omit<Values<WatchField>, 'address' | 'code'> = {
    ...{ wire, name, view, threads: `${threads}` },
    size: classicSize ? sizeText(classicSize) : WATCH_FORM_DEFAULTS.size,
    maxRate: maxRate === null ? WATCH_FORM_DEFAULTS.maxRate : rateText(maxRate),
  };
  const named = new Set(flags.map(flag => FIELDS[flag]));
  const said = Object.entries(all).filter(([field]) => named.has(field as WatchField));
  return { ...Object.fromEntries(said), ...(code === null ? {} : { code }) };
}

/** The flags that the form has no field for, which count all the same; empty: there are none. */
export function otherFlagsText({ flags }: GivenWatch): string {
  const others = flags.filter(flag => FIELDS[flag] === undefined && !SECRETS.includes(flag));
  return others.length === 0 ? '' : `Also from the command line: ${others.map(flag => `--${flag}`).join(' ')}`;
}

/** The same for another session, which must not write over the files of the first. */
export function withoutFiles({ options, flags }: GivenWatch): GivenWatch {
  return {
    options: { ...options, snapshotFile: null, exportFile: null, recordFile: null },
    flags: flags.filter(flag => !['snapshot', 'export', 'record'].includes(flag)),
  };
}

/** What to remember of the form: no address, no secret, and not what the command line said for once. */
export function watchToRemember(
  values: Values<WatchField>,
  flags: GivenWatch | null,
  { watch }: Pick<Preferences, 'watch'>,
): Readonly<Record<string, string>> {
  const once = Object.entries(flags ? flaggedValues(flags) : {}).filter(
    ([field, value]) => values[field as WatchField] === value,
  );
  const kept = once.map(([field]) => [field, watch[field] ?? WATCH_FORM_DEFAULTS[field as WatchField]]);
  const { address, code, ...rest } = differing({ ...values, ...Object.fromEntries(kept) }, WATCH_FORM_DEFAULTS);
  return rest;
}

export function watchFields(values: Values<WatchField>): Field<WatchField>[] {
  const size: Field<WatchField> = {
    name: 'size',
    label: 'Classic picture',
    note: 'auto, or WxH as set at the sharer',
    input: { kind: 'text', entry: SIZE_ENTRY },
  };
  const wire: Field<WatchField> = {
    name: 'wire',
    label: 'Protocol',
    note: '',
    input: {
      kind: 'choice',
      choices: [
        { value: 'auto', label: 'detect automatically' },
        { value: 'rfb', label: 'rfb (peerglass, VNC servers)' },
        { value: 'classic', label: 'classic (peerglass, the Python program)' },
      ],
    },
  };
  const code: Field<WatchField> = {
    name: 'code',
    label: 'Code',
    note: "the one on a peerglass sharer's screen",
    input: { kind: 'text', entry: CODE_ENTRY, empty: 'none' },
  };
  const name: Field<WatchField> = {
    name: 'name',
    label: 'Your name',
    note: 'for the sharer to see, if you like',
    input: { kind: 'text', entry: NAME_ENTRY, empty: 'not given' },
  };
  // Everybody gets the same, whoever they are.
  const broadcast = isBroadcastAddress(values.address);
  const key: Field<WatchField> = { ...code, label: 'Key', note: 'the part after # in the link' };
  const maxRate: Field<WatchField> = {
    name: 'maxRate',
    label: 'Max rate',
    note: 'from a peerglass sharer, e.g. 20mbit',
    input: { kind: 'text', entry: RATE_ENTRY, empty: 'no limit' },
  };
  return [
    {
      name: 'address',
      label: 'Address',
      note: '',
      input: {
        kind: 'text',
        entry: { accepts: /./u, longest: 400 },
        empty: 'host, host:port or [v6]:port, or the whole invitation',
      },
    },
    ...(broadcast
      ? [key]
      : [wire, ...(values.wire === 'rfb' ? [] : [size]), ...(values.wire === 'classic' ? [] : [code, name, maxRate])]),
    ...(broadcast || values.wire !== 'classic' ? [THREADS_FIELD] : []),
    values.view === 'none' ? VIEW_OR_NONE : VIEW_FIELD,
  ];
}

export function watchProblems(values: Values<WatchField>): Problems<WatchField> {
  const wire = parseProtocol(values.wire);
  const address = parseInvitation(values.address, wire.ok ? wire.value : 'auto', values.code);
  const size = values.size === 'auto' || values.wire === 'rfb' ? null : parseSize(values.size);
  const code = values.code === '' || values.wire === 'classic' ? null : parseCode(values.code);
  const name = parseViewerName(values.name);
  const rate = maxRateOf(values);
  const threads = threadsOf(values);
  const view = parseView(values.view);
  return {
    ...(address.ok ? {} : { address: address.problem }),
    ...(wire.ok ? {} : { wire: wire.problem }),
    ...(size === null || size.ok ? {} : { size: `${size.problem} Or type auto.` }),
    ...(code === null || code.ok ? {} : { code: code.problem }),
    ...(name.ok ? {} : { name: name.problem }),
    ...(rate === null || rate.ok ? {} : { maxRate: rate.problem }),
    ...(threads === null || threads.ok ? {} : { threads: threads.problem }),
    ...(view.ok ? {} : { view: view.problem }),
  };
}

/** Null: no limit. */
function maxRateOf({ maxRate, wire, address }: Values<WatchField>) {
  return maxRate.trim() === '' || wire === 'classic' || isBroadcastAddress(address) ? null : parseMaxRate(maxRate);
}

/** Null: the usual number. */
function threadsOf({ threads, wire, address }: Values<WatchField>) {
  return wire !== 'classic' || isBroadcastAddress(address) ? parseThreads(threads) : null;
}

/** Whether the address is one of this machine, where the window may show itself. */
export function isThisMachine(values: Values<WatchField>, local: readonly LocalAddress[]): boolean {
  const invitation = parseInvitation(values.address, 'auto', values.code);
  return invitation.ok && isLocal(invitation.value.peer.host, local);
}

/** Whether that host is this machine. */
export function isLocal(name: string, local: readonly LocalAddress[]): boolean {
  const host = name.toLowerCase();
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true;
  return local.some(({ address }) => address.toLowerCase() === host || address.split('%')[0]?.toLowerCase() === host);
}

/**
 * The options of a watch; null while the address has a problem.
 * @param given what the form has no fields for
 */
export function watchOptionsOf(
  values: Values<WatchField>,
  given: Omit<WatchOptions, 'peer'> = WATCH_DEFAULTS,
): WatchOptions | null {
  const wire = parseProtocol(values.wire);
  const invitation = parseInvitation(values.address, wire.ok ? wire.value : 'auto', values.code);
  const view = parseView(values.view);
  if (!invitation.ok || !wire.ok || !view.ok) return null;
  const { peer, broadcast } = invitation.value;
  const size = parseSize(values.size);
  const rate = maxRateOf(values);
  const threads = threadsOf(values);
  const common = { ...given, peer, view: view.value, threads: threads?.ok ? threads.value : WATCH_DEFAULTS.threads };
  // Its segments are all that there is of it.
  if (broadcast) return { ...common, broadcast, wire: 'auto', code: null, exportFile: null };
  return {
    ...common,
    wire: invitation.value.wire,
    code: values.code === '' || values.wire === 'classic' ? null : values.code,
    name: values.wire === 'classic' ? '' : values.name.trim(),
    maxRate: rate?.ok ? rate.value : null,
    classicSize: size.ok ? size.value : null,
  };
}

/** Splits an invitation in the address field: its address, code and protocol go to their fields. */
export function withInvitation(values: Values<WatchField>): Values<WatchField> {
  const { address, code, wire } = readInvitation(values.address);
  return { ...values, address, code: code ?? values.code, wire: wire ?? values.wire };
}

/** The values after typing or pasting: a code in the address goes to its own field at once. */
export function withTyped(values: Values<WatchField>, name: WatchField, text: string): Values<WatchField> {
  const next = { ...values, [name]: text };
  return name === 'address' ? { ...withInvitation(next), address: text } : next;
}

/** Moves the peer to the front of the list of last peers. */
export function withPeer(preferences: Preferences, peer: string): Preferences {
  return { ...preferences, peers: [peer, ...preferences.peers.filter(each => each !== peer)].slice(0, MAX_PEERS) };
}
