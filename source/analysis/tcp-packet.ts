import type { ReadPacket } from './pcapng-reader.js';
import { LINKTYPE } from './pcapng-writer.js';

/** A captured TCP segment, with the layers below dissected. */
export interface TcpPacket {
  /** Unix time in milliseconds. */
  readonly time: number;
  readonly instant: ReadPacket['instant'];
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** Bytes on the wire, lower layers included. */
  readonly length: number;
  readonly flags: TcpFlags;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** The header's value, not scaled. */
  readonly window: number;
  readonly options: TcpOptions;
  readonly payload: Uint8Array;
  /** Payload bytes on the wire; fewer may have been captured. */
  readonly payloadLength: number;
  /** Where each layer starts in the captured bytes. */
  readonly layers: readonly PacketLayer[];
  readonly bytes: Uint8Array;
}

export interface PacketLayer {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface TcpFlags {
  readonly fin: boolean;
  readonly syn: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
  readonly ack: boolean;
  readonly urg: boolean;
  readonly ece: boolean;
  readonly cwr: boolean;
}

export interface TcpOptions {
  readonly maximumSegmentSize?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamp?: number;
  readonly timestampEcho?: number;
  /** Left and right edges of the blocks (RFC 2018). */
  readonly sack?: readonly (readonly [number, number])[];
}

const ETHERTYPE = { IPV4: 0x0800, IPV6: 0x86dd, VLAN: 0x8100 } as const;
const PROTOCOL_TCP = 6;
/** Larger values count as this (RFC 7323, 2.3). */
const MAX_WINDOW_SCALE = 14;
const FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** The TCP segment of a captured packet; null if there is none, or its headers are truncated. */
export function dissectTcp(packet: ReadPacket): TcpPacket | null {
  const bytes = Buffer.from(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.length);
  const link = dissectLink(bytes, packet.linkType);
  if (!link) return null;
  const network = dissectIp(bytes, link.next);
  if (!network) return null;
  const at = network.next;
  if (bytes.length < at + 20) return null;
  const headerLength = (bytes[at + 12]! >> 4) * 4;
  if (headerLength < 20 || bytes.length < at + headerLength) return null;
  const bits = bytes[at + 13]!;
  const flags = {
    fin: (bits & FLAG.FIN) !== 0,
    syn: (bits & FLAG.SYN) !== 0,
    rst: (bits & FLAG.RST) !== 0,
    psh: (bits & FLAG.PSH) !== 0,
    ack: (bits & FLAG.ACK) !== 0,
    urg: (bits & FLAG.URG) !== 0,
    ece: (bits & FLAG.ECE) !== 0,
    cwr: (bits & FLAG.CWR) !== 0,
  };
  const options = tcpOptions(bytes.subarray(at + 20, at + headerLength));
  const payloadLength = Math.max(0, network.end - at - headerLength);
  const segment = {
    sourcePort: bytes.readUInt16BE(at),
    destinationPort: bytes.readUInt16BE(at + 2),
    sequence: bytes.readUInt32BE(at + 4),
    acknowledgement: bytes.readUInt32BE(at + 8),
    window: bytes.readUInt16BE(at + 14),
  };
  const tcpLayer: PacketLayer = {
    name: 'Transmission Control Protocol',
    offset: at,
    length: headerLength,
    fields: [
      ['Source port', String(segment.sourcePort)],
      ['Destination port', String(segment.destinationPort)],
      ['Sequence number (raw)', String(segment.sequence)],
      ['Acknowledgement number (raw)', String(segment.acknowledgement)],
      ['Flags', flagNames(flags).join(', ')],
      ['Window', String(segment.window)],
      ...optionFields(options),
      ['Payload', `${payloadLength} bytes`],
    ],
  };
  return {
    time: packet.time,
    instant: packet.instant,
    source: network.source,
    destination: network.destination,
    ...segment,
    length: packet.originalLength ?? bytes.length,
    flags,
    options,
    payload: bytes.subarray(at + headerLength, Math.min(bytes.length, at + headerLength + payloadLength)),
    payloadLength,
    layers: [...link.layers, network.layer, tcpLayer],
    bytes,
  };
}

export function flagNames(flags: TcpFlags): string[] {
  return (['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const).filter(
    name => flags[name.toLowerCase() as keyof TcpFlags],
  );
}

function dissectLink(bytes: Buffer, linkType: number): { next: number; layers: PacketLayer[] } | null {
  switch (linkType) {
    case LINKTYPE.RAW:
    case LINKTYPE.IPV4:
    case LINKTYPE.IPV6:
      return { next: 0, layers: [] };
    case LINKTYPE.NULL:
      return { next: 4, layers: [] };
    case LINKTYPE.ETHERNET: {
      if (bytes.length < 14) return null;
      const next = bytes.readUInt16BE(12) === ETHERTYPE.VLAN ? 18 : 14;
      if (bytes.length < next) return null;
      return isIp(bytes.readUInt16BE(next - 2)) ? { next, layers: [ethernetLayer(bytes, next)] } : null;
    }
    case LINKTYPE.LINUX_SLL:
      return bytes.length >= 16 && isIp(bytes.readUInt16BE(14)) ? { next: 16, layers: [cookedLayer(16)] } : null;
    case LINKTYPE.LINUX_SLL2:
      return bytes.length >= 20 && isIp(bytes.readUInt16BE(0)) ? { next: 20, layers: [cookedLayer(20)] } : null;
    default:
      return null;
  }
}

function isIp(etherType: number): boolean {
  return etherType === ETHERTYPE.IPV4 || etherType === ETHERTYPE.IPV6;
}

function ethernetLayer(bytes: Buffer, length: number): PacketLayer {
  const mac = (at: number) => [...bytes.subarray(at, at + 6)].map(byte => byte.toString(16).padStart(2, '0')).join(':');
  return {
    name: 'Ethernet II',
    offset: 0,
    length,
    fields: [
      ['Destination', mac(0)],
      ['Source', mac(6)],
    ],
  };
}

function cookedLayer(length: number): PacketLayer {
  return { name: 'Linux cooked capture', offset: 0, length, fields: [] };
}

interface NetworkLayer {
  readonly source: string;
  readonly destination: string;
  /** Where the TCP header starts, and where the datagram ends on the wire. */
  readonly next: number;
  readonly end: number;
  readonly layer: PacketLayer;
}

function dissectIp(bytes: Buffer, at: number): NetworkLayer | null {
  if (bytes.length <= at) return null;
  return bytes[at]! >> 4 === 4 ? dissectIpv4(bytes, at) : bytes[at]! >> 4 === 6 ? dissectIpv6(bytes, at) : null;
}

function dissectIpv4(bytes: Buffer, at: number): NetworkLayer | null {
  if (bytes.length < at + 20 || bytes[at + 9] !== PROTOCOL_TCP) return null;
  const headerLength = (bytes[at]! & 15) * 4;
  // With segmentation offload (TSO) the kernel may show a length of 0.
  const totalLength = bytes.readUInt16BE(at + 2) || bytes.length - at;
  const source = bytes.subarray(at + 12, at + 16).join('.');
  const destination = bytes.subarray(at + 16, at + 20).join('.');
  return {
    source,
    destination,
    next: at + headerLength,
    end: at + totalLength,
    layer: {
      name: 'Internet Protocol Version 4',
      offset: at,
      length: headerLength,
      fields: [
        ['Source', source],
        ['Destination', destination],
        ['Time to live', String(bytes[at + 8])],
        ['Total length', String(totalLength)],
      ],
    },
  };
}

function dissectIpv6(bytes: Buffer, at: number): NetworkLayer | null {
  if (bytes.length < at + 40 || bytes[at + 6] !== PROTOCOL_TCP) return null;
  const payloadLength = bytes.readUInt16BE(at + 4) || bytes.length - at - 40;
  const source = ipv6Text(bytes.subarray(at + 8, at + 24));
  const destination = ipv6Text(bytes.subarray(at + 24, at + 40));
  return {
    source,
    destination,
    next: at + 40,
    end: at + 40 + payloadLength,
    layer: {
      name: 'Internet Protocol Version 6',
      offset: at,
      length: 40,
      fields: [
        ['Source', source],
        ['Destination', destination],
        ['Hop limit', String(bytes[at + 7])],
        ['Payload length', String(payloadLength)],
      ],
    },
  };
}

/** RFC 5952: lower case, with the longest run of two or more zero groups as "::". */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

function tcpOptions(bytes: Buffer): TcpOptions {
  const found: {
    maximumSegmentSize?: number;
    windowScale?: number;
    sackPermitted?: boolean;
    timestamp?: number;
    timestampEcho?: number;
    sack?: [number, number][];
  } = {};
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === 2 && length === 4) found.maximumSegmentSize = bytes.readUInt16BE(at + 2);
    else if (kind === 3 && length === 3) found.windowScale = Math.min(bytes[at + 2]!, MAX_WINDOW_SCALE);
    else if (kind === 4) found.sackPermitted = true;
    else if (kind === 5) {
      found.sack = [];
      for (let edge = at + 2; edge + 8 <= at + length; edge += 8)
        found.sack.push([bytes.readUInt32BE(edge), bytes.readUInt32BE(edge + 4)]);
    } else if (kind === 8 && length === 10) {
      found.timestamp = bytes.readUInt32BE(at + 2);
      found.timestampEcho = bytes.readUInt32BE(at + 6);
    }
    at += length;
  }
  return found;
}

function optionFields(options: TcpOptions): [string, string][] {
  const fields: [string, string][] = [];
  if (options.maximumSegmentSize !== undefined)
    fields.push(['Maximum segment size', String(options.maximumSegmentSize)]);
  if (options.windowScale !== undefined)
    fields.push(['Window scale', `${options.windowScale} (multiply by ${2 ** options.windowScale})`]);
  if (options.sackPermitted) fields.push(['SACK permitted', 'yes']);
  if (options.timestamp !== undefined)
    fields.push(['Timestamps', `TSval ${options.timestamp}, TSecr ${options.timestampEcho}`]);
  for (const [left, right] of options.sack ?? []) fields.push(['SACK block', `${left}-${right}`]);
  return fields;
}
