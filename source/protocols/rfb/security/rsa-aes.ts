import { ByteReader } from '../../../core/byte-reader.js';
import { joined, sameInConstantTime, writeU16, writeU32 } from '../../../core/bytes.js';
import { CountedOpener, CountedSealer } from '../../../core/counted-records.js';
import { PeerglassError } from '../../../core/errors.js';
import type { RecordCipher } from '../../../core/record-cipher.js';
import { SealedRecords, sealed } from '../../../core/sealed-records.js';
import { fromUtf8 } from '../../../core/text.js';
import type { Upgrade } from '../../../core/transport.js';
import { SECURITY_TYPE } from '../constants.js';
import { REASON } from '../refusals.js';
import type { HashName, RsaAesPlatform, RsaKeys, RsaPublicKey } from './rsa-aes-platform.js';
import { RSA_AES_RECORDS } from './rsa-aes-records.js';
import {
  type ClientSecurity,
  type ClientSecurityType,
  type ExchangeTime,
  type SecurityMove,
  type SecurityStep,
  type SecurityType,
  type SecurityVerdict,
  type ServerSecurity,
  type ServerSecurityType,
  type ShareSecrets,
  UNLIMITED,
  type ViewerSecrets,
} from './security-type.js';
import { checkCode, checkIdentity, checkPassword, type Identity, type KnownPeer, userRequired } from './trust.js';

/** The four types of one protocol (rfbproto.rst, "RSA-AES Security Type" and those after it). */
interface Variant {
  readonly number: number;
  readonly hash: HashName;
  readonly hashLength: number;
  /** Of AES, in bytes. */
  readonly keyLength: number;
  /**
   * Lengths of the random numbers. rfbproto.rst has 16 bytes for all types; programs with the 256-bit types send
   * 32 (TigerVNC takes nothing else). A server begins with the first, a viewer answers with as many as it was sent.
   */
  readonly randomLengths: readonly [number, ...number[]];
  /** Whether all that follows is encrypted, or the login only. */
  readonly whole: boolean;
}

const AES_128 = { hash: 'sha1', hashLength: 20, keyLength: 16, randomLengths: [16] } as const;
const AES_256 = { hash: 'sha256', hashLength: 32, keyLength: 32, randomLengths: [32, 16] } as const;

const RA2_256: Variant = { ...AES_256, number: SECURITY_TYPE.ra2With256, whole: true };
const RA2: Variant = { ...AES_128, number: SECURITY_TYPE.ra2, whole: true };
const RA2_NE_256: Variant = { ...AES_256, number: SECURITY_TYPE.ra2neWith256, whole: false };
const RA2_NE: Variant = { ...AES_128, number: SECURITY_TYPE.ra2ne, whole: false };

/** What a server asks for. */
const SUBTYPE = { userAndPassword: 1, password: 2 } as const;

/** Bits of a modulus. */
const LEAST_BITS = 2048;
const MOST_BITS = 8192;
/** Bytes of a public exponent; 65537 is usual. */
const LONGEST_EXPONENT = 8;
/** A length of name and of password is one byte. */
const LONGEST_CREDENTIAL = 255;

const LOGIN_ONLY = 'login protected, picture not encrypted';

function channelOf({ whole }: Variant): 'keyed' | 'login' {
  return whole ? 'keyed' : 'login';
}

function protectionOf({ keyLength, whole }: Variant, login: string): string {
  return whole ? `AES-${keyLength * 8} (RSA-AES), ${login}` : LOGIN_ONLY;
}

/** Somebody's public key as it goes over the wire: its bits, the modulus, the exponent. */
interface WireKey extends RsaPublicKey {
  readonly bytes: Uint8Array;
  /** Bytes of a number that is encrypted with it. */
  readonly size: number;
}

function wireKey({ modulus, exponent }: RsaPublicKey): WireKey {
  const size = modulus.length;
  const bytes = new Uint8Array(4 + 2 * size);
  writeU32(bytes, 0, size * 8 - Math.clz32(modulus[0]!) + 24);
  bytes.set(modulus, 4);
  bytes.set(exponent, bytes.length - exponent.length);
  return { bytes, size, modulus, exponent };
}

function identityOf({ bytes }: WireKey, { hash }: Pick<RsaAesPlatform, 'hash'>): Identity {
  const short = hash('sha1', bytes).subarray(0, 8);
  // As TigerVNC and RealVNC show it.
  return { kind: 'key', fingerprint: hex(hash('sha256', bytes), ''), shown: `fingerprint ${hex(short, '-')}` };
}

/** What a server with that key is known by. */
export function keyIdentity(key: RsaPublicKey, platform: Pick<RsaAesPlatform, 'hash'>): Identity {
  return identityOf(wireKey(key), platform);
}

/** @throws PeerglassError E_RFB_PROTOCOL */
function readKey(reader: ByteReader): WireKey | undefined {
  return reader.attempt(() => {
    const bits = reader.u32();
    if (bits < LEAST_BITS || bits > MOST_BITS) {
      throw broken(`The other end has a key of ${bits} bits, and not of ${LEAST_BITS} to ${MOST_BITS}.`);
    }
    const size = Math.ceil(bits / 8);
    const [modulus, exponent] = [reader.bytes(size).slice(), reader.bytes(size).slice()];
    const large = exponent.subarray(0, -1).some(byte => byte !== 0) || exponent[size - 1]! > 1;
    const odd = modulus[size - 1]! & exponent[size - 1]! & 1;
    // One as long as the modulus would cost a hundred times as much to encrypt for, before anything is proven.
    const huge = exponent.subarray(0, -LONGEST_EXPONENT).some(byte => byte !== 0);
    if (modulus[0] === 0 || !large || huge || !odd) throw broken('The other end sent an invalid key.');
    const length = new Uint8Array(4);
    writeU32(length, 0, bits);
    return { bytes: joined([length, modulus, exponent]), size, modulus, exponent };
  });
}

/** A random number that was encrypted for `own`. @throws PeerglassError E_RFB_PROTOCOL */
function readRandom(reader: ByteReader, own: WireKey, keys: RsaKeys, variant: Variant): Uint8Array | undefined {
  const encrypted = reader.attempt(() => {
    const length = reader.u16();
    if (length !== own.size) throw broken(`The other end sent ${length} encrypted bytes instead of ${own.size}.`);
    return reader.bytes(length);
  });
  return encrypted && keys.decrypt(encrypted, variant.randomLengths);
}

/** @throws PeerglassError E_RFB_PROTOCOL */
function encryptedRandom(platform: RsaAesPlatform, key: WireKey, random: Uint8Array): Uint8Array {
  const message = new Uint8Array(2 + key.size);
  writeU16(message, 0, key.size);
  try {
    const encrypted = platform.encrypt(key, random);
    message.set(encrypted, message.length - encrypted.length);
  } catch (cause) {
    throw broken('The other end sent an invalid key.', cause);
  }
  return message;
}

function broken(message: string, cause?: unknown): PeerglassError {
  return new PeerglassError('E_RFB_PROTOCOL', message, '', { cause });
}

/** What both ends say once they have keys for it. Records and what they carry need not begin and end together. */
class SealedTalk {
  readonly #sealer: CountedSealer;
  readonly #opener: CountedOpener;
  readonly #plain = new ByteReader();
  readonly #soon: RsaAesPlatform['soon'];

  constructor(send: RecordCipher, receive: RecordCipher, soon: RsaAesPlatform['soon']) {
    this.#soon = soon;
    this.#sealer = new CountedSealer(send, RSA_AES_RECORDS);
    this.#opener = new CountedOpener(receive, RSA_AES_RECORDS);
  }

  say(bytes: Uint8Array): SecurityMove {
    return { type: 'send', bytes: sealed(this.#sealer, [bytes]) };
  }

  /** Undefined until all that `parse` reads has come. @throws PeerglassError E_RFB_PROTOCOL */
  read<T>(reader: ByteReader, parse: (plain: ByteReader) => T): T | undefined {
    for (;;) {
      const found = this.#plain.attempt(() => parse(this.#plain));
      if (found !== undefined) return found;
      const record = this.#opener.open(reader);
      if (record === undefined) return undefined;
      this.#plain.push(record);
    }
  }

  /** From here on everything goes so. */
  get upgrade(): Upgrade {
    const records = { sealer: this.#sealer, opener: this.#opener, soon: this.#soon };
    return (below, unread) => new SealedRecords(below, unread, records, this.#plain.rest());
  }
}

/** What both ends have after the exchange of keys and random numbers. */
class Agreement {
  readonly #platform: RsaAesPlatform;
  readonly #variant: Variant;
  readonly #server: WireKey;
  readonly #client: WireKey;

  constructor(platform: RsaAesPlatform, variant: Variant, server: WireKey, client: WireKey) {
    this.#platform = platform;
    this.#variant = variant;
    this.#server = server;
    this.#client = client;
  }

  talkOf(end: 'server' | 'client', serverRandom: Uint8Array, clientRandom: Uint8Array): SealedTalk {
    const client = this.#cipher(serverRandom, clientRandom);
    const server = this.#cipher(clientRandom, serverRandom);
    const { soon } = this.#platform;
    return end === 'client' ? new SealedTalk(client, server, soon) : new SealedTalk(server, client, soon);
  }

  get serverHash(): Uint8Array {
    return this.#hash(this.#server.bytes, this.#client.bytes);
  }

  get clientHash(): Uint8Array {
    return this.#hash(this.#client.bytes, this.#server.bytes);
  }

  #cipher(...randoms: readonly Uint8Array[]): RecordCipher {
    return this.#platform.cipher(this.#hash(...randoms).subarray(0, this.#variant.keyLength));
  }

  #hash(...pieces: readonly Uint8Array[]): Uint8Array {
    return this.#platform.hash(this.#variant.hash, joined(pieces));
  }
}

/** @throws PeerglassError E_RFB_PROTOCOL */
function checkHash(found: Uint8Array, expected: Uint8Array): void {
  if (sameInConstantTime(found, expected)) return;
  throw broken('The other end saw other keys than were sent: somebody in between may have changed them.');
}

type ClientState = 'key' | 'own-key' | 'random' | 'hash' | 'subtype' | 'login' | 'sent' | 'over';

/** The viewer's way through RSA-AES. */
class ClientRsaAes implements ClientSecurity {
  readonly #variant: Variant;
  readonly #viewer: ViewerSecrets;
  readonly #platform: RsaAesPlatform;
  #state: ClientState = 'key';
  #server: WireKey | null = null;
  #agreement: Agreement | null = null;
  #talk: SealedTalk | null = null;
  #subtype: number = SUBTYPE.password;

  constructor(variant: Variant, viewer: ViewerSecrets, platform: RsaAesPlatform) {
    this.#variant = variant;
    this.#viewer = viewer;
    this.#platform = platform;
  }

  get encryption(): string {
    return protectionOf(this.#variant, this.#subtype === SUBTYPE.password ? 'VNC password' : 'user and password');
  }

  get known(): KnownPeer | undefined {
    return this.#server ? { channel: channelOf(this.#variant), fingerprint: this.#identity.fingerprint } : undefined;
  }

  advance(reader: ByteReader, code: string | null): SecurityStep | undefined {
    for (;;) {
      const before = this.#state;
      const step = this.#step(reader, code);
      if (step || this.#state === before) return step;
    }
  }

  #step(reader: ByteReader, code: string | null): SecurityStep | undefined {
    switch (this.#state) {
      case 'key':
        this.#server = readKey(reader) ?? null;
        if (!this.#server) return undefined;
        checkIdentity(this.#viewer.trust, this.#identity);
        this.#state = 'own-key';
        return undefined;
      case 'own-key': {
        const { keys } = this.#platform;
        if (!keys) return { type: 'wait', until: this.#platform.prepare() };
        this.#state = 'random';
        return { type: 'send', bytes: wireKey(keys).bytes };
      }
      case 'random':
        return this.#agree(reader);
      case 'hash': {
        const hash = this.#talk?.read(reader, plain => plain.bytes(this.#variant.hashLength));
        if (!hash) return undefined;
        checkHash(hash, this.#agreement!.serverHash);
        this.#state = 'subtype';
        return undefined;
      }
      case 'subtype': {
        const subtype = this.#talk?.read(reader, plain => plain.u8());
        if (subtype === undefined) return undefined;
        if (subtype !== SUBTYPE.password && subtype !== SUBTYPE.userAndPassword) {
          throw broken(`The server asks for credentials of type ${subtype}, which there is not.`);
        }
        this.#subtype = subtype;
        this.#state = 'login';
        return undefined;
      }
      case 'login':
        return this.#login(code);
      case 'sent':
        this.#state = 'over';
        return this.#variant.whole ? { type: 'replace', upgrade: this.#talk!.upgrade } : { type: 'done' };
      case 'over':
        return { type: 'done' };
    }
  }

  /** Who the server is. */
  get #identity(): Identity {
    return identityOf(this.#server!, this.#platform);
  }

  #agree(reader: ByteReader): SecurityStep | undefined {
    const [{ keys }, server] = [this.#platform, this.#server!];
    const own = wireKey(keys!);
    const serverRandom = readRandom(reader, own, keys!, this.#variant);
    if (!serverRandom) return undefined;
    const clientRandom = this.#platform.random(serverRandom.length);
    this.#agreement = new Agreement(this.#platform, this.#variant, server, own);
    this.#talk = this.#agreement.talkOf('client', serverRandom, clientRandom);
    this.#state = 'hash';
    const hash = this.#talk.say(this.#agreement.clientHash);
    const first = encryptedRandom(this.#platform, server, clientRandom);
    return hash.type === 'send' ? { type: 'send', bytes: joined([first, hash.bytes]) } : hash;
  }

  #login(code: string | null): SecurityStep {
    const { user, trust } = this.#viewer;
    const both = this.#subtype === SUBTYPE.userAndPassword;
    if (both && (user === null || code === null)) throw userRequired();
    if (code === null) return { type: 'code-required' };
    const [name, password] = [fromUtf8(both ? (user ?? '') : ''), fromUtf8(code)];
    if (name.length > LONGEST_CREDENTIAL || password.length > LONGEST_CREDENTIAL) {
      throw new PeerglassError('E_RFB_AUTH', 'Names and passwords for this server can have at most 255 bytes.');
    }
    checkCode(trust, code, true);
    checkPassword(trust, channelOf(this.#variant), this.#identity);
    this.#state = 'sent';
    return this.#talk!.say(joined([Uint8Array.of(name.length), name, Uint8Array.of(password.length), password]));
  }
}

function hex(bytes: Uint8Array, between: string): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(between);
}

const CROWDED: SecurityVerdict = { ok: false, reason: REASON.crowded, misuse: true };

type ServerState = 'key' | 'random' | 'hash' | 'credentials' | 'judged';

/** A viewer's way through RSA-AES, for a share that asks for its code. */
class ServerRsaAes implements ServerSecurity {
  readonly #variant: Variant;
  readonly #platform: RsaAesPlatform;
  readonly #keys: RsaKeys;
  readonly #own: WireKey;
  readonly #code: Uint8Array;
  readonly #time: ExchangeTime;
  readonly #random: Uint8Array;
  #state: ServerState = 'key';
  #client: WireKey | null = null;
  #agreement: Agreement | null = null;
  #talk: SealedTalk | null = null;
  #right = false;

  constructor(variant: Variant, platform: RsaAesPlatform, keys: RsaKeys, code: Uint8Array, time: ExchangeTime) {
    this.#variant = variant;
    this.#platform = platform;
    this.#keys = keys;
    this.#own = wireKey(keys);
    this.#code = code;
    this.#time = time;
    this.#random = platform.random(variant.randomLengths[0]);
  }

  get encryption(): string | null {
    return this.#state === 'judged' ? protectionOf(this.#variant, 'VNC password') : null;
  }

  get negotiating(): boolean {
    return this.#state !== 'credentials' && this.#state !== 'judged';
  }

  begin(): Uint8Array {
    return this.#own.bytes;
  }

  receive(reader: ByteReader): SecurityMove | SecurityVerdict | undefined {
    switch (this.#state) {
      case 'key': {
        const client = readKey(reader);
        if (!client) return undefined;
        this.#client = client;
        const bytes = this.#time.run(() => encryptedRandom(this.#platform, client, this.#random));
        if (bytes === null) return CROWDED;
        this.#state = 'random';
        return { type: 'send', bytes };
      }
      case 'random': {
        const clientRandom = this.#time.run(() => readRandom(reader, this.#own, this.#keys, this.#variant));
        if (clientRandom === null) return CROWDED;
        if (!clientRandom) return undefined;
        this.#agreement = new Agreement(this.#platform, this.#variant, this.#own, this.#client!);
        this.#talk = this.#agreement.talkOf('server', this.#random, clientRandom);
        this.#state = 'hash';
        return this.#talk.say(this.#agreement.serverHash);
      }
      case 'hash': {
        const hash = this.#talk?.read(reader, plain => plain.bytes(this.#variant.hashLength));
        if (!hash) return undefined;
        checkHash(hash, this.#agreement!.clientHash);
        this.#state = 'credentials';
        return this.#talk?.say(Uint8Array.of(SUBTYPE.password));
      }
      case 'credentials': {
        const password = this.#talk?.read(reader, plain => {
          plain.skip(plain.u8());
          return plain.bytes(plain.u8());
        });
        if (!password) return undefined;
        this.#right = sameInConstantTime(this.#code, password);
        this.#state = 'judged';
        return { type: 'replace', upgrade: this.#talk!.upgrade };
      }
      case 'judged':
        return this.#right ? { ok: true } : { ok: false, reason: REASON.wrongPassword };
    }
  }
}

function rsaAes(variant: Variant): SecurityType {
  const client = (viewer: ViewerSecrets): ClientSecurityType | null => {
    const { rsaAes: platform, trust } = viewer;
    if (!platform || (variant.whole && trust.encrypt === 'off')) return null;
    return {
      number: variant.number,
      channel: channelOf(variant),
      preference: () => variant.keyLength,
      start: () => new ClientRsaAes(variant, viewer, platform),
    };
  };
  const server = ({ vncPassword, encryption }: ShareSecrets): ServerSecurityType | null => {
    const platform = encryption?.rsaAes;
    // Every subtype asks for a password.
    if (!variant.whole || vncPassword === null || !platform?.keys) return null;
    const { keys } = platform;
    const time = encryption?.exchanges ?? UNLIMITED;
    const password = fromUtf8(vncPassword);
    if (password.length > LONGEST_CREDENTIAL) return null;
    return { number: variant.number, start: () => new ServerRsaAes(variant, platform, keys, password, time) };
  };
  return { client, server };
}

/** Everything encrypted, the strongest first. */
export const RSA_AES: readonly SecurityType[] = [RA2_256, RA2].map(rsaAes);
/** The login only: as a viewer. */
export const RSA_AES_LOGIN: readonly SecurityType[] = [RA2_NE_256, RA2_NE].map(rsaAes);
