import type { ByteReader } from '../../../core/byte-reader.js';
import type { Upgrade } from '../../../core/transport.js';

/** An action of a security type, on either side, before it has finished. */
export type SecurityMove =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /**
   * From here on everything goes over another stream. Bytes sent before are the last on this one; unread bytes belong
   * to the new one.
   */
  | { readonly type: 'replace'; readonly upgrade: Upgrade };

/** The next step of a security type; `done`: it has finished, the SecurityResult follows. */
export type SecurityStep = SecurityMove | { readonly type: 'code-required' } | { readonly type: 'done' };

/** One exchange of a security type, from its choice to the SecurityResult. */
export interface ClientSecurity {
  /** Undefined: more bytes are needed. */
  advance(reader: ByteReader, code: string | null): SecurityStep | undefined;
}

/** A security type that the viewer supports. */
export interface ClientSecurityType {
  readonly number: number;
  /** The encryption of the connection from then on, for the dashboard; null if none. */
  readonly encryption: string | null;
  /**
   * The offered type with the highest preference is used; the server's order decides between equal ones.
   * @param code null: none is known
   */
  preference(code: string | null): number;
  start(): ClientSecurity;
}

/** The result of a security type. The reason is sent to viewers of version 3.8. */
export type SecurityVerdict =
  /** `known`: the viewer was accepted before, so the person need not be asked again. */
  { readonly ok: true; readonly known?: boolean } | { readonly ok: false; readonly reason: string };

/** Cryptographically random bytes from the system. */
export type RandomBytes = (length: number) => Uint8Array;

/** One viewer's exchange of a security type. */
export interface ServerSecurity {
  /** The server's first bytes; empty if the viewer begins. */
  begin(): Uint8Array;
  /** Reads the viewer's response; undefined until it is complete. Called again after each move. */
  receive(reader: ByteReader): SecurityMove | SecurityVerdict | undefined;
}

/** A security type that the server offers. */
export interface ServerSecurityType {
  readonly number: number;
  /** As in ClientSecurityType. */
  readonly encryption: string | null;
  start(): ServerSecurity;
}

/** The viewer's credentials. */
export interface ViewerSecrets {
  /** The key received over an earlier connection, to resume it. */
  readonly resume: Uint8Array | null;
}

/** The share's credentials, which viewers are checked against. */
export interface ShareSecrets {
  /** Null: no code is required. */
  readonly code: string | null;
  /** Null: no viewer holds a key. */
  readonly resume: ResumeCheck | null;
  readonly random: RandomBytes;
}

/** Whether the proof matches one of the issued keys; the viewer with that key is then replaced. */
export type ResumeCheck = (fits: (key: Uint8Array) => boolean) => boolean;

/** Both sides of a security type (RFC 6143, 7.2): one file each, and a line in the registry. */
export interface SecurityType {
  /** The viewer's side; null: not possible with its credentials. */
  client(viewer: ViewerSecrets): ClientSecurityType | null;
  /** The share's side; null: not offered. */
  server(share: ShareSecrets): ServerSecurityType | null;
}
