import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Size } from '../core/rectangle.js';
import type { VirtualDisplay } from './displays.js';
import { Painting } from './painting.js';
import { RunningProcess } from './running-process.js';
import { psnr, quantile } from './statistics.js';
import { bytesSentFrom, cpuSeconds, freePort, isListening, residentMb } from './system-figures.js';
import type { System } from './systems.js';
import { WatcherMode, type WatcherReport, type WatcherTask } from './watcher-task.js';
import type { Workload } from './workloads/workload.js';

export interface RunOptions {
  readonly system: System;
  readonly workload: Workload;
  readonly size: Size;
  readonly seed: number;
  readonly offered: VirtualDisplay;
  readonly shown: VirtualDisplay;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly profileFolder: string | null;
}

/** Figures of one run. Times in milliseconds, CPU in percent of one core; null if nothing could be measured. */
export interface RunFigures {
  readonly offeredFps: number;
  readonly shownFps: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly most: number } | null;
  /**
   * Of a shared Wayland compositor: pictures a second that had something new in them, of which no source can show more,
   * and the time from one of them to the viewer's window. Null on X11.
   */
  readonly composed: { readonly fps: number; readonly p50: number; readonly p95: number } | null;
  readonly kilobytesPerFrame: number | null;
  readonly mbitPerSecond: number;
  /** Median PSNR of the shown pictures against the offered ones; null if they were identical or none was compared. */
  readonly psnr: number | null;
  readonly comparedPictures: number;
  readonly sharer: { readonly cpuPercent: number; readonly rssMb: number };
  readonly viewer: { readonly cpuPercent: number; readonly rssMb: number };
  /** Mean time between two samples of the watcher: the resolution of the latencies. */
  readonly lookMs: number;
}

export interface MethodFigures {
  /** Quantiles of the latencies measured from a display to itself. */
  readonly p50: number;
  readonly p95: number;
  /** Mean time between two samples: the resolution of each latency. */
  readonly lookMs: number;
}

const READY_MS = 30_000;
const COMPARE_MS = 1500;
const POLL_MS = 20;
const FLOOR_MS = 2000;

class Watcher {
  readonly control = new Int32Array(new SharedArrayBuffer(8));
  readonly #report: Promise<WatcherReport>;

  constructor(task: Omit<WatcherTask, 'control'>) {
    const workerData: WatcherTask = { ...task, control: this.control };
    const worker = new Worker(new URL('watcher.js', import.meta.url), { workerData });
    this.#report = new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  }

  get found(): boolean {
    return Atomics.load(this.control, 1) === 1;
  }

  set mode(mode: WatcherMode) {
    Atomics.store(this.control, 0, mode);
    Atomics.notify(this.control, 0);
  }

  finish(): Promise<WatcherReport> {
    this.mode = WatcherMode.Stop;
    return this.#report;
  }
}

interface Watched {
  readonly ended: boolean;
  /** The end of its output. */
  readonly said: string;
}

/** Waits for the condition. @throws Error when one of the processes ends first, or on a timeout */
export async function until(condition: () => boolean, processes: readonly Watched[], what: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!condition()) {
    const dead = processes.find(each => each.ended);
    if (dead) throw new Error(`${what}: the program ended. ${dead.said}`);
    if (performance.now() > deadline)
      throw new Error(`${what}: gave up. ${processes.map(each => each.said).join(' ')}`);
    await sleep(POLL_MS);
  }
}

/** The clock that the watcher uses. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function latencies({ offered, shown }: WatcherReport, from: number, to: number): number[] {
  const offeredAt = new Map(offered.frames.map((frame, index) => [frame, offered.times[index]!]));
  return shown.frames.flatMap((frame, index) => {
    const time = shown.times[index]!;
    const start = offeredAt.get(frame);
    return start === undefined || time < from || time > to ? [] : [time - start];
  });
}

/** From the compositor's own time of each frame; null where there is none. */
function sinceComposed({ shown }: WatcherReport, composed: ReadonlyMap<number, number>, from: number, to: number) {
  const times = shown.frames.flatMap((frame, index) => {
    const [start, time] = [composed.get(frame), shown.times[index]!];
    return start === undefined || time < from || time > to ? [] : [time - start];
  });
  if (times.length === 0) return null;
  // What a program commits twice within one picture is composed once.
  const pictures = within([...new Set(composed.values())], from, to);
  return { fps: pictures / ((to - from) / 1000), p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

function within(times: readonly number[], from: number, to: number): number {
  return times.reduce((count, time) => (time >= from && time <= to ? count + 1 : count), 0);
}

/** The latency that the method measures where there is none: the offered display against itself. */
export async function measureFloor(offered: VirtualDisplay, size: Size): Promise<MethodFigures> {
  const painting = await Painting.start(offered, size, 'typing', 1);
  const watcher = new Watcher({ offered: offered.folder, shown: offered.folder, size });
  try {
    watcher.mode = WatcherMode.Measure;
    await sleep(FLOOR_MS);
    const report = await watcher.finish();
    const times = latencies(report, 0, now());
    return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), lookMs: report.interval };
  } finally {
    await painting.stop();
  }
}

/** Measures one system under one workload. @throws Error when a program does not start or the viewer shows nothing */
export async function measure(options: RunOptions): Promise<RunFigures> {
  const { system, workload, size, offered, shown } = options;
  const port = await freePort();
  const { profileFolder } = options;
  const place = { sharedDisplay: offered.name, viewerDisplay: shown.name, port, size, profileFolder };
  const painting = await Painting.start(offered, size, workload.name, options.seed);
  const processes: RunningProcess[] = [];
  let watcher: Watcher | null = null;
  try {
    const sharer = new RunningProcess(system.sharer(place));
    processes.push(sharer);
    await until(() => isListening(port), [sharer], 'the sharer does not listen');
    const viewer = new RunningProcess(system.viewer(place));
    processes.push(viewer);
    watcher = new Watcher({ offered: offered.folder, shown: shown.folder, size });
    const search = watcher;
    await until(() => search.found, [painting, ...processes], 'the viewer does not show the marker');
    await sleep(options.warmUpMs);

    const trees = [sharer.tree(), viewer.tree()] as const;
    const cpuBefore = trees.map(cpuSeconds);
    const bytesBefore = bytesSentFrom(port);
    watcher.mode = WatcherMode.Measure;
    const from = now();
    await sleep(options.measureMs);
    const to = now();
    const bytes = bytesSentFrom(port) - bytesBefore;
    const cpuAfter = trees.map(cpuSeconds);
    const rss = trees.map(residentMb);
    if (workload.hz > 0) {
      watcher.mode = WatcherMode.Compare;
      await sleep(COMPARE_MS);
    }
    const dead = [painting, ...processes].find(each => each.ended);
    if (dead) throw new Error(`a program ended during the measurement. ${dead.said}`);
    const report = await watcher.finish();
    watcher = null;

    const seconds = (to - from) / 1000;
    const times = latencies(report, from, to);
    const frames = within(report.shown.times, from, to);
    const role = (index: 0 | 1) => ({
      cpuPercent: ((cpuAfter[index]! - cpuBefore[index]!) / seconds) * 100,
      rssMb: rss[index]!,
    });
    return {
      offeredFps: within(report.offered.times, from, to) / seconds,
      shownFps: frames / seconds,
      latencyMs:
        times.length > 0 ? { p50: quantile(times, 0.5), p95: quantile(times, 0.95), most: quantile(times, 1) } : null,
      composed: sinceComposed(report, painting.composed, from, to),
      kilobytesPerFrame: frames > 0 ? bytes / 1000 / frames : null,
      mbitPerSecond: (bytes * 8) / 1e6 / seconds,
      psnr: report.errors.length > 0 ? psnr(quantile(report.errors, 0.5)) : null,
      comparedPictures: report.errors.length,
      sharer: role(0),
      viewer: role(1),
      lookMs: report.interval,
    };
  } finally {
    await watcher?.finish();
    for (const each of processes.reverse()) await each.stop();
    await painting.stop();
  }
}
