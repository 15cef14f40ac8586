import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClassicFrame, ClassicFrameFinder } from '../../source/analysis/classic-frames.js';
import { Flow } from '../../source/analysis/flow.js';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import { dissectTcp, type TcpPacket } from '../../source/analysis/tcp-packet.js';
import { addressBytes } from '../../source/analysis/tcp-synthesis.js';
import { capture, classicFrame, noise } from '../helpers/synthetic-capture.js';
import { tshark as readWithTshark } from '../helpers/tshark.js';

const WIDTH = 40;
const HEIGHT = 30;
const START = 1_790_000_000_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-capture-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tshark(bytes: Uint8Array, ...options: string[]): string[] {
  const file = path.join(folder, 'capture.pcapng');
  writeFileSync(file, bytes);
  return readWithTshark(file, ...options);
}

function packetsOf(bytes: Uint8Array): TcpPacket[] {
  return new PcapngReader().push(bytes).flatMap(packet => dissectTcp(packet) ?? []);
}

function framesOf(packets: readonly TcpPacket[]): { frames: ClassicFrame[]; finder: ClassicFrameFinder; flow: Flow } {
  const frames: ClassicFrame[] = [];
  const finder = new ClassicFrameFinder(frame => frames.push(frame));
  const flow = new Flow(packets[0]!, (side, payload, time, segment) => {
    if (side === 1) finder.push(payload, time, segment);
  });
  for (const packet of packets) flow.add(packet);
  return { frames, finder, flow };
}

const pictures = [1, 2, 3].map(seed => classicFrame(noise(WIDTH * HEIGHT * 3, seed)));
const session = capture(
  pictures.map((bytes, index) => ({ time: START + index * 40, direction: 'sent' as const, bytes })),
);

describe('a synthesised capture', () => {
  it('is read by tshark without a malformed packet, with good checksums and right sequence numbers', () => {
    const flags = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y'];
    expect(
      tshark(
        session,
        ...flags,
        '_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags',
      ),
    ).toEqual([]);
    const total = pictures.reduce((sum, bytes) => sum + bytes.length, 0);
    const lengths = tshark(session, '-T', 'fields', '-e', 'tcp.len', '-Y', 'tcp.srcport == 9000').map(Number);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(total);
    expect(Math.max(...lengths)).toBe(1460);
  });

  it('is read by tshark over IPv6 too', () => {
    const bytes = capture([{ time: START, direction: 'sent', bytes: pictures[0]! }], {
      address: '2001:db8::82',
      port: 9000,
    });
    expect(tshark(bytes, '-o', 'tcp.check_checksum:TRUE', '-Y', '_ws.malformed || tcp.checksum.status == 0')).toEqual(
      [],
    );
    expect(framesOf(packetsOf(bytes)).frames).toHaveLength(1);
  });

  it('lists its packets as tshark does', () => {
    const flow = new Flow(packetsOf(session)[0]!);
    const mine = packetsOf(session).map(packet => flow.add(packet).info);
    const theirs = tshark(session, '-T', 'fields', '-e', '_ws.col.Info', '-d', 'tcp.port==9000,data');
    expect(mine).toEqual(theirs);
  });

  it('yields the same frames, however the bytes were split', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 30 }), cuts => {
        const whole = Buffer.concat(pictures);
        const chunks = [];
        let at = 0;
        for (const cut of [...cuts, whole.length]) {
          if (at >= whole.length) break;
          chunks.push({ time: START + chunks.length, direction: 'sent' as const, bytes: whole.subarray(at, at + cut) });
          at += cut;
        }
        const { frames, finder } = framesOf(packetsOf(capture(chunks)));
        expect(finder.broken).toBeNull();
        expect(frames.map(frame => frame.headerBytes + frame.size)).toEqual(pictures.map(bytes => bytes.length));
        expect(frames.every(frame => frame.rawSize === WIDTH * HEIGHT * 3)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('shows the lone first byte of the original program, and that peerglass has none', () => {
    const [frame] = pictures;
    const pieces = [frame!.subarray(0, 1), frame!.subarray(1, 3), frame!.subarray(3)];
    const original = capture(pieces.map((bytes, index) => ({ time: START + index, direction: 'sent', bytes })));
    expect(framesOf(packetsOf(original)).frames.map(each => each.firstSegment)).toEqual([1]);
    expect(framesOf(packetsOf(session)).frames.map(each => each.firstSegment)).not.toContain(1);
  });

  it('counts retransmissions and keeps the payload in order', () => {
    const packets = packetsOf(session);
    const data = packets.findIndex(packet => packet.payloadLength === 1460);
    const shuffled = [
      ...packets.slice(0, data),
      packets[data + 1]!,
      packets[data]!,
      packets[data]!,
      ...packets.slice(data + 2),
    ];
    const { frames, flow } = framesOf(shuffled);
    expect(frames).toHaveLength(3);
    expect(flow.sides[1].retransmissions).toBeGreaterThan(0);
  });
});

describe('the pcapng reader', () => {
  it('reads its own files byte by byte', () => {
    const reader = new PcapngReader();
    const packets = [...session].flatMap(byte => reader.push(Uint8Array.of(byte)));
    expect(packets.length).toBe(packetsOf(session).length);
    expect(reader.unread).toBe(0);
  });

  it('rejects bytes that are not pcapng with E_CAPTURE_FILE, and nothing else', () => {
    expect(() => new PcapngReader().push(Buffer.alloc(64, 'GET / HTTP/1.1 '))).toThrow(
      expect.objectContaining({ code: 'E_CAPTURE_FILE' }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: session.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = Buffer.from(session);
        damaged[at] = value;
        try {
          for (const packet of new PcapngReader().push(damaged)) dissectTcp(packet);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_CAPTURE_FILE' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('addresses', () => {
  it('become bytes', () => {
    expect([...addressBytes('10.0.255.1')]).toEqual([10, 0, 255, 1]);
    expect(addressBytes('2001:db8::1').toString('hex')).toBe('20010db8000000000000000000000001');
    expect(addressBytes('::').toString('hex')).toBe('0'.repeat(32));
    expect(() => addressBytes('nonsense')).toThrow(RangeError);
    expect(() => addressBytes('1.2.3.400')).toThrow(RangeError);
  });
});
