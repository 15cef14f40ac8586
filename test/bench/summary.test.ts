import { describe, expect, test } from 'vitest';
import { readOptions } from '../../source/bench/options.js';
import { hottest } from '../../source/bench/profile-summary.js';
import { textReport } from '../../source/bench/report-text.js';
import type { Run } from '../../source/bench/rounds.js';
import { psnr, quantile, spread } from '../../source/bench/statistics.js';
import { summarise } from '../../source/bench/summary.js';
import { bytesBetween, bytesSentTo } from '../../source/bench/system-figures.js';
import { knownFlags } from '../../source/bench/systems.js';

const SIZE = { width: 1920, height: 1080 };

function run(round: number, system: string, p50: number, shownFps = 50): Run {
  const role = { cpuPercent: 25, rssMb: 100 };
  const figures = {
    ...{
      offeredFps: 60,
      shownFps,
      composed: null,
      latencyMs: { p50, p95: p50 * 2, most: p50 * 3 },
      kilobytesPerFrame: 10,
    },
    ...{ mbitPerSecond: 4, psnr: null, psnrLuma: null, psnrChroma: null, comparedPictures: 5 },
    ...{ sharer: role, viewer: role, lookMs: 0.3, otherCpuPercent: 3 },
    ...{ linkMbitPerSecond: null, company: [] },
    ...{ lettersMs: null, wrongText: null, comparedText: 0, slides: [], exactMs: null },
  };
  return { round, size: SIZE, workload: 'scroll', system, figures, error: null };
}

describe('statistics', () => {
  test('quantiles lie between the values, whatever their order', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20], 0.95)).toBeCloseTo(19.5);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a spread leaves out what was not measured', () => {
    expect(spread([null, 3, Number.NaN, 1, 2])).toEqual({ median: 2, least: 1, most: 3, count: 3 });
    expect(spread([null])).toBeNull();
  });

  test('PSNR of a mean squared error', () => {
    expect(psnr(65_025)).toBeCloseTo(0);
    expect(psnr(1)).toBeCloseTo(48.13, 2);
    expect(psnr(0)).toBeNull();
  });
});

describe('a summary', () => {
  // A machine that slows down: within each round peerglass takes half as long.
  const runs = [run(1, 'peerglass', 5), run(1, 'tiger', 10), run(2, 'peerglass', 50), run(2, 'tiger', 100)];

  test('forms ratios within a round, not of medians', () => {
    const [ours, theirs] = summarise(runs, 'tiger');
    expect(ours?.ratios?.latencyP50).toEqual({ median: 0.5, least: 0.5, most: 0.5, count: 2 });
    expect(theirs?.ratios).toBeNull();
    expect(ours?.values.cpuPerFrame?.median).toBeCloseTo(10);
  });

  test('continues without a run that failed, and says so', () => {
    const failed: Run = { ...run(2, 'tiger', 0), figures: null, error: 'the viewer does not show the marker' };
    const summaries = summarise([...runs.slice(0, 3), failed], 'tiger');
    expect(summaries[0]?.ratios?.latencyP50?.count).toBe(1);
    const machine = {
      ...{ processor: 'a processor', cores: 2, memoryGb: 8, system: 'Linux', node: 'v20', loadAverage: 0 },
      ...{ programs: {}, pictures: {} },
    };
    const text = textReport(machine, [], summaries, 'tiger', []);
    expect(text).toMatch(/^peerglass .* exact /m);
    expect(text).toContain('tiger failed: the viewer does not show the marker');
    expect(text).toContain('peerglass / tiger: fps 1.00, p50 ms 0.50');
  });
});

test('a slide counts as readable by the median of all slides, those that never were included', () => {
  const { figures, ...about } = run(1, 'peerglass', 5);
  const times = (readable: (number | null)[]) => ({
    ...about,
    figures: { ...figures!, slides: readable.map(readableMs => ({ readableMs, exactMs: null })) },
  });
  const readable = (of: Run) => summarise([of], null)[0]?.values.readable?.median ?? null;
  expect(readable(times([900, null, 700]))).toBe(0.9);
  expect(readable(times([null, null, 700]))).toBeNull();
  expect(summarise([times([900])], null)[0]?.values.slideExact).toBeNull();
});

test('a cable changes what is measured by default', () => {
  const cable = { rate: 20, delay: 10.5, loss: 0 };
  const options = readOptions(['--cable', '20/10.5/0']);
  expect(options).toMatchObject({ cable, sizes: [{ width: 1366, height: 768 }], rounds: 5 });
  expect(readOptions([])).toMatchObject({ cable: null, sizes: [{ width: 1920, height: 1080 }], rounds: 3 });
  for (const wrong of ['20', '20/10', '20/10/0/3', '-1/0/0', '20/10/101', '20mbit/10/0', '']) {
    expect(() => readOptions([`--cable=${wrong}`])).toThrow(/is not RATE\/DELAY\/LOSS/);
  }
});

test('options are checked, and say what is wrong', () => {
  expect(readOptions(['--help'])).toBeNull();
  expect(readOptions(['--systems', 'tiger', '--size', '800x600,1366x768', '--micro'])).toMatchObject({
    sizes: [
      { width: 800, height: 600 },
      { width: 1366, height: 768 },
    ],
    against: 'tiger',
    micro: '',
  });
  expect(() => readOptions(['--earlier', '/nowhere'])).toThrow('--earlier /nowhere has no built peerglass.');
  expect(() => readOptions(['--rounds', 'x'])).toThrow('--rounds x is not a whole number above 0.');
  expect(() => readOptions(['--workloads', 'dance'])).toThrow('--workloads dance is not one of idle, typing');
});

test('many viewers or readers are measured with a load that changes the screen, unless another is chosen', () => {
  const first = (...argv: string[]) => readOptions(argv)?.workloads[0]?.name;
  expect(first()).toBe('idle');
  expect(first('--viewers', '16')).toBe('typing');
  expect(first('--broadcast', '50,200')).toBe('typing');
  expect(first('--broadcast', '50', '--workloads', 'idle')).toBe('idle');
});

test('an earlier peerglass is started without the flags that it does not know', () => {
  const flags = ['--bind', '127.0.0.1', '--encrypt', 'off', '--rfb-port', '5900', '--no-web'];
  const help = '  --rfb-port N  the port\n  --bind ADDRESS  listen on one address';
  expect(knownFlags(flags, help)).toEqual(['--bind', '127.0.0.1', '--rfb-port', '5900']);
});

test('a CPU profile is summed up by function, idle time left out', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const { busyMs, functions } = hottest({
    nodes: [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('encode', 'file:///x/dist/source/codecs/a.js') },
      { id: 3, callFrame: frame('', '') },
    ],
    samples: [1, 2, 2, 3],
    timeDeltas: [9000, 2000, 1000, 1000],
  });
  expect(busyMs).toBe(4);
  expect(functions[0]).toEqual({ name: 'encode source/codecs/a.js:10', ms: 3, percent: 75 });
});

test('bytes are counted on each connection: one that ends meanwhile takes nothing off', () => {
  const line = (peer: string, figures: string) =>
    `0      0      127.0.0.1:5900 ${peer}\n\t bbr rto:204 ${figures}segs_out:1\n`;
  const before = bytesSentTo(
    line('127.0.0.1:40000', 'bytes_sent:5000 ') + line('127.0.0.1:40002', 'bytes_sent:90000 '),
  );
  const after = bytesSentTo(
    line('127.0.0.1:40000', 'bytes_sent:6500 ') + line('[::1]:40004', '') + line('[::1]:40006', 'bytes_sent:7 '),
  );
  expect([...before]).toEqual([
    ['127.0.0.1:40000', 5000],
    ['127.0.0.1:40002', 90_000],
  ]);
  expect(bytesBetween(before, after)).toBe(1507);
});
