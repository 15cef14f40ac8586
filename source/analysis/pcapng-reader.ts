import { PeerglassError } from '../core/errors.js';
import { BLOCK, BYTE_ORDER_MAGIC, type CapturedPacket } from './pcapng-writer.js';

/** Longer blocks are rejected: dumpcap's snapshot length is at most 256 KiB. */
const LONGEST_BLOCK = 16 * 1024 * 1024;
const SHORTEST_BLOCK = 12;

interface Interface {
  readonly linkType: number;
  /** Timestamp units per second. */
  readonly resolution: number;
}

export interface ReadPacket extends CapturedPacket {
  /** The exact time from the file. */
  readonly instant: readonly [seconds: number, nanoseconds: number];
  readonly linkType: number;
}

/**
 * Reads a stream of pcapng: push bytes, get the packets completed by them. Supports sections of either byte order and
 * skips unknown blocks.
 *
 * @throws PeerglassError E_CAPTURE_FILE when the bytes are not pcapng
 */
export class PcapngReader {
  #held: Buffer = Buffer.alloc(0);
  #little = true;
  #interfaces: Interface[] = [];
  #begun = false;

  push(chunk: Uint8Array): ReadPacket[] {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    const packets: ReadPacket[] = [];
    let at = 0;
    while (this.#held.length - at >= SHORTEST_BLOCK) {
      const length = this.#blockLength(at);
      if (this.#held.length - at < length) break;
      const packet = this.#block(this.#held.subarray(at, at + length));
      if (packet) packets.push(packet);
      at += length;
    }
    this.#held = this.#held.subarray(at);
    return packets;
  }

  /** Bytes of an incomplete block. */
  get unread(): number {
    return this.#held.length;
  }

  #blockLength(at: number): number {
    if (this.#held.readUInt32LE(at) === BLOCK.SECTION_HEADER) {
      const magic = this.#held.readUInt32LE(at + 8);
      this.#little = magic === BYTE_ORDER_MAGIC;
      if (!this.#little && this.#held.readUInt32BE(at + 8) !== BYTE_ORDER_MAGIC)
        throw notPcapng('its byte order is unknown');
      this.#begun = true;
    }
    if (!this.#begun) throw notPcapng('it does not start with a section header');
    const length = this.#u32(this.#held, at + 4);
    if (length < SHORTEST_BLOCK || length % 4 !== 0 || length > LONGEST_BLOCK)
      throw notPcapng(`a block has ${length} bytes`);
    return length;
  }

  #block(block: Buffer): ReadPacket | null {
    const body = block.subarray(8, block.length - 4);
    switch (this.#u32(block, 0)) {
      case BLOCK.SECTION_HEADER:
        this.#interfaces = [];
        return null;
      case BLOCK.INTERFACE_DESCRIPTION:
        this.#interface(body);
        return null;
      case BLOCK.ENHANCED_PACKET:
        return this.#enhancedPacket(body);
      default:
        return null;
    }
  }

  #interface(body: Buffer): void {
    if (body.length < 8) throw notPcapng('an interface description is truncated');
    const resolution = this.#options(body.subarray(8)).get(9)?.[0] ?? 6;
    this.#interfaces.push({
      linkType: this.#u16(body, 0),
      resolution: resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution,
    });
  }

  #enhancedPacket(body: Buffer): ReadPacket {
    if (body.length < 20) throw notPcapng('a packet is truncated');
    const source = this.#interfaces[this.#u32(body, 0)];
    if (!source) throw notPcapng('a packet refers to an unknown interface');
    const captured = this.#u32(body, 12);
    if (captured > body.length - 20) throw notPcapng('a packet is longer than its block');
    const units = (BigInt(this.#u32(body, 4)) << 32n) | BigInt(this.#u32(body, 8));
    const options = this.#options(body.subarray(20 + captured + (-captured & 3)));
    const comment = options.get(1);
    return {
      time: Number((units * 1_000_000n) / BigInt(source.resolution)) / 1000,
      instant: instantOf(units, BigInt(source.resolution)),
      bytes: body.subarray(20, 20 + captured),
      originalLength: this.#u32(body, 16),
      linkType: source.linkType,
      ...(comment ? { comment: comment.toString('utf8') } : {}),
    };
  }

  #options(bytes: Buffer): Map<number, Buffer> {
    const options = new Map<number, Buffer>();
    let at = 0;
    while (bytes.length - at >= 4) {
      const code = this.#u16(bytes, at);
      const length = this.#u16(bytes, at + 2);
      if (code === 0 || at + 4 + length > bytes.length) break;
      options.set(code, bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length + (-length & 3);
    }
    return options;
  }

  #u16(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  #u32(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}

function instantOf(units: bigint, resolution: bigint): [number, number] {
  return [Number(units / resolution), Number(((units % resolution) * 1_000_000_000n) / resolution)];
}

function notPcapng(why: string): PeerglassError {
  return new PeerglassError('E_CAPTURE_FILE', `This is not a valid pcapng file: ${why}.`);
}
