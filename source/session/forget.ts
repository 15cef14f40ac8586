import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import { CHANNEL_WORDS, fingerprintText } from '../protocols/rfb/security/trust.js';
import { KnownPeers } from './known-peers.js';
import { RememberedViewers, SHOWN_DIGITS } from './remembered-viewers.js';

interface Known {
  readonly sharers: readonly { readonly id: string; readonly text: string }[];
  readonly viewers: readonly { readonly id: string; readonly text: string }[];
}

interface Forgotten {
  readonly gone: readonly string[];
  /** What was to be forgotten. */
  readonly what: string;
  /** All that is known, where nothing was to be forgotten. */
  readonly known: Known | null;
}

/** Forgets a sharer or a viewer, or tells whom this user knows. @throws PeerglassError E_KNOWN_PEERS */
export function forget(
  { peer, viewer }: { readonly peer: PeerAddress | null; readonly viewer: string | null },
  folder: string | null,
): Forgotten {
  const [peers, viewers] = [new KnownPeers(folder), new RememberedViewers(folder)];
  if (peer !== null) return { gone: peers.forget(peer), what: formatPeerAddress(peer), known: null };
  if (viewer !== null) return { gone: viewers.forget(viewer).map(shownKey), what: viewer, known: null };
  const sharers = Object.entries(peers.all).map(([id, { channel, fingerprint }]) => {
    const shown = fingerprint === null ? '' : `: SHA-256 ${fingerprintText(fingerprint)}`;
    return { id, text: `${CHANNEL_WORDS[channel]}${shown}` };
  });
  const remembered = Object.entries(viewers.all).map(([fingerprint, { name, since }]) => {
    return { id: shownKey(fingerprint), text: `${name}, since ${new Date(since).toISOString().slice(0, 10)}` };
  });
  return { gone: [], what: '', known: { sharers, viewers: remembered } };
}

function shownKey(fingerprint: string): string {
  return fingerprint.slice(0, SHOWN_DIGITS);
}
