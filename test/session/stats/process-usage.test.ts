import { expect, test } from 'vitest';
import { ProcessUsage } from '../../../source/session/stats/process-usage.js';

function passed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

test('what a child uses counts, also when another takes its place', async () => {
  let child = { cpuMs: 0, rssBytes: 0 };
  const usage = new ProcessUsage(() => child);
  const alone = usage.rssMb();
  child = { cpuMs: 1e9, rssBytes: 64 * 2 ** 20 };
  expect(usage.rssMb()).toBeCloseTo(alone + 64, 6);
  await passed(250);
  expect(usage.cpuPercent()).toBeGreaterThan(10_000);
  child = { cpuMs: 9e8, rssBytes: 0 };
  await passed(250);
  expect(usage.cpuPercent()).toBeGreaterThan(10_000);
  await passed(250);
  expect(usage.cpuPercent()).toBeLessThan(10_000);
});
