import { isIPv4, isIPv6 } from '../core/ip-address.js';

/** Where the page's WebSocket is. */
export const RFB_PATH = '/rfb';
/** The subprotocol that some VNC pages name; others name none. */
export const SUBPROTOCOL = 'binary';

/** `name:port`, `name` or `[v6]:port`, and nothing that could end a header or a quotation. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** The host that a request names, taken apart. */
export interface RequestedHost {
  /** As it came, in lower case. */
  readonly text: string;
  /** Without port and brackets. */
  readonly name: string;
  /** Whether the name is an IP address, which no name server can have changed. */
  readonly literal: boolean;
}

/** Null where a Host header is missing or is none. */
export function requestedHost(header: string | undefined): RequestedHost | null {
  const text = (header ?? '').toLowerCase();
  const match = HOST.exec(text);
  if (!match) return null;
  const name = match[1]!.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const literal = match[1]!.startsWith('[') ? isIPv6(name) : isIPv4(name);
  return name !== '' && (literal || !match[1]!.startsWith('[')) ? { text, name, literal } : null;
}

/**
 * Whether a WebSocket may be opened: by the page that this share serves itself, or by a program, which sends no Origin.
 * Otherwise any page that somebody here has open could watch.
 */
export function isOwnOrigin(origin: string | undefined, host: RequestedHost, https: boolean): boolean {
  return origin === undefined || origin.toLowerCase() === `${https ? 'https' : 'http'}://${host.text}`;
}

/** Whether a list of subprotocols, as the header has it, leaves one to agree on. */
export function canAgreeOn(protocols: string | undefined): boolean {
  return protocols === undefined || protocols.split(',').some(each => each.trim() === SUBPROTOCOL);
}

/**
 * The headers of every answer: the page may load its own few files and open its own WebSocket, and nothing else; no page
 * of another origin may use or show any of them.
 * @param host null: the answer is no page
 */
export function securityHeaders(host: RequestedHost | null, https: boolean): Readonly<Record<string, string>> {
  // 'self' does not cover WebSockets in older Safari.
  const socket = host ? ` ${https ? 'wss' : 'ws'}://${host.text}` : '';
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `connect-src 'self'${socket}`,
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}
