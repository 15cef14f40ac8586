import { Flow, type FlowWire, type PacketLine } from '../../analysis/flow.js';
import type { ReadPacket } from '../../analysis/pcapng-reader.js';
import { dissectTcp, type TcpPacket } from '../../analysis/tcp-packet.js';
import type { PacketDetail, PacketTotals } from './packet-messages.js';

/** Packets that are kept, so that their details can be shown. */
const KEPT = 4096;
/** Lines listed in one batch: nobody reads more in a quarter of a second. */
const MAX_LINES = 200;
/** Connections tracked at once. The one idle longest is dropped. */
const MAX_FLOWS = 64;

interface Kept {
  readonly line: PacketLine;
  readonly packet: TcpPacket;
}

/** Numbers the packets of all connections of a port, keeps the last ones, and returns new ones in batches. */
export class PacketList {
  readonly #flows = new Map<string, Flow>();
  readonly #kept: Kept[] = [];
  #fresh: PacketLine[] = [];
  #skipped = 0;
  #packets = 0;
  #bytes = 0;
  readonly #forgotten = { connections: 0, retransmissions: 0 };
  #start: number | null = null;

  /** @param mostLines listed in one batch @param wires the known protocols, by port */
  constructor(
    readonly mostLines = MAX_LINES,
    readonly wires: ReadonlyMap<number, FlowWire | null> = new Map(),
  ) {}

  add(captured: readonly ReadPacket[]): void {
    for (const each of captured) {
      const packet = dissectTcp(each);
      if (!packet) continue;
      this.#packets++;
      this.#bytes += packet.length;
      this.#start ??= packet.time;
      const line = {
        ...this.#flow(packet).add(packet, this.#packets),
        time: (packet.time - this.#start) / 1000,
      };
      // Copied: a view would keep the whole captured chunk alive.
      this.#keep({ line, packet: { ...packet, bytes: Uint8Array.from(packet.bytes) } });
      if (this.#fresh.length < this.mostLines) this.#fresh.push(line);
      else this.#skipped++;
    }
  }

  /** Packets since the last call. */
  take(): { lines: readonly PacketLine[]; skipped: number; totals: PacketTotals } {
    const batch = { lines: this.#fresh, skipped: this.#skipped, totals: this.totals };
    this.#fresh = [];
    this.#skipped = 0;
    return batch;
  }

  detail(number: number): PacketDetail | null {
    const kept = this.#kept[number % KEPT];
    if (kept?.line.number !== number) return null;
    return { line: kept.line, layers: kept.packet.layers, bytes: kept.packet.bytes };
  }

  get totals(): PacketTotals {
    const flows = [...this.#flows.values()];
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      connections: flows.length + this.#forgotten.connections,
      retransmissions: flows.reduce((sum, flow) => sum + retransmissions(flow), this.#forgotten.retransmissions),
    };
  }

  #keep(kept: Kept): void {
    this.#kept[kept.line.number % KEPT] = kept;
  }

  #flow(packet: TcpPacket): Flow {
    const key = Flow.key(packet);
    const known = this.#flows.get(key);
    if (known) this.#flows.delete(key);
    if (known && !known.isOver(packet)) {
      this.#flows.set(key, known);
      return known;
    }
    if (known) this.#forget(known);
    const oldest = this.#flows.entries().next().value;
    if (oldest && this.#flows.size >= MAX_FLOWS) {
      this.#flows.delete(oldest[0]);
      this.#forget(oldest[1]);
    }
    const wire = this.wires.get(packet.sourcePort) ?? this.wires.get(packet.destinationPort) ?? null;
    const flow = new Flow(packet, undefined, wire, known !== undefined);
    this.#flows.set(key, flow);
    return flow;
  }

  #forget(flow: Flow): void {
    this.#forgotten.connections++;
    this.#forgotten.retransmissions += retransmissions(flow);
  }
}

function retransmissions(flow: Flow): number {
  return flow.sides[0].retransmissions + flow.sides[1].retransmissions;
}
