import { deflateSync } from 'node:zlib';
import { type CapturedPacket, LINKTYPE, pcapngHeader, pcapngPacket } from '../../source/analysis/pcapng-writer.js';
import { type Endpoint, type StreamChunk, TcpSynthesis } from '../../source/analysis/tcp-synthesis.js';

/** A classic frame, written independently of the program's own writer. */
export function classicFrame(pixels: Uint8Array, level = 6): Buffer {
  const body = deflateSync(pixels, { level });
  const digits = body.length.toString(16);
  const size = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex');
  return Buffer.concat([Buffer.of(size.length), size, body]);
}

/** An incompressible picture, reproducible by its seed. */
export function noise(bytes: number, seed = 1): Uint8Array {
  const pixels = new Uint8Array(bytes);
  let state = seed;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    pixels[at] = state >>> 24;
  }
  return pixels;
}

export const VIEWER = { address: '192.168.1.86', port: 51_234 } as const;

/** The packets of a sharer that sent these chunks, synthesised like peerglass does. */
export function packetsOfShare(
  chunks: readonly StreamChunk[],
  sharer: Endpoint = { address: '192.168.1.82', port: 9000 },
): CapturedPacket[] {
  const synthesis = new TcpSynthesis(
    sharer,
    sharer.address.includes(':') ? { ...VIEWER, address: '2001:db8::1' } : VIEWER,
  );
  const start = chunks[0]?.time ?? 1000;
  const packets = [...synthesis.handshake('remote', start - 1)];
  for (const chunk of chunks) packets.push(...synthesis.data(chunk));
  packets.push(...synthesis.close((chunks.at(-1)?.time ?? 0) + 5));
  return packets;
}

export function capture(chunks: readonly StreamChunk[], sharer?: Endpoint): Buffer {
  return fileOf(packetsOfShare(chunks, sharer));
}

/** A pcapng file of IP packets. */
export function fileOf(packets: readonly CapturedPacket[]): Buffer {
  return Buffer.concat([
    pcapngHeader({ linkType: LINKTYPE.RAW, application: 'peerglass test' }),
    ...packets.map(pcapngPacket),
  ]);
}
