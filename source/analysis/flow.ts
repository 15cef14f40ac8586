import { packetInfo } from './packet-info.js';
import { isOutOfSequence, isRetransmission, SequenceAnalysis } from './sequence-analysis.js';
import { type SegmentFacts, StreamReassembler } from './stream-reassembler.js';
import type { TcpPacket } from './tcp-packet.js';

/** The protocol of a connection; PROTOCOL_NAMES has Wireshark's names. */
export type FlowWire = 'classic' | 'rfb';

export const PROTOCOL_NAMES = { classic: 'PEERGLASS', rfb: 'VNC' } as const;

/** One direction of a connection. */
export interface FlowSide {
  readonly address: string;
  readonly port: number;
  readonly packets: number;
  /** Payload bytes, without retransmissions. */
  readonly bytes: number;
  readonly maximumSegmentSize: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
  /** Offered in its SYN (RFC 7323). If both sides offer them, they take 12 bytes of every segment. */
  readonly timestamps: boolean;
  /** Retransmitted packets with data, SYN or FIN: tshark's count of `tcp.analysis.retransmission`. */
  readonly retransmissions: number;
  /** Number of segments by payload length. */
  readonly segmentSizes: ReadonlyMap<number, number>;
}

export interface Handshake {
  readonly syn: number | null;
  readonly synAck: number | null;
  readonly ack: number | null;
}

/** A packet's line in a packet list: Wireshark's columns. */
export interface PacketLine {
  readonly number: number;
  /** Seconds since the first packet. */
  readonly time: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly length: number;
  readonly info: string;
}

interface SideState {
  address: string;
  port: number;
  packets: number;
  bytes: number;
  maximumSegmentSize: number | null;
  windowScale: number | null;
  sackPermitted: boolean;
  timestamps: boolean;
  retransmissions: number;
  segmentSizes: Map<number, number>;
  /** The raw sequence number of relative number 0. */
  base: number | null;
}

/**
 * Analyses one TCP connection, packet by packet: relative sequence numbers, handshake, segment sizes, retransmissions,
 * and the payload of each direction in order.
 */
export class Flow {
  readonly handshake: { syn: number | null; synAck: number | null; ack: number | null } = {
    syn: null,
    synAck: null,
    ack: null,
  };
  readonly #sides: [SideState, SideState];
  readonly #streams: [StreamReassembler, StreamReassembler] = [new StreamReassembler(), new StreamReassembler()];
  readonly #analysis = new SequenceAnalysis();
  #count = 0;
  #start: number | null = null;
  #end = 0;
  readonly #throughput: [Throughput, Throughput] = [new Throughput(), new Throughput()];

  /**
   * @param opener the first packet seen. Side 0 is the client: the sender of the SYN or, without one, the end with the
   *   higher port, since clients usually get ephemeral ports
   * @param onPayload called with payload in order: side, bytes, time of the segment that completed it, and the segment
   *   that carried these bytes
   * @param wire the protocol if known, otherwise detected from the first bytes
   * @param reusesPorts whether an earlier connection had the same endpoints
   */
  constructor(
    opener: TcpPacket,
    readonly onPayload: (side: 0 | 1, bytes: Uint8Array, time: number, segment: SegmentFacts) => void = () => {},
    public wire: FlowWire | null = null,
    readonly reusesPorts = false,
  ) {
    const swap = opener.flags.syn ? opener.flags.ack : opener.sourcePort < opener.destinationPort;
    const here = side(opener.source, opener.sourcePort);
    const there = side(opener.destination, opener.destinationPort);
    this.#sides = swap ? [there, here] : [here, there];
  }

  static key(packet: TcpPacket): string {
    const ends = [`${packet.source}|${packet.sourcePort}`, `${packet.destination}|${packet.destinationPort}`];
    return ends.sort().join('|');
  }

  /** Whether the packet opens a new connection between the same ports. */
  isOver(packet: TcpPacket): boolean {
    const { base } = this.#sides[this.#which(packet)];
    return packet.flags.syn && !packet.flags.ack && base !== null && base !== packet.sequence;
  }

  get sides(): readonly [FlowSide, FlowSide] {
    return this.#sides;
  }

  get packets(): number {
    return this.#count;
  }

  /** Unix time of the first packet in milliseconds. `duration` is the time from there to the last one. */
  get start(): number {
    return this.#start ?? 0;
  }

  get duration(): number {
    return this.#end - this.start;
  }

  /** Payload bytes over time. */
  throughput(which: 0 | 1): ThroughputSeries {
    return this.#throughput[which];
  }

  /** Adds the next packet of this connection. @returns its line in a packet list */
  add(packet: TcpPacket, number = this.#count + 1): PacketLine {
    this.#start ??= packet.time;
    this.#end = this.#count === 0 ? packet.time : Math.max(this.#end, packet.time);
    this.#count++;
    const which = this.#which(packet);
    const from = this.#sides[which];
    const to = this.#sides[1 - which]!;
    from.packets++;
    this.#options(packet, from);
    this.#times(packet, which);
    from.base ??= packet.flags.syn ? packet.sequence : packet.sequence - 1;
    if (packet.flags.ack) to.base ??= packet.acknowledgement - 1;
    const findings = this.#analysis.add(packet, which, number);
    if (isRetransmission(findings)) from.retransmissions++;
    this.#payload(packet, which, from, number);
    const data = packet.payloadLength > 0 && !isOutOfSequence(findings);
    return {
      number,
      time: (packet.time - this.start) / 1000,
      source: packet.source,
      destination: packet.destination,
      protocol: data && this.wire !== null ? PROTOCOL_NAMES[this.wire] : 'TCP',
      length: packet.length,
      info: packetInfo(packet, findings, {
        base: from.base,
        otherBase: to.base ?? 0,
        window: this.#window(packet, from),
        reused: this.reusesPorts && this.#count === 1,
      }),
    };
  }

  #which(packet: TcpPacket): 0 | 1 {
    const [first] = this.#sides;
    return packet.source === first.address && packet.sourcePort === first.port ? 0 : 1;
  }

  #options(packet: TcpPacket, from: SideState): void {
    if (!packet.flags.syn) return;
    from.maximumSegmentSize = packet.options.maximumSegmentSize ?? null;
    from.windowScale = packet.options.windowScale ?? null;
    from.sackPermitted = packet.options.sackPermitted ?? false;
    from.timestamps = packet.options.timestamp !== undefined;
    from.base = packet.sequence;
    this.#streams[this.#which(packet)].begin();
  }

  #times(packet: TcpPacket, which: 0 | 1): void {
    if (packet.flags.syn && !packet.flags.ack) this.handshake.syn ??= packet.time;
    else if (packet.flags.syn) this.handshake.synAck ??= packet.time;
    else if (which === 0 && this.handshake.synAck !== null) this.handshake.ack ??= packet.time;
  }

  #payload(packet: TcpPacket, which: 0 | 1, from: SideState, number: number): void {
    const { payloadLength, payload } = packet;
    if (payloadLength === 0) return;
    const sequence = (packet.sequence - from.base!) >>> 0;
    const { fresh, ready } = this.#streams[which].add(sequence, payload, { payloadLength, number });
    if (fresh === 0) return;
    from.bytes += fresh;
    from.segmentSizes.set(payloadLength, (from.segmentSizes.get(payloadLength) ?? 0) + 1);
    this.#throughput[which].add((packet.time - this.start) / 1000, fresh);
    for (const { bytes, segment } of ready) {
      if (which === 1) this.wire ??= wireOf(bytes);
      this.onPayload(which, bytes, packet.time, segment);
    }
  }

  #window(packet: TcpPacket, from: SideState): number {
    const scaled = this.#sides.every(each => each.windowScale !== null);
    return packet.flags.syn || !scaled ? packet.window : packet.window * 2 ** (from.windowScale ?? 0);
  }
}

function side(address: string, port: number): SideState {
  return {
    address,
    port,
    packets: 0,
    bytes: 0,
    maximumSegmentSize: null,
    windowScale: null,
    sackPermitted: false,
    timestamps: false,
    retransmissions: 0,
    segmentSizes: new Map(),
    base: null,
  };
}

const LONGEST_SIZE = 4;

/** Detects the protocol from a sharer's first bytes. */
function wireOf(bytes: Uint8Array): FlowWire | null {
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RFB ') return 'rfb';
  return bytes[0]! >= 1 && bytes[0]! <= LONGEST_SIZE ? 'classic' : null;
}

/** Above this many spans, each two are merged into one. */
const MAX_SPANS = 600;

/** Bytes per time span; all spans have the same length. */
export interface ThroughputSeries {
  readonly spanSeconds: number;
  readonly bytes: readonly number[];
}

/** Sums bytes per second; per longer span if the capture is long or its clock jumps by years. */
export class Throughput implements ThroughputSeries {
  spanSeconds = 1;
  bytes: number[] = [];

  /** @param second since the start; negative times count as 0 */
  add(second: number, bytes: number): void {
    const from = Math.max(0, second);
    while (from >= this.spanSeconds * MAX_SPANS) this.#double();
    const span = Math.floor(from / this.spanSeconds);
    while (this.bytes.length <= span) this.bytes.push(0);
    this.bytes[span]! += bytes;
  }

  #double(): void {
    this.spanSeconds *= 2;
    this.bytes = this.bytes.flatMap((sum, at) => (at % 2 === 0 ? [sum + (this.bytes[at + 1] ?? 0)] : []));
  }
}
