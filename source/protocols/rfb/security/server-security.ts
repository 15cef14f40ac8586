import type { ByteReader } from '../../../core/byte-reader.js';

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
  /** Reads what the viewer answers; undefined until all of it is there. */
  receive(reader: ByteReader): SecurityVerdict | undefined;
}

/** A security type that the server offers (RFC 6143, 7.2), one file each. */
export interface ServerSecurityType {
  readonly number: number;
  start(): ServerSecurity;
}
