import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { DashboardRun } from '../../source/bench/dashboard.js';

const run = promisify(execFile);
const MAIN = path.resolve(import.meta.dirname, '../../dist/source/bench/main.js');

test('the bench measures what the dashboard costs while frames go out', async () => {
  const { stdout } = await run(process.execPath, [
    MAIN,
    '--dashboard',
    '--rounds',
    '1',
    '--seconds',
    '2',
    '--warm-up',
    '1',
    '--json',
    '-',
  ]);
  const { runs } = JSON.parse(stdout) as { readonly runs: readonly DashboardRun[] };
  expect(runs.map(({ terminal }) => terminal.width)).toEqual([80, 160]);
  for (const { cpuPercent, updatesPerSecond } of runs) {
    expect(updatesPerSecond).toBeGreaterThan(1);
    expect(cpuPercent).toBeGreaterThan(0);
    expect(cpuPercent).toBeLessThan(100);
  }
});
