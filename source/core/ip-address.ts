const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
const GROUPS = 8;
/** The zone of a link-local address: an interface's name or number. */
const ZONE = /%[0-9a-z_.:-]+$/i;

const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|::1$|localhost(:|$))/i;

/** Whether a host, with or without a port, is a loopback address of this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Whether a text is an IPv4 address of four decimal numbers. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text) && !/(?:^|\.)0\d/.test(text);
}

/** Whether an address is IPv6 link-local without a zone. */
export function lacksZone(text: string): boolean {
  return /^fe[89ab]/i.test(text) && isIPv6(text) && !text.includes('%');
}

/** Whether an address is multicast, broadcast or reserved, so that nobody can connect to it. */
export function isForMany(text: string): boolean {
  return isIPv4(text) ? /^(22[4-9]|23\d|255)\./.test(text) : /^ff/i.test(text) && isIPv6(text);
}

/** Whether a text is an IPv6 address (RFC 4291, 2.2), with a zone or without. */
export function isIPv6(text: string): boolean {
  const halves = text.replace(ZONE, '').split('::');
  if (halves.length > 2) return false;
  const counts = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (counts.includes(null)) return false;
  const groups = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return halves.length === 2 ? groups < GROUPS : groups === GROUPS;
}

/** The number of 16-bit groups in a part, or null if it is invalid. Only the last part may end with an IPv4 address. */
function groupsOf(part: string, last: boolean): number | null {
  if (part === '') return 0;
  const groups = part.split(':');
  const tail = groups.at(-1)!;
  const dotted = last && tail.includes('.');
  if (dotted && !isIPv4(tail)) return null;
  const plain = dotted ? groups.slice(0, -1) : groups;
  return plain.every(group => GROUP.test(group)) ? plain.length + (dotted ? 2 : 0) : null;
}

/** An IPv4 or IPv6 address as its 4 or 16 bytes, without its zone; empty for another text. */
export function bytesOfAddress(text: string): number[] {
  if (isIPv4(text)) return text.split('.').map(Number);
  if (!isIPv6(text)) return [];
  const dotted = /[\d.]+$/.exec(text.replace(ZONE, ''))?.[0] ?? '';
  const [a = 0, b = 0, c = 0, d = 0] = isIPv4(dotted) ? dotted.split('.').map(Number) : [];
  const plain = text.replace(ZONE, '');
  const groups = isIPv4(dotted)
    ? `${plain.slice(0, -dotted.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    : plain;
  const [head = '', tail] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(GROUPS - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].flatMap(group => {
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

/** 16 bytes as an IPv6 address is written (RFC 5952): the longest row of zeros left out. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    (bytes[2 * index]! * 256 + bytes[2 * index + 1]!).toString(16),
  );
  const zeros = [...groups.join(':').matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].map(([row]) => row);
  const longest = zeros.reduce((best, row) => (row.length > best.length ? row : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = new RegExp(`(?:^|:)${longest}(?::|$)`).exec(text)!;
  return `${text.slice(0, at.index)}::${text.slice(at.index + at[0].length)}`;
}
