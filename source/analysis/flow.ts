import { flagNames, type TcpPacket } from './tcp-packet.js';

/** One direction of a connection. */
export interface FlowSide {
  readonly address: string;
  readonly port: number;
  readonly packets: number;
  /** Payload bytes, retransmissions not counted again. */
  readonly bytes: number;
  readonly maximumSegmentSize: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
  /** Offered in its SYN (RFC 7323): where both do, they take 12 bytes of every segment. */
  readonly timestamps: boolean;
  readonly retransmissions: number;
  /** Payload length -> how many segments had it. */
  readonly segmentSizes: ReadonlyMap<number, number>;
}

export interface Handshake {
  readonly syn: number | null;
  readonly synAck: number | null;
  readonly ack: number | null;
}

/** What is said of one packet in a list: Wireshark's columns. */
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
  /** The raw sequence number that counts as 0. */
  base: number | null;
}

/**
 * Follows one TCP connection, packet after packet: relative sequence numbers, handshake, segment sizes,
 * retransmissions, and the payload of each direction in order.
 */
export class Flow {
  readonly handshake: { syn: number | null; synAck: number | null; ack: number | null } = {
    syn: null,
    synAck: null,
    ack: null,
  };
  readonly #sides: [SideState, SideState];
  readonly #streams: [InOrder, InOrder];
  #count = 0;
  #start: number | null = null;
  #end = 0;
  /** Payload bytes by whole second since the start, one array a side. */
  readonly #throughput: [number[], number[]] = [[], []];

  /**
   * @param opener the first packet seen. Side 0 is the client: who sent the SYN, or, where that was missed, the end with
   *   the higher port, as systems give it to clients
   * @param onPayload called with payload in order: side, bytes, time of the segment that completed it
   */
  constructor(
    opener: TcpPacket,
    readonly onPayload: (side: 0 | 1, bytes: Uint8Array, time: number, segment: SegmentFacts) => void = () => {},
  ) {
    const swap = opener.flags.syn ? opener.flags.ack : opener.sourcePort < opener.destinationPort;
    const here = side(opener.source, opener.sourcePort);
    const there = side(opener.destination, opener.destinationPort);
    this.#sides = swap ? [there, here] : [here, there];
    this.#streams = [new InOrder(), new InOrder()];
  }

  static key(packet: TcpPacket): string {
    const ends = [`${packet.source}|${packet.sourcePort}`, `${packet.destination}|${packet.destinationPort}`];
    return ends.sort().join('|');
  }

  get sides(): readonly [FlowSide, FlowSide] {
    return this.#sides;
  }

  get packets(): number {
    return this.#count;
  }

  /** Unix milliseconds of the first packet, and milliseconds from it to the last. */
  get start(): number {
    return this.#start ?? 0;
  }

  get duration(): number {
    return this.#end - this.start;
  }

  throughput(which: 0 | 1): readonly number[] {
    return this.#throughput[which];
  }

  /** Takes the next packet of this connection into account and says what a packet list says of it. */
  add(packet: TcpPacket, number = this.#count + 1): PacketLine {
    this.#start ??= packet.time;
    this.#end = packet.time;
    this.#count++;
    const which = this.#which(packet);
    const from = this.#sides[which];
    const to = this.#sides[1 - which]!;
    from.packets++;
    this.#options(packet, from);
    this.#times(packet, which);
    from.base ??= packet.flags.syn ? packet.sequence : packet.sequence - 1;
    if (packet.flags.ack) to.base ??= packet.acknowledgement - 1;
    const sequence = (packet.sequence - from.base) >>> 0;
    const again = this.#payload(packet, which, from, sequence, number);
    const info = [
      ...(again ? ['[TCP Retransmission]'] : []),
      `${packet.sourcePort} → ${packet.destinationPort}`,
      `[${flagNames(packet.flags).join(', ')}]`,
      `Seq=${sequence}`,
      ...(packet.flags.ack ? [`Ack=${(packet.acknowledgement - (to.base ?? 0)) >>> 0}`] : []),
      `Win=${this.#window(packet, from)}`,
      `Len=${packet.payloadLength}`,
      ...optionWords(packet),
    ].join(' ');
    return {
      number,
      time: (packet.time - this.start) / 1000,
      source: packet.source,
      destination: packet.destination,
      protocol: 'TCP',
      length: packet.length,
      info,
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

  /** Whether every byte of its payload was seen before. */
  #payload(packet: TcpPacket, which: 0 | 1, from: SideState, sequence: number, number: number): boolean {
    if (packet.payloadLength === 0) return false;
    const stream = this.#streams[which];
    const fresh = stream.fresh(sequence, packet.payloadLength);
    if (fresh === 0) {
      from.retransmissions++;
      return true;
    }
    from.bytes += fresh;
    from.segmentSizes.set(packet.payloadLength, (from.segmentSizes.get(packet.payloadLength) ?? 0) + 1);
    const second = Math.floor((packet.time - this.start) / 1000);
    const buckets = this.#throughput[which];
    while (buckets.length <= second) buckets.push(0);
    buckets[second]! += fresh;
    const facts = { payloadLength: packet.payloadLength, number };
    for (const [bytes, segment] of stream.add(sequence, packet.payload, facts))
      this.onPayload(which, bytes, packet.time, segment);
    return false;
  }

  #window(packet: TcpPacket, from: SideState): number {
    const scaled = this.#sides.every(each => each.windowScale !== null);
    return packet.flags.syn || !scaled ? packet.window : packet.window * 2 ** (from.windowScale ?? 0);
  }
}

export interface SegmentFacts {
  readonly payloadLength: number;
  /** The packet's number, as it was given to `add`. */
  readonly number: number;
}

/** Most bytes held back while a missing segment is awaited. */
const OUT_OF_ORDER_LIMIT = 8 * 1024 * 1024;

/** Puts segments in order. Relative sequence numbers: the first payload byte is 1. */
class InOrder {
  #next: number | null = null;
  #early = new Map<number, readonly [Uint8Array, SegmentFacts]>();
  #held = 0;

  /** The connection was seen from its start, so what comes first is known. */
  begin(): void {
    this.#next ??= 1;
  }

  /** How many of these bytes were neither delivered nor held back before. */
  fresh(sequence: number, length: number): number {
    if (this.#early.has(sequence)) return 0;
    return Math.max(0, Math.min(length, sequence + length - (this.#next ?? sequence)));
  }

  /** What can be delivered now, each with the segment that brought it. */
  *add(sequence: number, payload: Uint8Array, facts: SegmentFacts): Generator<readonly [Uint8Array, SegmentFacts]> {
    this.#next ??= sequence;
    if (sequence > this.#next) {
      if (this.#held + payload.length > OUT_OF_ORDER_LIMIT) return;
      this.#early.set(sequence, [Buffer.from(payload), facts]);
      this.#held += payload.length;
      return;
    }
    let next: readonly [Uint8Array, SegmentFacts] | undefined = [payload.subarray(this.#next - sequence), facts];
    while (next && next[0].length > 0) {
      yield next;
      this.#next += next[0].length;
      next = this.#early.get(this.#next);
      this.#early.delete(this.#next);
      this.#held -= next?.[0].length ?? 0;
    }
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

/** In the order in which the options lie in the header, as Wireshark has them. */
function optionWords({ options }: TcpPacket): string[] {
  return Object.keys(options).flatMap(name => {
    switch (name as keyof typeof options) {
      case 'maximumSegmentSize':
        return [`MSS=${options.maximumSegmentSize}`];
      case 'windowScale':
        return [`WS=${2 ** (options.windowScale ?? 0)}`];
      case 'sackPermitted':
        return ['SACK_PERM'];
      case 'timestamp':
        return [`TSval=${options.timestamp}`, `TSecr=${options.timestampEcho}`];
      default:
        return [];
    }
  });
}
