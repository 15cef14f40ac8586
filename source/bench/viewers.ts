import { setTimeout as sleep } from 'node:timers/promises';
import type { Size } from '../core/rectangle.js';
import { startDisplay, type VirtualDisplay } from './displays.js';
import { LightViewer } from './light-viewer.js';
import type { BenchOptions } from './options.js';
import { Painting } from './painting.js';
import { until } from './run.js';
import { RunningProcess } from './running-process.js';
import { quantile } from './statistics.js';
import { cpuSeconds, freePort, isListening, residentMb } from './system-figures.js';
import { LOOPBACK, type System } from './systems.js';
import type { Workload } from './workloads/workload.js';

/** Figures of one share with several viewers. */
export interface ViewersRun {
  readonly round: number;
  readonly system: string;
  readonly workload: string;
  readonly viewers: number;
  /** Whether one viewer has stopped reading. */
  readonly stalled: boolean;
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** Updates per second of the viewers that read. */
  readonly updatesPerSecond: { readonly least: number; readonly median: number; readonly most: number };
  /** Jain's fairness index: 1 if all viewers are served equally, 1 / viewers if only one is served. */
  readonly fairness: number;
  /** The longest time without an update for a viewer that reads. */
  readonly longestGapMs: number;
  readonly mbitPerSecondEach: number;
}

const WARM_UP_MS = 1500;

function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

interface Share {
  readonly system: System;
  readonly workload: Workload;
  readonly size: Size;
  readonly display: VirtualDisplay;
  readonly seconds: number;
  readonly seed: number;
}

type Measured = Omit<ViewersRun, 'round' | 'system' | 'workload' | 'viewers' | 'stalled'>;

async function measureViewers(share: Share, count: number, stall: boolean): Promise<Measured> {
  const { system, workload, size, display, seconds, seed } = share;
  const port = await freePort();
  const painting = await Painting.start(display, size, workload.name, seed);
  const displays = { sharedDisplay: display.name, viewerDisplay: display.name };
  const place = { ...displays, address: LOOPBACK, port, size, uplink: null, profileFolder: null };
  const sharer = new RunningProcess(system.sharer(place));
  const viewers: LightViewer[] = [];
  try {
    await until(() => isListening(port), [sharer], 'the sharer does not listen');
    while (viewers.length < count) viewers.push(await LightViewer.connect(port, { web: system.wire === 'web' }));
    if (stall) viewers.pop()?.stall();
    await sleep(WARM_UP_MS);
    const tree = sharer.tree();
    const cpu = cpuSeconds(tree);
    const from = performance.now();
    const bytes = viewers.map(each => each.bytes);
    await sleep(seconds * 1000);
    const to = performance.now();
    const used = cpuSeconds(tree) - cpu;
    const took = (to - from) / 1000;
    const seen = viewers.map(({ updates }) => updates.filter(time => time >= from && time <= to));
    const rates = seen.map(times => times.length / took);
    const gaps = seen.flatMap(times =>
      [from, ...times, to].slice(1).map((time, index) => time - [from, ...times][index]!),
    );
    const sent = viewers.reduce((sum, viewer, index) => sum + viewer.bytes - bytes[index]!, 0);
    return {
      cpuPercent: (used / took) * 100,
      rssMb: residentMb(tree),
      updatesPerSecond: { least: Math.min(...rates), median: quantile(rates, 0.5), most: Math.max(...rates) },
      fairness: jain(rates),
      longestGapMs: Math.max(...gaps),
      mbitPerSecondEach: (sent * 8) / 1e6 / took / Math.max(1, viewers.length),
    };
  } finally {
    for (const viewer of viewers) viewer.close();
    await sharer.stop();
    await painting.stop();
  }
}

/** Measures one viewer and `count` viewers in turns, for each system with rfb. */
export async function compareViewers(
  options: BenchOptions,
  count: number,
  done: (run: ViewersRun) => void,
): Promise<ViewersRun[]> {
  const runs: ViewersRun[] = [];
  const [size] = options.sizes as [Size];
  const [workload] = options.workloads as [Workload];
  const systems = options.systems.filter(({ wire }) => wire !== 'classic');
  const display = await startDisplay(size);
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const system of systems) {
        const share = { system, workload, size, display, seconds: options.seconds, seed: options.seed + round - 1 };
        for (const viewers of count === 1 ? [1] : [1, count]) {
          const stalled = options.stall && viewers > 1;
          const measured = await measureViewers(share, viewers, stalled);
          const run = { round, system: system.name, workload: workload.name, viewers, stalled, ...measured };
          runs.push(run);
          done(run);
        }
      }
    }
  } finally {
    await display.stop();
  }
  return runs;
}

/** Medians over all rounds, and the cost relative to one viewer, computed within each round. */
export function viewersRows(runs: readonly ViewersRun[]): string[][] {
  const rows = [
    ['', 'viewers', 'CPU %', 'CPU / one viewer', 'RSS MB', 'updates/s', 'fairness', 'longest gap ms', 'Mbit/s each'],
  ];
  const kinds = new Set(runs.map(({ system, viewers }) => `${system} ${viewers}`));
  for (const kind of kinds) {
    const group = runs.filter(({ system, viewers }) => `${system} ${viewers}` === kind);
    const [first] = group as [ViewersRun, ...ViewersRun[]];
    const median = (of: (run: ViewersRun) => number) => quantile(group.map(of), 0.5);
    const alone = (run: ViewersRun) =>
      runs.find(each => each.round === run.round && each.system === run.system && each.viewers === 1)?.cpuPercent ?? 0;
    const rate = (name: 'least' | 'median' | 'most') => median(run => run.updatesPerSecond[name]).toFixed(1);
    rows.push([
      first.system,
      `${first.viewers}${first.stalled ? ' (one stalled)' : ''}`,
      median(run => run.cpuPercent).toFixed(1),
      median(run => run.cpuPercent / alone(run)).toFixed(2),
      median(run => run.rssMb).toFixed(0),
      `${rate('median')} (${rate('least')}-${rate('most')})`,
      median(run => run.fairness).toFixed(3),
      median(run => run.longestGapMs).toFixed(0),
      median(run => run.mbitPerSecondEach).toFixed(1),
    ]);
  }
  return rows;
}
