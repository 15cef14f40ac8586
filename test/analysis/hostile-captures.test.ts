import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaptureAnalysis } from '../../source/analysis/capture-report.js';
import { Throughput } from '../../source/analysis/flow.js';
import { reportOnLog } from '../../source/analysis/log-report.js';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import { type CapturedPacket, LINKTYPE, pcapngHeader, pcapngPacket } from '../../source/analysis/pcapng-writer.js';
import { reportOnFile } from '../../source/analysis/report-file.js';
import { captureHtml, logHtml } from '../../source/analysis/report-html.js';
import { connectionText, logText } from '../../source/analysis/report-text.js';
import { StreamReassembler } from '../../source/analysis/stream-reassembler.js';
import { PeerglassError } from '../../source/core/errors.js';
import { drawSeed } from '../helpers/seed.js';
import { classicFrame, noise, packetsOfShare } from '../helpers/synthetic-capture.js';

const START = 1_790_000_000_000;
const YEAR = 365 * 24 * 3600 * 1000;
const FRAME = classicFrame(noise(3000));
const PACKETS = packetsOfShare(
  [0, 1, 2, 3].map(at => ({ time: START + at * 100, direction: 'sent' as const, bytes: FRAME })),
);
const HEADER = pcapngHeader({ linkType: LINKTYPE.RAW, application: 'test' });
const VALID = Buffer.concat([HEADER, ...PACKETS.map(pcapngPacket)]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(packets: readonly CapturedPacket[]): string {
  const file = path.join(folder, 'capture.pcapng');
  writeFileSync(file, Buffer.concat([HEADER, ...packets.map(pcapngPacket)]));
  return file;
}

/** Everything that is made of a capture. */
function report(bytes: Uint8Array): string {
  const analysis = new CaptureAnalysis();
  for (const packet of new PcapngReader().push(bytes)) analysis.add(packet);
  const connections = analysis.connections();
  return connections.map(connectionText).join('') + captureHtml(connections, 'test');
}

/** What was thrown unless it is what a file may be blamed for. */
function unexpected(make: () => unknown): unknown {
  try {
    make();
    return null;
  } catch (thrown) {
    return thrown instanceof PeerglassError && thrown.code === 'E_CAPTURE_FILE' ? null : thrown;
  }
}

describe('the clock of a capture', () => {
  it('may jump by decades', async () => {
    const packets = PACKETS.map((packet, at) => ({ ...packet, time: packet.time + (at > 5 ? 40 * YEAR : 0) }));
    const { text, html } = await reportOnFile(fileOf(packets), 'test');
    expect(text).toMatch(/throughput .* Mbit\/s, per \d+ s$/m);
    expect(html.length).toBeLessThan(200_000);
  });

  it('may run backwards', async () => {
    const packets = PACKETS.map((packet, at) => ({ ...packet, time: START - at * 5000 }));
    expect((await reportOnFile(fileOf(packets), 'test')).text).toContain('lasted 0.00 s');
  });

  it.each([0, 0xff])('may be beyond every calendar, with all its bits %i', byte => {
    const bytes = Buffer.from(VALID);
    // The first packet's block: its type, its length, its interface, then its time.
    bytes.fill(byte, HEADER.length + 12, HEADER.length + 20);
    expect(unexpected(() => report(bytes))).toBeNull();
  });

  it('may count in any unit', () => {
    for (let resolution = 0; resolution < 256; resolution++) {
      const description = Buffer.from(HEADER);
      const at = description.lastIndexOf(Buffer.from('peerglass'));
      const bytes = Buffer.from(VALID);
      // The interface's name becomes its resolution, with as many bytes.
      bytes.writeUInt16LE(9, at - 4);
      bytes[at] = resolution;
      expect(unexpected(() => report(bytes))).toBeNull();
    }
  });
});

it('sums bytes over longer spans the longer it is', () => {
  const throughput = new Throughput();
  for (let second = 0; second < 5000; second++) throughput.add(second + 0.5, 10);
  expect(throughput.spanSeconds).toBe(16);
  expect(throughput.bytes.length).toBeLessThanOrEqual(600);
  expect(throughput.bytes[0]).toBe(160);
  expect(throughput.bytes.reduce((sum, each) => sum + each)).toBe(50_000);
  throughput.add(1e12, 1);
  expect(throughput.bytes.reduce((sum, each) => sum + each)).toBe(50_001);
});

it('has more connections than are followed, and says so', async () => {
  const packets = Array.from({ length: 300 }, (_, at) => {
    const bytes = Buffer.from(PACKETS[0]!.bytes);
    bytes.writeUInt16BE(10_000 + at, 20);
    return { ...PACKETS[0]!, bytes };
  });
  const { text } = await reportOnFile(fileOf(packets), 'test');
  expect(text).toContain('only the first 256 connections were analysed; 44 packets belong to others');
});

it('has a comment without control characters in the report', async () => {
  const comment = 'a\u001b]0;title\u0007b\u202e';
  const { text } = await reportOnFile(fileOf([{ ...PACKETS[0]!, comment }, ...PACKETS.slice(1)]), 'test');
  expect(text).toContain('a]0;titleb\n');
});

it('waits for a missing segment only so long', () => {
  const order = new StreamReassembler();
  order.begin();
  const byte = Uint8Array.of(7);
  let ready = 0;
  for (let at = 1; at <= 10_000; at++) {
    ready += order.add(at * 3, byte, { payloadLength: 1, number: at }).ready.length;
  }
  expect(ready).toBeGreaterThan(7000);
});

it('is refused or read, whatever is damaged in it', () => {
  const change = fc.record({
    at: fc.nat(VALID.length - 1),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.constantFrom(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(255, 255, 255, 255)),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.nat(VALID.length),
      fc.boolean(),
      (changes, end, cut) => {
        const bytes = Buffer.from(VALID);
        for (const each of changes) bytes.set(each.bytes.subarray(0, bytes.length - each.at), each.at);
        expect(unexpected(() => report(cut ? bytes.subarray(0, end) : bytes))).toBeNull();
      },
    ),
    { seed: drawSeed(), numRuns: 700 },
  );
});

describe('a log', () => {
  const figures = { t: START, fps: 1, bytesPerFrame: 1, compressionRatio: 1, mbitPerSecond: 1, frames: 1 };
  const snapshot = { ...figures, role: 'share', bytes: 1, cpuPercent: 1, rssMb: 1, bottleneck: null };

  it('is refused or read, whatever its figures are', () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -1, 1e308, -1e308, 8.7e15),
      fc.anything({ maxDepth: 1 }),
      fc.constant('\u001b[2J'),
    );
    const line = fc.record(Object.fromEntries(Object.keys(snapshot).map(name => [name, value])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), changes => {
        const lines = changes.map(change => JSON.stringify({ ...snapshot, ...change }, bigintAsText));
        const make = () => {
          const found = reportOnLog(lines);
          const text = logText(found) + logHtml(found, 'test');
          if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text)) throw new Error('a control character');
        };
        expect(unexpected(make)).toBeNull();
      }),
      { seed: drawSeed(), numRuns: 2000 },
    );
  });

  it('of line breaks alone is empty', async () => {
    const file = path.join(folder, 'empty.log');
    writeFileSync(file, Buffer.alloc(3_000_000, 0x0a));
    await expect(reportOnFile(file, 'test')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
  });
});

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
