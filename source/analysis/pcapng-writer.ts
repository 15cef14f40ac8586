/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one section, one interface, packets with microsecond times.
 * Pure: every function returns bytes. Little endian, as the byte-order magic says.
 */

export const LINKTYPE = {
  NULL: 0,
  ETHERNET: 1,
  RAW: 101,
  LINUX_SLL: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;

export const BLOCK = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE_DESCRIPTION: 1,
  SIMPLE_PACKET: 3,
  ENHANCED_PACKET: 6,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const OPTION = { COMMENT: 1, APPLICATION: 4, INTERFACE_NAME: 2 } as const;

export interface CapturedPacket {
  /** Unix time in milliseconds, with fractions down to a microsecond. */
  readonly time: number;
  readonly bytes: Uint8Array;
  /** Length on the wire, if less was captured. */
  readonly originalLength?: number;
  readonly comment?: string;
}

/** The start of a file: the section header and the description of its only interface. */
export function pcapngHeader(options: { linkType: number; application: string; comment?: string }): Uint8Array {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  section.writeUInt16LE(1, 4);
  section.writeUInt16LE(0, 6);
  section.writeBigInt64LE(-1n, 8);
  const description = Buffer.alloc(8);
  description.writeUInt16LE(options.linkType, 0);
  return Buffer.concat([
    block(BLOCK.SECTION_HEADER, [
      section,
      ...textOption(OPTION.COMMENT, options.comment ?? ''),
      ...textOption(OPTION.APPLICATION, options.application),
      endOfOptions(),
    ]),
    block(BLOCK.INTERFACE_DESCRIPTION, [
      description,
      ...textOption(OPTION.INTERFACE_NAME, 'peerglass'),
      endOfOptions(),
    ]),
  ]);
}

export function pcapngPacket(packet: CapturedPacket): Uint8Array {
  const head = Buffer.alloc(20);
  const microseconds = BigInt(Math.round(packet.time * 1000));
  head.writeUInt32LE(0, 0);
  head.writeUInt32LE(Number(microseconds >> 32n), 4);
  head.writeUInt32LE(Number(microseconds & 0xffffffffn), 8);
  head.writeUInt32LE(packet.bytes.length, 12);
  head.writeUInt32LE(packet.originalLength ?? packet.bytes.length, 16);
  const comment = packet.comment ? [...textOption(OPTION.COMMENT, packet.comment), endOfOptions()] : [];
  return block(BLOCK.ENHANCED_PACKET, [head, padded(packet.bytes), ...comment]);
}

function block(type: number, parts: readonly Uint8Array[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const frame = Buffer.alloc(8);
  frame.writeUInt32LE(type, 0);
  frame.writeUInt32LE(length, 4);
  return Buffer.concat([frame, ...parts, frame.subarray(4)]);
}

function textOption(code: number, text: string): Buffer[] {
  if (text === '') return [];
  const value = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return [head, padded(value)];
}

function endOfOptions(): Buffer {
  return Buffer.alloc(4);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
