import { fromBase64Url, toBase64Url } from '../../core/base64url.js';
import { PeerglassError } from '../../core/errors.js';
import { BROADCAST } from './constants.js';

/** Where a broadcast is, and what opens it. Whoever has it watches. */
export interface BroadcastLink {
  /** Where its resources are, e.g. "http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w/": the name of one follows. */
  readonly place: string;
  /** The 22 characters that tell it from others: no secret, since caches see them. */
  readonly id: string;
  /** 32 bytes, which no cache sees. */
  readonly key: Uint8Array;
}

/** Scheme, host and port, a path before /live/ on servers that have one, the ID, perhaps damaged; then the fragment. */
const LINK = /^(https?:\/\/)([^/?#@\s]+)((?:\/[^/?#\s]+)*?\/live\/)([^/?#.\s]*)\/?(?:\?[^#\s]*)?(#\S*)?$/i;
const ID = /^[\w-]{22}$/;

const COPY_ALL = 'Copy the whole link: the key is the 43 characters after the "#". In a shell, put it in quotes.';

/**
 * Reads a link, e.g. "http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w#" and 43 characters.
 * @returns null: it is another kind of address
 * @throws PeerglassError E_BROADCAST_KEY where the ID or the key is missing or damaged
 */
export function readBroadcastLink(text: string): BroadcastLink | null {
  const match = LINK.exec(text.trim());
  if (!match) return null;
  const [, scheme = '', host = '', path = '', id = '', fragment = ''] = match;
  if (!ID.test(id) || fromBase64Url(id) === null) {
    throw new PeerglassError(
      'E_BROADCAST_KEY',
      'The link is damaged: "/live/" must be followed by 22 characters.',
      COPY_ALL,
    );
  }
  const key = fromBase64Url(fragment.slice(1));
  if (key?.length !== BROADCAST.keyBytes) {
    throw new PeerglassError('E_BROADCAST_KEY', 'The link lacks its key, or part of it.', COPY_ALL);
  }
  return { place: `${scheme.toLowerCase()}${host}${path}${id}/`, id, key };
}

/**
 * The link that a viewer is given.
 * @param server scheme, host and port, e.g. "http://hall.example", perhaps with a path
 */
export function broadcastLink(server: string, id: string, key: Uint8Array): string {
  return `${server.replace(/\/+$/, '')}${BROADCAST.path}${id}#${toBase64Url(key)}`;
}
