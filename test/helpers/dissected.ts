import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DISSECTOR } from './tshark.js';

/** A packet as tshark shows it with the classic dissector. */
export interface DissectedPacket {
  readonly sourcePort: number;
  /** Whether the dissector claimed it. */
  readonly ours: boolean;
  readonly info: string;
  /** Number and compressed size of each frame that it completes. */
  readonly frames: readonly (readonly [number: number, size: number])[];
  readonly raws: readonly number[];
  readonly ratios: readonly number[];
  readonly lone: boolean;
  /** The dissector's expert notes, without the name of the protocol. */
  readonly marks: readonly string[];
  /** Malformed according to tshark without a note from the dissector, or the dissector failed. */
  readonly failed: boolean;
}

const MARKS = [
  'size_bytes.bad',
  'size.zero',
  'size.impossible',
  'size.large',
  'size.padded',
  'zlib.bad',
  'zlib.damaged',
  'viewer',
  'lost',
  'resumed',
  'holes',
  'cut',
] as const;
const FIELDS = [
  'tcp.srcport',
  'peerglass',
  '_ws.col.Info',
  'peerglass.frame',
  'peerglass.size',
  'peerglass.raw_size',
  'peerglass.ratio',
  'peerglass.lone_first_byte',
  '_ws.malformed',
  '_ws.lua.error',
  ...MARKS.map(mark => `peerglass.${mark}`),
];

const run = promisify(execFile);

/** Every packet of a capture, in one run of tshark. */
export async function dissectedFrames(file: string, ...options: string[]): Promise<DissectedPacket[]> {
  const fields = FIELDS.flatMap(field => ['-e', field]);
  const argv = ['-n', '-r', file, '-X', `lua_script:${DISSECTOR}`, ...options, '-T', 'fields', ...fields];
  const { stdout } = await run('tshark', argv, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  return stdout.split('\n').slice(0, -1).map(packetOf);
}

function packetOf(row: string): DissectedPacket {
  const cells = row.split('\t');
  const numbers = (at: number) => (cells[at] ? cells[at].split(',').map(Number) : []);
  const sizes = numbers(4);
  const marks = MARKS.filter((_, at) => cells[FIELDS.length - MARKS.length + at]);
  return {
    sourcePort: Number(cells[0]),
    ours: cells[1] !== '',
    info: cells[2] ?? '',
    frames: numbers(3).map((number, at) => [number, sizes[at] ?? Number.NaN] as const),
    raws: numbers(5),
    ratios: numbers(6),
    lone: cells[7] !== '',
    failed: (cells[8] !== '' && marks.length === 0) || cells[9] !== '',
    marks,
  };
}

/** `[number, size]` of all frames. */
export function framesOf(packets: readonly DissectedPacket[]): (readonly number[])[] {
  return packets.flatMap(({ frames }) => frames);
}

export function marksOf(packets: readonly DissectedPacket[]): string[] {
  return packets.flatMap(({ marks }) => marks);
}
