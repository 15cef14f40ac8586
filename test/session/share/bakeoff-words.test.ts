import { describe, expect, it } from 'vitest';
import { WirePixels } from '../../../source/codecs/encode/wire-pixels.js';
import { BGR233, BGRX } from '../../../source/core/pixel-format.js';
import { area } from '../../../source/core/rectangle.js';
import type { TcpInfo } from '../../../source/native/tcp-info.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Screen } from '../../../source/pixels/screen.js';
import { type EncodingChoice, encodingText, rowTexts, standsFor } from '../../../source/session/bakeoff.js';
import type { Candidate, EncodeTrial, TrialFrame } from '../../../source/session/share/bakeoff/encode-trial.js';
import { foldRows, type Result } from '../../../source/session/share/bakeoff/fold.js';
import { lastFrames, MAX_PIXELS } from '../../../source/session/share/bakeoff/last-frames.js';
import {
  bestOf,
  byRate,
  type PredictionInput,
  predict,
  slowdownOf,
} from '../../../source/session/share/bakeoff/prediction.js';
import { costOf, TrialRun } from '../../../source/session/share/bakeoff/trial-run.js';
import { CellCuts } from '../../../source/session/share/rfb/cells.js';
import { capabilitiesOf } from '../../../source/session/share/rfb/client-capabilities.js';
import { candidatesOf } from '../../../source/session/share/rfb/encoding-candidates.js';
import { BusyMeter } from '../../../source/session/stats/busy-meter.js';
import { LinkFigures } from '../../../source/session/stats/link-figures.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { needsNative } from '../../helpers/needs-native.js';

const ALONE: PredictionInput = {
  ...{ fpsCap: 60, captureMs: 2, link: null, overlapped: true, rttMs: null, slowdown: 1 },
};
const MBIT = 125_000;

describe('a predicted frame rate', () => {
  it.each<[string, { ms: number; bytes: number }, Partial<PredictionInput>, number, string, boolean]>([
    ['is the cap where everything is quick', { ms: 1, bytes: 1000 }, {}, 60, 'cap', false],
    ['is what encoding allows', { ms: 40, bytes: 1000 }, {}, 25, 'encode', false],
    ['is what capture allows', { ms: 1, bytes: 1000 }, { captureMs: 50 }, 20, 'capture', false],
    [
      'is what the link carries',
      { ms: 1, bytes: MBIT },
      { link: { bytesPerSecond: 10 * MBIT, least: false } },
      10,
      'link',
      false,
    ],
    [
      'is at least that, where the link may carry more',
      { ms: 1, bytes: MBIT },
      { link: { bytesPerSecond: 10 * MBIT, least: true } },
      10,
      'link',
      true,
    ],
    [
      'is by the slower of two that overlap',
      { ms: 80, bytes: MBIT },
      { link: { bytesPerSecond: 20 * MBIT, least: true } },
      12.5,
      'encode',
      false,
    ],
    [
      'is by both for a viewer that asks, and the round trip',
      { ms: 80, bytes: MBIT },
      { link: { bytesPerSecond: 10 * MBIT, least: false }, overlapped: false, rttMs: 20 },
      5,
      'link',
      false,
    ],
    ['is lower where the share is not alone', { ms: 20, bytes: 1 }, { slowdown: 2 }, 25, 'encode', false],
  ])('%s', (_, frame, by, fps, limit, least) => {
    const predicted = predict(frame, { ...ALONE, ...by });
    expect(predicted).toMatchObject({ limit, least });
    expect(predicted.fps).toBeCloseTo(fps);
  });

  it("accounts for a busy machine by the share's own times, within bounds", () => {
    expect(slowdownOf(30, 10)).toBe(3);
    expect(slowdownOf(300, 10)).toBe(4);
    expect(slowdownOf(6, 10)).toBe(1);
    expect(slowdownOf(2, 0.1)).toBe(1);
    expect(slowdownOf(20, 0)).toBe(1);
  });
});

describe('the best', () => {
  const row = (fps: number, bytes: number, ms: number, lossy = false) => {
    const choice: EncodingChoice = {
      encoding: 'tight',
      level: 1,
      jpeg: lossy ? { quality: 75, subsampling: '4:2:2' } : null,
    };
    return { choice, fps, bytes, ms };
  };

  it('is lossless if that is about as fast, then has the fewest bytes, then is the fastest', () => {
    const rows = [row(60, 100, 1, true), row(58, 500, 9), row(60, 510, 3), row(58, 500.2, 8), row(20, 50, 40)];
    expect(bestOf(rows)).toBe(rows[3]);
    expect(bestOf([row(60, 900, 1, true), row(20, 50, 40)])?.fps).toBe(60);
    expect(bestOf([])).toBeNull();
  });
});

describe('rows of one encoder', () => {
  const result = (level: number, bytes: number, ms: number, change: Partial<Result> = {}): Result => ({
    choice: { encoding: 'tight', level, jpeg: null },
    levels: { least: level, most: level + 1 },
    qualities: null,
    ...{ ms, bytes, ratio: 30, fps: 60, limit: 'cap', least: false, present: false },
    ...change,
  });
  const lossy = (quality: number, bytes: number): Result =>
    result(2, bytes, 1, {
      choice: { encoding: 'tight', level: 2, jpeg: { quality, subsampling: '4:2:2' } },
      qualities: { least: quality, most: quality },
    });

  it('are merged if their levels give the same result, and the fastest stands for them', () => {
    const [row, ...others] = foldRows([result(8, 2511, 0.5), result(6, 2513, 0.2), result(2, 2680, 0.1)]).reverse();
    expect(row).toMatchObject({ levels: { least: 6, most: 9 }, ms: 0.2, bytes: 2513, choice: { level: 6 } });
    expect(others).toHaveLength(1);
    expect(foldRows([result(8, 2511, 0.5, { fps: 50 }), result(6, 2513, 0.2)])).toHaveLength(2);
    expect(foldRows([result(8, 2511, 0.5), result(4, 2513, 0.2)])).toHaveLength(2);
    expect(foldRows([result(8, 2511, 0.5, { present: true }), result(6, 2513, 0.2)])[0]?.choice.level).toBe(8);
  });

  it('are merged if no quality made a difference, and the highest stands for them', () => {
    const rows = foldRows([lossy(20, 900), lossy(92, 900), lossy(60, 900)]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ qualities: { least: 20, most: 92 }, choice: { jpeg: { quality: 92 } } });
    expect(rowTexts({ ...rows[0]!, best: true }).qualities).toBe('20-92');
    expect(standsFor(rows[0]!, lossy(75, 0).choice)).toBe(true);
    expect(standsFor(rows[0]!, lossy(95, 0).choice)).toBe(false);
    expect(foldRows([lossy(20, 900), lossy(92, 1200), lossy(60, 1000), result(2, 900, 1)])).toHaveLength(4);
  });

  it('name the same best choice as the text beside them', () => {
    const rows = foldRows([result(8, 2511, 0.5), result(6, 2513, 0.2), result(4, 2557, 0.16), lossy(20, 2090)]);
    const best = bestOf(rows)!;
    const lossless = rows.filter(({ qualities }) => qualities === null);
    expect(best.bytes).toBe(Math.min(...lossless.map(({ bytes }) => bytes)));
    expect(rows.map(row => ({ ...row, best: row === best })).sort(byRate)[0]?.best).toBe(true);
  });
});

describe('the encodings that a viewer supports', () => {
  const of = (encodings: readonly number[], format = BGRX, present: EncodingChoice | null = null) =>
    candidatesOf({
      capabilities: capabilitiesOf(encodings),
      pixels: new WirePixels(format),
      sentAs: { ...(present ?? { encoding: 'raw', level: null, jpeg: null }), chosen: false },
    });
  const names = (candidates: readonly Candidate[]) =>
    [...new Set(candidates.map(({ choice }) => choice.encoding))].sort();

  it('are those that it listed, and Raw', () => {
    expect(names(of([]))).toEqual(['raw']);
    expect(names(of([5, 1, 16, 2, 15, -239]))).toEqual(['hextile', 'raw', 'trle', 'zrle']);
    expect(of([7, 6]).every(({ choice }) => choice.jpeg === null)).toBe(true);
  });

  it('include JPEG only if it requested a quality and has more than 8-bit colour', () => {
    const qualities = (candidates: readonly Candidate[]) => [
      ...new Set(candidates.flatMap(({ choice }) => choice.jpeg?.quality ?? [])),
    ];
    expect(qualities(of([7, -26])).sort((a, b) => a - b)).toEqual(needsNative([20, 40, 60, 75, 79, 90], []));
    expect(qualities(of([7, -26], BGR233))).toEqual([]);
    expect(qualities(of([16, -26]))).toEqual([]);
  });

  it('include Cosine beside JPEG of the same quality where it is useful', () => {
    const cosine = 0xd047_4353 | 0;
    const tried = (candidates: readonly Candidate[]) => new Set(candidates.map(({ choice }) => encodingText(choice)));
    // Cosine is written without a library.
    const jpeg = needsNative(['Tight+JPEG'], []);
    expect(tried(of([7, -24, cosine]))).toEqual(new Set(['Raw', 'Tight', 'Cosine', ...jpeg]));
    expect(tried(of([7, -24]))).toEqual(new Set(['Raw', 'Tight', ...jpeg]));
    const qualities = (encodings: readonly number[]) =>
      new Set(
        of(encodings).flatMap(({ choice }) => (choice.encoding === 'cosine' ? (choice.jpeg?.quality ?? []) : [])),
      );
    expect(qualities([7, -24, cosine])).toEqual(new Set([92, 90]));
    // Below, JPEG is better where there is one.
    expect(qualities([7, -26, cosine])).toEqual(new Set(needsNative([90], [90, 79])));
    const fine = of([7, -24, cosine]).filter(({ choice }) => choice.jpeg?.quality === 92);
    expect(new Set(fine.map(({ choice }) => encodingText(choice)))).toEqual(new Set(['Cosine', ...jpeg]));
  });

  it('begin with the present one', () => {
    const present = { encoding: 'zlib', level: 4, jpeg: null } as const;
    expect(of([7, 6, 16, -26], BGRX, present)[0]?.choice).toEqual(present);
  });
});

describe('the cost of frames', () => {
  const frame = (encoded: number[], change: Partial<TrialFrame> = {}): TrialFrame => {
    return { encoded, sent: encoded, overhead: () => 4, rawBytes: 3000, scale: 1, pooled: false, ...change };
  };
  const units = [
    { ms: 4, bytes: 100 },
    { ms: 8, bytes: 300 },
    { ms: 1, bytes: 50 },
  ];

  it('is the mean over them, with the overhead of every frame', () => {
    expect(costOf([frame([0, 1]), frame([2])], units, 4)).toEqual({ ms: 6.5, bytes: 229, ratio: 6000 / 458 });
  });

  it('is divided by the lanes of the pool, but never under its longest unit', () => {
    expect(costOf([frame([0, 1, 2], { pooled: true })], units, 2).ms).toBe(8);
    expect(costOf([frame([0, 2], { pooled: true })], units, 1).ms).toBe(5);
  });

  it('scales up the part that was tried, and counts strips that are sent without being encoded', () => {
    expect(costOf([frame([0], { scale: 3 })], units, 1)).toMatchObject({ ms: 12, bytes: 304 });
    expect(costOf([frame([2], { sent: [0, 1, 2] })], units, 1)).toMatchObject({ ms: 1, bytes: 454 });
  });
});

describe('a trial', () => {
  it("waits for the share's own encoding, and stops on request", async () => {
    const clock = new FakeClock();
    const encoding = new BusyMeter();
    const tried: number[] = [];
    let stopped = false;
    const trial = {
      units: 3,
      frames: [],
      encode: (unit: number) => {
        tried.push(unit);
        clock.advance(10);
        return 1;
      },
    } as unknown as EncodeTrial;
    const run = new TrialRun(trial, { clock, lanes: 1, encoding, frameMs: () => 0, stopped: () => stopped });
    const end = encoding.begin(0);
    const cost = run.cost({ choice: { encoding: 'raw', level: null, jpeg: null }, levels: null, pooled: false });
    await Promise.resolve();
    expect(tried).toEqual([]);
    end(5);
    await new Promise(resolve => setImmediate(resolve));
    expect(tried).toEqual([0]);
    stopped = true;
    clock.advance(50);
    expect(await cost).toBeNull();
    expect(tried).toEqual([0]);
  });
});

describe('the last frames', () => {
  const memory = createPixelMemory();

  it('omit the first picture, and are limited by their pixels', () => {
    const size = { width: 1000, height: 800 };
    const screen = new Screen(memory, size, { scrollDetection: false });
    const paint = (rows: number, colour: number) => {
      screen.incoming.bytes().fill(colour, 0, rows * screen.incoming.stride);
      screen.commit([{ x: 0, y: 0, width: 1000, height: rows }], colour);
    };
    paint(800, 1);
    expect(lastFrames(screen, new CellCuts(), true)).toMatchObject({ whole: true, frames: [{ moves: [] }] });
    paint(10, 2);
    expect(lastFrames(screen, new CellCuts(), true)).toMatchObject({ whole: false, frames: [{ time: 2 }] });
    paint(800, 3);
    paint(400, 4);
    paint(5, 5);
    const { frames } = lastFrames(screen, new CellCuts(), true);
    expect(frames.map(({ time }) => time)).toEqual([5, 4]);
    const pixels = frames.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + area(cell), 0);
    expect(pixels).toBeLessThan(MAX_PIXELS);
    screen.free();
  });
});

describe('the rate of a link', () => {
  const info = (deliveryRate: number, rateIsLeast: boolean) =>
    ({ deliveryRate, rateIsLeast, busyMs: 0, windowLimitedMs: 0, ackedBytes: 0, minRttMs: 1 }) as TcpInfo;

  it('is known once the link was full, and a lower bound before', () => {
    const link = new LinkFigures();
    expect(link.rate).toBeNull();
    link.observe(0, info(500, true));
    expect(link.rate).toEqual({ bytesPerSecond: 500, least: true });
    link.observe(1, info(2000, false));
    link.observe(2, info(300, true));
    expect(link.rate).toEqual({ bytesPerSecond: 2000, least: false });
    link.observe(3, info(2500, true));
    expect(link.rate).toEqual({ bytesPerSecond: 2500, least: true });
  });

  it('has a queue where round trips or what is unsent are longer than they need to be', () => {
    const link = new LinkFigures();
    expect(link.queueMs).toBeNull();
    const tcp = { ...info(100_000, true), rttMs: 61, rttAgeMs: 10, notSentBytes: 0 };
    link.observe(0, tcp);
    expect(link.queueMs).toBe(60);
    // One picture's bytes are no queue.
    link.observe(1, { ...tcp, rttMs: 1, notSentBytes: 3000 });
    expect(link.queueMs).toBe(0);
    link.observe(2, { ...tcp, rttMs: 1, notSentBytes: 13_500 });
    expect(link.queueMs).toBe(100);
    link.observe(3, { ...tcp, rttAgeMs: 5000 });
    expect(link.queueMs).toBe(0);
  });

  it('is not less than what was acknowledged, though the last packets were slow', () => {
    const link = new LinkFigures();
    for (let ms = 0; ms <= 4000; ms += 200) {
      link.observe(ms, { ...info(1_000_000, false), ackedBytes: ms * 1000 });
    }
    link.observe(4200, { ...info(200_000, false), ackedBytes: 4_050_000 });
    expect(link.rate?.bytesPerSecond).toBeGreaterThan(800_000);
    for (let ms = 4400; ms <= 20_000; ms += 200) {
      link.observe(ms, { ...info(200_000, false), ackedBytes: 4_050_000 + (ms - 4200) * 200 });
    }
    expect(link.rate?.bytesPerSecond).toBeCloseTo(200_000);
  });
});
