import { networkInterfaces } from 'node:os';
import { isIPv6, isLoopback } from '../core/ip-address.js';

/** A network assigns a machine any of these, and the machine may change its address at any time. */
const IPV6_PREFIX = 64;
/** These share their first 64 bits with every host on the link. */
const LINK_LOCAL = /^fe[89ab]/i;

/** The scope of an address: itself, or its network. */
export interface AddressScope {
  /** Without an IPv6 zone. */
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** The network's prefix length; null: the address alone. */
  readonly prefix: number | null;
}

/** @param own this machine's IPv6 addresses: its neighbours share its network, so each stands for itself */
export function addressScope(text: string, own?: readonly string[]): AddressScope {
  const address = text.replace(/%.*$/, '');
  if (!isIPv6(address)) return { address, family: 'ipv4', prefix: null };
  const network = networkOf(address);
  const near = LINK_LOCAL.test(address) || (own ?? ownAddresses()).some(each => networkOf(each) === network);
  return { address, family: 'ipv6', prefix: near ? null : IPV6_PREFIX };
}

/** The key of a machine: equal for all addresses that it may take. */
export function clientKeyOf(text: string, own?: readonly string[]): string {
  const { address, prefix } = addressScope(text, own);
  return prefix === null ? address : networkOf(address);
}

/** IPv4 for private use (RFC 1918), and behind a carrier's router or in a mesh VPN (RFC 6598). */
const PRIVATE_IPV4 = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const PRIVATE_IPV6 = /^f[cd]/i;

/** Whether an address is of a private network, or of one that this machine is in; not this machine itself. */
export function isNearby(text: string, own?: readonly string[]): boolean {
  if (isLoopback(text) || LINK_LOCAL.test(text)) return false;
  const { address, family, prefix } = addressScope(text, own);
  if (family === 'ipv4') return PRIVATE_IPV4.test(address);
  return PRIVATE_IPV6.test(address) || prefix === null;
}

/** The number of networks that `networksOf` returns. */
export const NETWORKS = 3;

/** The networks of an address, the widest first, its own place last: IPv4 /16 and /24, IPv6 /32 and /48. */
export function networksOf(text: string, own?: readonly string[]): readonly [string, string, string] {
  const { address, family } = addressScope(text, own);
  const place = clientKeyOf(text, own);
  if (family === 'ipv4') {
    const parts = address.split('.');
    return [parts.slice(0, 2).join('.'), parts.slice(0, 3).join('.'), place];
  }
  const groups = networkOf(address).split(':');
  return [groups.slice(0, 2).join(':'), groups.slice(0, 3).join(':'), place];
}

/** E.g. "192.168.1.5", "2001:db8:1:2::5 and its network (/64)". */
export function banText(text: string): string {
  const { prefix } = addressScope(text);
  return prefix === null ? text : `${text} and its network (/${prefix})`;
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(entries =>
    (entries ?? []).filter(({ family }) => family === 'IPv6').map(({ address }) => address),
  );
}

/** The first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<string>(Math.max(missing, 0)).fill('0'), ...after];
  return groups
    .slice(0, IPV6_PREFIX / 16)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':');
}
