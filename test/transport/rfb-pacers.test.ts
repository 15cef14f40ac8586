import { describe, expect, it } from 'vitest';
import { FenceCongestion } from '../../source/transport/fence-congestion.js';
import { RequestPacer } from '../../source/transport/request-pacer.js';

/** A link with a rate and a delay, and a viewer at its end: how a pacer fares with updates of one size. */
function run(options: { rate: number; delayMs: number; update: number; seconds: number; stallAt?: number }) {
  const pacer = new FenceCongestion();
  let position = 0;
  let freeAt = 0;
  let delivered = 0;
  let worstDelay = 0;
  let mostInFlight = 0;
  const answers: { at: number; position: number; sentAt: number }[] = [];
  for (let now = 0; now < options.seconds * 1000; now++) {
    const stalled = options.stallAt !== undefined && now >= options.stallAt;
    while (!stalled && answers[0] && answers[0].at <= now) {
      const answer = answers.shift()!;
      pacer.acknowledged(answer.position, now);
      delivered += options.update;
      if (now > 2000) worstDelay = Math.max(worstDelay, now - answer.sentAt);
    }
    // The screen changes sixty times a second.
    if (now % 16 !== 0 || pacer.waitMs(now) !== 0) continue;
    position += options.update;
    pacer.wrote(position, now);
    freeAt = Math.max(freeAt, now) + (options.update / options.rate) * 1000;
    answers.push({ at: freeAt + options.delayMs, position, sentAt: now });
    mostInFlight = Math.max(mostInFlight, pacer.inFlight);
  }
  return { pacer, throughput: delivered / options.seconds, worstDelay, mostInFlight };
}

describe('the fence pacer', () => {
  it('sends every update where the link has room', () => {
    const { throughput } = run({ rate: 100e6, delayMs: 2, update: 50_000, seconds: 10 });
    expect(throughput).toBeGreaterThan(0.95 * 62 * 50_000);
  });

  it('fills a high-latency link', () => {
    const { throughput } = run({ rate: 10e6, delayMs: 100, update: 50_000, seconds: 20 });
    expect(throughput).toBeGreaterThan(0.8 * 62 * 50_000);
  });

  it('uses a slow link almost fully with little queueing', () => {
    const { throughput, worstDelay } = run({ rate: 1e6, delayMs: 10, update: 30_000, seconds: 20 });
    expect(throughput).toBeGreaterThan(0.8e6);
    // An update alone takes 40 ms.
    expect(worstDelay).toBeLessThan(160);
  });

  it('sends one update at a time where a single one exceeds the window', () => {
    const { worstDelay, throughput } = run({ rate: 1e6, delayMs: 10, update: 500_000, seconds: 20 });
    expect(worstDelay).toBeLessThan(1100);
    expect(throughput).toBeGreaterThan(0.8e6);
  });

  it('sends no more than a window to a viewer that stops answering', () => {
    const { mostInFlight, pacer } = run({ rate: 100e6, delayMs: 2, update: 50_000, seconds: 10, stallAt: 3000 });
    expect(mostInFlight).toBeLessThanOrEqual(pacer.window + 50_000);
    expect(pacer.waitMs(10_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it('requests a fence after each large update, and now and then among tiny ones', () => {
    const pacer = new FenceCongestion();
    let position = 0;
    let now = 0;
    const fences = (updates: number, bytes: number) => {
      let count = 0;
      for (let index = 0; index < updates; index++) {
        now += 16;
        position += bytes;
        const fenced = pacer.fenceDue(position, now);
        if (fenced) count++;
        pacer.wrote(position, now, null, fenced);
        if (fenced) pacer.acknowledged(position, now + 1);
        expect(pacer.waitMs(now + 2)).toBe(0);
      }
      return count;
    };
    expect(fences(60, 20_000)).toBe(60);
    const tiny = fences(60, 100);
    expect(tiny).toBeGreaterThanOrEqual(15);
    expect(tiny).toBeLessThanOrEqual(25);
  });

  it('soon asks a viewer again that seems busy, and less and less often', () => {
    const probes = (seemsBusy: boolean) => {
      const pacer = new FenceCongestion();
      pacer.seemsBusy = seemsBusy;
      pacer.probed(40, 0);
      const asked: number[] = [];
      let position = 0;
      for (let now = 0; now < 60_000; ) {
        if (pacer.probeDue(now)) {
          asked.push(now);
          pacer.wrote(++position, now, null, true);
          now += seemsBusy ? 1 : 40;
          pacer.acknowledged(position, now);
        }
        // Each picture takes 50 ms, whether at the viewer or on the way.
        position += 100_000;
        pacer.wrote(position, now);
        now += 50;
        pacer.acknowledged(position, now);
      }
      expect(pacer.emptyRttMs).toBe(seemsBusy ? 1 : 40);
      return [asked.filter(at => at < 10_000).length, asked.filter(at => at > 20_000).length];
    };
    const [soon, later] = probes(true);
    expect(soon).toBeGreaterThan(4);
    const [usually, laterUsually] = probes(false);
    expect(usually).toBe(2);
    expect(Math.abs(later! - laterUsually!)).toBeLessThan(2);
  });

  it('sends no more than a window of tiny updates to a viewer that answers none', () => {
    const pacer = new FenceCongestion();
    let position = 0;
    let now = 0;
    while (pacer.waitMs(now) !== Number.POSITIVE_INFINITY && now < 60_000) {
      position += 100;
      pacer.wrote(position, now, null, pacer.fenceDue(position, now));
      now += 1;
    }
    expect(pacer.inFlight).toBeLessThanOrEqual(pacer.window + 100);
    pacer.acknowledged(position, now);
    expect(pacer.waitMs(now)).toBe(0);
  });

  it('reports the round trip and the bandwidth', () => {
    const { pacer } = run({ rate: 1e6, delayMs: 10, update: 30_000, seconds: 5 });
    expect(pacer.rttMs).toBeGreaterThan(35);
    expect(pacer.bandwidth).toBeGreaterThan(0.5e6);
    expect(pacer.bandwidth).toBeLessThan(1.5e6);
  });

  it('begins an update when the viewer is about to finish the last one, not before', () => {
    for (const [delay, service, preparation] of [
      [1, 30, 10],
      [1, 30, 60],
      [80, 30, 10],
      [1, 2, 10],
    ] as const) {
      const pacer = new FenceCongestion();
      let freeAt = 0;
      let now = 0;
      let position = 0;
      let shown = 0;
      const ages: number[] = [];
      const answers: { at: number; position: number }[] = [];
      // A small update first tells the least round trip.
      pacer.wrote(++position, 0);
      pacer.acknowledged(position, delay * 2);
      let begun: number | null = null;
      for (now = 200; now < 6000; now++) {
        while (answers[0] && answers[0].at <= now) pacer.acknowledged(answers.shift()!.position, now);
        if (begun === null && pacer.waitMs(now) === 0) begun = now;
        if (begun === null || now < begun + preparation) continue;
        position += 20_000;
        pacer.wrote(position, now, preparation);
        freeAt = Math.max(freeAt, now + delay) + service;
        answers.push({ at: freeAt + delay, position });
        if (now > 2000) {
          ages.push(freeAt - begun);
          shown++;
        }
        begun = null;
      }
      const rate = shown / 4;
      expect(rate).toBeGreaterThan(0.85 * (1000 / Math.max(service, preparation + 1)));
      const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
      expect(mean).toBeLessThan((preparation + delay + service) * 1.15 + 3);
    }
  });

  it('begins an update sent in parts later than one sent whole', () => {
    const waits = [40, 10].map(lead => {
      const pacer = new FenceCongestion();
      for (let turn = 0; turn < 60; turn++) {
        pacer.wrote((turn + 1) * 20_000, turn * 200, 40, true, lead);
        pacer.acknowledged((turn + 1) * 20_000, turn * 200 + 60 + (turn % 2) * 60);
      }
      pacer.wrote(61 * 20_000, 60 * 200, 40, true, lead);
      return pacer.waitMs(60 * 200);
    });
    expect(waits[1]! - waits[0]!).toBeGreaterThan(20);
  });

  it('goes on with small updates as before once a lost packet has arrived after all', () => {
    const pacer = new FenceCongestion();
    const answers: { at: number; position: number }[] = [];
    const sent: number[] = [];
    for (let now = 0; now < 8000; now++) {
      // Nothing arrives for a while, once a second; then all of it at once.
      const stalled = now > 2000 && now % 1000 < 300;
      while (!stalled && answers[0] && answers[0].at <= now) pacer.acknowledged(answers.shift()!.position, now);
      if (now % 16 !== 0 || pacer.waitMs(now) !== 0) continue;
      const position = (sent.length + 1) * 1500;
      sent.push(now);
      const fenced = pacer.fenceDue(position, now);
      pacer.wrote(position, now, 3, fenced);
      if (fenced) answers.push({ at: now + 68, position });
    }
    const after = sent.filter(at => at > 3000 && at % 1000 >= 300 && at % 1000 < 620);
    expect(after.length).toBeGreaterThan(0.96 * 5 * 20);
  });

  it('ignores an unexpected reply', () => {
    const pacer = new FenceCongestion();
    pacer.acknowledged(1000, 5);
    expect(pacer.inFlight).toBe(0);
    expect(pacer.rttMs).toBeNull();
  });
});

describe('the request pacer', () => {
  it('has one update in flight', () => {
    const pacer = new RequestPacer();
    expect(pacer.waitMs()).toBe(0);
    pacer.wrote(1000, 0);
    expect(pacer.waitMs()).toBe(Number.POSITIVE_INFINITY);
    pacer.acknowledged(1000, 10);
    expect(pacer.waitMs()).toBe(0);
    expect(pacer.bandwidth).toBe(100_000);
  });
});
