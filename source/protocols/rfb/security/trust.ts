import { hasCodeShape } from '../../../core/code.js';
import { PeerglassError } from '../../../core/errors.js';

/**
 * What carries a connection, the weakest first: nothing; RSA-AES for the login only; anonymous TLS; RSA-AES; TLS with a
 * certificate; records with the keys of CPace.
 */
export const CHANNELS = ['clear', 'login', 'anonymous', 'keyed', 'certified', 'cpace'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How a peer was reached the last time that it let this viewer in, encrypted. */
export interface KnownPeer {
  readonly channel: Exclude<Channel, 'clear'>;
  /** The SHA-256 of its certificate or key, in lower-case hex; the only one that is accepted from then on. */
  readonly fingerprint: string | null;
}

/** `required`: nothing goes unencrypted; `offered`: what can be encrypted is; `off`: no TLS, whoever the peer is. */
export type EncryptPolicy = 'required' | 'offered' | 'off';

/**
 * Yes to a password over anonymous TLS, yes to one in clear, and yes to a code by another type than CPace; a yes to a
 * certificate is its fingerprint.
 */
export const YES_ANONYMOUS = 'anonymous';
export const YES_CLEAR = 'clear';
export const YES_CODE = 'code';

/** A viewer's knowledge of a peer, and what it must ask its user about. */
export interface Trust {
  readonly encrypt: EncryptPolicy;
  /** Null: never reached encrypted. */
  readonly known: KnownPeer | null;
  /** What the user has consented to. */
  readonly yes: readonly string[];
  /** What the viewer was given as its code: a code for peerglass, or a password, for any server that asks. */
  readonly secret: 'code' | 'password';
  /** Whether the peer is this machine, without a network in between. */
  readonly loopback: boolean;
  /** The command that forgets the peer, e.g. "peerglass forget 192.168.1.82". */
  readonly forget: string;
}

/** For a viewer that remembers nothing. */
export const NO_TRUST: Trust = {
  encrypt: 'offered',
  known: null,
  yes: [],
  secret: 'password',
  loopback: false,
  forget: '',
};

export const CHANNEL_WORDS: Readonly<Record<Channel, string>> = {
  clear: 'no encryption',
  login: 'an encrypted login',
  anonymous: 'encryption without a certificate',
  keyed: 'encryption with a key (RSA-AES)',
  certified: 'encryption with a certificate',
  cpace: 'the encryption of peerglass (CPace)',
};

/** Whether a channel is as strong as the user demands and as the peer's last one. */
export function isStrongEnough(trust: Trust, channel: Channel): boolean {
  return CHANNELS.indexOf(channel) >= CHANNELS.indexOf(leastChannel(trust));
}

function leastChannel({ encrypt, known }: Trust): Channel {
  if (encrypt === 'off') return 'clear';
  return known?.channel ?? (encrypt === 'required' ? 'anonymous' : 'clear');
}

/**
 * The one to take of the channels that a peer offers: the strongest, but where it shows itself as before if it can, so
 * that nobody passes for it by showing something new. Where there is a code, CPace proves the peer by that.
 */
export function preferred({ known }: Trust, offered: readonly Channel[], hasCode = false): Channel | undefined {
  if (hasCode && offered.includes('cpace')) return 'cpace';
  const shown = known?.fingerprint ? kindOf(known.channel) : null;
  const same = shown === null ? [] : offered.filter(channel => kindOf(channel) === shown);
  return CHANNELS.findLast(channel => (same.length > 0 ? same : offered).includes(channel));
}

/**
 * Another type that the server offers would be stronger than the chosen one, whose channel is known only once it is
 * chosen. Try again over another connection without the chosen one.
 */
export class StrongerElsewhere extends PeerglassError {
  /** The type to leave out. */
  readonly number: number;

  constructor(number: number) {
    super('E_RFB_SECURITY', 'The server offers better protection by another security type.', 'Try again.');
    this.number = number;
  }
}

/**
 * The peer left, or fell silent, when it could check one guess at the code and had not shown that it knows it. Trying
 * again at once would let it guess as often as it likes.
 */
export class CodeUnproven extends PeerglassError {
  constructor({ code, message, remedy }: PeerglassError) {
    super(code, message, remedy);
  }
}

export function isWeaker(channel: Channel, than: Channel): boolean {
  return CHANNELS.indexOf(channel) < CHANNELS.indexOf(than);
}

/** The error for a peer whose offers are all too weak. */
export function tooWeak(trust: Trust, offered: string): PeerglassError {
  const { known, forget } = trust;
  if (!known) {
    return new PeerglassError(
      'E_RFB_SECURITY',
      `The server offers no encryption that peerglass speaks (offered: ${offered}), but --encrypt required demands it.`,
      'Enable TLS (VeNCrypt) on the server, or go through SSH.',
    );
  }
  return new PeerglassError(
    'E_PEER_WEAKER',
    `This peer offered ${CHANNEL_WORDS[known.channel]} last time, and now offers less (${offered}). Somebody in between may have removed it.`,
    `Ask the person there whether that is intended. If it is, forget the peer first: ${forget}`,
  );
}

/** The error for a peer with whom `--encrypt off` leaves no way in. */
export function encryptionOff(offered: string): PeerglassError {
  return new PeerglassError(
    'E_RFB_SECURITY',
    `The sharer requires encryption (offered: ${offered}), but --encrypt off turns it off here.`,
    'Remove --encrypt off.',
  );
}

/** A fingerprint as people compare it, and as openssl prints it: "AB:CD:...". */
export function fingerprintText(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/../g) ?? []).join(':');
}

/** The identity that the other end shows. */
export interface Identity {
  readonly kind: 'certificate' | 'key' | 'identity';
  /** Its SHA-256, in lower-case hex. */
  readonly fingerprint: string;
  /** The fingerprint as people compare it with what the other end says. */
  readonly shown: string;
}

export function certificate(fingerprint: string): Identity {
  return { kind: 'certificate', fingerprint, shown: `SHA-256 ${fingerprintText(fingerprint)}` };
}

/** @param sha256 of an Ed25519 key */
export function identityOf(sha256: Uint8Array): Identity {
  const fingerprint = Array.from(sha256, byte => byte.toString(16).padStart(2, '0')).join('');
  return { kind: 'identity', fingerprint, shown: `SHA-256 ${fingerprintText(fingerprint)}` };
}

/** The identity shown in that channel; null: none. */
export function kindOf(channel: Channel): Identity['kind'] | null {
  if (channel === 'certified') return 'certificate';
  if (channel === 'cpace') return 'identity';
  return channel === 'keyed' || channel === 'login' ? 'key' : null;
}

const RENEWED: Readonly<Record<Identity['kind'], string>> = {
  certificate: 'the certificate was renewed',
  key: 'the key was renewed',
  identity: 'they use another computer or account, or made a new identity',
};

/** @param identity null: it shows none @throws PeerglassError E_PEER_CHANGED */
export function checkIdentity({ known, forget, encrypt }: Trust, identity: Identity | null): void {
  if (encrypt === 'off' || !known?.fingerprint || known.fingerprint === identity?.fingerprint) return;
  const before = kindOf(known.channel) ?? 'certificate';
  const now = identity ? `not the one seen before: ${identity.shown}` : 'missing';
  const remembered = before !== 'key' ? `, and not SHA-256 ${fingerprintText(known.fingerprint)}` : '';
  throw new PeerglassError(
    'E_PEER_CHANGED',
    `The ${identity?.kind ?? before} of this peer is ${now}${remembered}. Somebody in between may be pretending to be it.`,
    `Ask the person there whether ${RENEWED[before]}. If so, forget the old one first: ${forget}`,
  );
}

/**
 * Whether a user's name and password, or a password as it is, may go out.
 * @throws PeerglassError E_TRUST_REQUIRED, about what a yes has to name
 */
export function checkPassword(trust: Trust, channel: Channel, identity: Identity | null): void {
  const { yes, known } = trust;
  if (channel === 'clear') {
    if (trust.loopback || yes.includes(YES_CLEAR)) return;
    throw question(
      'User name and password would cross the network unencrypted: anybody on the way could read them.',
      YES_CLEAR,
    );
  }
  if (identity === null) {
    if (yes.includes(YES_ANONYMOUS)) return;
    throw question(
      'The server does not prove who it is: your password would be safe from eavesdroppers, but not from somebody in between.',
      YES_ANONYMOUS,
    );
  }
  const { kind, fingerprint, shown } = identity;
  if (known?.fingerprint === fingerprint || yes.includes(fingerprint)) return;
  throw question(
    `The ${kind} of this server has not been seen before: ${shown}. Compare it with the one on the server before you send your password.`,
    fingerprint,
  );
}

/**
 * Whether what the viewer was given as its code may be used in another way than CPace.
 * @param asked whether `checkPassword` asks about the server
 * @throws PeerglassError E_CODE_DOWNGRADE, E_TRUST_REQUIRED about what a yes has to name
 */
export function checkCode({ encrypt, known, loopback, secret, yes }: Trust, code: string, asked = false): void {
  if (secret === 'password') return;
  if (hasCodeShape(code) && encrypt === 'off') {
    throw new PeerglassError(
      'E_CODE_DOWNGRADE',
      'A peerglass code needs encryption: without it, others could find the code out.',
      "Remove --encrypt off. Or leave out the code: you are then asked for the VNC password that the sharer's screen shows (or give it with --password-file FILE).",
    );
  }
  if (encrypt === 'off') return;
  if (hasCodeShape(code)) {
    throw new PeerglassError(
      'E_CODE_DOWNGRADE',
      'This looks like a peerglass code, but the sharer asks for it in a way that would let others find it out. Somebody in between may have changed what the sharer offers.',
      'Ask the person there. If they turned encryption off, or share with another VNC program, leave out the code: you are then asked for the VNC password (or give it with --password-file FILE).',
    );
  }
  const accepted = asked || (known !== null && known.channel !== 'cpace');
  if (accepted || loopback || yes.includes(YES_CODE)) return;
  throw question(
    'This sharer does not use codes the way peerglass does: others on the network could find out the one that you gave.',
    YES_CODE,
  );
}

/** A sharer that is not known asks for no code where one was given: nothing proves that it is the one meant. */
export function codeUnasked(): PeerglassError {
  return new PeerglassError(
    'E_CODE_DOWNGRADE',
    'This sharer asks for no code, so nothing proves that it is the one whose code you have.',
    'Ask the person there. To watch anyway, leave out the code.',
  );
}

/**
 * Whoever has a code wants to know by it who is there: a sharer that is not known, on the network, must ask for it.
 * @throws PeerglassError E_CODE_DOWNGRADE
 */
export function checkUnasked({ encrypt, known, loopback, secret }: Trust, code: string | null): void {
  if (code !== null && secret === 'code' && known === null && !loopback && encrypt !== 'off') throw codeUnasked();
}

export function userRequired(): PeerglassError {
  return new PeerglassError(
    'E_USER_REQUIRED',
    'The server asks for a user name and a password.',
    'Give them with --user NAME and --password-file FILE.',
  );
}

function question(message: string, about: string): PeerglassError {
  return new PeerglassError('E_TRUST_REQUIRED', message, `To send it anyway: --trust ${about}`, { about });
}
