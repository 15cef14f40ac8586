import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The used part of a V8 CPU profile. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface HotFunction {
  readonly name: string;
  /** In percent of the busy time. */
  readonly percent: number;
  readonly ms: number;
}

const SHOWN = 12;
const IDLE = '(idle)';
/** Threads that were busy for less than this get no table. */
const MIN_MS = 50;

/** A profile's functions by self time, the hottest first. */
export function hottest({ nodes, samples, timeDeltas }: CpuProfile): {
  readonly busyMs: number;
  readonly functions: HotFunction[];
} {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url === '' ? '' : ` ${url.replace(/^.*\/(dist|node_modules)\//, '')}:${lineNumber + 1}`;
      return [id, `${functionName || '(anonymous)'}${file}`];
    }),
  );
  const times = new Map<string, number>();
  samples.forEach((node, index) => {
    const name = names.get(node) ?? '?';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  });
  times.delete(IDLE);
  const busyMs = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  const functions = [...times]
    .sort(([, a], [, b]) => b - a)
    .map(([name, ms]) => ({ name, ms, percent: (ms / busyMs) * 100 }));
  return { busyMs, functions };
}

/** The hottest functions of each thread with a profile in the folder. */
export function profileText(folder: string): string {
  const parts = readdirSync(folder)
    .filter(name => name.endsWith('.cpuprofile'))
    .sort()
    .flatMap(name => {
      const { busyMs, functions } = hottest(JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as CpuProfile);
      if (busyMs < MIN_MS) return [];
      const lines = functions
        .slice(0, SHOWN)
        .map(each => `  ${each.percent.toFixed(1).padStart(5)} %  ${each.ms.toFixed(0).padStart(6)} ms  ${each.name}`);
      return [`${name}: busy for ${busyMs.toFixed(0)} ms\n${lines.join('\n')}`];
    });
  return `${parts.join('\n')}\n`;
}
