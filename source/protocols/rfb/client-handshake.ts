import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { fromLatin1, latin1, utf8 } from '../../core/text.js';
import {
  BANNER_LENGTH,
  BANNERS,
  RFB_LIMITS,
  type RfbVersion,
  SECURITY_RESULT,
  SECURITY_TYPE,
  securityName,
} from './constants.js';
import { LongText } from './long-text.js';
import type { AnnouncedServer } from './messages.js';
import { announcedPixelFormat, PIXEL_FORMAT_LENGTH } from './pixel-format.js';
import { meaningOf, REASON } from './refusals.js';
import type { CPacePlatform } from './security/cpace-platform.js';
import { clientNone } from './security/none.js';
import { spoken } from './security/registry.js';
import type { RsaAesPlatform } from './security/rsa-aes-platform.js';
import type { ClientSecurity, ClientSecurityType, Opening, SecurityMove, TlsLayers } from './security/security-type.js';
import {
  type Channel,
  checkUnasked,
  encryptionOff,
  isStrongEnough,
  type KnownPeer,
  NO_TRUST,
  preferred,
  type Trust,
  tooWeak,
} from './security/trust.js';

export type HandshakeStep =
  | SecurityMove
  | { readonly type: 'wait'; readonly until: Promise<void> }
  /** The server requires a code: call `giveCode` and continue, or leave. */
  | { readonly type: 'code-required'; readonly secret: 'code' | 'password' }
  | {
      readonly type: 'done';
      readonly version: RfbVersion;
      /** The first number of the server's banner: 3, or 4 and more for those of RealVNC and Intel AMT. */
      readonly major: number;
      /** The number of the security type. */
      readonly security: number;
      readonly encryption: string | null;
      /** What to remember of the peer; undefined where nothing encrypts. */
      readonly known: KnownPeer | undefined;
      readonly server: AnnouncedServer;
    };

type State = 'banner' | 'types' | 'type-3.3' | 'security' | 'result' | 'reason' | 'init' | 'name' | 'done';

const AWAITED: Readonly<Record<Exclude<State, 'security'>, string>> = {
  banner: 'its version of rfb',
  types: 'its security types',
  'type-3.3': 'its security type',
  result: 'its answer whether this viewer may watch',
  reason: 'the reason why it refuses this viewer',
  init: 'the size and the name of its picture',
  name: 'the size and the name of its picture',
  done: 'its first update',
};

const SERVER_SAYS =
  "Try again in a minute; if it happens again, check the sharer's notices, or the log of the VNC server.";
const RESTART = 'Try again. If it happens again, restart the program that shares there, and look at its log.';
const LET_IN = 'Ask the person there to let you in (peerglass: y on its dashboard), then try again.';
const ENABLE_TLS = 'Enable TLS with a VNC password (VeNCrypt) on the sharer, or the VNC password alone (type 2).';
const ENABLE_ON_MACOS =
  'On the Mac: System Settings, General, Sharing, Screen Sharing, (i): allow VNC viewers with a password.';
/** Those that only macOS has. */
const OF_MACOS = [30, 31, 32, 33, 34, 35, 36];
const CHECK_PORT = "Check the address and the port: the sharer's screen shows them.";
const ASK_FOR_CODE =
  "Ask for the code that the sharer's screen shows now (not the VNC password). A share that was started again may have a new one.";
const WRONG_PASSWORD =
  'Compare it with the password of the VNC server. A peerglass sharer shows it as the one for other VNC viewers.';
const WRONG_LOGIN = 'Compare both with the account on the server: its user may need to be allowed to use VNC, too.';
/** The words of a wrong password from wayvnc 0.5 begin like the picture's size. */
const DOUBTED_LOGIN =
  'Some servers (wayvnc 0.5) answer so where the user or the password is wrong: check them, then the log of the server.';
const ASK_AGAIN = 'Ask the person there, or try again later.';

/**
 * The viewer's side of the handshake (RFC 6143, 7.1 to 7.3), versions 3.3 to 3.8, up to the ServerInit: bytes in, steps
 * out, no socket. Call `advance` until it returns undefined, then again when more bytes have arrived.
 */
export class ClientHandshake {
  #state: State = 'banner';
  #version: RfbVersion = '3.8';
  #major = 3;
  #type: ClientSecurityType = clientNone;
  #security: ClientSecurity | null = null;
  #serverBanner: Uint8Array = new Uint8Array(0);
  /** What follows may only be a refusal: the security type was not completed. */
  #refusedOnly = false;
  #code: string | null;
  /** What the reason that follows refers to. */
  #refusal: 'connection' | 'authentication' = 'connection';
  readonly #shared: boolean;
  readonly #types: readonly ClientSecurityType[];
  /** The numbers of those that `--encrypt off` leaves out. */
  readonly #encrypting: readonly number[];
  /** Whether a user's name was given. */
  readonly #hasUser: boolean;
  readonly #trust: Trust;
  readonly #without: readonly number[];
  #init: Omit<AnnouncedServer, 'name'> | null = null;
  readonly #name = new LongText(RFB_LIMITS.nameLength, RFB_LIMITS.nameRead);

  /**
   * @param options.shared whether other viewers may stay connected
   * @param options.resume the key received over an earlier connection, to resume it
   * @param options.user a name for servers that require one besides the password
   * @param options.tls null: this platform has no TLS
   * @param options.rsaAes null: this platform has no RSA-AES
   * @param options.cpace null: this platform has no CPace
   * @param options.name what the person is called, for the sharer; empty if they do not say
   * @param options.without security types to leave out, if there are others
   * @param options.types further security types to support
   */
  constructor(options: {
    readonly code: string | null;
    readonly shared: boolean;
    readonly resume?: Uint8Array | null;
    readonly user?: string | null;
    readonly tls?: TlsLayers | null;
    readonly rsaAes?: RsaAesPlatform | null;
    readonly cpace?: CPacePlatform | null;
    readonly name?: string;
    readonly trust?: Trust;
    readonly without?: readonly number[];
    readonly types?: readonly ClientSecurityType[] | undefined;
  }) {
    this.#code = options.code;
    const { resume = null, user = null, tls = null, rsaAes = null, cpace = null, name = '' } = options;
    const { trust = NO_TRUST, without = [], types = [] } = options;
    this.#trust = trust;
    this.#without = without;
    const viewer = { resume, user, tls, rsaAes, cpace, name, trust };
    this.#types = [...spoken(viewer), ...types];
    const all = trust.encrypt === 'off' ? spoken({ ...viewer, trust: { ...trust, encrypt: 'offered' } }) : [];
    this.#encrypting = all.map(({ number }) => number);
    this.#hasUser = user !== null;
    this.#shared = options.shared;
  }

  giveCode(code: string): void {
    this.#code = code;
  }

  /**
   * @throws PeerglassError E_NOT_A_SHARER, E_RFB_VERSION, E_RFB_SECURITY, E_RFB_AUTH, E_RFB_PROTOCOL, E_PEER_REFUSED
   *   and those of refusals.ts, E_TLS, E_PEER_CHANGED, E_PEER_WEAKER, E_TRUST_REQUIRED, E_USER_REQUIRED
   */
  advance(reader: ByteReader): HandshakeStep | undefined {
    for (;;) {
      const before = this.#state;
      const step = reader.attempt(() => this.#step(reader));
      if (step === undefined) return undefined;
      if (step !== null) return step;
      if (this.#state === before) return undefined;
    }
  }

  /** The error for a connection that the peer closes now. */
  closed(): PeerglassError {
    switch (this.#state) {
      case 'banner':
        return new PeerglassError('E_PEER_CLOSED', 'The peer closed the connection before sending anything.');
      case 'result':
      case 'reason':
        // Some servers close without a word where the password is wrong; a share says so.
        if (!this.#byCode) return this.#refused('');
        return new PeerglassError('E_PEER_REFUSED', 'The sharer closed the connection without a reason.', ASK_AGAIN);
      case 'types':
      case 'type-3.3':
        return new PeerglassError(
          'E_PEER_CLOSED',
          'The peer closed the connection instead of accepting this viewer.',
          SERVER_SAYS,
        );
      default: {
        const entered = this.#state === 'init' || this.#state === 'name';
        const remedy = entered && this.#hasLogin ? DOUBTED_LOGIN : SERVER_SAYS;
        const message = `The peer closed the connection before it sent ${this.awaited}.`;
        return new PeerglassError('E_PEER_CLOSED', message, remedy);
      }
    }
  }

  /** The error for a peer that is connected and has not sent what is due. @param seconds how long that was waited for */
  silent(peer: string, seconds: number): PeerglassError {
    const message = `${peer} did not send ${this.awaited} within ${seconds} s.`;
    return new PeerglassError('E_PEER_SILENT', message, this.#state === 'result' ? LET_IN : RESTART);
  }

  /** Whether the peer could check one guess at the code now, and has not shown that it knows it. */
  get unproven(): boolean {
    return this.#state === 'security' && this.#security?.unproven === true;
  }

  /** What the peer has to send next, in words. */
  get awaited(): string {
    if (this.#state !== 'security') return AWAITED[this.#state];
    return `its part of security type ${securityName(this.#type.number)}`;
  }

  /** A step for the caller, or null if only the state changed. */
  #step(reader: ByteReader): HandshakeStep | null | undefined {
    switch (this.#state) {
      case 'banner':
        return this.#readBanner(reader);
      case 'types':
        return this.#readTypes(reader);
      case 'type-3.3':
        return this.#readType33(reader);
      case 'security':
        return this.#readSecurity(reader);
      case 'result':
        return this.#readResult(reader);
      case 'reason':
        throw this.#refused(readReason(reader));
      case 'init':
        return this.#doubted(() => this.#readInit(reader));
      case 'name':
        return this.#doubted(() => this.#readName(reader));
      case 'done':
        return undefined;
    }
  }

  #readBanner(reader: ByteReader): HandshakeStep {
    const start = reader.peekBytes(Math.min(Math.max(reader.available, 1), BANNER_LENGTH));
    if (!'RFB '.startsWith(latin1(start.subarray(0, 4)))) {
      throw new PeerglassError('E_NOT_A_SHARER', 'The program at that address does not speak rfb (VNC).', CHECK_PORT);
    }
    const bytes = reader.bytes(BANNER_LENGTH);
    const banner = latin1(bytes);
    const numbers = /^RFB (\d{3})\.(\d{3})\n$/.exec(banner);
    if (!numbers)
      throw new PeerglassError('E_NOT_A_SHARER', 'The program at that address does not speak rfb (VNC).', CHECK_PORT);
    this.#major = Number(numbers[1]);
    this.#version = versionFor(this.#major, Number(numbers[2]));
    this.#serverBanner = bytes.slice();
    this.#state = this.#version === '3.3' ? 'type-3.3' : 'types';
    return { type: 'send', bytes: this.#clientBanner };
  }

  #readTypes(reader: ByteReader): HandshakeStep | null {
    const count = reader.u8();
    if (count === 0) {
      this.#state = 'reason';
      return null;
    }
    const types = reader.bytes(count).slice();
    const offered = [...types];
    const usable = offered.flatMap(number => this.#types.find(type => type.number === number) ?? []);
    const list = offered.map(securityName).join(', ');
    if (usable.length > 0) this.#checkChannel(usable, list);
    const all = usable.filter(type => this.#isStrong(type));
    const rest = all.filter(({ number }) => !this.#without.includes(number));
    const strong = rest.length > 0 ? rest : all;
    const channel = preferred(this.#trust, strong.map(channelOf), this.#code !== null);
    const best = strong.filter(type => channelOf(type) === channel);
    const preference = Math.max(...best.map(type => type.preference(this.#code)));
    const type = best.find(each => each.preference(this.#code) === preference)?.number;
    if (type === undefined) {
      if (offered.some(number => this.#encrypting.includes(number))) throw encryptionOff(list);
      throw new PeerglassError(
        'E_RFB_SECURITY',
        `The sharer offers no security type that peerglass supports (offered: ${list}).`,
        adviceOn(offered),
      );
    }
    const others = strong.filter(({ number }) => number !== type).map(channelOf);
    this.#choose(type, types, preferred(this.#trust, others));
    return { type: 'send', bytes: Uint8Array.of(type) };
  }

  #readType33(reader: ByteReader): null {
    const type = reader.u32();
    if (type === SECURITY_TYPE.invalid) this.#state = 'reason';
    else this.#choose(type, new Uint8Array(0));
    return null;
  }

  /** Whether the server asks for a code of peerglass, and not for a password. */
  get #byCode(): boolean {
    return this.#type.number === SECURITY_TYPE.cpace;
  }

  get #clientBanner(): Uint8Array {
    return fromLatin1(BANNERS[this.#version]);
  }

  #choose(number: number, types: Uint8Array, others: Channel = 'clear'): void {
    const type = this.#types.find(each => each.number === number);
    if (!type) {
      throw new PeerglassError(
        'E_RFB_SECURITY',
        `The sharer requires security type ${securityName(number)}, which peerglass does not support.`,
        adviceOn([number]),
      );
    }
    this.#checkChannel([type], securityName(number));
    if (type === clientNone) checkUnasked(this.#trust, this.#code);
    this.#type = type;
    const opening: Opening = {
      serverBanner: this.#serverBanner,
      clientBanner: this.#clientBanner,
      types,
      choice: number,
    };
    this.#security = type.start(opening, others);
    this.#state = 'security';
  }

  #isStrong(type: ClientSecurityType): boolean {
    return isStrongEnough(this.#trust, channelOf(type));
  }

  /** @throws PeerglassError where none of them protects as much as must be */
  #checkChannel(types: readonly ClientSecurityType[], list: string): void {
    if (!types.some(type => this.#isStrong(type))) throw tooWeak(this.#trust, list);
  }

  #readSecurity(reader: ByteReader): HandshakeStep | null | undefined {
    const step = this.#security?.advance(reader, this.#code);
    if (step?.type === 'refused') {
      this.#refusedOnly = true;
      this.#state = 'result';
      return null;
    }
    if (step?.type === 'code-required') return { ...step, secret: this.#byCode ? 'code' : 'password' };
    if (step?.type !== 'done') return step;
    // Before 3.8 the type None has no result.
    if (this.#type === clientNone && this.#version !== '3.8') return this.#enter();
    this.#state = 'result';
    return null;
  }

  #readResult(reader: ByteReader): HandshakeStep | null {
    const accepted = reader.u32() === SECURITY_RESULT.ok;
    if (accepted && this.#refusedOnly) {
      throw new PeerglassError('E_RFB_PROTOCOL', 'The sharer let this viewer in without proving that it has the code.');
    }
    if (accepted) return this.#enter();
    this.#refusal = 'authentication';
    if (this.#version !== '3.8') throw this.#refused('');
    this.#state = 'reason';
    return null;
  }

  /** The ClientInit. */
  #enter(): HandshakeStep {
    this.#state = 'init';
    return { type: 'send', bytes: Uint8Array.of(this.#shared ? 1 : 0) };
  }

  /** Nonsense behind a login may be a refusal that looks like a success. */
  #doubted<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof PeerglassError) || !this.#hasLogin) throw thrown;
      throw new PeerglassError(thrown.code, thrown.message, DOUBTED_LOGIN, { cause: thrown });
    }
  }

  /** Whether the server has seen a password, and not a code. */
  get #hasLogin(): boolean {
    return this.#type !== clientNone && !this.#byCode && this.#code !== null;
  }

  #readInit(reader: ByteReader): null {
    const width = reader.u16();
    const height = reader.u16();
    checkPictureSize(width, height);
    const format = announcedPixelFormat(reader.bytes(PIXEL_FORMAT_LENGTH));
    this.#init = { width, height, format };
    this.#state = 'name';
    return null;
  }

  #readName(reader: ByteReader): HandshakeStep | undefined {
    const name = this.#name.read(reader);
    if (name === undefined) return undefined;
    this.#state = 'done';
    return {
      type: 'done',
      version: this.#version,
      major: this.#major,
      security: this.#type.number,
      encryption: this.#security?.encryption ?? null,
      known: this.#security?.known,
      server: { ...this.#init!, name: plainText(name) },
    };
  }

  #refused(reason: string): PeerglassError {
    const refused =
      reason === '' ? 'The sharer refused this viewer and gave no reason.' : sentence(`Refused: ${reason}`);
    const meaning = meaningOf(reason);
    if (meaning) return new PeerglassError(meaning.code, refused, meaning.remedy);
    const early = this.#refusal === 'connection' && this.#state !== 'result';
    // A share tells a wrong code in its own words: any other reason of CPace is another one.
    const other = this.#byCode && reason !== '' && reason !== REASON.wrongCode;
    if (early || other || this.#type === clientNone) {
      return new PeerglassError('E_PEER_REFUSED', refused, adviceFor(reason));
    }
    const login = this.#hasUser ? 'user name or password' : 'password';
    const wrong = this.#byCode ? 'Wrong code' : `Wrong ${login}`;
    const plain = ['', REASON.wrongCode, REASON.wrongPassword].includes(reason);
    const message = plain ? `${wrong}.` : sentence(`${wrong}: ${reason}`);
    if (this.#byCode) return new PeerglassError('E_RFB_AUTH', message, ASK_FOR_CODE);
    return new PeerglassError('E_RFB_AUTH', message, this.#hasUser ? WRONG_LOGIN : WRONG_PASSWORD, {
      about: 'password',
    });
  }
}

/** What to change at a server that has only these security types. */
function adviceOn(types: readonly number[]): string {
  return types.every(number => OF_MACOS.includes(number)) ? ENABLE_ON_MACOS : ENABLE_TLS;
}

/** A server's text may end with a full stop or not. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Empty if the reason itself says when to try again, or that it is useless. */
function adviceFor(reason: string): string {
  return /again|banned/.test(reason) ? '' : ASK_AGAIN;
}

/**
 * Checks the picture size that a server announces. Zero pixels are allowed: some servers have no screen for a moment.
 * The caller checks that there is enough memory for it.
 * @throws PeerglassError E_RFB_PROTOCOL
 */
export function checkPictureSize(width: number, height: number): void {
  if (width > RFB_LIMITS.side || height > RFB_LIMITS.side) {
    throw new PeerglassError('E_RFB_PROTOCOL', `The sharer announces a picture of ${width}x${height} pixels.`);
  }
}

/** Irregular version numbers are mapped: 3.889 (Apple), 4.x and 5.0 (RealVNC) to 3.8, 3.4 to 3.6 to 3.3. */
function versionFor(major: number, minor: number): RfbVersion {
  if (major > 3 || (major === 3 && minor >= 8)) return '3.8';
  if (major === 3 && minor === 7) return '3.7';
  if (major === 3 && minor >= 3) return '3.3';
  const repeater = major === 0 && minor === 0 ? ' (that of a repeater)' : '';
  throw new PeerglassError(
    'E_RFB_VERSION',
    `The peer speaks rfb ${major}.${minor}${repeater}; peerglass needs 3.3 or later.`,
    repeater === '' ? 'Update that VNC server.' : 'Connect to the VNC server itself, not through the repeater.',
  );
}

/** A reason, limited to the length that will be shown. */
function readReason(reader: ByteReader): string {
  const length = Math.min(reader.u32(), RFB_LIMITS.reasonLength);
  return plainText(utf8(reader.bytes(length))).trim();
}

function channelOf({ channel = 'clear' }: ClientSecurityType): Channel {
  return channel;
}
