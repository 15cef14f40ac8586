import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Course } from '../helpers/course.js';
import { courseSections, skeleton } from '../helpers/course-page.js';
import { Program } from '../helpers/program.js';
import { Terminal } from '../helpers/terminal.js';
import { malformed, tshark } from '../helpers/tshark.js';
import { startXvfb } from '../helpers/xvfb.js';

/** docs/course.md is what runs here: its commands as they stand, and its output compared with theirs. */
const sections = courseSections();
const section = (title: string) => sections.get(title)!;
const FROM_SHARER = 'ip.src == 192.168.1.82';
const FULL = 1460;
const IN_ORDER = ['-o', 'tcp.reassemble_out_of_order:TRUE'];

const started = stopAfterEach();
const course = new Course();

beforeAll(async () => {
  const { code, errors } = await course.run(`set -e\n${section('Two machines and a cable').commands[0]}`);
  expect(errors).toBe('');
  expect(code).toBe(0);
});
afterAll(() => course.remove(section('Clean up').commands[0]!));
afterEach(() => {
  course.end('viewer');
  course.end('sharer');
});

/** Lengths of what the sharer's segments carry, in their order. */
function segments(file: string): number[] {
  return tshark(file, '-Y', `${FROM_SHARER} && tcp.len > 0`, '-T', 'fields', '-e', 'tcp.len').map(Number);
}

function mostFrequent(sizes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}

/**
 * Sizes of the frames' bodies, as Wireshark's dissector puts them together. On this cable segments overtake each other.
 */
function frameSizes(file: string): number[] {
  const lines = tshark(file, ...IN_ORDER, '-Y', 'peerglass.size', '-T', 'fields', '-e', 'peerglass.size');
  return lines.flatMap(line => line.split(',')).map(Number);
}

/** The rows of the report's table of boundaries: frame, packet, sequence number, header, body, the first segment. */
function boundaries(report: string): number[][] {
  const rows = report.matchAll(/^ +(\d+) +(\d+) +(\d+) +(\d) \+ (\d+) +\d+ +Len=(\d+)$/gm);
  return [...rows].map(row => row.slice(1).map(Number));
}

/** What those rows must say of frames with bodies of these sizes. */
function expectBoundaries(report: string, file: string, sizes: readonly number[]): void {
  const rows = boundaries(report);
  const count = sizes.length;
  expect(rows.map(([number]) => number)).toEqual([...new Set([1, 2, 3, 4, 5, count])].filter(each => each <= count));
  expect(report).toMatch(new RegExp(`^ {2}frames +${count}, `, 'm'));
  let sequence = 1;
  const begins = sizes.map(size => {
    const header = 1 + Math.ceil(size.toString(16).length / 2);
    const begin = [sequence, header, size];
    sequence += header + size;
    return begin;
  });
  expect(rows.map(row => row.slice(2, 5))).toEqual(rows.map(([number]) => begins[number! - 1]));
  // The packets that it names are those, as Wireshark counts.
  const fields = tshark(file, '-T', 'fields', '-e', 'tcp.seq', '-e', 'tcp.len').map(line =>
    line.split('\t').map(Number),
  );
  for (const [, packet, at, , , first] of rows) {
    const [from, length] = fields[packet! - 1]!;
    expect(length).toBe(first);
    expect(at).toBeGreaterThanOrEqual(from!);
    expect(at).toBeLessThan(from! + length!);
  }
}

function expectHandshake(report: string, file: string): void {
  expect(report).toMatch(/^ {2}handshake +client SYN +0 ms +MSS=1460 WS=\d+ SACK_PERM$/m);
  expect(report).toMatch(/^ +sharer SYN, ACK +\+\d+\.\d{3} ms +MSS=1460 WS=\d+ SACK_PERM$/m);
  expect(report).toMatch(/^ +client ACK +\+\d+\.\d{3} ms$/m);
  const [syn, synAck, ack] = tshark(file, '-T', 'fields', '-e', '_ws.col.Info');
  expect(syn).toMatch(/→ 9000 \[SYN\] Seq=0 .*MSS=1460 SACK_PERM.* WS=\d+/);
  expect(synAck).toMatch(/^9000 → \d+ \[SYN, ACK\] Seq=0 Ack=1 .*MSS=1460 SACK_PERM.* WS=\d+/);
  expect(ack).toMatch(/→ 9000 \[ACK\] Seq=1 Ack=1/);
}

/** Every line that the page quotes is printed, its figures aside. */
function expectQuoted(quoted: string, printed: string): void {
  expect(skeleton(printed)).toEqual(expect.arrayContaining(skeleton(quoted).filter(line => line !== '...')));
}

describe('docs/course.md', () => {
  test('reads the lone first byte where the original shares, and every boundary where it says it is', async () => {
    const { commands, readings } = section('The original shares');
    const sentFile = course.file('sent.txt');
    const sent = () => (existsSync(sentFile) ? readFileSync(sentFile, 'utf8') : '');
    await course.start(commands[0]!, () => sent().includes('listening'));
    const captured = await course.run(`set -e\n${commands[1]}`);
    expect(captured.errors).toMatch(/^exporting real packets to /);
    expect(captured.errors).toMatch(/^192\.168\.1\.82:9000 closed the connection\. The capture ends here\.$/m);
    expect(captured.code).toBe(0);
    const report = captured.text;
    const file = course.file('original.pcapng');
    expectQuoted(readings[0]!, report);
    expectHandshake(report, file);

    const sizes = [...sent().matchAll(/"size": (\d+)/g)].map(([, size]) => Number(size));
    expect(sizes).toHaveLength(40);
    expect(frameSizes(file)).toEqual(sizes);
    expectBoundaries(report, file, sizes);
    expect(malformed(file, ...IN_ORDER)).toEqual([]);

    const lengths = segments(file);
    expect(mostFrequent(lengths)).toBe(FULL);
    expect(Math.max(...lengths)).toBe(FULL);
    expect(report).toMatch(/^ {2}segments +\d+ x Len=1460 +full: MSS 1460$/m);
    // The very first has nothing before it that could hold it back; later ones wait where an acknowledgement is late.
    expect(lengths[0]).toBe(1);
    expect(boundaries(report)[0]!.at(-1)).toBe(1);
    const alone = lengths.filter(length => length === 1).length;
    expect(alone).toBeGreaterThan(sizes.length / 2);
    expect(report).toContain(`alone in a segment (Len=1) in ${alone} of 40 frames`);

    const packets = await course.run(commands[2]!);
    expectQuoted(readings[1]!, packets.text);
    expect(packets.text).toMatch(/^ +4 .* Seq=1 Ack=1 Win=\d+ Len=1$/m);
  });

  test('reads none where peerglass shares', async () => {
    const { commands, readings } = section('peerglass shares');
    await course.start(commands[0]!, errors => errors.includes('listening (classic)'));
    const { code, errors, text: report } = await course.run(commands[1]!);
    expect(errors).toMatch(/^exporting real packets to /);
    expect(code).toBe(0);
    const file = course.file('peerglass.pcapng');
    expectQuoted(readings[0]!, report);
    expectHandshake(report, file);
    const sizes = frameSizes(file);
    expect(sizes.length).toBeGreaterThan(1);
    expectBoundaries(report, file, sizes);
    const lengths = segments(file);
    expect(mostFrequent(lengths)).toBe(FULL);
    expect(Math.max(...lengths)).toBe(FULL);
    expect(lengths).not.toContain(1);
    expect(report).toContain('first byte never alone');

    const frames = await course.run(section('Live').commands[1]!);
    expect(frames.text.trimEnd().split('\n')).toHaveLength(sizes.length);
  });

  test('lists segments of 1460 bytes in the dashboard, live', async () => {
    await course.start(section('peerglass shares').commands[0]!, errors => errors.includes('listening (classic)'));
    const display = started(await startXvfb({ width: 1400, height: 800 }));
    const environment = { DISPLAY: display.display, PATH: course.path };
    const terminal = new Terminal({ columns: 160, rows: 50, environment });
    started({ stop: async () => terminal.close() });
    terminal.run(course.command(section('Live').commands[0]!).trim());
    await terminal.waitFor('● watching');
    terminal.keys('p');
    const segment = /192\.168\.1\.82 +192\.168\.1\.86 +PEERGLASS +1514 9000 → \d+ \[ACK\] .*Len=1460/;
    expect(await terminal.waitFor(segment)).toMatch(segment);
  });
});

describe('the same cable', () => {
  test('shows frames exactly as the original as a viewer takes them, captured by the port', async () => {
    const file = course.file('port.pcapng');
    await course.start(section('peerglass shares').commands[0]!, errors => errors.includes('listening (classic)'));
    const capture = started(new Program(['capture', '--port', '9000', '--output', file], {}, course.on('viewer')));
    await capture.untilTold(/^capturing TCP port 9000/);
    const watch = 'python3 test/helpers/classic-peer.py watch --host 192.168.1.82 --port 9000 --frames 20';
    const watched = await course.run(`ip netns exec viewer ${watch}`);
    const sizes = [...watched.text.matchAll(/"size": (\d+)/g)].map(([, size]) => Number(size));
    expect(sizes).toHaveLength(20);
    capture.signal('SIGINT');
    expect(await capture.ended).toBe(0);
    const { text: report } = await course.run('peerglass report /tmp/port.pcapng');
    expectHandshake(report, file);
    // The sharer may have sent more by the time that the viewer left.
    const all = frameSizes(file);
    expect(all.slice(0, 20)).toEqual(sizes);
    expectBoundaries(report, file, all);
    expect(report).toContain('first byte never alone');
  });
});
