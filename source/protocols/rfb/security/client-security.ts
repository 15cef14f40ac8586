import type { ByteReader } from '../../../core/byte-reader.js';

/** What a security type wants next: to send bytes, to be given a code, or nothing more (the result follows). */
export type SecurityStep =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'code-required' }
  | { readonly type: 'done' };

/** One way through a security type, from its choice up to the SecurityResult. */
export interface ClientSecurity {
  /** Undefined: more bytes are needed. */
  advance(reader: ByteReader, code: string | null): SecurityStep | undefined;
}

/** A security type that the viewer speaks (RFC 6143, 7.2), one file each. */
export interface ClientSecurityType {
  readonly number: number;
  /** What protects the connection from then on, for the dashboard; null when nothing does. */
  readonly encryption: string | null;
  start(): ClientSecurity;
}
