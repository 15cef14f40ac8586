import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { intersect, type Rectangle, type Size } from '../core/rectangle.js';
import { systemClock, unixTime } from '../node/clock.js';
import { loadJpegDecoder, nodeCompressors } from '../node/compressors.js';
import { createInflater } from '../node/inflater.js';
import { createPixelMemory } from '../node/load-kernels.js';
import { BYTES_PER_PIXEL, Framebuffer } from '../pixels/framebuffer.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { Region } from '../pixels/region.js';
import { Screen } from '../pixels/screen.js';
import { LogPicture } from '../session/play/log-picture.js';
import { LogVideo } from '../session/play/log-video.js';
import { openRecording } from '../session/play/open-recording.js';
import { Player } from '../session/play/player.js';
import { RECORDED_QUALITY, Recordings, recordingProfile } from '../session/recording/recordings.js';
import { CellCuts } from '../session/share/rfb/cells.js';
import { planUpdate } from '../session/share/rfb/update-plan.js';
import { SHARE_DEFAULTS } from '../session/share-options.js';
import type { BenchOptions } from './options.js';
import { copyPixels, emptyPixels } from './pictures.js';
import { quantile } from './statistics.js';
import { all, type Stage, type StageSurface, seededRandom, type Workload } from './workloads/workload.js';

/** The workloads take turns of this length. */
const TURN_MS = 30_000;
/** Pictures a second, as a share records where nobody watches. */
const FPS = 30;
const SEEKS = 200;

export interface RecordingRun {
  readonly round: number;
  readonly size: Size;
  readonly minutes: number;
  readonly pictures: number;
  readonly bytes: number;
  /** Processor time for a recorded minute, in seconds: painting, comparing and encoding. */
  readonly secondsPerMinute: number;
  readonly seekMs: { readonly p50: number; readonly p95: number; readonly most: number };
}

/** Time that passes only when it is told to, so that an hour takes as long as its pictures do. */
class OwnTime implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(each => each !== timer);
    };
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}

/** A screen in memory that workloads paint. */
class PaintedScreen implements Stage {
  readonly width: number;
  readonly height: number;
  readonly #shown;
  #damage: Rectangle[] = [];

  constructor({ width, height }: Size) {
    this.width = width;
    this.height = height;
    this.#shown = emptyPixels({ width, height });
  }

  createSurface(size: Size): StageSurface {
    return { ...emptyPixels(size), image: 0n };
  }

  put(surface: StageSurface, part: Rectangle, x: number, y: number): void {
    const inside = intersect({ ...part, x, y }, all(this));
    if (!inside) return;
    copyPixels(
      surface,
      { ...inside, x: part.x + inside.x - x, y: part.y + inside.y - y },
      this.#shown,
      inside.x,
      inside.y,
    );
    this.#damage.push(inside);
  }

  /** Commits what was painted since the last time. */
  commitTo(screen: Screen, time: number): void {
    const damage = Region.of(this.#damage).rectangles();
    this.#damage = [];
    const incoming = screen.incomingFor(damage);
    const shown = new Uint8Array(this.#shown.pixels.buffer);
    for (const { x, y, width, height } of damage) {
      for (let row = y; row < y + height; row++) {
        const from = (row * this.width + x) * BYTES_PER_PIXEL;
        incoming.memory
          .bytes(incoming.at(x, row), width * BYTES_PER_PIXEL)
          .set(shown.subarray(from, from + width * BYTES_PER_PIXEL));
      }
    }
    screen.commit(damage, time);
  }
}

/** Records so many minutes of the workloads in turns. @returns the number of pictures */
async function record(file: string, size: Size, minutes: number, workloads: readonly Workload[], seed: number) {
  const clock = new OwnTime();
  const memory = createPixelMemory();
  const screen = new Screen(memory, size);
  const stage = new PaintedScreen(size);
  const cuts = new CellCuts();
  const whole = Region.of([all(size)]);
  const profile = recordingProfile(SHARE_DEFAULTS.level, RECORDED_QUALITY);
  let version = 0;
  let next = () => {};
  let failed: string | null = null;
  const recordings = new Recordings({
    ...{ clock, memory, compressors: nodeCompressors, date: unixTime },
    recordingChanged: () => {},
    recordNext: () => next(),
    refineRecording: () => take(true),
    // That the disk is too slow is no failure here: time waits for it.
    notice: (_tone, text, code) => {
      if (code === 'E_RECORDING') failed ??= text;
    },
  });
  const take = (refine: boolean) => {
    if (!recordings.ready) return;
    const has = { version, dirty: new Region() };
    const plan = planUpdate(screen, cuts, has, {
      bounds: all(size),
      requested: whole,
      copyRect: true,
      refreshes: true,
    });
    if (!plan && !refine) return;
    version = screen.version;
    recordings.take({
      framebuffer: screen.framebuffer,
      ready: (plan?.moves ?? []).map(move => ({ kind: 'move', move })),
      areas: (plan?.cells ?? []).map(({ rectangle }) => rectangle),
      ...{ pointer: [], wholePointer: () => [], time: clock.now(), name: 'bench', profile },
    });
  };
  await recordings.begin(file);
  let pictures = 0;
  for (let turn = 0; clock.now() < minutes * 60_000; turn++) {
    const workload = workloads[turn % workloads.length]!;
    const painting = workload.setUp(stage, seededRandom(seed + turn));
    const ends = Math.min(clock.now() + TURN_MS, minutes * 60_000);
    const stepMs = 1000 / Math.min(FPS, workload.hz || 1);
    for (let frame = 1; clock.now() < ends; frame++) {
      clock.pass(stepMs);
      painting.paint(frame, pictures++);
      stage.commitTo(screen, clock.now());
      take(false);
      while (!recordings.ready && failed === null) {
        await new Promise<void>(resolve => {
          next = resolve;
        });
      }
      if (failed !== null) throw new Error(failed);
    }
  }
  await recordings.switchTo(null);
  screen.free();
  return pictures;
}

/** Seeks to places all over a recording. @returns how long each took, in ms */
async function seek(file: string, seed: number): Promise<number[]> {
  const memory = createPixelMemory();
  const recording = await openRecording(file);
  const picture = playedPicture(memory);
  const failures: unknown[] = [];
  const player = new Player(recording.reader, picture, {
    clock: systemClock,
    shown: () => {},
    changed: () => {},
    damaged: why => failures.push(why),
    failed: error => failures.push(error),
  });
  const random = seededRandom(seed);
  const times: number[] = [];
  for (let count = 0; count < SEEKS; count++) {
    const began = performance.now();
    await player.seek(random() * player.durationMs);
    times.push(performance.now() - began);
  }
  await player.close();
  await recording.close();
  if (failures.length > 0) throw new Error(`the recording cannot be played: ${failures[0]}`);
  return times;
}

function playedPicture(memory: PixelMemory): LogPicture {
  let framebuffer: Framebuffer | null = null;
  const video = new LogVideo({
    ...{ clock: systemClock, decoders: null, patient: true, decodedBy: () => {} },
    cannot: () => {},
  });
  return new LogPicture({
    ...{ memory, inflater: createInflater({ memory }), clock: systemClock, jpeg: loadJpegDecoder(), video },
    resize: size => {
      framebuffer?.free();
      framebuffer = new Framebuffer(memory, size);
      return framebuffer;
    },
  });
}

/** Measures what a long recording comes to, and how fast one seeks in it. */
export async function measureRecordings(
  options: Pick<BenchOptions, 'rounds' | 'sizes' | 'workloads' | 'seed'>,
  minutes: number,
  done: (run: RecordingRun) => void,
): Promise<RecordingRun[]> {
  const runs: RecordingRun[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const size of options.sizes) {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-bench-recording-'));
      try {
        const file = path.join(folder, 'recording.pglog');
        const before = process.cpuUsage();
        const pictures = await record(file, size, minutes, options.workloads, options.seed);
        const { user, system } = process.cpuUsage(before);
        const { bytes, close } = await openRecording(file);
        await close();
        const secondsPerMinute = (user + system) / 1e6 / minutes;
        const times = await seek(file, options.seed);
        const seekMs = { p50: quantile(times, 0.5), p95: quantile(times, 0.95), most: quantile(times, 1) };
        const run = { round, size, minutes, pictures, bytes, secondsPerMinute, seekMs };
        runs.push(run);
        done(run);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return runs;
}

export function recordingRows(runs: readonly RecordingRun[]): string[][] {
  return [
    ['size', 'minutes', 'pictures', 'MB', 'MB a minute', 'CPU s a minute', 'seek: p50 ms', 'p95 ms', 'longest ms'],
    ...runs.map(({ size, minutes, pictures, bytes, secondsPerMinute, seekMs }) => [
      `${size.width}x${size.height}`,
      `${minutes}`,
      `${pictures}`,
      (bytes / 1e6).toFixed(0),
      (bytes / 1e6 / minutes).toFixed(1),
      secondsPerMinute.toFixed(1),
      seekMs.p50.toFixed(0),
      seekMs.p95.toFixed(0),
      seekMs.most.toFixed(0),
    ]),
  ];
}
