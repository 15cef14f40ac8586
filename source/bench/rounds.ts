import type { Size } from '../core/rectangle.js';
import { Cable, whyNoCable } from './cable.js';
import { startDisplay, startWaylandDisplay, type VirtualDisplay } from './displays.js';
import type { BenchOptions } from './options.js';
import { type MethodFigures, measure, measureFloor, type RunFigures } from './run.js';

export interface Run {
  readonly round: number;
  readonly size: Size;
  readonly workload: string;
  readonly system: string;
  /** Null if the run failed. */
  readonly figures: RunFigures | null;
  readonly error: string | null;
}

export interface Floor extends MethodFigures {
  readonly size: Size;
}

export interface RoundsResult {
  readonly floors: readonly Floor[];
  readonly runs: readonly Run[];
}

/** The second display is a little larger, to fit viewers with borders or menus. */
const MARGIN = 100;

/** Runs the systems in turns under each workload, round after round. Calls back after each turn. */
export async function takeTurns(options: BenchOptions, done: (run: Run) => void): Promise<RoundsResult> {
  const runs: Run[] = [];
  const floors: Floor[] = [];
  const lacking = options.cable && whyNoCable();
  if (lacking) return { floors, runs: [...notRun(options, lacking)] };
  for (const size of options.sizes) {
    const offered = { x11: await startDisplay(size), wayland: await waylandDisplay(options, size) };
    const shown = await startDisplay({ width: size.width + MARGIN, height: size.height + MARGIN });
    try {
      floors.push({ size, ...(await measureFloor(offered.x11, size)) });
      for (const turn of turns(options)) {
        const run = await takeTurn(options, turn, size, offered[turn.system.shares ?? 'x11'] ?? offered.x11, shown);
        runs.push(run);
        done(run);
      }
    } finally {
      await Promise.all([offered.x11.stop(), offered.wayland?.stop(), shown.stop()]);
    }
  }
  return { floors, runs };
}

/** Each run by its name, with the reason why it cannot be. */
function* notRun(options: BenchOptions, reason: string): Generator<Run> {
  for (const size of options.sizes) {
    for (const { round, workload, system } of turns(options)) {
      const error = `not run: ${reason}`;
      yield { round, size, workload: workload.name, system: system.name, figures: null, error };
    }
  }
}

async function waylandDisplay({ systems }: BenchOptions, size: Size): Promise<VirtualDisplay | null> {
  return systems.some(({ shares }) => shares === 'wayland') ? startWaylandDisplay(size) : null;
}

function* turns({ rounds, workloads, systems }: BenchOptions) {
  for (const workload of workloads) {
    for (let round = 1; round <= rounds; round++) for (const system of systems) yield { round, workload, system };
  }
}

type Turn = ReturnType<typeof turns> extends Generator<infer Yielded> ? Yielded : never;

async function takeTurn(
  { seed, seconds, warmUp, profile, cable: settings, viewers, uplink }: BenchOptions,
  { round, workload, system }: Turn,
  size: Size,
  offered: VirtualDisplay,
  shown: VirtualDisplay,
): Promise<Run> {
  const about = { round, size, workload: workload.name, system: system.name };
  let cable: Cable | null = null;
  try {
    cable = settings && (await Cable.lay(settings));
    const figures = await measure({
      ...{ system, workload, size, offered, shown, cable, uplink, profileFolder: profile },
      company: viewers === null ? 0 : viewers - 1,
      // New motion in each round, the same for all systems of the round.
      seed: seed + round - 1,
      warmUpMs: warmUp * 1000,
      measureMs: seconds * 1000,
    });
    return { ...about, figures, error: null };
  } catch (error) {
    return { ...about, figures: null, error: error instanceof Error ? error.message : String(error) };
  } finally {
    await cable?.stop();
  }
}
