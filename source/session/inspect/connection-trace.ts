import type { Endpoint, StreamChunk } from '../../analysis/tcp-synthesis.js';
import { unixTime } from '../../node/clock.js';
import type { MessageLog } from './message-log.js';
import type { WireMessage } from './message-record.js';
import type { ExportedConnection, TrafficExport } from './traffic-export.js';

/** The two ends of a traced connection. */
export interface TracedConnection {
  readonly wire: 'classic' | 'rfb';
  /** The other end, as the messages page names it. */
  readonly peer: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly opener: 'local' | 'remote';
}

/** Limit of a kept handshake. Longer ones are not kept, and a partial one is useless to a dissector. */
const LONGEST_PROLOGUE = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Records one connection for the messages page and for an export. Without either it costs almost nothing: it only keeps
 * the handshake, because an export that starts later must begin with it to be dissected.
 */
export class ConnectionTrace {
  readonly #connection: TracedConnection;
  readonly #log: MessageLog;
  readonly #closed: (trace: ConnectionTrace) => void;
  /** Null after the handshake, and for protocols without one. */
  #handshake: StreamChunk[] | null;
  #prologue: StreamChunk[] = [];
  #prologueBytes = 0;
  readonly #remembered = new Map<string, StreamChunk>();
  #export: TrafficExport | null = null;
  #exported: ExportedConnection | null = null;
  /**
   * Bytes received but not yet read, or null in the middle of a message: an export begins between two messages. Set by
   * the protocol's receiver.
   */
  unread: () => Uint8Array | null = () => NOTHING;

  constructor(connection: TracedConnection, log: MessageLog, closed: (trace: ConnectionTrace) => void = () => {}) {
    this.#connection = connection;
    this.#log = log;
    this.#closed = closed;
    this.#handshake = connection.wire === 'rfb' ? this.#prologue : null;
  }

  /** Whether the messages page is open. If not, skip work that only serves descriptions. */
  get recording(): boolean {
    return this.#log.on;
  }

  /** Whether sent bytes may be kept, for the list or an export. */
  get watched(): boolean {
    return this.#log.on || this.#export !== null || this.#exported !== null;
  }

  /** Lists a message. It is described only while the messages page is open. */
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

  /** Received bytes. Call it before they are read: their memory is reused. */
  received(bytes: Uint8Array): void {
    if (this.#handshake) this.#keep('received', bytes);
    this.#exported?.chunk(chunkOf('received', Uint8Array.from(bytes)));
  }

  /** A message has been read completely, and the next one not begun. */
  boundary(): void {
    if (this.#export) this.#begin();
  }

  /** The handshake is over: later bytes are no use to an export that starts after them. */
  handshakeOver(): void {
    this.#handshake = null;
    // Bytes received together with its end belong to later messages.
    let extra = this.unread()?.length ?? 0;
    for (let at = this.#prologue.length - 1; at >= 0 && extra > 0; at--) {
      const chunk = this.#prologue[at]!;
      if (chunk.direction !== 'received') continue;
      const cut = Math.min(extra, chunk.bytes.length);
      this.#prologue[at] = { ...chunk, bytes: chunk.bytes.subarray(0, chunk.bytes.length - cut) };
      extra -= cut;
    }
  }

  /** A message that later ones depend on. The next one of the same name replaces it. */
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
    // During the handshake the prologue already has all received bytes.
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
