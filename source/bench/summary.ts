import type { Run } from './rounds.js';
import type { RunFigures } from './run.js';
import { type Spread, spread } from './statistics.js';

/** The figures to compare, and how to get each from a run. */
export const MEASURES = {
  shownFps: figures => figures.shownFps,
  latencyP50: figures => figures.latencyMs?.p50 ?? null,
  latencyP95: figures => figures.latencyMs?.p95 ?? null,
  lettersP50: figures => figures.lettersMs?.p50 ?? null,
  lettersP95: figures => figures.lettersMs?.p95 ?? null,
  /** Seconds from a slide's appearance: the median of the run's slides, the first of which may begin in mid-way. */
  readable: figures => slideSeconds(figures, 'readableMs'),
  slideExact: figures => slideSeconds(figures, 'exactMs'),
  composedFps: figures => figures.composed?.fps ?? null,
  composedP50: figures => figures.composed?.p50 ?? null,
  kilobytesPerFrame: figures => figures.kilobytesPerFrame,
  mbitPerSecond: figures => figures.mbitPerSecond,
  psnr: figures => figures.psnr,
  psnrLuma: figures => figures.psnrLuma,
  psnrChroma: figures => figures.psnrChroma,
  wrongText: figures => figures.wrongText,
  exact: figures => (figures.exactMs === null ? null : figures.exactMs / 1000),
  linkMbit: figures => figures.linkMbitPerSecond,
  /** Of the light viewers: the slowest one's rate, and the most bytes of one / the least. */
  slowestFps: ({ company }) => (company.length > 0 ? Math.min(...company.map(each => each.updatesPerSecond)) : null),
  bytesRatio: ({ company }) => {
    const rates = company.map(each => each.mbitPerSecond);
    return rates.length > 0 ? Math.max(...rates) / Math.min(...rates) : null;
  },
  otherCpu: figures => figures.otherCpuPercent,
  sharerCpu: figures => figures.sharer.cpuPercent,
  viewerCpu: figures => figures.viewer.cpuPercent,
  /** Milliseconds of CPU of both ends per shown frame. */
  cpuPerFrame: figures =>
    figures.shownFps > 0 ? ((figures.sharer.cpuPercent + figures.viewer.cpuPercent) * 10) / figures.shownFps : null,
  sharerRss: figures => figures.sharer.rssMb,
  viewerRss: figures => figures.viewer.rssMb,
} satisfies Record<string, (figures: RunFigures) => number | null>;

/** Null if most slides were not done before the next one came. */
function slideSeconds({ slides }: RunFigures, which: 'readableMs' | 'exactMs'): number | null {
  const times = slides.map(slide => slide[which] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const median = times[(times.length - 1) >> 1] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(median) ? median / 1000 : null;
}

export type Measure = keyof typeof MEASURES;

export interface Summary {
  readonly size: string;
  readonly workload: string;
  readonly system: string;
  readonly offeredFps: Spread | null;
  readonly values: Readonly<Record<Measure, Spread | null>>;
  /** This system's figure / the baseline's, within each round. */
  readonly ratios: Readonly<Record<Measure, Spread | null>> | null;
  /** Number of shown pictures compared with the offered ones. */
  readonly comparedPictures: number;
  readonly errors: readonly string[];
}

const NAMES = Object.keys(MEASURES) as Measure[];

function each<Value>(make: (measure: Measure) => Value): Record<Measure, Value> {
  return Object.fromEntries(NAMES.map(name => [name, make(name)])) as Record<Measure, Value>;
}

function figureOf(run: Run | undefined, measure: Measure): number | null {
  return run?.figures ? MEASURES[measure](run.figures) : null;
}

function ratio(run: Run, base: Run | undefined, measure: Measure): number | null {
  const [above, below] = [figureOf(run, measure), figureOf(base, measure)];
  return above === null || below === null || below === 0 ? null : above / below;
}

/** One summary per size, workload and system, in the order of the runs. */
export function summarise(runs: readonly Run[], against: string | null): Summary[] {
  const groups = new Map<string, Run[]>();
  const key = ({ size, workload, system }: Run) => `${size.width}x${size.height} ${workload} ${system}`;
  for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  return [...groups.values()].map(group => {
    const [first] = group as [Run, ...Run[]];
    const base = (run: Run) =>
      groups.get(key({ ...run, system: against ?? '' }))?.find(other => other.round === run.round);
    return {
      size: `${first.size.width}x${first.size.height}`,
      workload: first.workload,
      system: first.system,
      offeredFps: spread(group.map(run => run.figures?.offeredFps ?? null)),
      values: each(measure => spread(group.map(run => figureOf(run, measure)))),
      ratios:
        against === null || against === first.system
          ? null
          : each(measure => spread(group.map(run => ratio(run, base(run), measure)))),
      comparedPictures: group.reduce((sum, run) => sum + (run.figures?.comparedPictures ?? 0), 0),
      errors: group.flatMap(run => (run.error ? [run.error] : [])),
    };
  });
}
