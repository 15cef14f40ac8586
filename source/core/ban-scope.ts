import { isIPv6 } from './ip-address.js';

/** One network hands a machine all of these, and it may change its address at any time. */
const IPV6_PREFIX = 64;
/** The first 64 bits of these are the same for everybody on the link. */
const LINK_LOCAL = /^fe[89ab]/i;

/** What is banned with an address: itself, or its network. */
export interface BanScope {
  /** Without an IPv6 zone. */
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Bits of the network that is banned; null: the address alone. */
  readonly prefix: number | null;
}

export function banScope(text: string): BanScope {
  const address = text.replace(/%.*$/, '');
  if (!isIPv6(address)) return { address, family: 'ipv4', prefix: null };
  return { address, family: 'ipv6', prefix: LINK_LOCAL.test(address) ? null : IPV6_PREFIX };
}

/** E.g. "192.168.1.5", "2001:db8:1:2::5 and its network (/64)". */
export function banText(text: string): string {
  const { prefix } = banScope(text);
  return prefix === null ? text : `${text} and its network (/${prefix})`;
}
