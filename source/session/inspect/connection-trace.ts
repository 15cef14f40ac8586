import type { Endpoint, StreamChunk } from '../../analysis/tcp-synthesis.js';
import { unixTime } from '../../node/clock.js';
import type { MessageLog } from './message-log.js';
import type { WireMessage } from './message-record.js';
import type { ExportedConnection, TrafficExport } from './traffic-export.js';

/** Whose bytes a trace sees. */
export interface TracedConnection {
  readonly wire: 'classic' | 'rfb';
  /** The other end, as the messages page names it. */
  readonly peer: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly opener: 'local' | 'remote';
}

/** A handshake is shorter; what is longer cannot be dissected without its beginning. */
const LONGEST_PROLOGUE = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * What a protocol tells of one connection, for the messages page and for an export. Without either it costs next to
 * nothing: the handshake is kept, since an export that begins later must repeat it for the rest to be understood.
 */
export class ConnectionTrace {
  readonly #connection: TracedConnection;
  readonly #log: MessageLog;
  readonly #closed: (trace: ConnectionTrace) => void;
  /** Null once it is over, or where the protocol has none. */
  #handshake: StreamChunk[] | null;
  #prologue: StreamChunk[] = [];
  #prologueBytes = 0;
  readonly #remembered = new Map<string, StreamChunk>();
  #export: TrafficExport | null = null;
  #exported: ExportedConnection | null = null;
  /**
   * What was received and not yet read, or null in the middle of a message: an export begins between two. Set by the
   * wire where messages are received.
   */
  unread: () => Uint8Array | null = () => NOTHING;

  constructor(connection: TracedConnection, log: MessageLog, closed: (trace: ConnectionTrace) => void = () => {}) {
    this.#connection = connection;
    this.#log = log;
    this.#closed = closed;
    this.#handshake = connection.wire === 'rfb' ? this.#prologue : null;
  }

  /** Whether somebody looks: what only serves a description need not be done otherwise. */
  get recording(): boolean {
    return this.#log.on;
  }

  /** Whether what is sent may be kept, for a list or for an export. */
  get watched(): boolean {
    return this.#log.on || this.#export !== null || this.#exported !== null;
  }

  /** Lists a message, which is only described when somebody looks. */
  record(describe: () => WireMessage): void {
    if (!this.#log.on) return;
    const { peer, wire } = this.#connection;
    this.#log.record(() => ({ ...describe(), peer, wire }));
  }

  /** Whole messages, about to be written. */
  sent(...pieces: readonly Uint8Array[]): void {
    if (this.#export) this.#begin();
    if (this.#handshake) for (const piece of pieces) this.#keep('sent', piece);
    if (!this.#exported) return;
    this.#exported.chunk(chunkOf('sent', pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
  }

  /** Bytes as they arrived, which may be others afterwards; to be called before they are read. */
  received(bytes: Uint8Array): void {
    if (this.#handshake) this.#keep('received', bytes);
    this.#exported?.chunk(chunkOf('received', Uint8Array.from(bytes)));
  }

  /** A message was read to its end, and the next one not begun. */
  boundary(): void {
    if (this.#export) this.#begin();
  }

  /** What comes from now on is of no use to a reader who starts later. */
  handshakeOver(): void {
    this.#handshake = null;
    // What came along with its end belongs to the messages after it.
    let extra = this.unread()?.length ?? 0;
    for (let at = this.#prologue.length - 1; at >= 0 && extra > 0; at--) {
      const chunk = this.#prologue[at]!;
      if (chunk.direction !== 'received') continue;
      const cut = Math.min(extra, chunk.bytes.length);
      this.#prologue[at] = { ...chunk, bytes: chunk.bytes.subarray(0, chunk.bytes.length - cut) };
      extra -= cut;
    }
  }

  /** A message without which later ones cannot be understood; the next of that name takes its place. */
  remember(name: string, direction: StreamChunk['direction'], bytes: Uint8Array): void {
    this.#remembered.set(name, chunkOf(direction, Uint8Array.from(bytes)));
  }

  /** From the next boundary on the connection is in the export. */
  exportTo(traffic: TrafficExport): void {
    this.#export = traffic;
    this.#begin();
  }

  endExport(): void {
    this.#export = null;
    this.#exported?.close();
    this.#exported = null;
  }

  close(): void {
    this.endExport();
    this.#closed(this);
  }

  #begin(): void {
    const unread = this.unread();
    if (!this.#export || unread === null) return;
    const { local, remote, opener } = this.#connection;
    // In the handshake all that was received is in the prologue already.
    const prologue = [...this.#prologue, ...this.#remembered.values()];
    this.#exported = this.#export.connection(local, remote, opener, prologue);
    this.#export = null;
    if (!this.#handshake && unread.length > 0) this.#exported.chunk(chunkOf('received', Uint8Array.from(unread)));
  }

  #keep(direction: StreamChunk['direction'], bytes: Uint8Array): void {
    if (this.#prologueBytes + bytes.length > LONGEST_PROLOGUE) return;
    this.#prologueBytes += bytes.length;
    this.#prologue.push(chunkOf(direction, Uint8Array.from(bytes)));
  }
}

function chunkOf(direction: StreamChunk['direction'], bytes: Uint8Array): StreamChunk {
  return { time: unixTime(), direction, bytes };
}
