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
} from '../session/option-values.js';
import { WATCH_DEFAULTS, type WatchOptions } from '../session/watch-options.js';
import {
  CODE_ENTRY,
  type Field,
  NAME_ENTRY,
  type Problems,
  RATE_ENTRY,
  SIZE_ENTRY,
  THREADS_FIELD,
  type Values,
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
export const HALL_OF_MIRRORS = 'If this shows the screen in front of you, expect a hall of mirrors.';

const MAX_PEERS = 20;

/**
 * The defaults, replaced by remembered values. The address is the last peer, selected: Enter watches it again.
 * @param given the last address given in the form, and a code that has let nobody in yet; or empty
 */
export function initialWatchValues(preferences: Preferences, given = { address: '', code: '' }): Values<WatchField> {
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
  };
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
  const key: Field<WatchField> = { ...code, label: 'Key', note: 'what stands behind # in the link' };
  const maxRate: Field<WatchField> = {
    name: 'maxRate',
    label: 'Max rate',
    note: 'from a peerglass sharer, for example 20mbit',
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
      : [wire, ...(values.wire === 'rfb' ? [] : [size]), ...(values.wire === 'classic' ? [] : [code, name])]),
    ...(values.wire === 'rfb' && !broadcast ? [maxRate, THREADS_FIELD] : []),
    VIEW_FIELD,
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
function maxRateOf({ maxRate, wire }: Values<WatchField>) {
  return maxRate.trim() === '' || wire !== 'rfb' ? null : parseMaxRate(maxRate);
}

/** Null: the usual number. */
function threadsOf({ threads, wire }: Values<WatchField>) {
  return wire === 'rfb' ? parseThreads(threads) : null;
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

/** The options of a watch; null while the address has a problem. */
export function watchOptionsOf(values: Values<WatchField>): WatchOptions | null {
  const wire = parseProtocol(values.wire);
  const invitation = parseInvitation(values.address, wire.ok ? wire.value : 'auto', values.code);
  const view = parseView(values.view);
  if (!invitation.ok || !wire.ok || !view.ok) return null;
  const { peer, broadcast } = invitation.value;
  if (broadcast) return { ...WATCH_DEFAULTS, peer, broadcast, view: view.value };
  const size = parseSize(values.size);
  const rate = maxRateOf(values);
  const threads = threadsOf(values);
  return {
    ...WATCH_DEFAULTS,
    peer,
    view: view.value,
    wire: invitation.value.wire,
    code: values.code === '' || values.wire === 'classic' ? null : values.code,
    name: values.wire === 'classic' ? '' : values.name.trim(),
    maxRate: rate?.ok ? rate.value : null,
    threads: threads?.ok ? threads.value : WATCH_DEFAULTS.threads,
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
