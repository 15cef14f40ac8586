import { plainText } from '../core/plain-text.js';
import { type ClassicFrame, ClassicFrameFinder } from './classic-frames.js';
import { Flow, type FlowSide, type Handshake, type ThroughputSeries } from './flow.js';
import type { ReadPacket } from './pcapng-reader.js';
import { dissectTcp, type TcpPacket } from './tcp-packet.js';

/** The figures of one TCP connection in a capture that the course's report asks for. Times are milliseconds. */
export interface ConnectionReport {
  /** The end that opened the connection: the viewer, with both protocols. */
  readonly client: FlowSide;
  readonly server: FlowSide;
  readonly start: number;
  readonly duration: number;
  readonly packets: number;
  readonly handshake: Handshake;
  readonly wire: 'classic' | 'rfb' | 'unknown';
  /** Why it is not the classic protocol after all, though it began like it; otherwise null. */
  readonly broken: string | null;
  /** The sharer's payload. */
  readonly throughput: ThroughputSeries;
  readonly frames: readonly ClassicFrame[];
  readonly comment: string | null;
}

/** Connections beyond this many in one file are not analysed. */
const MAX_CONNECTIONS = 256;
/** Frames beyond this many are left out of the report. */
const MAX_FRAMES = 100_000;

interface Followed {
  readonly flow: Flow;
  readonly finder: ClassicFrameFinder;
  readonly frames: ClassicFrame[];
  firstByte: number | null;
  comment: string | null;
}

/** Takes packets in capture order and reports on each connection, the one with the most payload first. */
export class CaptureAnalysis {
  readonly #connections: Followed[] = [];
  /** The latest connection between two endpoints. */
  readonly #open = new Map<string, Followed>();
  /** Packets of any protocol in the whole file, as Wireshark counts them. */
  #packets = 0;
  /** Packets of connections that are not analysed. */
  #unfollowed = 0;

  /** A note about connections left out; null if there are none. */
  get leftOut(): string | null {
    if (this.#unfollowed === 0) return null;
    return `only the first ${MAX_CONNECTIONS} connections were analysed; ${this.#unfollowed} packets belong to others`;
  }

  add(captured: ReadPacket): void {
    this.#packets++;
    const packet = dissectTcp(captured);
    if (!packet) return;
    const key = Flow.key(packet);
    let followed = this.#open.get(key);
    if (!followed || followed.flow.isOver(packet)) {
      if (this.#connections.length >= MAX_CONNECTIONS) {
        this.#unfollowed++;
        return;
      }
      followed = follow(packet);
      this.#open.set(key, followed);
      this.#connections.push(followed);
    }
    followed.comment ??= captured.comment === undefined ? null : plainText(captured.comment);
    followed.flow.add(packet, this.#packets);
  }

  connections(): ConnectionReport[] {
    return this.#connections.map(report).sort((a, b) => payload(b) - payload(a));
  }
}

function follow(first: TcpPacket): Followed {
  const frames: ClassicFrame[] = [];
  const finder = new ClassicFrameFinder(frame => {
    if (frames.length < MAX_FRAMES) frames.push(frame);
  });
  const flow = new Flow(first, (side, bytes, time, segment) => {
    // Without the start of the connection, the boundaries of frames are unknown.
    if (side === 0 || flow.handshake.syn === null) return;
    followed.firstByte ??= bytes[0] ?? null;
    if (followed.firstByte !== RFB_FIRST_BYTE) finder.push(bytes, time, segment);
  });
  const followed: Followed = { flow, finder, frames, firstByte: null, comment: null };
  return followed;
}

const RFB_FIRST_BYTE = 'R'.charCodeAt(0);

function report({ flow, finder, frames, firstByte, comment }: Followed): ConnectionReport {
  const [client, server] = flow.sides;
  return {
    client,
    server,
    start: flow.start,
    duration: flow.duration,
    packets: flow.packets,
    handshake: flow.handshake,
    wire: firstByte === RFB_FIRST_BYTE ? 'rfb' : frames.length > 0 ? 'classic' : 'unknown',
    broken: firstByte === RFB_FIRST_BYTE ? null : finder.broken,
    throughput: flow.throughput(1),
    frames,
    comment,
  };
}

function payload(connection: ConnectionReport): number {
  return connection.client.bytes + connection.server.bytes;
}

/** Figures of the frames of a connection, or null where it has none. */
export function frameFigures(connection: ConnectionReport): {
  readonly count: number;
  readonly meanBytes: number;
  readonly smallest: number;
  readonly largest: number;
  readonly perSecond: number;
  readonly ratio: number | null;
  /** Frames whose first byte travelled alone: the original program sends the header in pieces. */
  readonly loneFirstBytes: number;
} | null {
  const { frames } = connection;
  if (frames.length === 0) return null;
  const sizes = frames.map(frame => frame.size + frame.headerBytes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const measured = frames.filter(frame => frame.rawSize !== null);
  const raw = measured.reduce((sum, frame) => sum + (frame.rawSize ?? 0), 0);
  const sent = measured.reduce((sum, frame) => sum + frame.size + frame.headerBytes, 0);
  const seconds = (frames.at(-1)!.ended - frames[0]!.begun) / 1000;
  return {
    count: frames.length,
    meanBytes: total / frames.length,
    smallest: sizes.reduce((least, size) => Math.min(least, size)),
    largest: sizes.reduce((most, size) => Math.max(most, size)),
    perSecond: seconds > 0 ? (frames.length - 1) / seconds : 0,
    ratio: sent > 0 ? raw / sent : null,
    loneFirstBytes: frames.filter(frame => frame.firstSegment === 1).length,
  };
}
