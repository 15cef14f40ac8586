import { findingText, type SequenceFinding } from './sequence-analysis.js';
import { flagNames, type TcpPacket } from './tcp-packet.js';

export interface PacketContext {
  /** The raw sequence numbers of relative number 0: the sender's, and the other side's. */
  readonly base: number;
  readonly otherBase: number;
  /** Scaled if the scale is known. */
  readonly window: number;
  /** Whether the packet opens a connection on ports used by an earlier one. */
  readonly reused: boolean;
}

/** Wireshark's column "Info" for a TCP segment whose payload it does not dissect. */
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

/** The options in header order. */
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
