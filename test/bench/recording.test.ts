import { expect, test } from 'vitest';
import { measureRecordings, recordingRows } from '../../source/bench/recording.js';
import { all, between, type Workload } from '../../source/bench/workloads/workload.js';

const squares: Workload = {
  name: 'squares',
  description: 'a square somewhere',
  hz: 10,
  setUp(stage, random) {
    const paper = stage.createSurface(stage);
    stage.put(paper, all(stage), 0, 0);
    const square = stage.createSurface({ width: 40, height: 40 });
    return {
      paint(frame) {
        square.pixels.fill(0x10305 * frame);
        // Some of them lie partly outside.
        stage.put(square, all(square), between(random, -20, 620), between(random, -20, 380));
      },
    };
  },
};

test('records what workloads paint in a time of its own, and seeks in it', async () => {
  const options = { rounds: 1, sizes: [{ width: 640, height: 400 }], workloads: [squares], seed: 3 };
  const told: number[] = [];
  const runs = await measureRecordings(options, 0.6, ({ round }) => told.push(round));
  expect(told).toEqual([1]);
  const [run] = runs;
  expect(run!.pictures).toBe(360);
  expect(run!.bytes).toBeGreaterThan(360 * 20);
  expect(run!.seekMs.p95).toBeGreaterThanOrEqual(run!.seekMs.p50);
  expect(recordingRows(runs)[1]).toHaveLength(recordingRows(runs)[0]!.length);
});
