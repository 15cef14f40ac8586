import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What a machine has for threads. */
export interface Processors {
  /** Cores that this process may use. */
  readonly cores: number;
  /** What its group of processes may use of them, in cores; infinite without a limit. */
  readonly quota: number;
  /** Cores of the whole machine, and how many programs wanted one of them in the last minute. */
  readonly machineCores: number;
  readonly load: number;
}

/** More threads than this wait for the memory. */
const MOST = 8;
/** With fewer cores the other processes of a picture's way (X server, the other end) need the second. */
const MIN_CORES = 3;

/**
 * How many threads may work on pixels at once, the calling one included: the cores that are free, one of them left to
 * everything else; 1 on two cores.
 */
export function freeThreads({ cores, quota, machineCores, load }: Processors = processors()): number {
  const own = Math.min(cores, quota);
  if (own < MIN_CORES) return 1;
  const idle = Math.max(0, 1 - load / machineCores);
  return Math.min(MOST, Math.max(1, Math.round(own * idle) - 1));
}

/** The number of threads that a session uses. */
export function threadsFor(choice: number | 'auto'): number {
  return choice === 'auto' ? freeThreads() : choice;
}

export function processors(): Processors {
  const cores = os.availableParallelism();
  return { cores, quota: quotaOf(groupLimit()), machineCores: os.cpus().length || cores, load: os.loadavg()[0] ?? 0 };
}

/** Of Linux: the limit of this process's group, "MAX PERIOD" in microseconds, as containers have it. */
function groupLimit(): string {
  try {
    return readFileSync('/sys/fs/cgroup/cpu.max', 'utf8');
  } catch {
    return 'max';
  }
}

/** @param limit the text of cpu.max */
export function quotaOf(limit: string): number {
  const [most, period] = limit.trim().split(' ').map(Number);
  return most && period ? most / period : Number.POSITIVE_INFINITY;
}
