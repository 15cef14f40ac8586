import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { ByteReader } from '../../../core/byte-reader.js';
import { joined, sameInConstantTime } from '../../../core/bytes.js';
import { codeBytes } from '../../../core/code.js';
import { CountedOpener, CountedSealer, CPACE_RECORDS } from '../../../core/counted-records.js';
import { CPACE_SCALAR, CPACE_SHARE, CPACE_TAG, CPace, type CPaceKeys, lengthValue } from '../../../core/cpace.js';
import { PeerglassError } from '../../../core/errors.js';
import { plainText } from '../../../core/plain-text.js';
import type { AvailableCipher } from '../../../core/record-cipher.js';
import { SealedRecords } from '../../../core/sealed-records.js';
import { hmacSha256, sha256 } from '../../../core/sha256.js';
import { fromLatin1, fromUtf8, utf8 } from '../../../core/text.js';
import type { Upgrade } from '../../../core/transport.js';
import { SECURITY_TYPE } from '../constants.js';
import { REASON } from '../refusals.js';
import type { CPacePlatform, IdentityKey, ProvenViewer, ShareCPace } from './cpace-platform.js';
import { needsNothing } from './none.js';
import {
  type ClientSecurity,
  type ExchangeTime,
  type Opening,
  type ResumeCheck,
  type SecurityMove,
  type SecurityProof,
  type SecurityStep,
  type SecurityType,
  type SecurityVerdict,
  type ServerSecurity,
  type ShareSecrets,
  UNLIMITED,
  type ViewerSecrets,
} from './security-type.js';
import { checkIdentity, codeUnasked, type Identity, identityOf, type KnownPeer, kindOf } from './trust.js';

/**
 * peerglass's own security type (docs/extensions.md): CPace proves to both ends that the other one has the code, and gives
 * them keys that nobody else has; then everything travels in records, first of all what each end is known by.
 *
 * The viewer confirms its key first, and the share's confirmation is its verdict: so a guess at the code is tried only where
 * the share says whether it is right. Every message of the share begins with a byte that is not 0, which is the first one of
 * a SecurityResult that refuses.
 */
const LABEL = fromLatin1('peerglass CPace 1');
const VERSION = 1;
const CONFIRMED = 1;
/** Which password is used: none, or the code. */
const LOGIN = { none: 0, code: 1 } as const;

const NONCE = 32;
const COMMITMENT = 32;
const BLIND = 32;
const PUBLIC_KEY = 32;
const SIGNATURE = 64;
const RESUME_PROOF = 32;
/** A viewer lists no more ciphers. */
const MAX_CIPHERS = 8;
/** Bytes of a person's name. */
const LONGEST_NAME = 64;
const SHARE_HELLO = 2 + NONCE;

type Role = 'viewer' | 'sharer';

/** The other end of a role. */
const OTHER: Readonly<Record<Role, Role>> = { viewer: 'sharer', sharer: 'viewer' };

/** The three messages of both ends, up to where each has its keys; the last two without the public share that ends them. */
interface Hellos {
  readonly first: Uint8Array;
  readonly viewer: Uint8Array;
  readonly sharer: Uint8Array;
}

/** One end's part, from what was said before the type was chosen. */
class Exchange {
  readonly #role: Role;
  readonly #platform: CPacePlatform;
  readonly #channel: Uint8Array;
  readonly #blind: Uint8Array;
  #identity: IdentityKey | null = null;
  #cpace: CPace | null = null;
  #keys: CPaceKeys | null = null;
  #transcript: Uint8Array = new Uint8Array(0);
  #otherCommitment: Uint8Array = new Uint8Array(0);
  #cipher: AvailableCipher | null = null;

  constructor(role: Role, platform: CPacePlatform, { serverBanner, clientBanner, types, choice }: Opening) {
    this.#role = role;
    this.#platform = platform;
    this.#channel = lengthValue(LABEL, serverBanner, clientBanner, types, Uint8Array.of(choice));
    this.#blind = platform.random(BLIND);
  }

  random(length: number): Uint8Array {
    return this.#platform.random(length);
  }

  /** Binds this end's identity to the exchange without telling it. @throws PeerglassError E_IDENTITY */
  get commitment(): Uint8Array {
    this.#identity ??= this.#platform.identity;
    return commitmentOf(this.#role, this.#blind, this.#identity.publicKey);
  }

  /** @returns this end's public share */
  begin(code: string | null, sharerNonce: Uint8Array, viewerNonce: Uint8Array): Uint8Array {
    const password = code === null ? new Uint8Array(0) : codeBytes(code);
    const session = joined([sharerNonce, viewerNonce]);
    this.#cpace = new CPace({ password, channel: this.#channel, session }, this.#platform.random(CPACE_SCALAR));
    return this.#cpace.share;
  }

  /**
   * @param share the other end's
   * @throws PeerglassError E_RFB_PROTOCOL where the share is bad
   */
  agree(hellos: Hellos, share: Uint8Array, otherCommitment: Uint8Array, cipher: AvailableCipher): void {
    const cpace = this.#cpace!;
    const viewerData = lengthValue(fromLatin1('viewer'), hellos.viewer);
    const sharerData = lengthValue(fromLatin1('sharer'), hellos.first, hellos.sharer);
    const keys =
      this.#role === 'viewer'
        ? cpace.initiatorKeys(viewerData, { share, data: sharerData })
        : cpace.responderKeys(sharerData, { share, data: viewerData });
    if (!keys) throw broken('The other end sent an invalid number in the key exchange.');
    const shares = this.#role === 'viewer' ? [cpace.share, share] : [share, cpace.share];
    this.#transcript = sha512(lengthValue(this.#channel, viewerData, sharerData, ...shares));
    this.#otherCommitment = otherCommitment;
    this.#cipher = cipher;
    this.#keys = keys;
  }

  get tag(): Uint8Array {
    return this.#role === 'viewer' ? this.#keys!.initiatorTag : this.#keys!.responderTag;
  }

  /** Whether the other end has the same key, compared in constant time. */
  confirms(tag: Uint8Array): boolean {
    return sameInConstantTime(this.#role === 'viewer' ? this.#keys!.responderTag : this.#keys!.initiatorTag, tag);
  }

  /** From here on everything goes in records. */
  get upgrade(): Upgrade {
    const [own, other] = [this.#recordKey(this.#role), this.#recordKey(OTHER[this.#role])];
    const cipher = this.#cipher!;
    const sealer = new CountedSealer(cipher.create(own), CPACE_RECORDS);
    const opener = new CountedOpener(cipher.create(other), CPACE_RECORDS);
    const { soon } = this.#platform;
    return (below, unread) => new SealedRecords(below, unread, { sealer, opener, soon });
  }

  /** Who this end is: its key, and a signature of all that both ends have said. */
  get introduction(): Uint8Array {
    const { publicKey } = this.#identity!;
    return joined([this.#blind, publicKey, this.#identity!.sign(this.#signed(this.#role))]);
  }

  /** The other end's public key. @throws PeerglassError E_RFB_PROTOCOL where it is not the one that was committed to */
  readIntroduction(reader: ByteReader): Uint8Array {
    const blind = reader.bytes(BLIND);
    const publicKey = reader.bytes(PUBLIC_KEY).slice();
    const signature = reader.bytes(SIGNATURE);
    const role = OTHER[this.#role];
    const committed = sameInConstantTime(commitmentOf(role, blind, publicKey), this.#otherCommitment);
    if (!committed || !isSigned(signature, this.#signed(role), publicKey)) {
      throw broken('The other end could not prove who it is.');
    }
    return publicKey;
  }

  /** What shows that this viewer had an earlier connection. */
  resumeProof(key: Uint8Array): Uint8Array {
    return hmacSha256(key, this.#transcript);
  }

  get cipherName(): string {
    return this.#cipher?.name ?? '';
  }

  #recordKey(from: Role): Uint8Array {
    return hkdf(
      sha512,
      this.#keys!.key,
      this.#transcript,
      lengthValue(LABEL, fromLatin1(`${from} key`)),
      this.#cipher!.keyLength,
    );
  }

  #signed(role: Role): Uint8Array {
    return lengthValue(LABEL, fromLatin1(`${role} signature`), this.#transcript);
  }
}

function commitmentOf(role: Role, blind: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return sha512(lengthValue(LABEL, fromLatin1(`${role} commitment`), blind, publicKey)).subarray(0, COMMITMENT);
}

function isSigned(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    // As RFC 8032 has it: keys with which everything is signed are none.
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

function broken(message: string): PeerglassError {
  return new PeerglassError('E_RFB_PROTOCOL', message);
}

/** What the share begins with. */
interface ShareHello {
  readonly bytes: Uint8Array;
  /** Whether it asks for a code. */
  readonly asks: boolean;
  readonly nonce: Uint8Array;
}

/** @throws PeerglassError E_RFB_PROTOCOL */
function checkVersion(version: number): void {
  if (version === VERSION) return;
  const remedy = 'Update peerglass at both ends.';
  throw new PeerglassError('E_RFB_PROTOCOL', `The other end has version ${version} of the key exchange.`, remedy);
}

type ClientState = 'hello' | 'answer' | 'confirmation' | 'introduction' | 'over';

/** The viewer's way through CPace. */
class ClientCPace implements ClientSecurity {
  readonly #viewer: ViewerSecrets;
  readonly #platform: CPacePlatform;
  readonly #exchange: Exchange;
  #state: ClientState = 'hello';
  #hello: ShareHello | null = null;
  #own: Uint8Array = new Uint8Array(0);
  #byCode = false;
  #identity: Identity | null = null;

  constructor(viewer: ViewerSecrets, platform: CPacePlatform, opening: Opening) {
    this.#viewer = viewer;
    this.#platform = platform;
    this.#exchange = new Exchange('viewer', platform, opening);
  }

  get encryption(): string | null {
    if (this.#state !== 'over') return null;
    const login = this.#byCode ? 'code' : this.#isKnown ? 'sharer known' : 'sharer not verified';
    return `${this.#exchange.cipherName}, ${login}`;
  }

  /** The tag has left. */
  get unproven(): boolean {
    return this.#byCode && this.#state === 'confirmation';
  }

  get known(): KnownPeer | undefined {
    return this.#identity ? { channel: 'cpace', fingerprint: this.#identity.fingerprint } : undefined;
  }

  advance(reader: ByteReader, code: string | null): SecurityStep | undefined {
    if (this.#state === 'over') return { type: 'done' };
    if (this.#state === 'introduction') return this.#introduce(reader);
    if (reader.available === 0) return undefined;
    if (reader.peek() === 0) return { type: 'refused' };
    switch (this.#state) {
      case 'hello':
        return this.#begin(reader, code);
      case 'answer':
        return this.#agree(reader);
      case 'confirmation':
        return this.#confirm(reader);
    }
  }

  get #isKnown(): boolean {
    return this.#viewer.trust.known?.fingerprint === this.#identity?.fingerprint;
  }

  #begin(reader: ByteReader, code: string | null): SecurityStep | undefined {
    checkVersion(reader.peek());
    const hello = reader.attempt(() => reader.bytes(SHARE_HELLO).slice());
    if (!hello) return undefined;
    this.#hello ??= { bytes: hello, asks: hello[1] !== LOGIN.none, nonce: hello.subarray(2) };
    const { known } = this.#viewer.trust;
    // A share that is known may remember this viewer.
    if (this.#hello.asks && code === null && known?.channel !== 'cpace') return { type: 'code-required' };
    this.#byCode = this.#hello.asks && code !== null;
    // Who has a code wants to know by it who is there. A share that is known shows it by its key.
    if (!this.#hello.asks && code !== null && known?.channel !== 'cpace') throw codeUnasked();
    const { ciphers } = this.#platform;
    const nonce = this.#exchange.random(NONCE);
    const login = this.#byCode ? LOGIN.code : LOGIN.none;
    const numbers = ciphers.slice(0, MAX_CIPHERS).map(({ number }) => number);
    this.#own = joined([Uint8Array.of(VERSION, login, numbers.length, ...numbers), nonce, this.#exchange.commitment]);
    const share = this.#exchange.begin(this.#byCode ? code : null, this.#hello.nonce, nonce);
    this.#state = 'answer';
    return { type: 'send', bytes: joined([this.#own, share]) };
  }

  #agree(reader: ByteReader): SecurityStep | undefined {
    checkVersion(reader.peek());
    const answer = reader.attempt(() => reader.bytes(2 + COMMITMENT + CPACE_SHARE).slice());
    if (!answer) return undefined;
    const cipher = this.#platform.ciphers.find(({ number }) => number === answer[1]);
    if (!cipher) throw broken(`The sharer chose cipher ${answer[1]}, which was not offered.`);
    const sharer = answer.subarray(0, 2 + COMMITMENT);
    const hellos = { first: this.#hello!.bytes, viewer: this.#own, sharer };
    this.#exchange.agree(hellos, answer.subarray(2 + COMMITMENT), sharer.subarray(2), cipher);
    this.#state = 'confirmation';
    return { type: 'send', bytes: this.#exchange.tag };
  }

  #confirm(reader: ByteReader): SecurityStep | undefined {
    const verdict = reader.attempt(() => reader.bytes(1 + CPACE_TAG));
    if (!verdict) return undefined;
    if (verdict[0] !== CONFIRMED || !this.#exchange.confirms(verdict.subarray(1))) {
      throw broken('The other end does not have the same key: somebody in between may have changed the messages.');
    }
    this.#state = 'introduction';
    return { type: 'replace', upgrade: this.#exchange.upgrade };
  }

  #introduce(reader: ByteReader): SecurityStep | undefined {
    const publicKey = reader.attempt(() => this.#exchange.readIntroduction(reader));
    if (!publicKey) return undefined;
    this.#identity = ed25519Identity(publicKey);
    const { trust, resume, name } = this.#viewer;
    // What the code proves counts for more than what a peer was known by before it had CPace.
    const shownBefore = trust.known === null ? null : kindOf(trust.known.channel);
    if (!this.#byCode || shownBefore === 'identity') checkIdentity(trust, this.#identity);
    this.#state = 'over';
    const proof = resume ? this.#exchange.resumeProof(resume) : new Uint8Array(RESUME_PROOF);
    const called = nameBytes(name);
    return {
      type: 'send',
      bytes: joined([this.#exchange.introduction, proof, Uint8Array.of(called.length), called]),
    };
  }
}

/** A person's name, as much of it as is sent: whole characters. */
function nameBytes(name: string): Uint8Array {
  let text = '';
  for (const character of name) {
    if (fromUtf8(text + character).length > LONGEST_NAME) break;
    text += character;
  }
  return fromUtf8(text);
}

/** What an end with that key is known by. */
export function ed25519Identity(publicKey: Uint8Array): Identity {
  return identityOf(sha256(publicKey));
}

type ServerState = 'hello' | 'tag' | 'told' | 'introduction' | 'over';

/** A viewer's way through CPace. */
class ServerCPace implements ServerSecurity {
  readonly #share: ShareCPace;
  readonly #code: string | null;
  readonly #resume: ResumeCheck | null;
  readonly #time: ExchangeTime;
  readonly #exchange: Exchange;
  readonly #hello: Uint8Array;
  #state: ServerState = 'hello';
  #moves: SecurityMove[] = [];
  #byCode = false;
  #viewer: ProvenViewer | null = null;
  #standing: 'unknown' | 'remembered' | 'resumed' = 'unknown';

  constructor(share: ShareCPace, { code, resume, encryption }: ShareSecrets, opening: Opening) {
    this.#share = share;
    this.#code = code;
    this.#resume = resume;
    this.#time = encryption?.exchanges ?? UNLIMITED;
    this.#exchange = new Exchange('sharer', share.platform, opening);
    const asks = code === null ? LOGIN.none : LOGIN.code;
    this.#hello = joined([Uint8Array.of(VERSION, asks), this.#exchange.random(NONCE)]);
  }

  get encryption(): string | null {
    if (this.#viewer === null) return null;
    const words = { unknown: this.#byCode ? 'code' : 'no code', remembered: 'remembered', resumed: 'resumed' };
    return `${this.#exchange.cipherName}, ${words[this.#byCode ? 'unknown' : this.#standing]}`;
  }

  get viewer(): ProvenViewer | null {
    return this.#viewer;
  }

  begin(): Uint8Array {
    return this.#hello;
  }

  receive(reader: ByteReader): SecurityMove | SecurityProof | SecurityVerdict | undefined {
    const move = this.#moves.shift();
    if (move) return move;
    switch (this.#state) {
      case 'hello':
        return this.#agree(reader);
      case 'tag':
        return this.#check(reader);
      case 'told':
        return this.#confirm();
      case 'introduction':
        return this.#meet(reader);
      case 'over':
        return undefined;
    }
  }

  #agree(reader: ByteReader): SecurityMove | SecurityVerdict | undefined {
    const own = reader.attempt(() => {
      checkVersion(reader.peek());
      const count = reader.peek(2);
      if (count > MAX_CIPHERS) throw broken(`The viewer offers ${count} ciphers.`);
      return reader.bytes(3 + count + NONCE + COMMITMENT + CPACE_SHARE).slice();
    });
    if (!own) return undefined;
    const [login, count] = [own[1], own[2]!];
    const offered = own.subarray(3, 3 + count);
    const viewer = own.subarray(0, own.length - CPACE_SHARE);
    const [nonce, commitment] = [viewer.subarray(3 + count, -COMMITMENT), viewer.subarray(-COMMITMENT)];
    const cipher = this.#share.platform.ciphers.find(({ number }) => offered.includes(number));
    if (!cipher) return { ok: false, reason: 'Both ends have no cipher in common.', misuse: true };
    this.#byCode = login === LOGIN.code && this.#code !== null;
    const sharer = joined([Uint8Array.of(VERSION, cipher.number), this.#exchange.commitment]);
    const share = this.#time.run(() => {
      const share = this.#exchange.begin(this.#byCode ? this.#code : null, this.#hello.subarray(2), nonce);
      this.#exchange.agree({ first: this.#hello, viewer, sharer }, own.subarray(-CPACE_SHARE), commitment, cipher);
      return share;
    });
    if (share === null) return { ok: false, reason: REASON.crowded, misuse: true };
    this.#state = 'tag';
    return { type: 'send', bytes: joined([sharer, share]) };
  }

  #check(reader: ByteReader): SecurityMove | SecurityProof | SecurityVerdict | undefined {
    const tag = reader.attempt(() => reader.bytes(CPACE_TAG));
    if (!tag) return undefined;
    const right = this.#exchange.confirms(tag);
    this.#state = 'told';
    if (this.#byCode) return { type: 'proof', right };
    if (!right) return { ok: false, reason: REASON.changedOnTheWay, misuse: true };
    return this.#confirm();
  }

  #confirm(): SecurityMove {
    this.#state = 'introduction';
    this.#moves = [
      { type: 'replace', upgrade: this.#exchange.upgrade },
      { type: 'send', bytes: this.#exchange.introduction },
    ];
    return { type: 'send', bytes: joined([Uint8Array.of(CONFIRMED), this.#exchange.tag]) };
  }

  #meet(reader: ByteReader): SecurityVerdict | undefined {
    const met = reader.attempt(() => {
      const publicKey = this.#exchange.readIntroduction(reader);
      const proof = reader.bytes(RESUME_PROOF).slice();
      const length = reader.u8();
      if (length > LONGEST_NAME) throw broken(`The viewer has a name of ${length} bytes.`);
      return { publicKey, proof, name: plainText(utf8(reader.bytes(length)), LONGEST_NAME) };
    });
    if (!met) return undefined;
    const { publicKey, proof, name } = met;
    const { fingerprint } = ed25519Identity(publicKey);
    this.#state = 'over';
    this.#viewer = { publicKey, fingerprint, name };
    const standing = this.#share.standing(fingerprint);
    if (standing === 'banned') return { ok: false, reason: REASON.banned, misuse: true };
    const resumes = this.#resume?.(key => sameInConstantTime(this.#exchange.resumeProof(key), proof)) ?? false;
    this.#standing = resumes ? 'resumed' : standing;
    const known = this.#standing !== 'unknown';
    if (this.#code !== null && !this.#byCode && !known) return { ok: false, reason: REASON.codeNeeded, misuse: true };
    return { ok: true, known };
  }
}

export const cpace: SecurityType = {
  client: viewer => {
    const { cpace: platform, trust } = viewer;
    if (!platform || trust.encrypt === 'off') return null;
    return {
      number: SECURITY_TYPE.cpace,
      channel: 'cpace',
      preference: () => 0,
      start: opening => new ClientCPace(viewer, platform, opening),
    };
  },
  server: share => {
    const own = share.encryption?.cpace;
    if (!own || (share.code === null && !needsNothing(share))) return null;
    return { number: SECURITY_TYPE.cpace, start: opening => new ServerCPace(own, share, opening) };
  },
};
