import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import type { CapturedPacket } from '../../source/analysis/pcapng-writer.js';
import { PacketList } from '../../source/session/inspect/packet-list.js';
import { fileOf } from '../helpers/synthetic-capture.js';
import { type Segment, SYN_OPTIONS, sackOption, segmentPacket } from '../helpers/tcp-segments.js';
import { tshark } from '../helpers/tshark.js';

const SERVER_PORT = 9000;
const START = 1_790_000_000_000;
const MSS = 1460;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-sequences-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What both say of the same packets, line by line, and what both count. */
function compare(packets: readonly CapturedPacket[]): { ours: string[]; theirs: string[]; counts: [number, number] } {
  const file = path.join(folder, 'sequences.pcapng');
  const bytes = fileOf(packets);
  writeFileSync(file, bytes);
  const fields = ['frame.number', 'ip.src', 'ip.dst', '_ws.col.Protocol', 'frame.len', '_ws.col.Info'];
  const plain = ['-d', `tcp.port==${SERVER_PORT},data`];
  const theirs = tshark(file, ...plain, '-T', 'fields', ...fields.flatMap(field => ['-e', field]));
  const list = new PacketList(Number.POSITIVE_INFINITY);
  list.add(new PcapngReader().push(bytes));
  const { lines, totals } = list.take();
  const ours = lines.map(({ number, source, destination, length, info }) =>
    [number, source, destination, 'TCP', length, info].join('\t'),
  );
  return {
    ours,
    theirs,
    counts: [totals.retransmissions, tshark(file, ...plain, '-Y', 'tcp.analysis.retransmission').length],
  };
}

/** Numbers that look random, the same for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return sides => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** A connection in which anything happens: losses, repeats, late segments, shut windows, probes, keep-alives, holes. */
function wildConnection(seed: number): Segment[] {
  const roll = dice(seed);
  const segments: Segment[] = [];
  const base = { client: roll(2 ** 32), server: roll(2 ** 32) };
  let time = START + seed * 10_000;
  const wait = () => {
    time += [0.001, 0.3, 1, 2.5, 6, 25, 250][roll(7)]!;
  };
  let next = base.server;
  let acknowledged = base.server;
  let window = 500;
  const later = (ms: number) => {
    time += ms;
    return time;
  };
  const server = (changes: Partial<Segment>): Segment => ({
    time,
    from: 'server',
    flags: 'A',
    sequence: next,
    acknowledgement: base.client + 1,
    window: 502,
    length: 0,
    ...changes,
  });
  const client = (changes: Partial<Segment>): Segment => ({
    time,
    from: 'client',
    flags: 'A',
    sequence: base.client + 1,
    acknowledgement: acknowledged,
    window,
    length: 0,
    ...changes,
  });
  if (roll(5) > 0) {
    segments.push(
      client({ flags: roll(4) ? 'S' : 'SEC', sequence: base.client, window: 64_240, options: SYN_OPTIONS }),
    );
    if (roll(6) === 0)
      segments.push(
        client({ time: later(1000), flags: 'S', sequence: base.client, window: 64_240, options: SYN_OPTIONS }),
      );
    wait();
    segments.push(server({ flags: 'SA', window: 65_160, options: roll(5) ? SYN_OPTIONS : SYN_OPTIONS.slice(0, 4) }));
    next += 1;
    acknowledged = next;
    wait();
    segments.push(client({}));
  } else next += 1;
  const sent: Segment[] = [];
  const steps = 15 + roll(25);
  for (let step = 0; step < steps; step++) {
    wait();
    switch (roll(14)) {
      case 0: {
        const again = sent[roll(sent.length)];
        if (again) segments.push({ ...again, time });
        break;
      }
      case 1:
        segments.push(client({ options: sackOption([acknowledged + MSS, acknowledged + MSS * (1 + roll(3))]) }));
        break;
      case 2:
        for (let count = roll(4); count >= 0; count--) segments.push(client({ time: later(0.1) }));
        break;
      case 3:
        window = [0, 0, 1, 20, 500, 502][roll(6)]!;
        segments.push(client({}));
        break;
      case 4:
        segments.push(server({ sequence: next - 1, length: roll(2) }));
        if (roll(2)) segments.push(client({ time: later(0.2) }));
        break;
      case 5:
        segments.push(server({ length: 1 }));
        if (roll(2)) segments.push(client({ time: later(0.2), window: 0 }));
        break;
      case 6:
        next += MSS * (1 + roll(2));
        break;
      case 7:
        segments.push(server({ sequence: next - MSS + roll(5), length: 700 + roll(2000) }));
        break;
      case 8: {
        const left = (acknowledged + window * 128 - next) | 0;
        if (left > 0 && left < 20_000) {
          segments.push(server({ length: left, flags: 'PA' }));
          next += left;
        }
        break;
      }
      case 9:
        acknowledged = roll(4) ? next : next + MSS;
        segments.push(client({}));
        break;
      default: {
        const data = server({ length: roll(3) ? MSS : 1 + roll(MSS), flags: roll(3) ? 'A' : 'PA' });
        next += data.length;
        sent.push(data);
        if (roll(6)) segments.push(data);
        if (roll(3) === 0) {
          acknowledged = next;
          segments.push(client({ time: later(0.2) }));
        }
      }
    }
  }
  segments.push(server({ time: later(1), flags: roll(3) ? 'FA' : 'RA' }));
  return segments;
}

describe('what is found in sequence numbers', () => {
  it('is what tshark finds, whatever happens to the packets', () => {
    const connections = Array.from({ length: 300 }, (_, seed) =>
      wildConnection(seed + 1).map(segment => segmentPacket(segment, 20_000 + seed, SERVER_PORT)),
    );
    const { ours, theirs, counts } = compare(connections.flat());
    const different = ours.flatMap((line, at) => (line === theirs[at] ? [] : [{ ours: line, theirs: theirs[at] }]));
    expect(different.slice(0, 10)).toEqual([]);
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeGreaterThan(50);
  });
});
