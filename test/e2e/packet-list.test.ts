import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileCapture, startFileCapture } from '../../source/analysis/file-capture.js';
import type { PacketLine } from '../../source/analysis/flow.js';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import { reportOnFile } from '../../source/analysis/report-file.js';
import { PacketList } from '../../source/session/inspect/packet-list.js';
import { ClassicPeer } from '../helpers/classic-peer.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { dissectedFrames, framesOf, marksOf } from '../helpers/dissected.js';
import { MovingPhoto } from '../helpers/moving-photo.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { ShareOfSource } from '../helpers/share-of-source.js';
import { malformed, packetCount, readAs, tshark } from '../helpers/tshark.js';

type Wire = 'classic' | 'rfb';
const LOSSES = path.resolve(import.meta.dirname, '../../fixtures/losses');
const SIZE = { width: 320, height: 200 };
const RAW = SIZE.width * SIZE.height * 3;
const started = stopAfterEach();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-packets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Captures a port of this machine while something happens there. */
async function captured(port: number, name: string, happens: () => Promise<void>): Promise<string> {
  const file = path.join(folder, `${name}.pcapng`);
  const capture = await startFileCapture([port], file, () => {});
  if (typeof capture === 'string') throw new Error(capture);
  await happens();
  await (capture as FileCapture).stop();
  const { packets } = capture as FileCapture;
  expect(packetCount(file)).toBe(packets);
  return file;
}

/** What the packets page would list of a file, and count. */
function listed(file: string): { lines: readonly PacketLine[]; retransmissions: number } {
  const list = new PacketList(Number.POSITIVE_INFINITY);
  list.add(new PcapngReader().push(readFileSync(file)));
  const { lines, totals } = list.take();
  return { lines, retransmissions: totals.retransmissions };
}

/**
 * Holds our list against tshark's of the same file, line by line: number, source, destination, length and protocol, and
 * what is said of the segment. Two things differ by design. Where Wireshark looks into the payload its Info tells of
 * the wire's message and ours of the segment, so there only what stands in brackets before it is compared. And of a
 * message in several segments Wireshark gives the protocol's name to the last one alone, ours to each of them.
 */
function compare(file: string, wire: Wire, port: number): void {
  const fields = ['frame.number', 'ip.src', 'ip.dst', 'frame.len', '_ws.col.Protocol', '_ws.col.Info', 'tcp.len'];
  const rows = tshark(file, ...readAs(wire, port), '-T', 'fields', ...fields.flatMap(field => ['-e', field]));
  const theirs = rows.map(row => row.split('\t'));
  const { lines } = listed(file);
  expect(lines).toHaveLength(theirs.length);
  const flags = (info: string) => (/^(\[TCP [^\]]*\] )*/.exec(info)?.[0] ?? '').trim();
  for (const [at, [number, source, destination, length, protocol, info, payload]] of theirs.entries()) {
    const ours = lines[at]!;
    const same = [ours.number, ours.source, ours.destination, ours.length].map(String);
    expect(same).toEqual([number, source, destination, length]);
    const looksInside = protocol !== 'TCP';
    const partOfMore = payload !== '0' && (info ?? '').endsWith('[TCP segment of a reassembled PDU]');
    const plain = (info ?? '').replace(/ ?\[(TCP segment of a reassembled PDU|Reassembly error[^\]]*)\]$/, '');
    if (looksInside || (partOfMore && plain !== ours.info)) expect(flags(ours.info)).toBe(flags(info ?? ''));
    else expect(ours.info).toBe(plain);
    if (!partOfMore) expect([number, ours.protocol]).toEqual([number, protocol]);
    else expect(['TCP', wire === 'rfb' ? 'VNC' : 'PEERGLASS']).toContain(ours.protocol);
  }
  expect(lines.filter(line => line.protocol !== 'TCP').length).toBeGreaterThan(10);
}

describe('the list of packets is that of tshark', () => {
  test.each<Wire>(['classic', 'rfb'])('for a session of peerglass over %s', async wire => {
    const ports = wire === 'rfb' ? { rfbPort: 0, classicPort: null } : { rfbPort: null, classicPort: 0 };
    const share = started(await RunningShare.start(ports));
    const { port } = share.wires[0]!;
    const file = await captured(port, wire, async () => {
      const watch = started(await RunningWatch.start(port, { wire }));
      await watch.until(() => (watch.snapshot?.frames ?? 0) > 30);
      await watch.stop();
    });
    compare(file, wire, port);
    expect(malformed(file, ...readAs(wire, port))).toEqual([]);
  });
});

describe('the dissector reads what really went over', () => {
  /** Frames, sizes and ratios of a capture against what one end says that there were. */
  async function holds(file: string, sizes: readonly number[], ...options: string[]) {
    const [once, twice] = [await dissectedFrames(file, ...options), await dissectedFrames(file, ...options, '-2')];
    for (const rows of [once, twice]) {
      expect(framesOf(rows)).toEqual(sizes.map((size, index) => [index + 1, size]));
      expect(marksOf(rows)).toEqual([]);
      expect(rows.filter(({ failed }) => failed)).toEqual([]);
      expect(rows.flatMap(({ ratios }) => ratios)).toEqual(sizes.map(size => expect.closeTo(RAW / size, 2)));
      expect(new Set(rows.flatMap(({ raws }) => raws))).toEqual(new Set([RAW]));
    }
    return once;
  }

  test('of a sharer that behaves like the original program, on an unknown port', async () => {
    const { peer, port } = await ClassicPeer.share({ size: SIZE, frames: 40, delay: 0.02 });
    started(peer);
    const file = await captured(port, 'original', async () => {
      const watch = started(ClassicPeer.watch({ port, size: SIZE }));
      await watch.ended;
      await peer.ended;
    });
    const sizes = peer.frames.map(({ size }) => size);
    expect(sizes).toHaveLength(40);
    const rows = await holds(file, sizes);
    // All, unless a busy machine sends the two writes of a frame together.
    expect(rows.filter(({ lone }) => lone).length).toBeGreaterThan(20);
    const { text } = await reportOnFile(file, 'original');
    expect(text).toMatch(/alone in a segment \(Len=1\) in \d+ of 40 frames/);
    compare(file, 'classic', port);
  });

  test('of peerglass, watched by a viewer that behaves like the original', async () => {
    const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), 'classic', { level: 1, fps: 30 }));
    let sizes: readonly number[] = [];
    const file = await captured(share.port, 'peerglass', async () => {
      const viewer = started(ClassicPeer.watch({ port: share.port, size: SIZE, frames: 40 }));
      await viewer.ended;
      sizes = viewer.frames.map(({ size }) => size);
    });
    expect(sizes).toHaveLength(40);
    const rows = await dissectedFrames(file);
    // One more may have been under way when the viewer left.
    expect(framesOf(rows).slice(0, 40)).toEqual(sizes.map((size, index) => [index + 1, size]));
    expect(rows.filter(({ lone }) => lone)).toEqual([]);
    expect(rows.flatMap(({ ratios }) => ratios).slice(0, 40)).toEqual(sizes.map(size => expect.closeTo(RAW / size, 2)));
    expect(malformed(file)).toEqual([]);
    compare(file, 'classic', share.port);
  });
});

describe('retransmissions are those that tshark counts', () => {
  test.each([
    ['classic', 46_391],
    ['rfb', 34_295],
  ] as const)('in a recording of a link that lost packets (%s)', async (wire, port) => {
    const file = path.join(folder, `losses-${wire}.pcapng`);
    writeFileSync(file, gunzipSync(readFileSync(path.join(LOSSES, `${wire}.pcapng.gz`))));
    const theirs = tshark(file, ...readAs(wire, port), '-Y', 'tcp.analysis.retransmission').length;
    expect(theirs).toBeGreaterThan(5);
    expect(listed(file).retransmissions).toBe(theirs);
    compare(file, wire, port);
    const { text } = await reportOnFile(file, 'losses');
    const [, client, sharer] = /retrans +client (\d+), sharer (\d+) segments/.exec(text)?.map(Number) ?? [];
    expect(client! + sharer!).toBe(theirs);
  });
});
