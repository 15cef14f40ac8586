import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fromBase64Url, toBase64Url } from '../../../core/base64url.js';
import { whyUnread, whyUnwritten, writeWholeSync } from '../../../node/whole-file.js';
import { BROADCAST } from '../../../protocols/broadcast/constants.js';
import { readBroadcastLink } from '../../../protocols/broadcast/link.js';

/** What makes a broadcast's link its own. */
export interface BroadcastSecret {
  /** In base64url, for caches to see. */
  readonly id: string;
  readonly key: Uint8Array;
}

/** Readable by this user alone. */
const FILE = 'broadcast.json';
const MAX_BYTES = 1024;

export function freshSecret(): BroadcastSecret {
  return { id: toBase64Url(randomBytes(BROADCAST.idBytes)), key: randomBytes(BROADCAST.keyBytes) };
}

/**
 * The secret in a link, and where it led.
 * @throws PeerglassError E_BROADCAST_KEY, Error where it is no link
 */
export function secretIn(link: string): BroadcastSecret & { readonly server: string } {
  const read = readBroadcastLink(link);
  if (!read) throw new Error('this is no link of a broadcast');
  const { id, key, place } = read;
  return { id, key, server: place.slice(0, place.lastIndexOf(BROADCAST.path)) };
}

/**
 * The secret of the last broadcast, so that its link works again, else a fresh one; it is kept for the next one.
 * @param folder where it is kept; null if there is none
 * @param warn told what could not be read or written
 */
export function keptSecret(folder: string | null, warn: (text: string) => void): BroadcastSecret {
  const lost = 'The next broadcast has another one.';
  if (folder === null) {
    warn(`The link of the broadcast cannot be kept: there is no home folder. ${lost}`);
    return freshSecret();
  }
  const file = path.join(folder, FILE);
  const known = read(file, warn);
  if (known) return known;
  const secret = freshSecret();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWholeSync(file, `${JSON.stringify({ id: secret.id, key: toBase64Url(secret.key) })}\n`);
  } catch (error) {
    warn(`The link of the broadcast cannot be kept in ${file}: ${whyUnwritten(error)}. ${lost}`);
  }
  return secret;
}

function read(file: string, warn: (text: string) => void): BroadcastSecret | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      warn(`The link that was kept in ${file} cannot be read: ${whyUnread(error)}. This broadcast has a new one.`);
    }
    return null;
  }
  const secret = text.length > MAX_BYTES ? null : keptIn(text);
  if (secret === null) warn(`The file of the link that was kept, ${file}, is damaged. This broadcast has a new one.`);
  return secret;
}

/** Null if the text is damaged. */
function keptIn(text: string): BroadcastSecret | null {
  try {
    const { id, key } = JSON.parse(text) as Partial<Record<'id' | 'key', unknown>>;
    if (typeof id !== 'string' || typeof key !== 'string') return null;
    const bytes = fromBase64Url(key);
    const valid = fromBase64Url(id)?.length === BROADCAST.idBytes && bytes?.length === BROADCAST.keyBytes;
    return valid ? { id, key: bytes } : null;
  } catch {
    return null;
  }
}
