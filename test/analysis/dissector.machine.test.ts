import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { CapturedPacket } from '../../source/analysis/pcapng-writer.js';
import type { StreamChunk } from '../../source/analysis/tcp-synthesis.js';
import { type DissectedPacket, dissectedFrames, framesOf, marksOf } from '../helpers/dissected.js';
import { classicFrame, fileOf, noise, packetsOfShare } from '../helpers/synthetic-capture.js';
import { readAs } from '../helpers/tshark.js';

const SHARER = { address: '192.168.1.82', port: 9000 };
/** No protocol has it, nor has the dissector's preference. */
const ANY_PORT = 47_213;
const START = 1_790_000_000_000;
const RAW = 40 * 30 * 3;
const PASSES: readonly { readonly passes: readonly string[] }[] = [{ passes: [] }, { passes: ['-2'] }];

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-dissector-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the dissector makes of packets. */
async function read(packets: readonly CapturedPacket[], ...options: string[]): Promise<DissectedPacket[]> {
  const where = path.join(folder, `${files++}.pcapng`);
  writeFileSync(where, fileOf(packets));
  const rows = await dissectedFrames(where, ...options);
  expect(rows.filter(({ failed }) => failed)).toEqual([]);
  return rows;
}

function chunksOf(pieces: readonly Uint8Array[], direction: StreamChunk['direction'] = 'sent'): StreamChunk[] {
  return pieces.map((bytes, index) => ({ time: START + index * 40, direction, bytes }));
}

function packetsOf(pieces: readonly Uint8Array[], port = SHARER.port): CapturedPacket[] {
  return packetsOfShare(chunksOf(pieces), { ...SHARER, port });
}

const pictures = [1, 2, 3, 4, 5, 6].map(seed => classicFrame(noise(RAW, seed)));
/** In segments of a byte each there are still few. */
const small = [1, 2, 3].map(seed => classicFrame(noise(300, seed)));
const numbered = (frames: readonly Uint8Array[]) => frames.map((bytes, index) => [index + 1, bytes.length - 3]);

function cut(bytes: Uint8Array, step: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => bytes.subarray(at * step, (at + 1) * step));
}

/** As the original program writes a frame. */
function inPieces(frame: Uint8Array): Uint8Array[] {
  return [frame.subarray(0, 1), frame.subarray(1, 3), frame.subarray(3)];
}

describe('the dissector', () => {
  it.each(PASSES)('shows each frame once, with size and ratio (tshark $passes)', async ({ passes }) => {
    const rows = await read(packetsOf(pictures), ...passes);
    expect(framesOf(rows)).toEqual(numbered(pictures));
    const shown = rows.filter(({ frames }) => frames.length > 0);
    expect(shown.flatMap(({ ratios }) => ratios)).toEqual(
      pictures.map(bytes => expect.closeTo(RAW / (bytes.length - 3), 3)),
    );
    expect(rows.flatMap(({ marks }) => marks)).toEqual([]);
    expect(shown.map(({ info }) => info)).toEqual(
      pictures.map((bytes, index) => `Frame ${index + 1}  ${bytes.length - 3} bytes  ratio 1.0`),
    );
  });

  it("learns the picture's size from a frame, else takes the one from the preferences", async () => {
    const raws = (rows: DissectedPacket[]) => [...new Set(rows.flatMap(({ raws }) => raws))];
    expect(raws(await read(packetsOf(pictures)))).toEqual([RAW]);
    const damaged = Buffer.from(pictures[0]!);
    damaged.fill(0xff, 5);
    const rows = await read(packetsOf([damaged]), '-o', 'peerglass.width:100', '-o', 'peerglass.height:50');
    expect(raws(rows)).toEqual([15_000]);
    expect(marksOf(rows)).toEqual(['zlib.damaged']);
  });

  it.each([1, 2, 77, 1000])('puts frames together from segments of %i bytes', async step => {
    const packets = packetsOf(cut(Buffer.concat(small), step));
    expect(framesOf(await read(packets))).toEqual(numbered(small));
    expect(framesOf(await read(packets, '-2', '-o', 'tcp.reassemble_out_of_order:TRUE'))).toEqual(numbered(small));
  });

  it('knows the lone first byte of the original program, and that peerglass has none', async () => {
    const lone = (rows: DissectedPacket[]) => rows.filter(row => row.lone).length;
    expect(lone(await read(packetsOf(pictures.flatMap(inPieces))))).toBe(pictures.length);
    expect(lone(await read(packetsOf(pictures)))).toBe(0);
  });

  it('reads a range of ports, and the port that Decode As names', async () => {
    const packets = packetsOf(small, ANY_PORT);
    const off = ['--disable-heuristic', 'peerglass_tcp'];
    expect(framesOf(await read(packets, ...off))).toEqual([]);
    const range = `peerglass.ports:9000,${ANY_PORT - 3}-${ANY_PORT + 3}`;
    expect(framesOf(await read(packets, ...off, '-o', range))).toEqual(numbered(small));
    expect(framesOf(await read(packets, ...off, ...readAs('classic', ANY_PORT)))).toEqual(numbered(small));
    expect(framesOf(await read(packetsOf(small), ...off, '-o', 'peerglass.ports:1-2'))).toEqual([]);
  });
});

describe('the dissector recognises the protocol on any port', () => {
  test.each([
    ['one write a frame', pictures, pictures],
    ['the three writes of the original', pictures.flatMap(inPieces), pictures],
    ['a lone byte and the rest', pictures.flatMap(frame => [frame.subarray(0, 1), frame.subarray(1)]), pictures],
    ['bytes', cut(Buffer.concat(small), 1), small],
  ])('from %s', async (_, pieces, frames) => {
    for (const { passes } of PASSES) {
      const rows = await read(packetsOf(pieces, ANY_PORT), ...passes);
      expect(framesOf(rows)).toEqual(numbered(frames));
      expect(rows.flatMap(({ marks }) => marks)).toEqual([]);
      expect(rows.filter(({ info }) => info.startsWith('Frame 1 '))).toHaveLength(1);
    }
  });

  const [first] = pictures;
  const changed = (at: number, value: number) =>
    Buffer.from(first!.map((byte, index) => (index === at ? value : byte)));
  const OTHERS = {
    HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n'),
    rfb: Buffer.from('RFB 003.008\n'),
    TLS: Buffer.from('160301020001000001fc0303', 'hex'),
    'a bare zlib stream': first!.subarray(3),
    'a lone byte and text': Buffer.from('\u0002OK\r\n'),
    'wrong check bits': changed(4, 0x9d),
    'another method than deflate': changed(3, 0x77),
    'a preset dictionary': changed(4, 0xbb),
    'a kind of block that deflate does not have': changed(5, 0x07),
    'a size that begins with 0': Buffer.concat([Buffer.of(3, 0), first!.subarray(1)]),
    'no size': Buffer.concat([Buffer.of(0), first!.subarray(1)]),
    'a size of 5 bytes': Buffer.concat([Buffer.of(5, 1, 1, 1), first!.subarray(1)]),
    'a size that no picture has': Buffer.concat([Buffer.of(4, 0xf0, 0), first!.subarray(1)]),
  };
  test(`and leaves alone: ${Object.keys(OTHERS).join(', ')}`, async () => {
    const pieces = Object.values(OTHERS).flatMap(bytes => [[bytes], [bytes.subarray(0, 1), bytes.subarray(1)]]);
    const connections = [...pieces, [first!]].map((each, index) => packetsOf(each, ANY_PORT + index));
    for (const { passes } of PASSES) {
      const rows = await read(connections.flat(), ...passes);
      const taken = rows.filter(row => row.ours).map(row => row.sourcePort);
      expect(new Set(taken)).toEqual(new Set([ANY_PORT + pieces.length]));
    }
  });
});

describe('the dissector marks', () => {
  const [first] = pictures;
  const body = first!.subarray(3);
  /** What is wrong, how it is marked, and what was sent. */
  const CASES: readonly (readonly [what: string, mark: string, pieces: readonly Uint8Array[]])[] = [
    ['5 size bytes', 'size_bytes.bad', [Buffer.of(5, 1, 1, 1, 1, 1, 0, 0)]],
    ['no size bytes after a good frame', 'size_bytes.bad', [first!, Buffer.of(0, 1, 1)]],
    ['size 0', 'size.zero', [Buffer.of(1, 0)]],
    ['a size that no picture can have', 'size.impossible', [Buffer.of(4, 0xff, 0xff, 0xff, 0xff, 0x78, 0x9c)]],
    ['a size above that of the bare picture', 'size.large', [first!, classicFrame(noise(RAW * 3, 7))]],
    ['a size with a leading 0', 'size.padded', [Buffer.concat([Buffer.of(3, 0), first!.subarray(1, 3), body])]],
    ['no zlib', 'zlib.bad', [Buffer.of(1, 4, 1, 2, 3, 4)]],
    ['zlib that does not inflate', 'zlib.damaged', [Buffer.of(1, 6, 0x78, 0x9c, 0xff, 0xff, 0xff, 0xff)]],
  ];
  test.each(PASSES)(`${CASES.map(([what]) => what).join(', ')} (tshark $passes)`, async ({ passes }) => {
    const connections = CASES.map(([, , pieces], index) => packetsOf(pieces, ANY_PORT + index));
    const ports = `peerglass.ports:${ANY_PORT}-${ANY_PORT + CASES.length}`;
    const rows = await read(connections.flat(), ...passes, '-o', ports);
    const marks = CASES.map((_, index) => marksOf(rows.filter(row => row.sourcePort === ANY_PORT + index)));
    expect(marks).toEqual(CASES.map(([, mark]) => [mark]));
  });

  test('what the viewer says', async () => {
    const said = chunksOf([Buffer.from('hello')], 'received');
    const rows = await read(packetsOfShare([...chunksOf([first!]), ...said], SHARER));
    expect(marksOf(rows)).toEqual(['viewer']);
    expect(framesOf(rows)).toEqual(numbered([first!]));
  });
});

describe('a capture that has not everything', () => {
  const all = packetsOf(pictures);
  const frames = numbered(pictures);
  /** Where each frame's segments lie: three of data, then the acknowledgement. */
  const segment = (frame: number, part: number) => 3 + (frame - 1) * 4 + part;
  const without = (lost: number) => all.filter((_, index) => index !== lost);

  test.each(PASSES)(
    'lost the middle of a frame: the others keep their numbers (tshark $passes)',
    async ({ passes }) => {
      const rows = await read(without(segment(2, 1)), ...passes);
      expect(framesOf(rows)).toEqual(frames.filter(([number]) => number !== 2));
      expect(marksOf(rows)).toEqual(['holes']);
    },
  );

  test('lost the beginning of a frame: says so, and continues at the next one', async () => {
    const rows = await read(without(segment(2, 0)));
    expect(framesOf(rows)).toEqual(numbered(pictures.slice(1)));
    expect(marksOf(rows)).toEqual(['lost', 'lost', 'resumed']);
  });

  test('starts in the middle of a frame: invents none', async () => {
    const rows = await read(all.slice(segment(3, 1)));
    expect(framesOf(rows)).toEqual(numbered(pictures.slice(3)));
    expect(marksOf(rows)).toEqual(['lost', 'lost', 'resumed']);
    const within = await read([...all.slice(segment(3, 1), segment(3, 3)), ...all.slice(segment(6, 1))]);
    expect(framesOf(within)).toEqual([]);
    expect(marksOf(within)).toEqual(['lost', 'lost', 'lost', 'lost']);
    expect(within.filter(({ info }) => info.endsWith('Inside a frame whose beginning was not captured'))).toHaveLength(
      4,
    );
  });

  test.each(PASSES)('has its packets cut short: their sizes are still known (tshark $passes)', async ({ passes }) => {
    const short = all.map(({ bytes, ...rest }) => ({
      ...rest,
      bytes: bytes.subarray(0, 60),
      originalLength: bytes.length,
    }));
    const rows = await read(short, ...passes);
    expect(framesOf(rows)).toEqual(frames);
    expect(marksOf(rows)).toEqual(pictures.map(() => 'cut'));
  });

  /** Wireshark itself puts only in order what comes out of order where it is told to. */
  test('has a segment out of order: used if TCP reassembles it, otherwise the frame is reported missing', async () => {
    const late = [...all];
    const [first, second] = [all[segment(2, 1)]!, all[segment(2, 2)]!];
    late.splice(segment(2, 1), 2, { ...second, time: first.time }, { ...first, time: second.time });
    const rows = await read(late);
    expect(framesOf(rows)).toEqual(frames.filter(([number]) => number !== 2));
    expect(marksOf(rows)).toEqual(['holes']);
    expect(framesOf(await read(late, '-o', 'tcp.reassemble_out_of_order:TRUE'))).toEqual(frames);
  });
});
