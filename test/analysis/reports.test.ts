import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaptureAnalysis } from '../../source/analysis/capture-report.js';
import { reportOnLog } from '../../source/analysis/log-report.js';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import { reportOnFile } from '../../source/analysis/report-file.js';
import { connectionText } from '../../source/analysis/report-text.js';
import { dissectTcp } from '../../source/analysis/tcp-packet.js';
import { capture, classicFrame, noise } from '../helpers/synthetic-capture.js';

const START = 1_790_000_000_000;
/** A row of the table of boundaries: frame, packet, sequence number, header, body, the first segment's length. */
const BOUNDARY = /^ +(\d+) +(\d+) +(\d+) +(\d) \+ (\d+) +\d+ +Len=(\d+)$/gm;

function boundaries(text: string): number[][] {
  return [...text.matchAll(BOUNDARY)].map(row => row.slice(1).map(Number));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const where = path.join(folder, name);
  writeFileSync(where, content);
  return where;
}

function snapshot(second: number, frames: number, changes: object = {}): string {
  return JSON.stringify({
    t: START + second * 1000,
    role: 'share',
    fps: 30,
    bytesPerFrame: 2000,
    compressionRatio: 12,
    mbitPerSecond: 0.48,
    frames,
    bytes: frames * 2000,
    cpuPercent: 12,
    rssMb: 90,
    bottleneck: 'limited by compression: 21 of 24 ms a frame',
    ...changes,
  });
}

describe('a report on a capture', () => {
  it('has the figures that the course asks for', async () => {
    const frames = [1, 2, 3, 4, 5].map(seed => classicFrame(noise(30 * 20 * 3, seed)));
    const chunks = frames.map((bytes, index) => ({ time: START + index * 500, direction: 'sent' as const, bytes }));
    const report = await reportOnFile(file('a.pcapng', capture(chunks)), 'a');
    expect(report.text).toContain('192.168.1.86:51234 -> 192.168.1.82:9000   classic protocol');
    expect(report.text).toMatch(/handshake +client SYN +0 ms +MSS=1460 WS=128 SACK_PERM\n/);
    expect(report.text).toMatch(/ +sharer SYN, ACK +\+\d\.\d{3} ms +MSS=1460 WS=128 SACK_PERM\n +client ACK +\+\d/);
    expect(report.text).toContain('frames     5, 2.0 per second');
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(report.text).toContain(`ratio      ${((5 * 1800) / bytes).toFixed(1)} (pictures of 1800 B)`);
    let sequence = 1;
    expect(boundaries(report.text).map(([number, , ...rest]) => [number, ...rest])).toEqual(
      frames.map(({ length }, index) => {
        const row = [index + 1, sequence, 3, length - 3, Math.min(length, 1460)];
        sequence += length;
        return row;
      }),
    );
    expect(report.text).toContain('first byte never alone');
    expect(report.html).toContain('<svg');
    expect(report.html).not.toMatch(/(src|href)=/);
  });

  it('names the packets in which the first byte travelled alone, by their numbers in the whole file', async () => {
    const pieces = [1, 2].flatMap(seed => {
      const frame = classicFrame(noise(1800, seed));
      return [frame.subarray(0, 1), frame.subarray(1, 3), frame.subarray(3)];
    });
    const chunks = pieces.map((bytes, index) => ({ time: START + index * 10, direction: 'sent' as const, bytes }));
    const other = capture([{ time: START, direction: 'sent', bytes: Buffer.from('RFB 003.008\n') }], {
      address: '192.168.1.90',
      port: 5900,
    });
    // Sections follow each other in one file.
    const { text } = await reportOnFile(file('lone.pcapng', Buffer.concat([other, capture(chunks)])), 'lone');
    expect(text).toMatch(/ {4}2 x Len=1\n/);
    expect(text).toContain('alone in a segment (Len=1) in 2 of 2 frames');
    const packets = [...new PcapngReader().push(Buffer.concat([other, capture(chunks)]))].map(dissectTcp);
    const lone = packets.flatMap((packet, index) => (packet?.payloadLength === 1 ? [index + 1] : []));
    expect(boundaries(text).map(([, packet]) => packet)).toEqual(lone);
  });

  it('lists the first frames and the last of many', async () => {
    const frames = Array.from({ length: 30 }, (_, seed) => classicFrame(noise(600, seed + 1)));
    const chunks = frames.map((bytes, index) => ({ time: START + index, direction: 'sent' as const, bytes }));
    const { text } = await reportOnFile(file('many.pcapng', capture(chunks)), 'many');
    expect(boundaries(text).map(([number]) => number)).toEqual([1, 2, 3, 4, 5, 30]);
  });

  it('names the segment with the first byte, also where it overtook the end of the previous frame', () => {
    const pieces = [1, 2].flatMap(seed => {
      const frame = classicFrame(noise(900, seed));
      return [frame.subarray(0, 1), frame.subarray(1)];
    });
    const chunks = pieces.map((bytes, index) => ({ time: START + index * 10, direction: 'sent' as const, bytes }));
    const packets = new PcapngReader().push(capture(chunks));
    const [, second] = packets.flatMap((packet, index) => (dissectTcp(packet)?.payloadLength === 1 ? [index] : []));
    const before = packets.findLastIndex((packet, at) => at < second! && dissectTcp(packet)!.payloadLength > 1);
    [packets[before], packets[second!]] = [packets[second!]!, packets[before]!];
    const analysis = new CaptureAnalysis();
    for (const packet of packets) analysis.add(packet);
    const [connection] = analysis.connections();
    expect(connection!.frames.map(({ packet, firstSegment }) => [packet, firstSegment])[1]).toEqual([before + 1, 1]);
  });

  it('says which segments are full, timestamps included, and which no link carries', () => {
    const analysis = new CaptureAnalysis();
    const chunk = { time: START, direction: 'sent' as const, bytes: classicFrame(noise(3000)) };
    for (const packet of new PcapngReader().push(capture([chunk]))) analysis.add(packet);
    const [connection] = analysis.connections();
    const seen = (sizes: [number, number][], timestamps: boolean) =>
      connectionText({
        ...connection!,
        client: { ...connection!.client, timestamps },
        server: { ...connection!.server, timestamps, segmentSizes: new Map(sizes) },
      });
    expect(seen([[1460, 3]], false)).toContain('3 x Len=1460   full: MSS 1460\n');
    expect(seen([[1448, 3]], true)).toContain('3 x Len=1448   full: MSS 1460 less 12 of timestamps\n');
    expect(seen([[1448, 3]], true)).toContain('MSS=1460 WS=128 SACK_PERM timestamps\n');
    const sizes: [number, number][] = [9, 8, 7, 6, 5, 4, 3].map(count => [1460 * count, count]);
    const offloaded = seen(sizes, false);
    expect(offloaded).toContain('3 in 1 other sizes');
    expect(offloaded).toContain('note       42 segments exceed the MSS');
    expect(seen([[1460, 3]], false)).not.toContain('exceed the MSS');
  });

  it('guesses nothing about a connection without its SYN, and tells its ends apart by their ports', () => {
    const chunk = { time: START, direction: 'sent' as const, bytes: classicFrame(noise(3000)) };
    const analysis = new CaptureAnalysis();
    // Without the handshake: the first packet is the sharer's.
    for (const packet of new PcapngReader().push(capture([chunk, chunk])).slice(3)) analysis.add(packet);
    const [connection] = analysis.connections();
    expect(connection).toMatchObject({ wire: 'unknown', broken: null, frames: [] });
    const text = connectionText(connection!);
    expect(text).toContain('192.168.1.86:51234 -> 192.168.1.82:9000   began before the capture\n');
    expect(text).toContain('MSS, window scaling, protocol and frames are unknown');
    expect(text).toContain(`payload    client 0 B, sharer ${2 * chunk.bytes.length} B`);
  });

  it('knows an rfb session by its banner, and marks a file that is cut', async () => {
    const bytes = capture([{ time: START, direction: 'sent', bytes: Buffer.from('RFB 003.008\n') }]);
    const report = await reportOnFile(file('b.pcapng', bytes.subarray(0, bytes.length - 9)), 'b');
    expect(report.text).toContain('rfb protocol');
    expect(report.text).toContain('ends inside a packet');
  });

  it('refuses what holds nothing to report on, with E_CAPTURE_FILE', async () => {
    await expect(reportOnFile(file('c', 'hello\n'), 'c')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(file('d', ''), 'd')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(path.join(folder, 'none'), 'e')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(file('f.pcapng', capture([]).subarray(0, 64)), 'f')).rejects.toMatchObject({
      code: 'E_CAPTURE_FILE',
    });
  });
});

describe('a report on a log', () => {
  it('takes totals from the last snapshot, spreads from all, and sees a new session when totals start again', () => {
    const report = reportOnLog([snapshot(0, 10), snapshot(1, 40, { fps: 60 }), '', snapshot(9, 5)]);
    expect(report.sessions).toHaveLength(2);
    expect(report.sessions[0]).toMatchObject({
      frames: 40,
      bytes: 80_000,
      duration: 1000,
      fps: { least: 30, mean: 45, most: 60 },
      bottlenecks: ['limited by compression'],
    });
  });

  it('passes over what a log has besides snapshots', () => {
    const event = JSON.stringify({ t: START, role: 'share', type: 'listening', wires: [], code: null });
    const notice = JSON.stringify({ t: START, role: 'share', type: 'notice', tone: 'info', text: 'connected' });
    const report = reportOnLog([event, snapshot(0, 10, { type: 'snapshot' }), notice, snapshot(1, 20)]);
    expect(report.sessions).toMatchObject([{ snapshots: 2, frames: 20 }]);
  });

  it('reports the last sessions, and how many came before', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => snapshot(index, 1000 - index));
    const report = await reportOnFile(file('many.ndjson', lines.join('\n')), 'many');
    expect(report.text.match(/snapshots/g)).toHaveLength(256);
    expect(report.text).toContain('note       44 earlier sessions are left out');
    expect(report.html).toContain('44 earlier sessions are left out');
  });

  it('is written as text and as HTML', async () => {
    const report = await reportOnFile(file('g.ndjson', `${snapshot(0, 10)}\n${snapshot(1, 40)}\n`), '<g>');
    expect(report.text).toContain('frames     40');
    expect(report.html).toContain('&#60;g&#62;');
    expect(report.html).not.toContain('<g>');
  });

  it('names the line that is damaged', () => {
    expect(() => reportOnLog([snapshot(0, 1), '{'])).toThrow(
      expect.objectContaining({ code: 'E_CAPTURE_FILE', message: 'Line 2 is not JSON.' }),
    );
    expect(() => reportOnLog([snapshot(0, 1, { fps: 'many' })])).toThrow(/"fps"/);
  });
});
