import { ByteReader } from '../../core/byte-reader.js';
import { joined, writeU16, writeU32 } from '../../core/bytes.js';
import { PeerglassError } from '../../core/errors.js';
import { fromLatin1, fromUtf8, latin1 } from '../../core/text.js';
import type { Upgrade } from '../../core/transport.js';
import { BANNER_LENGTH, BANNERS, type RfbVersion, SECURITY_RESULT, SECURITY_TYPE } from './constants.js';
import type { ServerInit } from './messages.js';
import { writePixelFormat } from './pixel-format.js';
import { REASON } from './refusals.js';
import type { ProvenViewer } from './security/cpace-platform.js';
import type { SecurityVerdict, ServerSecurity, ServerSecurityType } from './security/security-type.js';

/** The results of received bytes, in order. */
export type HandshakeStep =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Always the last step: replace the stream, give it the bytes left in `reader`, then call `replaced`. */
  | { readonly type: 'replace'; readonly upgrade: Upgrade }
  /** The viewer waits for `admit` or `refuse`; it knows neither size nor name yet. */
  | { readonly type: 'ask' }
  /**
   * The viewer's answer is known to be right or wrong. Only `tell` sends the verdict; `admit` and `refuse` continue
   * without one. So answers that arrive together can be judged one after the other.
   */
  | { readonly type: 'judged'; readonly right: boolean }
  /** Rejected by a security type (E_RFB_AUTH) or by address (E_PEER_REFUSED); the reply has been sent already. */
  | { readonly type: 'rejected'; readonly error: PeerglassError }
  /** The handshake is over. Send `welcome`, then pass on `reader`: it may hold the first messages. */
  | { readonly type: 'ready'; readonly version: RfbVersion; readonly shared: boolean };

export interface HandshakeOptions {
  /** In order of strength: many viewers take the first type that they know. Not empty. */
  readonly security: readonly ServerSecurityType[];
  /** Whether a person must agree before the viewer learns anything. */
  readonly consent: boolean;
  /** Whether viewers are admitted by something that can be guessed: then right answers are delayed like wrong ones. */
  readonly guarded: boolean;
  /** Why the viewer is refused as soon as the protocol allows, or null. */
  readonly refusal: string | null;
  /** Whether a viewer that cannot encrypt is turned away, and told so. */
  readonly mustEncrypt?: boolean;
}

type State = 'version' | 'asking' | 'choice' | 'security' | 'replacing' | 'judged' | 'client-init' | 'ready' | 'over';

const MUST_ENCRYPT = `${REASON.mustEncrypt} (VeNCrypt with TLS, or RSA-AES): use a viewer that has it.`;

/** The maximum number of unread bytes during the handshake. A viewer that sends more is not doing a handshake. */
const MAX_BYTES = 4096;

/**
 * The server's side of the handshake for versions 3.3, 3.7 and 3.8 (RFC 6143, 7.1 and 7.2): a state machine without a
 * socket, bytes in, steps out. Consent is requested where a refusal can still carry a reason: at the SecurityResult in
 * 3.8, in place of the security types before that.
 */
export class ServerHandshake {
  /** Once `ready`, holds the bytes that follow the handshake. */
  readonly reader: ByteReader;
  readonly #options: HandshakeOptions;
  #state: State = 'version';
  #version: RfbVersion = '3.8';
  #clientBanner: Uint8Array = new Uint8Array(0);
  #verdict: SecurityVerdict | null = null;
  /** A right answer was judged, so that what the exchange still comes to is not. */
  #proven = false;
  #security: { readonly type: number; readonly exchange: ServerSecurity } | null = null;

  /** @param reader receives all of the viewer's bytes, through `receive` */
  constructor(options: HandshakeOptions, reader = new ByteReader()) {
    this.#options = options;
    this.reader = reader;
  }

  /** The server's version banner. */
  greeting(): Uint8Array {
    return fromLatin1(BANNERS['3.8']);
  }

  /**
   * Processes bytes from the viewer.
   * @throws PeerglassError E_RFB_VERSION, E_RFB_SECURITY, E_RFB_PROTOCOL: hang up
   */
  receive(chunk: Uint8Array): HandshakeStep[] {
    this.reader.push(chunk);
    const steps = this.#advance([]);
    const others = this.#state === 'ready' || this.#state === 'replacing';
    if (!others && this.reader.available > MAX_BYTES) {
      throw new PeerglassError('E_RFB_PROTOCOL', 'The viewer sent far more bytes than a handshake has.');
    }
    return steps;
  }

  /** Continues on the new stream, after `replace`. */
  replaced(): HandshakeStep[] {
    this.#expect('replacing');
    this.#state = 'security';
    return this.#advance([]);
  }

  /** Tells the viewer whether its answer was right, after `judged`. */
  tell(): HandshakeStep[] {
    this.#expect('judged');
    return this.#advance(this.#verdict ? this.#told([], this.#verdict) : this.#goOn([]));
  }

  /** Lets the viewer in, after `ask` or `judged`. */
  admit(): HandshakeStep[] {
    this.#expect('asking', 'judged');
    if (!this.#security) return this.#advance(this.#offer([]));
    return this.#advance(this.#verdict ? this.#accepted([]) : this.#goOn([]));
  }

  /** Refuses the viewer, after `ask` or `judged`. Hang up once these bytes are sent. */
  refuse(reason: string): Uint8Array {
    this.#expect('asking', 'judged');
    this.#state = 'over';
    if (!this.#security) return this.#noSecurityTypes(reason);
    return this.#failure(reason);
  }

  /**
   * Ends the handshake before its end. Hang up once the bytes are sent.
   * @returns the reason for the viewer; empty where the protocol has no place for one
   */
  giveUp(reason: string): Uint8Array {
    const state = this.#state;
    this.#state = 'over';
    if (state === 'security' || state === 'judged' || (state === 'asking' && this.#security))
      return this.#failure(reason);
    return state === 'asking' ? this.#noSecurityTypes(reason) : new Uint8Array(0);
  }

  /** Whether a security type waits for the viewer, whose person may be typing. */
  get answering(): boolean {
    return this.#state === 'security';
  }

  /** The ServerInit message. */
  welcome(init: ServerInit): Uint8Array {
    const name = fromUtf8(init.name);
    const size = new Uint8Array(4);
    writeU16(size, 0, init.width);
    writeU16(size, 2, init.height);
    return joined([size, writePixelFormat(init.format), u32(name.length), name]);
  }

  /** The encryption of the connection; null if none, or not yet negotiated. */
  get encryption(): string | null {
    return this.#security?.exchange.encryption ?? null;
  }

  /** Whether the viewer chose the type that asks for the code, and not for the VNC password. */
  get byCode(): boolean {
    return this.#security?.type === SECURITY_TYPE.cpace;
  }

  /** Who the viewer is; null: it has proven no identity. */
  get viewer(): ProvenViewer | null {
    return this.#security?.exchange.viewer ?? null;
  }

  /** What it means, for the sharer, that the viewer leaves now; null: nothing in particular. */
  get whyLeft(): string | null {
    if (this.#security?.exchange.negotiating) return 'could not agree on encryption';
    const chosen = this.#state === 'security' && this.#security?.type !== SECURITY_TYPE.cpace;
    const cannot = this.#options.mustEncrypt && (this.#state === 'choice' || chosen);
    return cannot && this.encryption === null ? 'left: this share requires encryption' : null;
  }

  #expect(...states: State[]): void {
    if (states.includes(this.#state)) return;
    throw new Error(`the handshake is in state ${this.#state}, not ${states.join(' or ')}`);
  }

  #advance(steps: HandshakeStep[]): HandshakeStep[] {
    for (;;) {
      const before = this.#state;
      if (this.#state === 'version') this.#readVersion(steps);
      else if (this.#state === 'choice') this.#readChoice(steps);
      else if (this.#state === 'security') this.#readSecurity(steps);
      else if (this.#state === 'client-init') this.#readClientInit(steps);
      if (this.#state === before) return steps;
    }
  }

  #readVersion(steps: HandshakeStep[]): void {
    const banner = this.reader.attempt(() => this.reader.bytes(BANNER_LENGTH).slice());
    if (banner === undefined) return;
    this.#clientBanner = banner;
    this.#version = agreedVersion(latin1(banner));
    const { refusal, consent } = this.#options;
    if (refusal !== null) {
      steps.push({ type: 'send', bytes: this.#noSecurityTypes(refusal) });
      this.#state = 'over';
      steps.push({ type: 'rejected', error: new PeerglassError('E_PEER_REFUSED', refusal) });
    } else if (consent && this.#version !== '3.8') {
      this.#state = 'asking';
      steps.push({ type: 'ask' });
    } else {
      this.#offer(steps);
    }
  }

  #offer(steps: HandshakeStep[]): HandshakeStep[] {
    const offered = this.#options.security;
    if (this.#version !== '3.3') {
      steps.push({ type: 'send', bytes: Uint8Array.of(offered.length, ...this.#types) });
      this.#state = 'choice';
      return steps;
    }
    // In 3.3 the server chooses, and only these two types exist.
    const chosen =
      offered.find(type => type.number === SECURITY_TYPE.vncAuth) ??
      offered.find(type => type.number === SECURITY_TYPE.none);
    if (!chosen) {
      const reason = this.#options.mustEncrypt ? MUST_ENCRYPT : 'This server requires a newer rfb version.';
      steps.push({ type: 'send', bytes: this.#noSecurityTypes(reason) });
      this.#state = 'over';
      steps.push({ type: 'rejected', error: new PeerglassError('E_PEER_REFUSED', reason) });
      return steps;
    }
    steps.push({ type: 'send', bytes: u32(chosen.number) });
    return this.#start(chosen, steps);
  }

  /** The list of security types, as it is sent. */
  get #types(): Uint8Array {
    return Uint8Array.from(this.#options.security, type => type.number);
  }

  #readChoice(steps: HandshakeStep[]): void {
    const number = this.reader.attempt(() => this.reader.u8());
    if (number === undefined) return;
    const chosen = this.#options.security.find(type => type.number === number);
    if (chosen) {
      this.#start(chosen, steps);
      return;
    }
    const reason = this.#options.mustEncrypt ? MUST_ENCRYPT : 'That security type was not offered.';
    steps.push({ type: 'send', bytes: this.#failure(reason) });
    this.#state = 'over';
    steps.push({
      type: 'rejected',
      error: new PeerglassError('E_RFB_SECURITY', `The viewer chose security type ${number}, which was not offered.`),
    });
  }

  #start(type: ServerSecurityType, steps: HandshakeStep[]): HandshakeStep[] {
    const exchange = type.start({
      serverBanner: this.greeting(),
      clientBanner: this.#clientBanner,
      types: this.#version === '3.3' ? new Uint8Array(0) : this.#types,
      choice: type.number,
    });
    this.#security = { type: type.number, exchange };
    const first = exchange.begin();
    if (first.length > 0) steps.push({ type: 'send', bytes: first });
    this.#state = 'security';
    return steps;
  }

  #readSecurity(steps: HandshakeStep[]): void {
    const exchange = this.#security?.exchange;
    let verdict = exchange?.receive(this.reader);
    while (verdict && 'type' in verdict) {
      if (verdict.type === 'proof') {
        this.#prove(verdict.right, steps);
        return;
      }
      steps.push(verdict);
      if (verdict.type === 'replace') {
        this.#state = 'replacing';
        return;
      }
      verdict = exchange?.receive(this.reader);
    }
    if (verdict === undefined) return;
    this.#verdict = verdict;
    const proves = verdict.ok ? this.#options.guarded && !verdict.known && !this.#proven : !verdict.misuse;
    if (proves) {
      this.#state = 'judged';
      steps.push({ type: 'judged', right: verdict.ok });
    } else {
      this.#told(steps, verdict);
    }
  }

  /** The exchange waits to tell the viewer that it was right, or is over. */
  #prove(right: boolean, steps: HandshakeStep[]): void {
    this.#verdict = right ? null : { ok: false, reason: REASON.wrongCode };
    this.#proven = right;
    this.#state = 'judged';
    steps.push({ type: 'judged', right });
  }

  #goOn(steps: HandshakeStep[]): HandshakeStep[] {
    this.#state = 'security';
    return steps;
  }

  #told(steps: HandshakeStep[], verdict: SecurityVerdict): HandshakeStep[] {
    if (!verdict.ok) {
      steps.push({ type: 'send', bytes: this.#failure(verdict.reason) });
      return this.#reject(steps, verdict.reason, verdict.misuse ? 'E_RFB_SECURITY' : 'E_RFB_AUTH');
    }
    if (!this.#options.consent || this.#version !== '3.8' || verdict.known) return this.#accepted(steps);
    this.#state = 'asking';
    steps.push({ type: 'ask' });
    return steps;
  }

  #accepted(steps: HandshakeStep[]): HandshakeStep[] {
    const silent = this.#security?.type === SECURITY_TYPE.none && this.#version !== '3.8';
    if (!silent) steps.push({ type: 'send', bytes: u32(SECURITY_RESULT.ok) });
    this.#state = 'client-init';
    return steps;
  }

  #readClientInit(steps: HandshakeStep[]): void {
    const shared = this.reader.attempt(() => this.reader.u8() !== 0);
    if (shared === undefined) return;
    this.#state = 'ready';
    steps.push({ type: 'ready', version: this.#version, shared });
  }

  #reject(steps: HandshakeStep[], reason: string, code: 'E_RFB_AUTH' | 'E_RFB_SECURITY'): HandshakeStep[] {
    this.#state = 'over';
    steps.push({ type: 'rejected', error: new PeerglassError(code, `The viewer was rejected: ${reason}`) });
    return steps;
  }

  /** Sends the reason in place of the security types. */
  #noSecurityTypes(reason: string): Uint8Array {
    const none = this.#version === '3.3' ? u32(SECURITY_TYPE.invalid) : Uint8Array.of(0);
    return joined([none, reasonText(reason)]);
  }

  /** A SecurityResult of "failed"; only 3.8 has room for the reason. */
  #failure(reason: string): Uint8Array {
    const failed = u32(SECURITY_RESULT.failed);
    return this.#version === '3.8' ? joined([failed, reasonText(reason)]) : failed;
  }
}

/** The version that both ends support: 3.3 for everything older than 3.7, 3.8 for everything newer. */
function agreedVersion(banner: string): RfbVersion {
  const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(banner);
  if (!match) throw new PeerglassError('E_RFB_VERSION', 'The peer does not speak rfb (VNC).');
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major < 3 || (major === 3 && minor < 3)) {
    throw new PeerglassError('E_RFB_VERSION', `The viewer speaks rfb ${major}.${minor}, which is older than 3.3.`);
  }
  if (major > 3 || minor >= 8) return '3.8';
  return minor === 7 ? '3.7' : '3.3';
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return bytes;
}

function reasonText(reason: string): Uint8Array {
  const text = fromUtf8(reason);
  return joined([u32(text.length), text]);
}
