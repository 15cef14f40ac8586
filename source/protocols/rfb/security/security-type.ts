import type { ByteReader } from '../../../core/byte-reader.js';
import type { Upgrade } from '../../../core/transport.js';

/** What a security type does on either side before it is done. */
export type SecurityMove =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /**
   * From here on everything goes over another stream: what was sent before is the last over this one, and what has not been
   * read yet belongs to the new one.
   */
  | { readonly type: 'replace'; readonly upgrade: Upgrade };

/** What a security type wants next; `done`: nothing more, the result follows. */
export type SecurityStep = SecurityMove | { readonly type: 'code-required' } | { readonly type: 'done' };

/** One way through a security type, from its choice up to the SecurityResult. */
export interface ClientSecurity {
  /** Undefined: more bytes are needed. */
  advance(reader: ByteReader, code: string | null): SecurityStep | undefined;
}

/** A security type that the viewer speaks. */
export interface ClientSecurityType {
  readonly number: number;
  /** What protects the connection from then on, for the dashboard; null when nothing does. */
  readonly encryption: string | null;
  /** The greatest that is offered is taken, the server's order decides between equal ones. @param code null: none is known */
  preference(code: string | null): number;
  start(): ClientSecurity;
}

/** How a security type ended. The reason is told to viewers of version 3.8. */
export type SecurityVerdict =
  /** `known`: it was let in before, nobody need agree once more. */
  { readonly ok: true; readonly known?: boolean } | { readonly ok: false; readonly reason: string };

/** Bytes that nobody can foresee, from the system. */
export type RandomBytes = (length: number) => Uint8Array;

/** One viewer's way through a security type. */
export interface ServerSecurity {
  /** What the server says first; empty when the viewer begins. */
  begin(): Uint8Array;
  /** Reads what the viewer answers; undefined until more of it is there. Called again after each move. */
  receive(reader: ByteReader): SecurityMove | SecurityVerdict | undefined;
}

/** A security type that the server offers. */
export interface ServerSecurityType {
  readonly number: number;
  /** As ClientSecurityType has it. */
  readonly encryption: string | null;
  start(): ServerSecurity;
}

/** What a viewer has to show for itself. */
export interface ViewerSecrets {
  /** The key that a connection before this one was given, to go on with that. */
  readonly resume: Uint8Array | null;
}

/** What a share lets viewers in by. */
export interface ShareSecrets {
  /** Null: none is asked for. */
  readonly code: string | null;
  /** Null: no viewer has a key. */
  readonly resume: ResumeCheck | null;
  readonly random: RandomBytes;
}

/** Whether the proof fits one of the keys that were given out; that key's viewer is to be replaced. */
export type ResumeCheck = (fits: (key: Uint8Array) => boolean) => boolean;

/** A security type (RFC 6143, 7.2), whole: one file each, and a line in the registry. */
export interface SecurityType {
  /** As the viewer speaks it; null: not with what it has. */
  client(viewer: ViewerSecrets): ClientSecurityType | null;
  /** As a share offers it; null: not one like that. */
  server(share: ShareSecrets): ServerSecurityType | null;
}
