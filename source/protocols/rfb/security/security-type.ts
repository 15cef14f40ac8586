import type { ByteReader } from '../../../core/byte-reader.js';
import type { TlsLayer, Upgrade } from '../../../core/transport.js';
import type { CPacePlatform, ProvenViewer, ShareCPace } from './cpace-platform.js';
import type { RsaAesPlatform } from './rsa-aes-platform.js';
import type { Channel, KnownPeer, Trust } from './trust.js';

/** An action of a security type, on either side, before it has finished. */
export type SecurityMove =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /**
   * From here on everything goes over another stream. Bytes sent before are the last on this one; unread bytes belong
   * to the new one.
   */
  | {
      readonly type: 'replace';
      readonly upgrade: Upgrade;
      /** Wait for this before sending: the new stream must be authenticated. Rejects with PeerglassError. */
      readonly proven?: Promise<void>;
    };

/** The next step of a security type; `done`: it has finished, the SecurityResult follows. */
export type SecurityStep =
  | SecurityMove
  /** Wait until this resolves; it rejects with PeerglassError. */
  | { readonly type: 'wait'; readonly until: Promise<void> }
  | { readonly type: 'code-required' }
  /** The server has sent a SecurityResult that refuses instead. */
  | { readonly type: 'refused' }
  | { readonly type: 'done' };

/** The messages of both ends before a security type's exchange. */
export interface Opening {
  readonly serverBanner: Uint8Array;
  readonly clientBanner: Uint8Array;
  /** The list of security types, each a byte, as the server has sent it; empty in 3.3. */
  readonly types: Uint8Array;
  /** The number of the chosen one. */
  readonly choice: number;
}

/** One exchange of a security type, from its choice to the SecurityResult. */
export interface ClientSecurity {
  /** The protection of the connection once it is done, for the dashboard; null: none. */
  readonly encryption: string | null;
  /** Whether the peer could check a guess at the code now, and has not shown that it knows it; left out: it never can. */
  readonly unproven?: boolean;
  /** What to remember of the peer once this viewer is let in; undefined: not encrypted. */
  readonly known?: KnownPeer | undefined;
  /** Undefined: more bytes are needed. */
  advance(reader: ByteReader, code: string | null): SecurityStep | undefined;
}

/** A security type that the viewer supports. */
export interface ClientSecurityType {
  readonly number: number;
  /** The strongest channel that it can lead to; by default `clear`. */
  readonly channel?: Channel;
  /**
   * Among the offered types with the strongest channel, the one with the highest preference is used; the server's order
   * breaks ties.
   * @param code null: not known
   */
  preference(code: string | null): number;
  /** @param others the strongest channel of the other types that the server offers */
  start(opening: Opening, others: Channel): ClientSecurity;
}

/** The result of a security type. The reason is sent to viewers of version 3.8. */
export type SecurityVerdict =
  /** `known`: the viewer was accepted before, so the person need not be asked again. */
  | { readonly ok: true; readonly known?: boolean }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The viewer broke the protocol: no secret was tried. */
      readonly misuse?: boolean;
    };

/** The viewer has submitted a guess; the next move, or a refusal, tells it the result. */
export interface SecurityProof {
  readonly type: 'proof';
  readonly right: boolean;
}

/** Cryptographically random bytes from the system. */
export type RandomBytes = (length: number) => Uint8Array;

/** One viewer's exchange of a security type. */
export interface ServerSecurity {
  /** As in ClientSecurity; may change during the exchange. */
  readonly encryption: string | null;
  /** Whether both ends are still negotiating encryption. */
  readonly negotiating?: boolean;
  /** The viewer's identity; null until it has been proven. Undefined if viewers of this type prove none. */
  readonly viewer?: ProvenViewer | null;
  /** The server's first bytes; empty if the viewer begins. */
  begin(): Uint8Array;
  /**
   * Reads the viewer's response; undefined until it is complete. Called again after each move, and after a correct
   * proof once the viewer may know. A proof is the exchange's verdict on the code: what follows counts as no attempt.
   */
  receive(reader: ByteReader): SecurityMove | SecurityProof | SecurityVerdict | undefined;
}

/** A security type that the server offers. */
export interface ServerSecurityType {
  readonly number: number;
  start(opening: Opening): ServerSecurity;
}

/** The viewer's credentials. */
export interface ViewerSecrets {
  /** The key received over an earlier connection, to resume it. */
  readonly resume: Uint8Array | null;
  /** A user name for servers that ask for one; null: not known. */
  readonly user: string | null;
  /** Null: this platform has no TLS. */
  readonly tls: TlsLayers | null;
  /** Null: this platform has no RSA-AES. */
  readonly rsaAes: RsaAesPlatform | null;
  /** Null: this platform has no CPace. */
  readonly cpace: CPacePlatform | null;
  /** The name of the viewer's user; empty: none given. */
  readonly name: string;
  readonly trust: Trust;
}

/** The two kinds of TLS, of one end: each call is for one connection. */
export interface TlsLayers {
  /** Protects against listeners only: neither end proves its identity. */
  anonymous(): TlsLayer;
  /** The server shows a certificate. */
  certified(): TlsLayer;
}

/** The credentials that viewers must prove. */
export interface ShareSecrets {
  /** The secret for CPace. Null: viewers need none if `password` is null too, else CPace is not offered. */
  readonly code: string | null;
  /**
   * The secret of all other types, which a listener can find out by guessing, and which anybody posing as the share
   * gets: never the code. Null with a code: these types are not offered.
   */
  readonly vncPassword: string | null;
  /** Null: no viewer holds a key. */
  readonly resume: ResumeCheck | null;
  readonly random: RandomBytes;
  /** Null: nothing is encrypted. */
  readonly encryption: ShareEncryption | null;
}

export interface ShareEncryption {
  /** Null: VeNCrypt is not offered. */
  readonly tls: TlsLayers | null;
  /** Where it is missing, or has no keys yet, RSA-AES is not offered. */
  readonly rsaAes?: RsaAesPlatform | null;
  /** Where it is missing, CPace is not offered. */
  readonly cpace?: ShareCPace;
  /** Whether viewers that cannot encrypt are turned away. */
  readonly required: boolean;
  /** Left out: key exchanges may take as long as they do. */
  readonly exchanges?: ExchangeTime;
}

/** Time for key exchanges with an unauthenticated viewer. */
export interface ExchangeTime {
  /** Does some milliseconds of work; null: there is no time for it now. */
  run<Result>(work: () => Result): Result | null;
  /** Whether there is time for a handshake of TLS. It then counts, as much as one usually takes. */
  mayHandshake(): boolean;
}

export const UNLIMITED: ExchangeTime = { run: work => work(), mayHandshake: () => true };

/** Whether the proof matches one of the issued keys; the viewer with that key is then replaced. */
export type ResumeCheck = (fits: (key: Uint8Array) => boolean) => boolean;

/** Both sides of a security type (RFC 6143, 7.2): one file each, and a line in the registry. */
export interface SecurityType {
  /** The viewer's side; null: not possible with its credentials. */
  client(viewer: ViewerSecrets): ClientSecurityType | null;
  /** The share's side; null: not offered. */
  server(share: ShareSecrets): ServerSecurityType | null;
}
