import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Run } from '../../source/bench/rounds.js';

const run = promisify(execFile);
const MAIN = path.resolve(import.meta.dirname, '../../dist/source/bench/main.js');

const DURATION = ['--seconds', '2', '--warm-up', '1'];

interface Result {
  readonly runs: readonly Run[];
  readonly floors: readonly { readonly p50: number; readonly p95: number; readonly lookMs: number }[];
}

test('the bench sees what a viewer shows, and later than it was painted', async () => {
  const argv = ['--systems', 'peerglass', '--workloads', 'typing', '--size', '800x600', '--rounds', '1'];
  const { stdout } = await run(process.execPath, [MAIN, ...argv, ...DURATION, '--json', '-']);
  const { runs, floors } = JSON.parse(stdout) as Result;
  const [floor] = floors;
  expect(Math.abs(floor?.p50 ?? 99)).toBeLessThan(2);
  const figures = runs[0]?.figures;
  expect(runs[0]?.error).toBeNull();
  expect(figures?.offeredFps).toBeGreaterThan(20);
  expect(figures?.shownFps).toBeGreaterThan(5);
  expect(figures?.latencyMs?.p50).toBeGreaterThan(0);
  expect(figures?.kilobytesPerFrame).toBeGreaterThan(0);
  // Exact (null), but for a letter that is there a frame early or late.
  expect(figures?.psnr ?? 99).toBeGreaterThan(35);
  expect(figures?.sharer.rssMb).toBeGreaterThan(30);
});
