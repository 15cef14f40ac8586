import { isIPv4, isIPv6 } from './ip-address.js';
import { plainText } from './plain-text.js';

/** A sharer's address. A null port: try the rfb port, then the classic one. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number | null;
}

/** The port of VNC display 0; display N is N above it. */
export const VNC_BASE_PORT = 5900;
/** `HOST:N` below this is a VNC display number, not a port: no sharer listens on ports that low. */
export const VNC_DISPLAYS = 100;

const HIGHEST_PORT = 65_535;
const LONGEST_HOST = 253;

/** An address, or one line with the error. `unfinished`: further typing could still complete it. */
export type ParsedPeerAddress =
  | { readonly ok: true; readonly address: PeerAddress }
  | { readonly ok: false; readonly problem: string; readonly unfinished: boolean };

/**
 * Reads what a person types: `host`, `host:port`, `host::port`, `[v6]`, `[v6]:port`, `[v6]::port`, a bare IPv6 address
 * (it wins over `host::port` where both readings are possible), each also behind `vnc://`.
 *
 * As VNC users write it, `host:N` with N below 100 is display number N, port 5900 + N. In the classic protocol, which
 * has no displays, `host:N` is always a port; so is N in `host::N` and in `vnc://host:N`.
 */
export function parsePeerAddress(text: string, wire: 'auto' | 'rfb' | 'classic' = 'auto'): ParsedPeerAddress {
  const trimmed = text.trim();
  const url = /^vnc:\/\//i.test(trimmed);
  const rest = url ? trimmed.slice('vnc://'.length).replace(/\/$/, '') : trimmed;
  if (rest === '') return unfinished('Type the address of the sharer, such as 192.168.1.82');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1];
  if (scheme && !url)
    return wrong(`${shown(scheme)}:// is not supported: a link begins with vnc://, http:// or https://`);
  const displays = wire !== 'classic' && !url;
  if (rest.startsWith('[')) return parseBracketed(rest, displays);
  if (isIPv6(rest)) return { ok: true, address: { host: rest, port: null } };
  const match = /^(?<host>[^:]*)(?:(?<colons>::?)(?<port>[^:]*))?$/.exec(rest);
  if (!match) {
    return unfinished('Too many colons: an IPv6 address with a port is written [2001:db8::1]:5900');
  }
  const { host = '', colons, port } = match.groups ?? {};
  return hostProblem(host) ?? withPort(host, colons, port, displays);
}

/** The shortest text that `parsePeerAddress` parses to this address (for the same protocol). */
export function formatPeerAddress(address: PeerAddress, wire: 'auto' | 'rfb' | 'classic' = 'auto'): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  if (address.port === null) return address.host.includes(':') ? address.host : host;
  const colons = wire !== 'classic' && address.port < VNC_DISPLAYS ? '::' : ':';
  return `${host}${colons}${address.port}`;
}

function parseBracketed(rest: string, displays: boolean): ParsedPeerAddress {
  const match = /^\[(?<host>[^\]]*)(?<end>\](?:(?<colons>::?)(?<port>[^:]*))?)?$/.exec(rest);
  const { host = '', end, colons, port } = match?.groups ?? {};
  if (!match) return wrong('After ] comes :port or nothing');
  if (end === undefined) return unfinished('The bracket [ is not closed yet');
  if (!isIPv6(host)) return wrong(`${shown(host) || 'Nothing'} in brackets is not an IPv6 address`);
  return withPort(host, colons, port, displays);
}

function withPort(host: string, colons = '', port = '', displays: boolean): ParsedPeerAddress {
  if (colons === '') return { ok: true, address: { host, port: null } };
  if (port === '') return unfinished('The port is missing after the colon');
  if (!/^\d+$/.test(port)) return wrong(`${shown(port)} is not a port: a port is a number from 1 to ${HIGHEST_PORT}`);
  const number = Number(port);
  if (displays && colons === ':' && number < VNC_DISPLAYS) {
    return { ok: true, address: { host, port: VNC_BASE_PORT + number } };
  }
  if (number < 1 || number > HIGHEST_PORT) return wrong(`Port ${shown(port)} is out of range: 1 to ${HIGHEST_PORT}`);
  return { ok: true, address: { host, port: number } };
}

function hostProblem(host: string): ParsedPeerAddress | null {
  if (host === '') return wrong('The host is missing before the colon');
  if (host.length > LONGEST_HOST) return wrong(`A host name has at most ${LONGEST_HOST} characters`);
  const strange = /[^\p{L}\p{N}\p{M}._-]/u.exec(host);
  if (strange) return wrong(`A host name cannot contain "${strange[0]}"`);
  if (!/^[\d.]+$/.test(host) || isIPv4(host)) return null;
  const parts = host.split('.');
  if (parts.length > 4 || parts.some(part => Number(part) > 255)) return wrong(`${shown(host)} is not an IPv4 address`);
  return unfinished(`${shown(host)} is not a whole IPv4 address yet`);
}

/** A part of what was typed, for a sentence. */
function shown(part: string): string {
  return plainText(part, 60);
}

function wrong(problem: string): ParsedPeerAddress {
  return { ok: false, problem, unfinished: false };
}

function unfinished(problem: string): ParsedPeerAddress {
  return { ok: false, problem, unfinished: true };
}
