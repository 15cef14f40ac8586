import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Size } from '../core/rectangle.js';
import type { Cable } from './cable.js';
import type { VirtualDisplay } from './displays.js';
import { FRAMES_PER_RUN, Painting } from './painting.js';
import { type Command, RunningProcess } from './running-process.js';
import { type PictureError, psnr, quantile } from './statistics.js';
import {
  busySeconds,
  bytesBetween,
  bytesSentFrom,
  cpuSeconds,
  freePort,
  isListening,
  processTree,
  residentMb,
} from './system-figures.js';
import { LOOPBACK, type System } from './systems.js';
import { ViewerCompany, type ViewerCounts } from './viewer-company.js';
import {
  type BothSightings,
  type SlideTimes,
  WatcherMode,
  type WatcherReport,
  type WatcherTask,
} from './watcher-task.js';
import { PLAIN_LAYOUT, type Workload } from './workloads/workload.js';

export interface RunOptions {
  readonly system: System;
  readonly workload: Workload;
  readonly size: Size;
  readonly seed: number;
  readonly offered: VirtualDisplay;
  readonly shown: VirtualDisplay;
  /** What is between the sharer and the viewer; null: nothing. */
  readonly cable: Cable | null;
  /** Number of light viewers on the same share. */
  readonly company: number;
  /** For sharers that limit what leaves them: the limit, as its flag takes it. */
  readonly uplink: string | null;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly profileFolder: string | null;
}

export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

/** Figures of one run. Times in milliseconds, CPU in percent of one core; null if nothing could be measured. */
export interface RunFigures {
  readonly offeredFps: number;
  readonly shownFps: number;
  readonly latencyMs: Latencies | null;
  /** Of typed letters, if the workload types beside something else. */
  readonly lettersMs: Latencies | null;
  /**
   * Of a shared Wayland compositor: pictures a second that had something new in them, of which no source can show more,
   * and the time from one of them to the viewer's window. Null on X11.
   */
  readonly composed: { readonly fps: number; readonly p50: number; readonly p95: number } | null;
  readonly kilobytesPerFrame: number | null;
  readonly mbitPerSecond: number;
  /** Median PSNR of the shown pictures against the offered ones; null if they were identical or none was compared. */
  readonly psnr: number | null;
  readonly psnrLuma: number | null;
  readonly psnrChroma: number | null;
  readonly comparedPictures: number;
  /** Of comparisons of text that is to be exact in each picture, the number of failures; null if there were none. */
  readonly wrongText: number | null;
  readonly comparedText: number;
  readonly slides: readonly SlideTimes[];
  /** From the last change to equal pictures; null if that took too long, or on no cable. */
  readonly exactMs: number | null;
  readonly sharer: { readonly cpuPercent: number; readonly rssMb: number };
  readonly viewer: { readonly cpuPercent: number; readonly rssMb: number };
  /** What left the sharer's end of the cable, headers included; null without one. */
  readonly linkMbitPerSecond: number | null;
  /** Of the light viewers on the same share, each; empty if there are none. */
  readonly company: readonly { readonly updatesPerSecond: number; readonly mbitPerSecond: number }[];
  /** CPU used by everything else on the machine, the bench and its displays not included. */
  readonly otherCpuPercent: number;
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
/** On a cable fewer pictures are shown. */
const COMPARE_ON_CABLE_MS = 3000;
/** The time that a screen gets to become exact. */
const SETTLE_MS = 20_000;
const POLL_MS = 20;
const FLOOR_MS = 2000;

class Watcher {
  readonly control = new Int32Array(new SharedArrayBuffer(12));
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

  /** Whether both pictures are equal, in the mode that waits for it. */
  get equal(): boolean {
    return Atomics.load(this.control, 2) === 1;
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

function latencies({ offered, shown }: BothSightings, from: number, to: number): number[] {
  const offeredAt = new Map(offered.frames.map((frame, index) => [frame, offered.times[index]!]));
  return shown.frames.flatMap((frame, index) => {
    const time = shown.times[index]!;
    const start = offeredAt.get(frame);
    return start === undefined || time < from || time > to ? [] : [time - start];
  });
}

function spreadOf(times: readonly number[]): Latencies | null {
  return times.length > 0 ? { p50: quantile(times, 0.5), p95: quantile(times, 0.95), most: quantile(times, 1) } : null;
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
  const { folder } = offered;
  const watcher = new Watcher({ offered: folder, shown: folder, size, layout: PLAIN_LAYOUT, numbers: of(painting) });
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

/** The numbers of a run's frames. */
function of({ firstFrame }: Painting): WatcherTask['numbers'] {
  return { first: firstFrame, last: firstFrame + FRAMES_PER_RUN / 2 };
}

/** The command, run at one end of a cable. */
function at(prefix: readonly string[], command: Command): Command {
  const [program = command.program, ...argv] = [...prefix, command.program, ...command.argv];
  return { ...command, program, argv };
}

/** The median of errors as decibels; null if there were none, or none to speak of. */
function decibels(errors: readonly PictureError[], kind: keyof PictureError): number | null {
  return errors.length > 0
    ? psnr(
        quantile(
          errors.map(each => each[kind]),
          0.5,
        ),
      )
    : null;
}

/** Measures one system under one workload. @throws Error when a program does not start or the viewer shows nothing */
export async function measure(options: RunOptions): Promise<RunFigures> {
  const { system, workload, size, offered, shown, cable } = options;
  const port = await freePort();
  const { profileFolder } = options;
  const address = cable?.sharer.address ?? LOOPBACK;
  const displays = { sharedDisplay: offered.name, viewerDisplay: shown.name };
  const place = { ...displays, address, port, size, profileFolder, uplink: options.uplink };
  const [sharersEnd, viewersEnd] = [cable?.sharer.prefix ?? [], cable?.viewer.prefix ?? []];
  const painting = await Painting.start(offered, size, workload.name, options.seed);
  const processes: RunningProcess[] = [];
  let watcher: Watcher | null = null;
  let company: ViewerCompany | null = null;
  try {
    const sharer = new RunningProcess(at(sharersEnd, system.sharer(place)));
    processes.push(sharer);
    await until(() => isListening(port, sharer.pid), [sharer], 'the sharer does not listen');
    const task = { count: options.company, host: address, port };
    if (options.company > 0) company = await ViewerCompany.connect(viewersEnd, task);
    const viewer = new RunningProcess(at(viewersEnd, system.viewer(place)));
    processes.push(viewer);
    const layout = workload.layout?.(size) ?? PLAIN_LAYOUT;
    watcher = new Watcher({
      ...{ offered: offered.folder, shown: shown.folder, size, layout },
      numbers: of(painting),
    });
    const search = watcher;
    const parts = [painting, ...processes, ...[cable, company].filter(each => each !== null)];
    await until(() => search.found, parts, 'the viewer does not show the marker');
    await sleep(options.warmUpMs);

    const trees = [sharer.tree(), viewer.tree()] as const;
    const measureMs = Math.max(options.measureMs, workload.atLeastMs ?? 0);
    const othersBefore = othersSeconds(offered, shown);
    const cpuBefore = trees.map(cpuSeconds);
    const bytesBefore = bytesSentFrom(port, sharersEnd);
    const companyBefore = await company?.count();
    const linkBefore = cable?.sent(cable.sharer) ?? 0;
    watcher.mode = WatcherMode.Measure;
    const from = now();
    await sleep(measureMs);
    const to = now();
    const linkBytes = (cable?.sent(cable.sharer) ?? 0) - linkBefore;
    const companyAfter = await company?.count();
    const bytes = bytesBetween(bytesBefore, bytesSentFrom(port, sharersEnd));
    const cpuAfter = trees.map(cpuSeconds);
    const othersAfter = othersSeconds(offered, shown);
    const rss = trees.map(residentMb);
    if (workload.hz > 0 && !layout.slides) {
      watcher.mode = WatcherMode.Compare;
      await sleep(cable ? COMPARE_ON_CABLE_MS : COMPARE_MS);
      if (cable) await settle(painting, watcher);
    }
    const dead = parts.find(each => each.ended);
    if (dead) throw new Error(`a program ended during the measurement. ${dead.said}`);
    const report = await watcher.finish();
    watcher = null;

    const seconds = (to - from) / 1000;
    const frames = within(report.shown.times, from, to);
    const role = (index: 0 | 1) => ({
      cpuPercent: ((cpuAfter[index]! - cpuBefore[index]!) / seconds) * 100,
      rssMb: rss[index]!,
    });
    return {
      offeredFps: within(report.offered.times, from, to) / seconds,
      shownFps: frames / seconds,
      latencyMs: spreadOf(latencies(report, from, to)),
      lettersMs: spreadOf(latencies(report.letters, from, to)),
      composed: sinceComposed(report, painting.composed, from, to),
      kilobytesPerFrame: frames > 0 ? bytes / 1000 / frames : null,
      mbitPerSecond: (bytes * 8) / 1e6 / seconds,
      psnr: decibels(report.errors, 'rgb'),
      psnrLuma: decibels(report.errors, 'luma'),
      psnrChroma: decibels(report.errors, 'chroma'),
      comparedPictures: report.errors.length,
      wrongText: report.text.compared > 0 ? report.text.wrong : null,
      comparedText: report.text.compared,
      slides: report.slides,
      exactMs: report.equalAt === null ? null : report.equalAt - lastChange(report),
      sharer: role(0),
      viewer: role(1),
      linkMbitPerSecond: cable && (linkBytes * 8) / 1e6 / seconds,
      company: companyBefore && companyAfter ? rates(companyBefore, companyAfter, seconds) : [],
      otherCpuPercent: Math.max(0, ((othersAfter - othersBefore) / seconds) * 100),
      lookMs: report.interval,
    };
  } finally {
    await watcher?.finish();
    await company?.stop();
    for (const each of processes.reverse()) await each.stop();
    await painting.stop();
  }
}

function rates(before: ViewerCounts, after: ViewerCounts, seconds: number): RunFigures['company'] {
  return before.bytes.map((bytes, index) => ({
    updatesPerSecond: (after.updates[index]! - before.updates[index]!) / seconds,
    mbitPerSecond: ((after.bytes[index]! - bytes) * 8) / 1e6 / seconds,
  }));
}

/** Stops the motion, and waits until the viewer shows exactly what is shared, or gives up. */
async function settle(painting: Painting, watcher: Watcher): Promise<void> {
  await painting.still();
  watcher.mode = WatcherMode.Settle;
  const deadline = performance.now() + SETTLE_MS;
  while (!watcher.equal && performance.now() < deadline) await sleep(POLL_MS);
}

/** When the first display changed last. */
function lastChange({ offered, letters }: WatcherReport): number {
  return Math.max(offered.times.at(-1) ?? 0, letters.offered.times.at(-1) ?? 0);
}

/** Seconds of CPU used by everything that is no part of the bench. */
function othersSeconds(...displays: readonly VirtualDisplay[]): number {
  const ours = new Set([process.pid, ...displays.map(({ pid }) => pid)].flatMap(processTree));
  return busySeconds() - cpuSeconds([...ours]);
}
