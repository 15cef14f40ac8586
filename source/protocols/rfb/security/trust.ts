import { PeerglassError } from '../../../core/errors.js';

/** What carries a connection, the weakest first. */
export const CHANNELS = ['clear', 'anonymous', 'certified'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How a peer was reached the last time that it let this viewer in, encrypted. */
export interface KnownPeer {
  readonly channel: Exclude<Channel, 'clear'>;
  /** As TlsFacts has it; the only one that is accepted from then on. */
  readonly fingerprint: string | null;
}

/** `required`: nothing goes unencrypted; `offered`: what can be encrypted is; `off`: no TLS, whoever the peer is. */
export type EncryptPolicy = 'required' | 'offered' | 'off';

/** Yes to a password over anonymous TLS, and yes to one in clear; a yes to a certificate is its fingerprint. */
export const YES_ANONYMOUS = 'anonymous';
export const YES_CLEAR = 'clear';

/** What a viewer believes of a peer, and what it is to be asked about. */
export interface Trust {
  readonly encrypt: EncryptPolicy;
  /** Null: never reached encrypted. */
  readonly known: KnownPeer | null;
  /** What the person has said yes to. */
  readonly yes: readonly string[];
  /** Whether the peer is this machine, with no network in between. */
  readonly loopback: boolean;
  /** The command that forgets the peer, e.g. "peerglass forget 192.168.1.82". */
  readonly forget: string;
}

/** Of a viewer that keeps nothing. */
export const NO_TRUST: Trust = { encrypt: 'offered', known: null, yes: [], loopback: false, forget: '' };

const CHANNEL_WORDS: Readonly<Record<Channel, string>> = {
  clear: 'no encryption',
  anonymous: 'encryption without a certificate',
  certified: 'encryption with a certificate',
};

/** Whether a channel is at least what the person demands and what the peer had before. */
export function isStrongEnough(trust: Trust, channel: Channel): boolean {
  return CHANNELS.indexOf(channel) >= CHANNELS.indexOf(leastChannel(trust));
}

function leastChannel({ encrypt, known }: Trust): Channel {
  if (encrypt === 'off') return 'clear';
  return known?.channel ?? (encrypt === 'required' ? 'anonymous' : 'clear');
}

/** Why a peer whose offers are all too weak is left. */
export function tooWeak(trust: Trust, offered: string): PeerglassError {
  const { known, forget } = trust;
  if (!known) {
    return new PeerglassError(
      'E_RFB_SECURITY',
      `The server does not offer encryption that peerglass speaks (offered: ${offered}), and --encrypt required asks for it.`,
      'Let the server offer TLS (VeNCrypt), or go through SSH.',
    );
  }
  return new PeerglassError(
    'E_PEER_WEAKER',
    `This peer had ${CHANNEL_WORDS[known.channel]} the last time, and now offers less (${offered}). Somebody in between may have taken it away.`,
    `Ask the person there whether that is meant. If it is, forget the peer first: ${forget}`,
  );
}

/** A fingerprint as people compare it, and as openssl prints it: "AB:CD:...". */
export function fingerprintText(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/../g) ?? []).join(':');
}

/** @throws PeerglassError E_PEER_CHANGED */
export function checkCertificate({ known, forget, encrypt }: Trust, fingerprint: string | null): void {
  if (encrypt === 'off' || !known?.fingerprint || known.fingerprint === fingerprint) return;
  throw new PeerglassError(
    'E_PEER_CHANGED',
    `The certificate of this peer is another one than before: SHA-256 ${fingerprintText(fingerprint ?? '')}, and not ${fingerprintText(known.fingerprint)}. Somebody in between may be pretending to be it.`,
    `Ask the person there whether the certificate was renewed. If it was, forget the old one first: ${forget}`,
  );
}

/**
 * Whether a user's name and password may go out.
 * @throws PeerglassError E_TRUST_REQUIRED, about what a yes has to name
 */
export function checkPassword(trust: Trust, channel: Channel, fingerprint: string | null): void {
  const { yes, known } = trust;
  if (channel === 'clear') {
    if (trust.loopback || yes.includes(YES_CLEAR)) return;
    throw question(
      'User and password would go over the network unencrypted: anybody on the way can read them.',
      YES_CLEAR,
    );
  }
  if (fingerprint === null) {
    if (yes.includes(YES_ANONYMOUS)) return;
    throw question(
      'The server does not prove who it is: your password is safe from listeners, but not from somebody in between.',
      YES_ANONYMOUS,
    );
  }
  if (known?.fingerprint === fingerprint || yes.includes(fingerprint)) return;
  throw question(
    `The certificate of this server was never seen before: SHA-256 ${fingerprintText(fingerprint)}. Compare it with the one on the server before your password goes there.`,
    fingerprint,
  );
}

function question(message: string, about: string): PeerglassError {
  return new PeerglassError('E_TRUST_REQUIRED', message, `To send it all the same: --trust ${about}`, { about });
}
