import type { CapturedPacket } from '../../source/analysis/pcapng-writer.js';

const FLAGS = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 } as const;

export interface Segment {
  /** Unix milliseconds. */
  readonly time: number;
  readonly from: 'client' | 'server';
  /** Letters of FLAGS. */
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly length: number;
  /** TCP options; padded here. */
  readonly options?: readonly number[];
}

/** Option bytes. */
export const SYN_OPTIONS = [2, 4, 5, 180, 1, 3, 3, 7, 1, 1, 4, 2];
export function sackOption(...blocks: readonly (readonly [number, number])[]): number[] {
  const edges = Buffer.alloc(blocks.length * 8);
  blocks.forEach(([left, right], index) => {
    edges.writeUInt32BE(left, index * 8);
    edges.writeUInt32BE(right, index * 8 + 4);
  });
  return [1, 1, 5, 2 + edges.length, ...edges];
}

/** A segment as a raw IPv4 packet: the payload is zeros, the checksums are not filled in. */
export function segmentPacket(segment: Segment, clientPort: number, serverPort: number): CapturedPacket {
  const options = Buffer.from([...(segment.options ?? []), ...Array(-(segment.options?.length ?? 0) & 3).fill(1)]);
  const total = 40 + options.length + segment.length;
  const bytes = Buffer.alloc(total);
  const fromClient = segment.from === 'client';
  bytes.set([0x45, 0, total >> 8, total & 255, 0, 0, 0x40, 0, 64, 6, 0, 0]);
  bytes.set([10, 0, 0, fromClient ? 1 : 2, 10, 0, 0, fromClient ? 2 : 1], 12);
  bytes.writeUInt16BE(fromClient ? clientPort : serverPort, 20);
  bytes.writeUInt16BE(fromClient ? serverPort : clientPort, 22);
  bytes.writeUInt32BE(segment.sequence >>> 0, 24);
  bytes.writeUInt32BE(segment.flags.includes('A') ? segment.acknowledgement >>> 0 : 0, 28);
  bytes[32] = (20 + options.length) << 2;
  bytes[33] = [...segment.flags].reduce((bits, letter) => bits | FLAGS[letter as keyof typeof FLAGS], 0);
  bytes.writeUInt16BE(segment.window, 34);
  bytes.set(options, 40);
  return { time: segment.time, bytes };
}
