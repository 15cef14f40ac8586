import type { ByteReader } from '../../../core/byte-reader.js';
import { writeU32 } from '../../../core/bytes.js';
import { PeerglassError } from '../../../core/errors.js';
import { fromUtf8 } from '../../../core/text.js';
import type { TlsLayer } from '../../../core/transport.js';
import { SECURITY_TYPE, securityName, VENCRYPT_SUBTYPE } from '../constants.js';
import { REASON } from '../refusals.js';
import { clientNone, needsNothing, serverNone } from './none.js';
import { clientResume, serverResume } from './resume.js';
import {
  type ClientSecurity,
  type ClientSecurityType,
  type ExchangeTime,
  type Opening,
  type SecurityMove,
  type SecurityProof,
  type SecurityStep,
  type SecurityType,
  type SecurityVerdict,
  type ServerSecurity,
  type ServerSecurityType,
  type ShareEncryption,
  type ShareSecrets,
  type TlsLayers,
  UNLIMITED,
  type ViewerSecrets,
} from './security-type.js';
import {
  CHANNELS,
  type Channel,
  certificate,
  checkCode,
  checkIdentity,
  checkPassword,
  checkUnasked,
  encryptionOff,
  isStrongEnough,
  isWeaker,
  type KnownPeer,
  StrongerElsewhere,
  type Trust,
  tooWeak,
  userRequired,
} from './trust.js';
import { clientVncAuth, serverVncAuth } from './vnc-auth.js';

/**
 * VeNCrypt (rfbproto.rst, "VeNCrypt"): a version, a list of subtypes, and inside the one that is chosen TLS and then
 * another security type.
 */
const VERSION = Uint8Array.of(0, 2);
/** Of the server's answers: 0 and 255 to a version, 1 and 0 to a subtype. */
const VERSION_OK = 0;
const VERSION_REFUSED = 255;
const SUBTYPE_OK = 1;
/** The most subtypes in a server's list. */
const MAX_SUBTYPES = 255;

/** The viewer's credential. */
type Login = 'none' | 'vnc' | 'plain' | 'resume';

interface Subtype {
  readonly number: number;
  readonly channel: Channel;
  readonly login: Login;
}

/** In a viewer's order of preference, given the credentials that they need. */
const SUBTYPES: readonly Subtype[] = [
  { number: VENCRYPT_SUBTYPE.x509Resume, channel: 'certified', login: 'resume' },
  { number: VENCRYPT_SUBTYPE.x509Plain, channel: 'certified', login: 'plain' },
  { number: VENCRYPT_SUBTYPE.x509Vnc, channel: 'certified', login: 'vnc' },
  { number: VENCRYPT_SUBTYPE.x509None, channel: 'certified', login: 'none' },
  { number: VENCRYPT_SUBTYPE.tlsResume, channel: 'anonymous', login: 'resume' },
  { number: VENCRYPT_SUBTYPE.tlsPlain, channel: 'anonymous', login: 'plain' },
  { number: VENCRYPT_SUBTYPE.tlsVnc, channel: 'anonymous', login: 'vnc' },
  { number: VENCRYPT_SUBTYPE.tlsNone, channel: 'anonymous', login: 'none' },
  { number: SECURITY_TYPE.vncAuth, channel: 'clear', login: 'vnc' },
  { number: SECURITY_TYPE.none, channel: 'clear', login: 'none' },
  { number: VENCRYPT_SUBTYPE.plain, channel: 'clear', login: 'plain' },
];

const LOGIN_WORDS: Readonly<Record<Login, string>> = {
  none: '',
  vnc: 'VNC password',
  plain: 'user and password',
  resume: 'resumed',
};

function protection({ channel, login }: Subtype, layer: TlsLayer | null): string | null {
  if (!layer?.facts) return null;
  const carrier = channel === 'anonymous' ? `${layer.facts.version} anonymous` : layer.facts.version;
  return [carrier, LOGIN_WORDS[login]].filter(Boolean).join(', ');
}

function layerOf(tls: TlsLayers, channel: Channel): TlsLayer | null {
  if (channel === 'clear') return null;
  return channel === 'certified' ? tls.certified() : tls.anonymous();
}

/**
 * The strongest channel first; among the subtypes with that channel the first whose credential the viewer has, else the
 * first. A viewer that can do without a code is not asked for one.
 */
function chosenOf(offered: readonly Subtype[], viewer: ViewerSecrets, code: string | null): Subtype | undefined {
  const able: Readonly<Record<Login, boolean>> = {
    none: true,
    vnc: code !== null,
    plain: code !== null && viewer.user !== null,
    resume: viewer.resume !== null,
  };
  const strongest = Math.max(...offered.map(({ channel }) => CHANNELS.indexOf(channel)));
  const best = offered.filter(({ channel, login }) => {
    return CHANNELS.indexOf(channel) === strongest && (login !== 'resume' || able.resume);
  });
  return best.find(({ login }) => able[login]) ?? best[0];
}

type ClientState = 'version' | 'accepted' | 'subtypes' | 'subtype' | 'laid' | 'login';

/** The viewer's way through VeNCrypt. */
class ClientVeNCrypt implements ClientSecurity {
  readonly #viewer: ViewerSecrets;
  readonly #opening: Opening;
  readonly #others: Channel;
  #state: ClientState = 'version';
  #subtype: Subtype | null = null;
  #layer: TlsLayer | null = null;
  #login: ClientSecurity;

  /** @param others the strongest channel that the server offers besides */
  constructor(viewer: ViewerSecrets, opening: Opening, others: Channel) {
    this.#viewer = viewer;
    this.#opening = opening;
    this.#others = others;
    this.#login = clientNone.start(opening, others);
  }

  get encryption(): string | null {
    return this.#subtype && protection(this.#subtype, this.#layer);
  }

  get known(): KnownPeer | undefined {
    const { channel } = this.#subtype ?? { channel: 'clear' };
    return channel === 'clear' ? undefined : { channel, fingerprint: this.#fingerprint };
  }

  advance(reader: ByteReader, code: string | null): SecurityStep | undefined {
    switch (this.#state) {
      case 'version': {
        const version = reader.attempt(() => reader.bytes(2));
        if (!version) return undefined;
        if (version[0] === 0 && version[1]! < 2) throw protocol(`The server speaks VeNCrypt 0.${version[1]}.`);
        this.#state = 'accepted';
        return { type: 'send', bytes: VERSION };
      }
      case 'accepted': {
        const answer = reader.attempt(() => reader.u8());
        if (answer === undefined) return undefined;
        if (answer !== VERSION_OK) throw protocol('The server refused version 0.2 of VeNCrypt.');
        this.#state = 'subtypes';
        return this.#choose(reader, code);
      }
      case 'subtypes':
        return this.#choose(reader, code);
      case 'subtype':
        return this.#lay(reader);
      case 'laid':
        return this.#verify(reader, code);
      case 'login':
        return this.#login.advance(reader, code);
    }
  }

  get #fingerprint(): string | null {
    return this.#layer?.facts?.fingerprint ?? null;
  }

  #choose(reader: ByteReader, code: string | null): SecurityStep | undefined {
    const numbers = reader.attempt(() => Array.from({ length: reader.u8() }, () => reader.u32()));
    if (!numbers) return undefined;
    const { tls, trust } = this.#viewer;
    const list = numbers.slice(0, MAX_SUBTYPES).map(securityName).join(', ');
    const spoken = SUBTYPES.filter(({ number, channel }) => {
      return numbers.includes(number) && (channel === 'clear' || (tls !== null && trust.encrypt !== 'off'));
    });
    const strong = spoken.filter(({ channel }) => isStrongEnough(trust, channel));
    const subtype = chosenOf(strong, this.#viewer, code);
    if (!subtype) {
      if (spoken.length > 0) throw tooWeak(trust, list);
      if (trust.encrypt === 'off' && SUBTYPES.some(({ number }) => numbers.includes(number))) throw encryptionOff(list);
      throw new PeerglassError(
        'E_RFB_SECURITY',
        `The server offers no kind of VeNCrypt that peerglass speaks (offered: ${list || 'none'}).`,
        'Make the server also offer TLS with a VNC password (X509Vnc or TLSVnc).',
      );
    }
    if (isWeaker(subtype.channel, this.#others)) throw new StrongerElsewhere(SECURITY_TYPE.veNCrypt);
    if (subtype.login === 'plain' && (this.#viewer.user === null || code === null)) throw userRequired();
    if (subtype.login === 'none') checkUnasked(this.#viewer.trust, code);
    this.#subtype = subtype;
    this.#login = this.#loginOf(subtype);
    this.#layer = tls && layerOf(tls, subtype.channel);
    this.#state = this.#layer ? 'subtype' : 'laid';
    const bytes = new Uint8Array(4);
    writeU32(bytes, 0, subtype.number);
    return { type: 'send', bytes };
  }

  #loginOf({ login }: Subtype): ClientSecurity {
    const { resume, user, trust } = this.#viewer;
    if (login === 'vnc') return clientVncAuth(trust).start(this.#opening, 'clear');
    if (login === 'plain') return clientPlain(user ?? '', trust);
    return (login === 'resume' && resume ? clientResume(resume) : clientNone).start(this.#opening, 'clear');
  }

  #lay(reader: ByteReader): SecurityStep | undefined {
    const answer = reader.attempt(() => reader.u8());
    if (answer === undefined || !this.#layer) return undefined;
    if (answer !== SUBTYPE_OK) {
      const remedy = 'Look at the log of the VNC server: it may be unable to read its certificate or its key.';
      throw new PeerglassError('E_TLS', 'The server cannot start TLS.', remedy);
    }
    this.#state = 'laid';
    return { type: 'replace', upgrade: this.#layer.upgrade, proven: this.#layer.secure };
  }

  /** Before the viewer sends anything over the new stream. */
  #verify(reader: ByteReader, code: string | null): SecurityStep | undefined {
    const { channel, login } = this.#subtype!;
    if (this.#layer && !this.#layer.facts) return undefined;
    const identity = this.#fingerprint === null ? null : certificate(this.#fingerprint);
    if (channel === 'certified') checkIdentity(this.#viewer.trust, identity);
    if (login === 'plain') checkPassword(this.#viewer.trust, channel, identity);
    this.#state = 'login';
    return this.#login.advance(reader, code);
  }
}

function protocol(message: string): PeerglassError {
  return new PeerglassError('E_RFB_PROTOCOL', message, 'Update that VNC server.');
}

/** User and password in clear, inside the carrying stream (rfbproto.rst, "VeNCrypt Plain"). */
function clientPlain(user: string, trust: Trust): ClientSecurity {
  let sent = false;
  return {
    encryption: null,
    advance(_reader, code) {
      if (sent) return { type: 'done' };
      if (code !== null) checkCode(trust, code, true);
      sent = true;
      const [name, password] = [fromUtf8(user), fromUtf8(code ?? '')];
      const bytes = new Uint8Array(8 + name.length + password.length);
      writeU32(bytes, 0, name.length);
      writeU32(bytes, 4, password.length);
      bytes.set(name, 8);
      bytes.set(password, 8 + name.length);
      return { type: 'send', bytes };
    },
  };
}

function clientVeNCrypt(viewer: ViewerSecrets): ClientSecurityType {
  const encrypts = viewer.tls !== null && viewer.trust.encrypt !== 'off';
  return {
    number: SECURITY_TYPE.veNCrypt,
    channel: encrypts ? 'certified' : 'clear',
    // Without TLS, VeNCrypt has no advantage over the plain type.
    preference: () => -1,
    start: (opening, others) => new ClientVeNCrypt(viewer, opening, others),
  };
}

/** A subtype that a share offers, and the credential that it needs. */
interface OfferedSubtype extends Subtype {
  readonly type: ServerSecurityType;
}

/**
 * In the order in which a share offers them. Many viewers take the first one they know, and programs with libvncclient
 * or gtk-vnc often cannot ask about a certificate, so anonymous TLS comes first. noVNC supports only types without TLS.
 */
function offeredSubtypes(share: ShareSecrets, { required }: ShareEncryption): OfferedSubtype[] {
  const { vncPassword, resume, random } = share;
  const login: Login = vncPassword === null ? 'none' : 'vnc';
  const type = vncPassword === null ? serverNone : serverVncAuth(vncPassword, random);
  const of = (channel: Channel, login: Login, type: ServerSecurityType) =>
    SUBTYPES.filter(each => each.channel === channel && each.login === login).map(each => ({ ...each, type }));
  const resumed = resume ? serverResume(resume, random) : null;
  return [
    ...of('anonymous', login, type),
    ...of('certified', login, type),
    ...(required ? [] : of('clear', login, type)),
    ...(resumed ? [...of('certified', 'resume', resumed), ...of('anonymous', 'resume', resumed)] : []),
  ];
}

type ServerState = 'version' | 'refused' | 'subtype' | 'login';

/** A viewer's way through VeNCrypt. */
class ServerVeNCrypt implements ServerSecurity {
  readonly #opening: Opening;
  readonly #offered: readonly OfferedSubtype[];
  readonly #tls: TlsLayers;
  readonly #time: ExchangeTime;
  #state: ServerState = 'version';
  /** What must be done before anything is read. */
  #moves: SecurityMove[] = [];
  #chosen: OfferedSubtype | null = null;
  #layer: TlsLayer | null = null;
  #login: ServerSecurity | null = null;

  constructor(offered: readonly OfferedSubtype[], tls: TlsLayers, time: ExchangeTime, opening: Opening) {
    this.#opening = opening;
    this.#offered = offered;
    this.#tls = tls;
    this.#time = time;
  }

  get encryption(): string | null {
    return this.#chosen && protection(this.#chosen, this.#layer);
  }

  get negotiating(): boolean {
    return this.#layer !== null && this.#layer.facts === null;
  }

  begin(): Uint8Array {
    return VERSION;
  }

  receive(reader: ByteReader): SecurityMove | SecurityProof | SecurityVerdict | undefined {
    const move = this.#moves.shift();
    if (move) return move;
    if (this.#state === 'version') return this.#readVersion(reader);
    if (this.#state === 'refused')
      return { ok: false, reason: 'Only version 0.2 of VeNCrypt is spoken.', misuse: true };
    if (this.#state === 'subtype') return this.#readSubtype(reader);
    return this.#login?.receive(reader);
  }

  #readVersion(reader: ByteReader): SecurityMove | undefined {
    const version = reader.attempt(() => reader.bytes(2));
    if (!version) return undefined;
    if (version[0] !== VERSION[0] || version[1] !== VERSION[1]) {
      this.#state = 'refused';
      return { type: 'send', bytes: Uint8Array.of(VERSION_REFUSED) };
    }
    this.#state = 'subtype';
    const bytes = new Uint8Array(2 + 4 * this.#offered.length);
    bytes[0] = VERSION_OK;
    bytes[1] = this.#offered.length;
    for (const [index, { number }] of this.#offered.entries()) writeU32(bytes, 2 + 4 * index, number);
    return { type: 'send', bytes };
  }

  #readSubtype(reader: ByteReader): SecurityMove | SecurityProof | SecurityVerdict | undefined {
    const number = reader.attempt(() => reader.u32());
    if (number === undefined) return undefined;
    const chosen = this.#offered.find(each => each.number === number);
    if (!chosen) return { ok: false, reason: 'That security type was not offered.', misuse: true };
    if (chosen.channel !== 'clear' && !this.#time.mayHandshake()) {
      return { ok: false, reason: REASON.crowded, misuse: true };
    }
    this.#chosen = chosen;
    this.#layer = layerOf(this.#tls, chosen.channel);
    this.#login = chosen.type.start(this.#opening);
    this.#state = 'login';
    const first = this.#login.begin();
    this.#moves = [
      ...(this.#layer
        ? [
            { type: 'send' as const, bytes: Uint8Array.of(SUBTYPE_OK) },
            { type: 'replace' as const, upgrade: this.#layer.upgrade },
          ]
        : []),
      ...(first.length > 0 ? [{ type: 'send' as const, bytes: first }] : []),
    ];
    return this.receive(reader);
  }
}

export const veNCrypt: SecurityType = {
  client: clientVeNCrypt,
  server: share => {
    const { encryption } = share;
    if (!encryption?.tls || (share.vncPassword === null && !needsNothing(share))) return null;
    const { tls } = encryption;
    const offered = offeredSubtypes(share, encryption);
    const time = encryption.exchanges ?? UNLIMITED;
    return {
      number: SECURITY_TYPE.veNCrypt,
      start: opening => new ServerVeNCrypt(offered, tls, time, opening),
    };
  },
};
