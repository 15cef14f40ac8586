import { expect, test } from 'vitest';
import { measureRecordings, recordingRows } from '../../source/bench/recording.js';
import { scroll, terminal } from '../../source/bench/workloads/moving-views.js';

test('records what workloads paint in a time of its own, and seeks in it', async () => {
  const options = { rounds: 1, sizes: [{ width: 640, height: 400 }], workloads: [terminal, scroll], seed: 3 };
  const told: number[] = [];
  const runs = await measureRecordings(options, 0.6, ({ round }) => told.push(round));
  expect(told).toEqual([1]);
  const [run] = runs;
  // Thirty seconds of the first, six of the second.
  expect(run!.pictures).toBeGreaterThan(36 * 20);
  expect(run!.bytes).toBeGreaterThan(10_000);
  expect(run!.seekMs.p50).toBeGreaterThan(0);
  expect(run!.seekMs.p95).toBeGreaterThanOrEqual(run!.seekMs.p50);
  expect(recordingRows(runs)[1]).toHaveLength(recordingRows(runs)[0]!.length);
});
