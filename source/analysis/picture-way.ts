import { PeerglassError } from '../core/errors.js';
import { PICTURE_EVENTS, type PictureEvent, type PictureLine } from '../core/picture-events.js';

/** One step of a picture's way, over all pictures that took it. */
export interface WayStep {
  readonly from: PictureEvent;
  readonly to: PictureEvent;
  readonly what: string;
  readonly pictures: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
}

export interface WayReport {
  /** Pictures that were seen at both ends. */
  readonly pictures: number;
  readonly steps: readonly WayStep[];
}

type Way = Partial<Record<PictureEvent, number>>;

/** The steps in order; the last ones span several. */
const STEPS: readonly (readonly [PictureEvent, PictureEvent, string])[] = [
  ['damage', 'capture', 'waiting for the pace and the viewers'],
  ['capture', 'captured', 'reading pixels from the source'],
  ['captured', 'detected', 'comparing and committing'],
  ['detected', 'encode', 'hand-over to the viewer, planning'],
  ['encode', 'write', 'encoding up to the first bytes'],
  ['write', 'written', 'encoding the rest'],
  ['written', 'taken', 'socket to system'],
  ['write', 'received', 'first bytes to the other end: network, and waking it'],
  ['written', 'complete', 'last bytes to the other end, decoding behind them'],
  ['complete', 'decoded', 'decoding that is left'],
  ['decoded', 'drawn', 'drawing'],
  ['drawn', 'answered', 'answer to the share'],
  ['damage', 'drawn', 'whole way'],
];

/** Whether a line of a log is of a picture's way. */
export function isOfPictures(line: string): boolean {
  return /^\{"end":"(share|watch)","event":/.test(line);
}

/**
 * Reports on what PEERGLASS_PICTURES collects from a share and one viewer of it on the same machine. An update is
 * known at both ends by its number on the connection; the share knows its picture by the time of its capture.
 * @throws PeerglassError E_CAPTURE_FILE
 */
export function reportOnPictures(lines: Iterable<string>): WayReport {
  const all = [...lines].filter(line => line.trim() !== '').map((line, index) => parse(line, index + 1));
  all.sort((a, b) => a.ms - b.ms);
  const ways = waysOf(all);
  const steps = STEPS.flatMap(([from, to, what]) => {
    const times = ways.flatMap(way => (way[from] === undefined || way[to] === undefined ? [] : [way[to] - way[from]]));
    if (times.length === 0) return [];
    times.sort((a, b) => a - b);
    return [{ from, to, what, pictures: times.length, p50: at(times, 0.5), p95: at(times, 0.95) }];
  });
  return { pictures: ways.filter(way => way.written !== undefined && way.drawn !== undefined).length, steps };
}

export function wayText({ pictures, steps }: WayReport): string {
  const rows = steps.map(
    ({ from, to, what, p50, p95 }) =>
      `  ${`${from} - ${to}`.padEnd(20)} ${p50.toFixed(2).padStart(8)} ${p95.toFixed(2).padStart(8)}  ${what}`,
  );
  const head = `${pictures} pictures from end to end; milliseconds`;
  return `${[head, `  ${'step'.padEnd(20)} ${'p50'.padStart(8)} ${'p95'.padStart(8)}`, ...rows].join('\n')}\n`;
}

function at(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))]!;
}

function parse(line: string, number: number): PictureLine {
  try {
    const value: unknown = JSON.parse(line);
    const { event, ms, number: of, captured } = value as PictureLine;
    const known = PICTURE_EVENTS.includes(event) && [ms, of, captured].every(Number.isFinite);
    if (known) return value as PictureLine;
  } catch {
    // Said below.
  }
  throw new PeerglassError('E_CAPTURE_FILE', `Line ${number} is no event of a picture.`);
}

/** The events of each update that shows something new. */
function waysOf(all: readonly PictureLine[]): Way[] {
  const captures = new Map<number, Way>();
  const encoded = new Map<number, number>();
  const updates = new Map<number, Way>();
  /** By the time of capture. */
  const written = new Map<number, Way>();
  let damage: number | undefined;
  let capture: number | undefined;
  for (const { event, ms, number, captured } of all) {
    if (event === 'damage') damage ??= ms;
    else if (event === 'capture') capture = ms;
    else if (event === 'captured') {
      captures.set(captured, { ...(damage === undefined ? {} : { damage }), capture: capture ?? ms, captured: ms });
      damage = undefined;
    } else if (event === 'detected') {
      const way = captures.get(captured);
      if (way) way.detected = ms;
      encoded.set(number, captured);
    } else if (event === 'encode') {
      const way = captures.get(encoded.get(number) ?? Number.NaN);
      if (way) way.encode ??= ms;
    } else if (event === 'answered') {
      const way = written.get(captured);
      if (way) way.answered ??= ms;
    } else {
      const way = updates.get(number) ?? (event === 'write' ? { ...captures.get(captured) } : null);
      if (way === null) continue;
      way[event] ??= ms;
      updates.set(number, way);
      if (event === 'write') written.set(captured, way);
    }
  }
  return [...updates.values()].filter(way => way.captured !== undefined);
}
