import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Size } from '../core/rectangle.js';
import { LightViewer } from './light-viewer.js';
import type { BenchOptions } from './options.js';
import { until } from './run.js';
import { RunningProcess } from './running-process.js';
import { quantile } from './statistics.js';
import { freePort, isListening, threadCpuSeconds } from './system-figures.js';

/** The cost of the share dashboard in a terminal of one size. */
export interface DashboardRun {
  readonly round: number;
  readonly terminal: Size;
  /** CPU of the program's main thread, which only runs the terminal UI; in percent of one core. */
  readonly cpuPercent: number;
  /** Updates sent to the viewer during the measurement. */
  readonly updatesPerSecond: number;
}

const TERMINALS: readonly Size[] = [
  { width: 80, height: 24 },
  { width: 160, height: 50 },
];
const LAUNCHER = path.resolve(import.meta.dirname, '../../../bin/peerglass.cjs');

/** Runs the built program, sharing the pattern, in a pseudo-terminal of util-linux's `script`, which draws nothing. */
function shareInTerminal({ width, height }: Size, port: number): RunningProcess {
  const flags = `--source pattern --bind 127.0.0.1 --access open --rfb-port ${port} --no-web`;
  const shell = `stty cols ${width} rows ${height}; exec '${process.execPath}' '${LAUNCHER}' share ${flags}`;
  return new RunningProcess({
    program: 'script',
    argv: ['-qec', shell, '/dev/null'],
    environment: { TERM: 'xterm-256color', COLORTERM: 'truecolor' },
  });
}

/** The program's process below the launcher; its title is "peerglass". */
function programOf(share: RunningProcess): number | null {
  const isProgram = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim() === 'peerglass';
    } catch {
      return false;
    }
  };
  return share.tree().find(isProgram) ?? null;
}

async function measureDashboard(
  terminal: Size,
  { seconds, warmUp }: Pick<BenchOptions, 'seconds' | 'warmUp'>,
): Promise<Omit<DashboardRun, 'round' | 'terminal'>> {
  const port = await freePort();
  const share = shareInTerminal(terminal, port);
  try {
    await until(() => isListening(port), [share], 'the sharer does not listen');
    const program = programOf(share);
    if (program === null) throw new Error('The program does not run below its launcher.');
    const viewer = await LightViewer.connect(port);
    try {
      await sleep(warmUp * 1000);
      const cpu = threadCpuSeconds(program);
      const updates = viewer.updates.length;
      const from = performance.now();
      await sleep(seconds * 1000);
      const took = (performance.now() - from) / 1000;
      return {
        cpuPercent: ((threadCpuSeconds(program) - cpu) / took) * 100,
        updatesPerSecond: (viewer.updates.length - updates) / took,
      };
    } finally {
      viewer.close();
    }
  } finally {
    await share.stop();
  }
}

export async function measureDashboards(
  { rounds, ...duration }: Pick<BenchOptions, 'rounds' | 'seconds' | 'warmUp'>,
  done: (run: DashboardRun) => void,
): Promise<DashboardRun[]> {
  const runs: DashboardRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const terminal of TERMINALS) {
      const run = { round, terminal, ...(await measureDashboard(terminal, duration)) };
      runs.push(run);
      done(run);
    }
  }
  return runs;
}

/** Medians over the rounds. */
export function dashboardRows(runs: readonly DashboardRun[]): string[][] {
  const rows = TERMINALS.map(terminal => {
    const group = runs.filter(run => run.terminal.width === terminal.width);
    const median = (of: (run: DashboardRun) => number) => quantile(group.map(of), 0.5).toFixed(1);
    const size = `${terminal.width}x${terminal.height}`;
    return [size, median(run => run.cpuPercent), median(run => run.updatesPerSecond)];
  });
  return [['terminal', 'CPU of the UI %', 'updates/s'], ...rows];
}
