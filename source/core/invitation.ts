import { hasCodeShape } from './code.js';

/** The parts of an invitation to a share, unchecked. */
export interface Invitation {
  /** As a person would type it. The link of a broadcast stays one, without its key. */
  readonly address: string;
  /** The code, or the key of a broadcast. */
  readonly code: string | null;
  /** Where it says so. */
  readonly wire: 'classic' | 'rfb' | null;
  /** What stands there besides, and is not understood. */
  readonly rest: string;
}

/** Quotes of all kinds, and what chat programs put around code. */
const WRAPPING = /["'`“”„‘’«»<>]/g;
/** The index of the address, after any words before it. */
const COMMAND = /(?:^|\s)peerglass\s+watch\s+/i;
const LINK = /(?:^|\s)((?:vnc|https?):\/\/\S+)/i;
/** Ports of VNC pages: 5800 + N belongs to display N. */
const PAGES = { first: 5800, last: 5899, toDisplay: 100 } as const;

/**
 * Reads an invitation from the sharer's screen or from a message: "peerglass watch 10.77.0.1:5900   code ABCD-EFGH", a
 * link (vnc, http), or a bare address, perhaps with quotes, line breaks and words around it.
 */
export function readInvitation(text: string): Invitation {
  const plain = inOnePiece(text.replace(WRAPPING, ' ').replace(/\s+/g, ' ').trim());
  const command = COMMAND.exec(plain);
  const link = command ? null : LINK.exec(plain);
  const begin = command ? command.index + command[0].length : (link?.index ?? 0);
  // Words around a clear invitation belong to a message; around a bare address they are a mistake.
  return taken(plain.slice(begin).trim().split(' '), command !== null || link !== null);
}

/**
 * The link that a browser opens. The code stands in its fragment, which a browser sends nowhere.
 * @param host an address or a name; an IPv6 address without brackets
 */
export function pageLink(
  { https, port }: { readonly https: boolean; readonly port: number },
  host: string,
  code: string | null,
): string {
  const place = `${https ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  return code === null ? place : `${place}#${encodeURIComponent(code)}`;
}

function taken(words: readonly string[], inMessage: boolean): Invitation {
  const [first = '', ...others] = words;
  const { address, code: linked } = fromLink(first.replace(/[,;)]+$/, ''));
  const rest: string[] = [];
  let code: string | null = linked;
  let wire: Invitation['wire'] = null;
  for (let at = 0; at < others.length; at++) {
    const [, flag = '', equals] = /^\(?((?:--)?[a-z]+)(?:[:=](.*))?$/i.exec(others[at]!) ?? [];
    const name = flag.replace('--', '').toLowerCase();
    if (name !== 'code' && name !== 'wire') {
      rest.push(others[at]!);
      continue;
    }
    const value = (equals || others[++at]) ?? '';
    if (name === 'wire') wire = value === 'classic' || value === 'rfb' ? value : wire;
    else if (value !== '') {
      code = value.replace(/[,;.)]+$/, '');
      // Two groups, as they are read out.
      const next = (others[at + 1] ?? '').replace(/[,;.)]+$/, '');
      const older = /^[a-z0-9]{4}$/i;
      if ((older.test(code) && older.test(next)) || (!hasCodeShape(code) && hasCodeShape(code + next))) {
        code += ` ${next}`;
        at++;
      }
    }
  }
  return { address, code, wire, rest: inMessage ? '' : rest.join(' ') };
}

/** The link of a broadcast, perhaps with a damaged ID, and its key. */
const BROADCAST = /^(https?:\/\/[^/?#]+(?:\/[^/?#]+)*?\/live\/[^/?#.]*)\/?(?:\?[^#]*)?(?:#(.*))?$/i;

/** Words that the link of a broadcast is in at most, where a narrow terminal or a mail has broken it. */
const MOST_PIECES = 4;
const WHOLE_BROADCAST = /^https?:\/\/\S+\/live\/[\w-]{22}\/?#[\w-]{43}$/i;

/** The same text, with a broken link of a broadcast in one piece. */
function inOnePiece(text: string): string {
  const words = text.split(' ');
  const at = words.findIndex(word => /^https?:\/\/.*\/live\//i.test(word));
  if (at < 0) return text;
  for (let count = 2; count <= MOST_PIECES; count++) {
    const joined = words.slice(at, at + count).join('');
    if (WHOLE_BROADCAST.test(joined)) return [...words.slice(0, at), joined, ...words.slice(at + count)].join(' ');
  }
  return text;
}

/** Whether an address is the link of a broadcast, without its key. */
export function isBroadcastAddress(address: string): boolean {
  return BROADCAST.test(address.trim());
}

/** A link as an address; other texts are returned unchanged. */
function fromLink(text: string): { readonly address: string; readonly code: string | null } {
  const broadcast = BROADCAST.exec(text);
  if (broadcast) return { address: broadcast[1]!, code: broadcast[2] || null };
  const match = /^(vnc|https?):\/\/(?:[^/@]*@)?([^/?#]*)(.*)$/i.exec(text);
  if (!match) return { address: text, code: null };
  const [, scheme = '', place = '', behind = ''] = match;
  const [named, page] = [/[?&#](?:code|vncpassword)=([^&#]+)/i, /^\/?#([^=&]+)$/].map(each => each.exec(behind)?.[1]);
  const secret = named ?? (/^vnc$/i.test(scheme) ? undefined : page);
  const code = secret === undefined ? null : decoded(secret);
  // In a link the interface of a link-local address stands behind "%25" (RFC 6874).
  const host = decoded(place);
  return { address: /^vnc$/i.test(scheme) ? `vnc://${host}` : ofPage(host), code };
}

/** The page that a VNC server serves leads to the port beside it; another one says nothing of the port. */
function ofPage(place: string): string {
  const [, host = place, digits] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  if (digits === undefined) return host.replace(/^\[(.*)\]$/, '$1');
  const port = Number(digits);
  if (port === 80 || port === 443) return host.replace(/^\[(.*)\]$/, '$1');
  return `${host}:${port >= PAGES.first && port <= PAGES.last ? port + PAGES.toDisplay : port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
