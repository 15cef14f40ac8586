import { availableParallelism } from 'node:os';
import type { Clock } from '../../../core/clock.js';
import { asPeerglassError } from '../../../core/errors.js';
import type { BakeoffLink, BakeoffReport } from '../../bakeoff.js';
import type { ShareEvent } from '../../messages.js';
import type { ShareFigures } from '../../stats/share-figures.js';
import type { ShareSettings, ViewerSession } from '../viewer-session.js';
import { type EncodeTrial, sameChoice } from './encode-trial.js';
import { foldRows, type Result } from './fold.js';
import { bestOf, byRate, predict, slowdownOf } from './prediction.js';
import { type TrialCost, TrialRun } from './trial-run.js';

/** The share, as a bake-off sees it. */
export interface BakeoffHost {
  readonly clock: Clock;
  readonly figures: ShareFigures;
  readonly settings: ShareSettings;
  readonly watchers: readonly ViewerSession[];
  emit(event: ShareEvent): void;
}

/** The minimum interval between reports of new rows. */
const REPORT_MS = 250;
/** libuv's default. */
const POOL_THREADS = 4;

interface Running {
  readonly viewer: ViewerSession;
  /** Constant parts of the reports. */
  readonly head: Omit<BakeoffReport, 'rows' | 'state' | 'problem' | 'tried'>;
  readonly results: Result[];
  stopped: boolean;
}

/**
 * Tries every encoding that a viewer supports on the last frames while the share continues, and predicts the result of
 * each. A new bake-off ends the one before.
 */
export class Bakeoff {
  readonly #host: BakeoffHost;
  readonly #lanes = Math.min(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE) || POOL_THREADS);
  #running: Running | null = null;

  constructor(host: BakeoffHost) {
    this.#host = host;
  }

  /**
   * @param id of a viewer; null: the first one that watches
   * @param link bandwidth of its link in bytes per second; null: unknown; undefined: as measured
   */
  begin(id: number | null, link?: number | null): void {
    this.end();
    const { watchers: watching } = this.#host;
    const viewer = id === null ? watching[0] : watching.find(each => each.id === id);
    if (!viewer) {
      const none = 'No viewers. A bake-off tries encodings for a viewer.';
      this.#refuse(watching.length === 0 ? none : 'This viewer is not watching any more.');
      return;
    }
    const trial = viewer.trial();
    if (trial) this.#begin(viewer, trial, link);
    else this.#refuse('There is no picture yet: try again in a moment.');
  }

  /** Ends the running bake-off without further reports. */
  end(): void {
    if (this.#running) this.#running.stopped = true;
    this.#running = null;
  }

  left(id: number): void {
    const running = this.#running;
    if (running?.viewer.id === id) this.#fail(running, `${running.viewer.address} has left.`);
  }

  #begin(viewer: ViewerSession, trial: EncodeTrial, link: number | null | undefined): void {
    const { id: chosen, address, wire } = viewer.snapshot();
    const rate = viewer.linkEstimate().rate;
    const by: BakeoffLink =
      link === undefined
        ? { bytesPerSecond: rate?.bytesPerSecond ?? null, least: rate?.least ?? false, by: 'seen' }
        : { bytesPerSecond: link, least: false, by: 'told' };
    const running: Running = {
      viewer,
      head: {
        viewer: { id: chosen, address, wire },
        frames: trial.about,
        link: by,
        fpsCap: this.#host.settings.fps,
        total: trial.candidates.length,
      },
      results: [],
      stopped: false,
    };
    this.#running = running;
    this.#report(running, 'running');
    this.#run(running, trial)
      .catch(error => this.#fail(running, `The bake-off failed: ${asPeerglassError(error).message}`))
      .finally(() => trial.free());
  }

  async #run(running: Running, trial: EncodeTrial): Promise<void> {
    const { clock, figures, settings } = this.#host;
    const { capture, detect, encode } = figures.stagesMs(clock.now());
    const { rttMs, overlapped } = running.viewer.linkEstimate();
    const { bytesPerSecond, least } = running.head.link!;
    const link = bytesPerSecond === null ? null : { bytesPerSecond, least };
    const by = { fpsCap: settings.fps, captureMs: capture + detect, link, overlapped, rttMs };
    let slowdown = 1;
    const run = new TrialRun(trial, {
      clock,
      lanes: this.#lanes,
      encoding: figures.encoding,
      frameMs: () => figures.stagesMs(clock.now()).encode,
      stopped: () => running.stopped,
    });
    let reportedAt = clock.now();
    for (const candidate of trial.candidates) {
      const { choice, levels } = candidate;
      const cost: TrialCost | null = await run.cost(candidate);
      if (cost === null || running.stopped) return;
      const present = sameChoice(choice, trial.present);
      // The present encoding comes first: its time in the share is known.
      if (present) slowdown = slowdownOf(encode, cost.ms);
      const qualities = choice.jpeg && { least: choice.jpeg.quality, most: choice.jpeg.quality };
      running.results.push({ choice, levels, qualities, present, ...cost, ...predict(cost, { ...by, slowdown }) });
      if (clock.now() - reportedAt < REPORT_MS) continue;
      reportedAt = clock.now();
      this.#report(running, 'running');
    }
    this.#report(running, 'done');
  }

  #fail(running: Running, problem: string): void {
    if (running.stopped) return;
    running.stopped = true;
    this.#report(running, 'failed', problem);
  }

  #refuse(problem: string): void {
    const { fps } = this.#host.settings;
    const nothing = { viewer: null, frames: null, link: null, total: 0, tried: 0, rows: [] };
    this.#host.emit({ type: 'bakeoff', report: { ...nothing, state: 'failed', problem, fpsCap: fps } });
  }

  #report({ head, results }: Running, state: BakeoffReport['state'], problem: string | null = null): void {
    const folded = foldRows(results);
    const best = bestOf(folded);
    const rows = folded.map(row => ({ ...row, best: row === best })).sort(byRate);
    this.#host.emit({ type: 'bakeoff', report: { ...head, state, problem, tried: results.length, rows } });
  }
}
