import type { CapturedPacket } from './pcapng-writer.js';

export interface Endpoint {
  /** IPv4 dotted or IPv6 text. */
  readonly address: string;
  readonly port: number;
}

/** Bytes of a connection, in the order in which this end saw them. */
export interface StreamChunk {
  /** Unix time in milliseconds. */
  readonly time: number;
  readonly direction: 'sent' | 'received';
  readonly bytes: Uint8Array;
}

export const SYNTHESISED =
  'Synthesised by peerglass from the bytes it sent and received: payload and times are real; segments, ACKs and handshake are not.';

const MSS = { IPV4: 1460, IPV6: 1440 } as const;
const WINDOW = 64_240;
const WINDOW_SCALE = 7;
const FLAG = { FIN: 1, SYN: 2, PSH: 8, ACK: 16 } as const;
const MICROSECOND = 0.001;

/**
 * Synthesises a TCP connection as raw IP packets (link type RAW) from its payload, for exports without permission to
 * capture. Sequence numbers wrap correctly at 2^32, and checksums are valid.
 */
export class TcpSynthesis {
  readonly #local: Side;
  readonly #remote: Side;
  readonly #mss: number;
  #identification = 1;

  constructor(local: Endpoint, remote: Endpoint) {
    this.#local = { ...local, address: addressBytes(local.address), next: 0x1000_0000 };
    this.#remote = { ...remote, address: addressBytes(remote.address), next: 0x2000_0000 };
    if (this.#local.address.length !== this.#remote.address.length) throw new RangeError('two address families');
    this.#mss = this.#local.address.length === 4 ? MSS.IPV4 : MSS.IPV6;
  }

  /** SYN, SYN-ACK and ACK, ending just before `time`. */
  *handshake(opener: 'local' | 'remote', time: number): Generator<CapturedPacket> {
    const client = opener === 'local' ? this.#local : this.#remote;
    const server = opener === 'local' ? this.#remote : this.#local;
    const options = synOptions(this.#mss);
    yield { ...this.#segment(client, server, FLAG.SYN, time - 3 * MICROSECOND, options), comment: SYNTHESISED };
    yield this.#segment(server, client, FLAG.SYN | FLAG.ACK, time - 2 * MICROSECOND, options);
    yield this.#segment(client, server, FLAG.ACK, time - MICROSECOND);
  }

  /** The chunk in segments of at most MSS bytes, the last one with PSH, and one ACK. */
  *data(chunk: StreamChunk): Generator<CapturedPacket> {
    const from = chunk.direction === 'sent' ? this.#local : this.#remote;
    const to = chunk.direction === 'sent' ? this.#remote : this.#local;
    let time = chunk.time;
    for (let at = 0; at < chunk.bytes.length; at += this.#mss) {
      const payload = chunk.bytes.subarray(at, at + this.#mss);
      const last = at + payload.length === chunk.bytes.length;
      yield this.#segment(from, to, FLAG.ACK | (last ? FLAG.PSH : 0), time, NO_OPTIONS, payload);
      time += MICROSECOND;
    }
    if (chunk.bytes.length > 0) yield this.#segment(to, from, FLAG.ACK, time);
  }

  /** Leaves out a chunk but consumes its sequence numbers, so that the gap shows in the capture. */
  skip(chunk: StreamChunk): void {
    const from = chunk.direction === 'sent' ? this.#local : this.#remote;
    from.next = (from.next + chunk.bytes.length) >>> 0;
  }

  *close(time: number): Generator<CapturedPacket> {
    yield this.#segment(this.#local, this.#remote, FLAG.FIN | FLAG.ACK, time);
    yield this.#segment(this.#remote, this.#local, FLAG.FIN | FLAG.ACK, time + MICROSECOND);
    yield this.#segment(this.#local, this.#remote, FLAG.ACK, time + 2 * MICROSECOND);
  }

  #segment(
    from: Side,
    to: Side,
    flags: number,
    time: number,
    options = NO_OPTIONS,
    payload = NO_PAYLOAD,
  ): CapturedPacket {
    const tcp = Buffer.alloc(20 + options.length + payload.length);
    tcp.writeUInt16BE(from.port, 0);
    tcp.writeUInt16BE(to.port, 2);
    tcp.writeUInt32BE(from.next, 4);
    tcp.writeUInt32BE(flags & FLAG.ACK ? to.next : 0, 8);
    tcp[12] = ((20 + options.length) / 4) << 4;
    tcp[13] = flags;
    tcp.writeUInt16BE(flags & FLAG.SYN ? WINDOW : WINDOW >> WINDOW_SCALE, 14);
    tcp.set(options, 20);
    tcp.set(payload, 20 + options.length);
    tcp.writeUInt16BE(checksum(pseudoHeader(from.address, to.address, tcp.length), tcp), 16);
    from.next = (from.next + payload.length + (flags & (FLAG.SYN | FLAG.FIN) ? 1 : 0)) >>> 0;
    return { time, bytes: Buffer.concat([this.#ipHeader(from.address, to.address, tcp.length), tcp]) };
  }

  #ipHeader(source: Buffer, destination: Buffer, length: number): Buffer {
    if (source.length === 16) {
      const header = Buffer.alloc(8);
      header[0] = 0x60;
      header.writeUInt16BE(length, 4);
      header[6] = 6;
      header[7] = 64;
      return Buffer.concat([header, source, destination]);
    }
    const header = Buffer.alloc(20);
    header[0] = 0x45;
    header.writeUInt16BE(20 + length, 2);
    header.writeUInt16BE(this.#identification++ & 0xffff, 4);
    header.writeUInt16BE(0x4000, 6);
    header[8] = 64;
    header[9] = 6;
    source.copy(header, 12);
    destination.copy(header, 16);
    header.writeUInt16BE(checksum(header), 10);
    return header;
  }
}

interface Side {
  readonly address: Buffer;
  readonly port: number;
  next: number;
}

const NO_OPTIONS: Uint8Array = new Uint8Array(0);
const NO_PAYLOAD: Uint8Array = new Uint8Array(0);

/** The 12 bytes of a SYN's options: MSS, NOP, window scale, NOP, NOP, SACK permitted. */
function synOptions(mss: number): Uint8Array {
  return Uint8Array.of(2, 4, mss >> 8, mss & 255, 1, 3, 3, WINDOW_SCALE, 1, 1, 4, 2);
}

function pseudoHeader(source: Buffer, destination: Buffer, length: number): Buffer {
  const tail = Buffer.alloc(source.length === 4 ? 4 : 8);
  if (source.length === 4) {
    tail[1] = 6;
    tail.writeUInt16BE(length, 2);
  } else {
    tail.writeUInt32BE(length, 0);
    tail[7] = 6;
  }
  return Buffer.concat([source, destination, tail]);
}

/** The Internet checksum (RFC 1071) of parts; all but the last have an even length. */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at + 1 < part.length; at += 2) sum += part.readUInt16BE(at);
    if (part.length % 2 === 1) sum += part[part.length - 1]! << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** @throws RangeError when the text is not an address */
export function addressBytes(address: string): Buffer {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    const parts = address.split('.').map(Number);
    if (parts.every(part => part <= 255)) return Buffer.from(parts);
  }
  const text = address.replace(/%.*$/, '');
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all =
    tail === undefined
      ? front
      : [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
  if (all.length !== 8 || all.some(group => !(group >= 0 && group <= 0xffff)))
    throw new RangeError(`${address} is not an IP address`);
  const bytes = Buffer.alloc(16);
  all.forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}
