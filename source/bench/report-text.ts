import type { Machine } from './machine.js';
import type { Floor } from './rounds.js';
import type { Spread } from './statistics.js';
import type { Measure, Summary } from './summary.js';

interface Column {
  readonly title: string;
  readonly measure: Measure;
  readonly digits: number;
  /** Shown only where there is a figure. */
  readonly optional?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'fps', measure: 'shownFps', digits: 1 },
  { title: 'p50 ms', measure: 'latencyP50', digits: 1 },
  { title: 'p95 ms', measure: 'latencyP95', digits: 1 },
  { title: 'letters p50', measure: 'lettersP50', digits: 1, optional: true },
  { title: 'letters p95', measure: 'lettersP95', digits: 1, optional: true },
  { title: 'readable s', measure: 'readable', digits: 2, optional: true },
  { title: 'slide exact s', measure: 'slideExact', digits: 2, optional: true },
  { title: 'composed fps', measure: 'composedFps', digits: 1, optional: true },
  { title: 'composed p50', measure: 'composedP50', digits: 1, optional: true },
  { title: 'kB/frame', measure: 'kilobytesPerFrame', digits: 1 },
  { title: 'Mbit/s', measure: 'mbitPerSecond', digits: 1 },
  { title: 'link Mbit/s', measure: 'linkMbit', digits: 1, optional: true },
  { title: 'slowest fps', measure: 'slowestFps', digits: 1, optional: true },
  { title: 'most / least bytes', measure: 'bytesRatio', digits: 2, optional: true },
  { title: 'PSNR dB', measure: 'psnr', digits: 1 },
  { title: 'luma', measure: 'psnrLuma', digits: 1, optional: true },
  { title: 'chroma', measure: 'psnrChroma', digits: 1, optional: true },
  { title: 'wrong text', measure: 'wrongText', digits: 0, optional: true },
  { title: 'exact s', measure: 'exact', digits: 2, optional: true },
  { title: 'CPU share %', measure: 'sharerCpu', digits: 0 },
  { title: 'CPU view %', measure: 'viewerCpu', digits: 0 },
  { title: 'CPU ms/frame', measure: 'cpuPerFrame', digits: 1 },
  { title: 'RSS MB', measure: 'sharerRss', digits: 0 },
  { title: 'RSS MB', measure: 'viewerRss', digits: 0 },
  { title: 'other CPU %', measure: 'otherCpu', digits: 0 },
];

/** Figures that nobody divides by another system's. */
const UNRELATED: ReadonlySet<Measure> = new Set(['wrongText', 'sharerRss', 'viewerRss', 'otherCpu']);

function value(of: Spread | null, digits: number): string {
  if (!of) return '-';
  const text = of.median.toFixed(digits);
  return of.count > 1 ? `${text} (${of.least.toFixed(digits)}-${of.most.toFixed(digits)})` : text;
}

/** Aligned columns: the first one left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '))
    .map(line => line.trimEnd())
    .join('\n');
}

export function machineText(machine: Machine): string {
  const programs = Object.entries(machine.programs).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB; ${machine.system}; Node ${machine.node}`,
    `load average at the start ${machine.loadAverage}; ${programs.join(', ')}`,
  ].join('\n');
}

function ratioLine({ system, ratios }: Summary, against: string): string | null {
  if (!ratios) return null;
  const parts = COLUMNS.filter(({ measure }) => !UNRELATED.has(measure)).flatMap(({ title, measure }) => {
    const of = ratios[measure];
    return of ? [`${title} ${of.median.toFixed(2)}`] : [];
  });
  return `  ${system} / ${against}: ${parts.join(', ')}`;
}

export function textReport(
  machine: Machine,
  floors: readonly Floor[],
  summaries: readonly Summary[],
  against: string | null,
  link: readonly string[],
): string {
  const parts = [machineText(machine), ...link];
  for (const floor of floors) {
    const { width, height } = floor.size;
    parts.push(
      `floor of the method at ${width}x${height}: p50 ${floor.p50.toFixed(2)} ms, p95 ${floor.p95.toFixed(2)} ms, ` +
        `both displays sampled every ${floor.lookMs.toFixed(2)} ms`,
    );
  }
  parts.push('medians over all rounds (minimum-maximum); ratios are computed within each round');
  for (const group of groups(summaries)) {
    const [first] = group as [Summary, ...Summary[]];
    parts.push('', `${first.workload}, ${first.size}, offered ${value(first.offeredFps, 1)} fps`);
    const columns = COLUMNS.filter(
      ({ optional, measure }) => !optional || group.some(({ values }) => values[measure] !== null),
    );
    parts.push(
      table([
        ['', ...columns.map(({ title }) => title)],
        ...group.map(({ system, values, comparedPictures }) => [
          system,
          ...columns.map(({ measure, digits }) =>
            measure === 'psnr' && !values.psnr && comparedPictures > 0 ? 'exact' : value(values[measure], digits),
          ),
        ]),
      ]),
    );
    if (against) parts.push(...group.flatMap(summary => ratioLine(summary, against) ?? []));
    parts.push(...group.flatMap(({ system, errors }) => errors.map(error => `  ${system} failed: ${error}`)));
  }
  return `${parts.join('\n')}\n`;
}

/** The summaries by size and workload. */
export function groups(summaries: readonly Summary[]): Summary[][] {
  const found = new Map<string, Summary[]>();
  for (const summary of summaries) {
    const key = `${summary.size} ${summary.workload}`;
    found.set(key, [...(found.get(key) ?? []), summary]);
  }
  return [...found.values()];
}
