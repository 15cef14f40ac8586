import type { FlowWire, PacketLine } from '../../analysis/flow.js';
import type { PacketLayer } from '../../analysis/tcp-packet.js';

export interface PacketTotals {
  readonly packets: number;
  /** On the wire, lower layers included. */
  readonly bytes: number;
  readonly connections: number;
  readonly retransmissions: number;
}

export interface PacketDetail {
  readonly line: PacketLine;
  readonly layers: readonly PacketLayer[];
  readonly bytes: Uint8Array;
}

/** Packet worker -> UI. */
export type PacketEvent =
  /** Packets since the last event, at most four times a second. `skipped`: packets that arrived too fast to list. */
  | {
      readonly type: 'packets';
      readonly lines: readonly PacketLine[];
      readonly skipped: number;
      readonly totals: PacketTotals;
    }
  | { readonly type: 'detail'; readonly number: number; readonly detail: PacketDetail | null }
  /** Packets cannot be captured: why, and what to do, in one line. */
  | { readonly type: 'unavailable'; readonly why: string };

/** UI -> packet worker. */
export type PacketCommand = { readonly type: 'detail'; readonly number: number } | { readonly type: 'stop' };

/** Live packets of a session's ports, while a page shows them. */
export interface PacketFeed {
  subscribe(listener: (event: PacketEvent) => void): () => void;
  /** Requests the dissection of a packet, which arrives as a `detail` event. */
  askDetail(number: number): void;
  stop(): void;
}

export type StartPacketFeed = (data: PacketWorkerData) => PacketFeed;

/** A captured port, and its protocol if known. */
export interface InspectedPort {
  readonly port: number;
  readonly wire: FlowWire | null;
}

export interface PacketWorkerData {
  readonly ports: readonly InspectedPort[];
}
