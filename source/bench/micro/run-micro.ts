import type { Size } from '../../core/rectangle.js';
import { startDisplay } from '../displays.js';
import { quantile } from '../statistics.js';
import { classicCases } from './classic-cases.js';
import { codecCases } from './codec-cases.js';
import { inflateCases } from './inflate-cases.js';
import { kernelCases } from './kernel-cases.js';
import type { MicroCase, MicroResult } from './micro-case.js';
import { presentCases } from './present-cases.js';
import { recordCases } from './record-cases.js';

const WARM_UP_RUNS = 3;
const MIN_RUNS = 7;
const MAX_RUNS = 41;
/** A case ends after MIN_RUNS and this much time. */
const ENOUGH_MS = 250;

async function time(each: MicroCase): Promise<MicroResult> {
  const times: number[] = [];
  let spent = 0;
  for (let run = -WARM_UP_RUNS; run < MAX_RUNS; run++) {
    each.prepare?.();
    const start = performance.now();
    const result = each.run();
    if (result instanceof Promise) await result;
    const ms = performance.now() - start;
    if (run < 0) continue;
    times.push(ms);
    spent += ms;
    if (times.length >= MIN_RUNS && spent >= ENOUGH_MS) break;
  }
  const ms = quantile(times, 0.5);
  return {
    name: each.name,
    ms,
    quarter: quantile(times, 0.25),
    threeQuarters: quantile(times, 0.75),
    megapixelsPerSecond: each.pixels / ms / 1000,
    bytes: each.bytes,
    megabytesPerSecond: each.bytes === null ? null : each.bytes / ms / 1000,
  };
}

/**
 * Times the stages whose names contain `filter`. A decoder needs its encoder's output, so the encoder runs even if only
 * the decoder is wanted.
 */
export async function runMicro(
  filter: string,
  sizes: readonly Size[],
  done: (result: MicroResult) => void,
): Promise<MicroResult[]> {
  const results: MicroResult[] = [];
  const wanted = ({ name }: MicroCase) => name.includes(filter);
  const runAll = async (cases: readonly MicroCase[]) => {
    for (const [index, each] of cases.entries()) {
      const next = cases[index + 1];
      if (wanted(each)) {
        const result = await time(each);
        results.push(result);
        done(result);
      } else if (each.name.startsWith('encode') && next && wanted(next)) {
        each.prepare?.();
        await each.run();
      }
    }
  };
  for (const size of sizes) {
    for (const make of [kernelCases, inflateCases, codecCases, classicCases, recordCases]) await runAll(make(size));
    const display = await startDisplay({ width: size.width + 50, height: size.height + 50 });
    try {
      process.env.DISPLAY = display.name;
      const { cases, close } = await presentCases(size);
      await runAll(cases);
      close();
    } finally {
      await display.stop();
    }
  }
  return results;
}

export function microRow({ name, ms, quarter, threeQuarters, megapixelsPerSecond, bytes }: MicroResult): string[] {
  return [
    name,
    ms.toFixed(3),
    `${quarter.toFixed(3)}-${threeQuarters.toFixed(3)}`,
    megapixelsPerSecond.toFixed(0),
    bytes === null ? '-' : (bytes / 1000).toFixed(1),
    bytes === null ? '-' : (bytes / ms / 1000).toFixed(1),
  ];
}

export const MICRO_HEADINGS = ['', 'median ms', 'quartiles', 'Mpixel/s', 'kB', 'MB/s'] as const;
