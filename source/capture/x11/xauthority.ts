import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { homeFolder } from '../../node/home-folder.js';

const PROTOCOL = 'MIT-MAGIC-COOKIE-1';
/** Address families of Xau(3). */
const FAMILY = { internet: 0, internet6: 6, local: 256, wild: 65_535 } as const;

export interface Cookie {
  readonly name: string;
  readonly data: string;
}

interface Entry extends Cookie {
  readonly family: number;
  readonly address: Buffer;
  readonly display: string;
}

/** The file with this user's X cookies; null for a user without a home. */
export function authorityFile(environment: NodeJS.ProcessEnv = process.env): string | null {
  if (environment.XAUTHORITY) return environment.XAUTHORITY;
  const home = environment.HOME ?? homeFolder();
  return home && path.join(home, '.Xauthority');
}

/**
 * The cookie for a display; null if the file has none or cannot be read. That is no error yet: many servers admit their
 * own user without a cookie.
 *
 * @param remote the server's IP address, or null for a local socket
 */
export async function findCookie(file: string, remote: string | null, display: string): Promise<Cookie | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch {
    return null;
  }
  const [family, address] = wanted(remote);
  for (const entry of entries(bytes)) {
    const here = entry.family === FAMILY.wild || (entry.family === family && entry.address.equals(address));
    if (here && entry.name === PROTOCOL && (entry.display === '' || entry.display === display)) {
      return { name: entry.name, data: entry.data };
    }
  }
  return null;
}

/** ssh files the cookies of forwarded displays under this machine's name, although the socket is TCP on loopback. */
function wanted(remote: string | null): [family: number, address: Buffer] {
  const plain = remote?.replace(/^::ffff:/, '') ?? null;
  if (plain === null || plain === '::1' || plain.startsWith('127.')) return [FAMILY.local, Buffer.from(hostname())];
  if (isIP(plain) === 4) return [FAMILY.internet, Buffer.from(plain.split('.').map(Number))];
  return [FAMILY.internet6, ip6Bytes(plain)];
}

function ip6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map(word => Number.parseInt(word, 16)));
  const front = words(head);
  const back = words(tail);
  const zeros = new Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0);
  return Buffer.from([...front, ...zeros, ...back].flatMap(word => [word >> 8, word & 0xff]));
}

/** Each entry: family, then four strings with 16-bit big-endian lengths. A truncated last entry is ignored. */
function* entries(bytes: Buffer): Generator<Entry> {
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const family = bytes.readUInt16BE(offset);
    offset += 2;
    const strings: Buffer[] = [];
    while (strings.length < 4) {
      if (offset + 2 > bytes.length) return;
      const end = offset + 2 + bytes.readUInt16BE(offset);
      if (end > bytes.length) return;
      strings.push(bytes.subarray(offset + 2, end));
      offset = end;
    }
    const [address, display, name, data] = strings as [Buffer, Buffer, Buffer, Buffer];
    yield {
      family,
      address,
      display: display.toString('latin1'),
      name: name.toString(),
      data: data.toString('latin1'),
    };
  }
}
