import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';

/** The part of a snapshot that a report needs. Snapshots without all of it are rejected. */
interface LoggedSnapshot extends Figures {
  readonly role: string;
  readonly bottleneck: string | null;
}

interface Figures {
  readonly t: number;
  readonly fps: number;
  readonly bytesPerFrame: number;
  readonly compressionRatio: number;
  readonly mbitPerSecond: number;
  readonly frames: number;
  readonly bytes: number;
  readonly cpuPercent: number;
  readonly rssMb: number;
}

export interface Spread {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

export interface SessionReport {
  readonly role: string;
  readonly start: number;
  readonly duration: number;
  readonly snapshots: number;
  readonly frames: number;
  readonly bytes: number;
  readonly fps: Spread;
  readonly bytesPerFrame: Spread;
  readonly compressionRatio: Spread;
  readonly mbitPerSecond: Spread;
  readonly cpuPercent: Spread;
  readonly rssMb: Spread;
  /** The bottlenecks, the most frequent first. */
  readonly bottlenecks: readonly string[];
  /** Points for charts: seconds since the start, and the value. */
  readonly series: Readonly<Record<'fps' | 'mbitPerSecond' | 'bytesPerFrame', readonly (readonly [number, number])[]>>;
}

export interface LogReport {
  /** Oldest first. */
  readonly sessions: readonly SessionReport[];
  /** Number of earlier sessions that are left out. */
  readonly leftOut: number;
}

const FIGURES = ['fps', 'bytesPerFrame', 'compressionRatio', 'mbitPerSecond', 'cpuPercent', 'rssMb'] as const;
const MAX_BOTTLENECKS = 3;
/** Only the last sessions of a log are reported. */
const MAX_SESSIONS = 256;

/**
 * Reports on the NDJSON written by `--log` and `--json`. When a role's totals start from zero again, a new session
 * begins.
 *
 * @throws PeerglassError E_CAPTURE_FILE naming the first invalid line
 */
export function reportOnLog(lines: Iterable<string>): LogReport {
  const sessions = new Map<string, LoggedSnapshot[][]>();
  let number = 0;
  for (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const snapshot = parse(line, number);
    if (!snapshot) continue;
    const ofRole = sessions.get(snapshot.role) ?? [];
    sessions.set(snapshot.role, ofRole);
    const current = ofRole.at(-1);
    if (!current || snapshot.frames < current.at(-1)!.frames) ofRole.push([snapshot]);
    else current.push(snapshot);
  }
  const all = [...sessions.values()].flat().sort((a, b) => a[0]!.t - b[0]!.t);
  if (all.length === 0) throw new PeerglassError('E_CAPTURE_FILE', 'The file contains neither packets nor snapshots.');
  const reported = all.slice(-MAX_SESSIONS);
  return { sessions: reported.map(sessionReport), leftOut: all.length - reported.length };
}

/** Null for a line that is not a snapshot, such as a message. */
function parse(line: string, number: number): LoggedSnapshot | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new PeerglassError(
      'E_CAPTURE_FILE',
      `Line ${number} is not JSON.`,
      'Give a .pcapng file, or the output of --log or --json.',
    );
  }
  if (typeof value !== 'object' || value === null || !('role' in value)) return null;
  const record = value as Record<string, unknown>;
  // The lines of a log have a type; --json prints snapshots only, without a type.
  if (record.type !== undefined && record.type !== 'snapshot') return null;
  const numbers = ['t', 'frames', 'bytes', ...FIGURES];
  const bad = numbers.find(name => typeof record[name] !== 'number' || !Number.isFinite(record[name]));
  if (bad) throw new PeerglassError('E_CAPTURE_FILE', `Line ${number} is a snapshot without a valid "${bad}".`);
  const { role, bottleneck } = record;
  if (typeof role !== 'string')
    throw new PeerglassError('E_CAPTURE_FILE', `Line ${number} is a snapshot without a role.`);
  // Keep only what the report needs: a log may have millions of lines.
  const { t, fps, bytesPerFrame, compressionRatio, mbitPerSecond, frames, bytes, cpuPercent, rssMb } =
    value as LoggedSnapshot;
  return {
    ...{ t, fps, bytesPerFrame, compressionRatio, mbitPerSecond, frames, bytes, cpuPercent, rssMb },
    role: plainText(role, 20),
    bottleneck: typeof bottleneck === 'string' ? plainText(bottleneck) : null,
  };
}

function sessionReport(snapshots: readonly LoggedSnapshot[]): SessionReport {
  const first = snapshots[0]!;
  const last = snapshots.at(-1)!;
  const series = (name: 'fps' | 'mbitPerSecond' | 'bytesPerFrame') =>
    snapshots.map(each => [(each.t - first.t) / 1000, each[name]] as const);
  const spreads = Object.fromEntries(FIGURES.map(name => [name, spread(snapshots.map(each => each[name]))]));
  return {
    role: first.role,
    start: first.t,
    duration: last.t - first.t,
    snapshots: snapshots.length,
    frames: last.frames,
    bytes: last.bytes,
    ...(spreads as Record<(typeof FIGURES)[number], Spread>),
    bottlenecks: mostFrequent(snapshots.flatMap(each => each.bottleneck?.replace(/:.*/, '') ?? [])),
    series: { fps: series('fps'), mbitPerSecond: series('mbitPerSecond'), bytesPerFrame: series('bytesPerFrame') },
  };
}

function spread(values: readonly number[]): Spread {
  return {
    least: values.reduce((least, value) => Math.min(least, value)),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    most: values.reduce((most, value) => Math.max(most, value)),
  };
}

function mostFrequent(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_BOTTLENECKS)
    .map(([word]) => word);
}
