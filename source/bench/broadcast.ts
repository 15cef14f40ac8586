import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Size } from '../core/rectangle.js';
import { systemClock } from '../node/clock.js';
import { AES_CIPHER } from '../node/record-ciphers.js';
import { type BroadcastLink, readBroadcastLink } from '../protocols/broadcast/link.js';
import { ResourceStream } from '../session/watch/broadcast/resource-stream.js';
import { HttpClient } from '../transport/http-download.js';
import { startDisplay, type VirtualDisplay } from './displays.js';
import { getWhole, LightReader } from './light-reader.js';
import type { BenchOptions } from './options.js';
import { ownFolder } from './own-folder.js';
import { Painting } from './painting.js';
import { until } from './run.js';
import { RunningProcess } from './running-process.js';
import { quantile } from './statistics.js';
import { cpuSeconds, freePort, isListening, residentMb } from './system-figures.js';
import { broadcaster, LOOPBACK } from './systems.js';
import { hallConfiguration, varnishArguments } from './varnish.js';
import type { Workload } from './workloads/workload.js';

/** Figures of one share with readers behind Varnish. Times are milliseconds. */
export interface BroadcastRun {
  readonly round: number;
  readonly workload: string;
  readonly readers: number;
  /** From when the sharer made an update until a reader had its last byte. */
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  /** Of the updates that all readers together should have had, those that came. */
  readonly delivered: number;
  readonly updatesPerSecond: number;
  readonly mbitPerSecondEach: number;
  /** Per cent of a core. */
  readonly sharerCpu: number;
  readonly varnishCpu: number;
  readonly varnishMb: number;
  /** Of those who join at the same time: from the first request until the last byte of the whole picture. */
  readonly joinMs: { readonly p50: number; readonly p95: number };
}

/** How many join at the same time. */
const JOINING = 100;
const UPDATE = 1;
/** What was sent last may be on its way for so long. */
const LAST_MS = 1000;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** What the sharer sent: when it made each update, by its place. */
class Reference {
  /** Milliseconds of this process. */
  readonly made = new Map<string, number>();
  segment = 0;
  readonly #link: BroadcastLink;
  readonly #client = new HttpClient();
  #over = false;

  constructor(link: BroadcastLink) {
    this.#link = link;
  }

  /** Resolves when it reads; goes on until it is closed. */
  async start(): Promise<void> {
    const newest = await this.#open({ kind: 'm' }).next();
    if (newest?.type !== 'meta') throw new Error('the sharer has no newest segment');
    this.segment = newest.meta.k;
    void this.#follow().catch(error => {
      if (!this.#over) throw error;
    });
  }

  close(): void {
    this.#over = true;
    this.#client.close();
  }

  async #follow(): Promise<void> {
    let stream = this.#open({ kind: 'u', segment: this.segment });
    for (;;) {
      let next: ResourceStream | null = null;
      for (let index = 0; ; index++) {
        const message = await stream.next();
        if (!message) break;
        if (message.type === 'turn') next ??= this.#open({ kind: 'u', segment: this.segment + 1 });
        if (message.type === 'update') {
          this.made.set(`${this.segment}/${index}`, message.at - performance.timeOrigin);
        }
      }
      stream = next ?? this.#open({ kind: 'u', segment: this.segment + 1 });
      this.segment++;
    }
  }

  #open(resource: ConstructorParameters<typeof ResourceStream>[0]): ResourceStream {
    return new ResourceStream(resource, {
      clock: systemClock,
      start: name => this.#client.get(`${this.#link.place}${name}`),
      key: this.#link.key,
      createOpener: key => AES_CIPHER.create(key),
    });
  }
}

/** Arrivals at all readers, by the places of the messages. */
class Arrivals {
  readonly times = new Map<string, number[]>();

  readonly take = ({ kind, segment, index, time }: Parameters<NonNullable<LightReaderMessage>>[0]): void => {
    if (kind !== UPDATE) return;
    const place = `${segment}/${index}`;
    const times = this.times.get(place);
    if (times) times.push(time);
    else this.times.set(place, [time]);
  };
}

type LightReaderMessage = ConstructorParameters<typeof LightReader>[0]['onMessage'];

interface Measurement {
  readonly readers: number;
  readonly seconds: number;
  readonly warmUp: number;
}

interface Running {
  readonly sharer: RunningProcess;
  readonly varnish: RunningProcess;
  readonly place: Place;
  readonly reference: Reference;
}

async function measureReaders({ sharer, varnish, place, reference }: Running, measurement: Measurement) {
  const arrivals = new Arrivals();
  const { segment } = reference;
  const readers = Array.from(
    { length: measurement.readers },
    () => new LightReader({ ...place, segment, onMessage: arrivals.take }),
  );
  try {
    await sleep(measurement.warmUp * 1000);
    const [shared, cached] = [sharer.tree(), varnish.tree()];
    const cpu = { sharer: cpuSeconds(shared), varnish: cpuSeconds(cached) };
    const bytes = readers.map(reader => reader.bytes);
    const from = performance.now();
    await sleep(measurement.seconds * 1000);
    const to = performance.now();
    const took = (to - from) / 1000;
    const [sharerCpu, varnishCpu] = [cpuSeconds(shared) - cpu.sharer, cpuSeconds(cached) - cpu.varnish];
    const received = readers.reduce((sum, reader, index) => sum + reader.bytes - bytes[index]!, 0);
    const varnishMb = residentMb(cached);
    await sleep(LAST_MS);
    const failed = readers.map(reader => reader.failed).find(each => each !== null);
    if (failed !== undefined && failed !== null) throw new Error(`a reader failed: ${failed}`);
    const made = [...reference.made].filter(([, time]) => time >= from && time < to);
    const latencies = made.flatMap(([where, time]) => (arrivals.times.get(where) ?? []).map(came => came - time));
    const joins = await Promise.all(Array.from({ length: JOINING }, () => join(place, reference.segment)));
    return {
      latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
      delivered: latencies.length / Math.max(made.length * measurement.readers, 1),
      updatesPerSecond: made.length / took,
      mbitPerSecondEach: (received * 8) / 1e6 / took / measurement.readers,
      sharerCpu: (sharerCpu / took) * 100,
      varnishCpu: (varnishCpu / took) * 100,
      varnishMb,
      joinMs: { p50: quantile(joins, 0.5), p95: quantile(joins, 0.95) },
    };
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** As a viewer joins: the newest segment's number, then that segment and its whole picture together. */
async function join(place: Place, segment: number): Promise<number> {
  const from = performance.now();
  await getWhole(place, 'm');
  const reader = new LightReader({ ...place, segment });
  try {
    await getWhole(place, `k/${segment}`);
    return performance.now() - from;
  } finally {
    reader.close();
  }
}

/** Runs a share of a display and a Varnish before it. */
async function withBroadcast<Result>(
  display: VirtualDisplay,
  readers: number,
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  const [port, cachePort] = [await freePort(), await freePort()];
  const folder = ownFolder(os.tmpdir(), 'bench');
  const sharer = new RunningProcess(broadcaster(display.name, port));
  const file = path.join(folder, 'hall.vcl');
  writeFileSync(file, hallConfiguration(LOOPBACK, port));
  const place = { folder, file, host: LOOPBACK, port: cachePort, viewers: readers + JOINING };
  const varnish = new RunningProcess({ program: 'varnishd', argv: varnishArguments(place) });
  let reference: Reference | null = null;
  try {
    await until(
      () => isListening(port) && isListening(cachePort),
      [sharer, varnish],
      'the sharer or Varnish does not listen',
    );
    const printed = () => /http:\/\/\S+\/live\/\S+/.exec(sharer.said)?.[0];
    await until(() => printed() !== undefined, [sharer, varnish], 'the sharer prints no link');
    const link = readBroadcastLink(printed()!);
    if (!link) throw new Error('the sharer prints an unknown link');
    const cached = link.place.replace(/^http:\/\/[^/]+/, `http://${LOOPBACK}:${cachePort}`);
    reference = new Reference({ ...link, place: cached });
    await reference.start();
    return await use({
      sharer,
      varnish,
      reference,
      place: { host: LOOPBACK, port: cachePort, path: new URL(cached).pathname },
    });
  } finally {
    reference?.close();
    await varnish.stop();
    await sharer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures each number of readers in turns, for the first workload. */
export async function measureBroadcasts(
  options: BenchOptions,
  counts: readonly number[],
  done: (run: BroadcastRun) => void,
): Promise<BroadcastRun[]> {
  const runs: BroadcastRun[] = [];
  const [size] = options.sizes as [Size];
  const [workload] = options.workloads as [Workload];
  const { seconds, warmUp } = options;
  const display = await startDisplay(size);
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const readers of counts) {
        const painting = await Painting.start(display, size, workload.name, options.seed + round - 1);
        try {
          const measured = await withBroadcast(display, readers, running =>
            measureReaders(running, { readers, seconds, warmUp }),
          );
          const run = { round, workload: workload.name, readers, ...measured };
          runs.push(run);
          done(run);
        } finally {
          await painting.stop();
        }
      }
    }
  } finally {
    await display.stop();
  }
  return runs;
}

/** Medians over all rounds. */
export function broadcastRows(runs: readonly BroadcastRun[]): string[][] {
  const rows = [
    [
      'readers',
      'p50 ms',
      'p95 ms',
      'delivered',
      'updates/s',
      'Mbit/s each',
      'sharer CPU %',
      'Varnish CPU %',
      'Varnish MB',
      `${JOINING} join: p50 ms`,
      'p95 ms',
    ],
  ];
  for (const readers of new Set(runs.map(run => run.readers))) {
    const group = runs.filter(run => run.readers === readers);
    const median = (of: (run: BroadcastRun) => number) => quantile(group.map(of), 0.5);
    rows.push([
      `${readers}`,
      median(run => run.latencyMs.p50).toFixed(1),
      median(run => run.latencyMs.p95).toFixed(1),
      `${(median(run => run.delivered) * 100).toFixed(1)} %`,
      median(run => run.updatesPerSecond).toFixed(1),
      median(run => run.mbitPerSecondEach).toFixed(2),
      median(run => run.sharerCpu).toFixed(1),
      median(run => run.varnishCpu).toFixed(1),
      median(run => run.varnishMb).toFixed(0),
      median(run => run.joinMs.p50).toFixed(0),
      median(run => run.joinMs.p95).toFixed(0),
    ]);
  }
  return rows;
}
