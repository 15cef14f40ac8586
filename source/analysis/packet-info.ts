import { findingText, type SequenceFinding } from './sequence-analysis.js';
import { flagNames, type TcpPacket } from './tcp-packet.js';

export interface PacketContext {
  /** The raw sequence numbers that count as 0: of the sender, and of the other side. */
  readonly base: number;
  readonly otherBase: number;
  /** Scaled where its scale is known. */
  readonly window: number;
  /** Whether it opens a connection between ports that had one before. */
  readonly reused: boolean;
}

/** What Wireshark's column "Info" says of a TCP segment whose payload it does not look into. */
export function packetInfo(packet: TcpPacket, findings: readonly SequenceFinding[], context: PacketContext): string {
  const { base, otherBase, window, reused } = context;
  return [
    ...findings.map(findingText),
    ...(reused ? ['[TCP Port numbers reused]'] : []),
    `${packet.sourcePort} → ${packet.destinationPort}`,
    `[${flagNames(packet.flags).join(', ') || '<None>'}]`,
    `Seq=${(packet.sequence - base) >>> 0}`,
    ...(packet.flags.ack ? [`Ack=${(packet.acknowledgement - otherBase) >>> 0}`] : []),
    `Win=${window}`,
    `Len=${packet.payloadLength}`,
    ...optionWords(packet, otherBase),
  ].join(' ');
}

/** In the order in which the options lie in the header. */
function optionWords({ options }: TcpPacket, otherBase: number): string[] {
  const relative = (edge: number) => (edge - otherBase) >>> 0;
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
      case 'sack':
        return (options.sack ?? []).flatMap(([left, right]) => [`SLE=${relative(left)}`, `SRE=${relative(right)}`]);
      default:
        return [];
    }
  });
}
