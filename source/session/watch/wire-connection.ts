import type { Transport } from '../../core/transport.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { WireHost, WireSession } from './wire-session.js';

/** A connection whose first bytes have been looked at. */
export interface WireConnection {
  /** Paused, nobody else listens on it. The wire handles data (valid until it returns), end and errors. */
  readonly stream: Transport;
  /** What was read to tell the wires apart: the first bytes of the stream. */
  readonly early: Uint8Array;
  /** The peer's name for messages, e.g. "192.168.1.82:9000". */
  readonly peer: string;
  /** What an earlier connection was given to go on with; null: nothing. */
  readonly resume: Uint8Array | null;
  /** Is told what goes over it, from `early` on. */
  readonly trace: ConnectionTrace;
}

export type CreateWire = (connection: WireConnection, host: WireHost) => WireSession;
