import { beforeEach, expect, test } from 'vitest';
import { StreamWatch } from '../../../source/capture/portal/stream-watch.js';
import { FakeClock } from '../../helpers/fake-clock.js';

let clock: FakeClock;
let told: string[];
let watch: StreamWatch;
/** Whether the stream pauses and runs again when it is nudged, as it does. */
let obeys: boolean;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  obeys = true;
  watch = new StreamWatch({
    clock,
    nudge: () => {
      told.push('nudge');
      if (obeys) for (const state of ['paused', 'streaming'] as const) watch.state(state);
    },
    stalled: () => told.push('stalled'),
  });
  watch.negotiated();
  watch.state('paused');
});

test('a stream whose first frame comes is left alone', () => {
  watch.state('streaming');
  clock.advance(400);
  watch.frameCame();
  clock.advance(60_000);
  expect([told, clock.pending]).toEqual([[], 0]);
});

test.each([true, false])(
  'a stream without a first frame is nudged some times, then given up (it pauses: %s)',
  pauses => {
    obeys = pauses;
    watch.state('streaming');
    clock.advance(60_000);
    expect(told).toEqual(['nudge', 'nudge', 'nudge', 'nudge', 'stalled']);
  },
);

test('a frame after a nudge is enough', () => {
  watch.state('streaming');
  clock.advance(600);
  watch.frameCame();
  clock.advance(60_000);
  expect(told).toEqual(['nudge']);
});

test('a resumed stream that has had its picture is nudged once: perhaps nothing is new', () => {
  watch.state('streaming');
  watch.frameCame();
  watch.state('paused');
  clock.advance(60_000);
  expect(told).toEqual([]);
  watch.state('streaming');
  clock.advance(60_000);
  expect(told).toEqual(['nudge']);
  watch.state('paused');
  watch.state('streaming');
  clock.advance(60_000);
  expect(told).toEqual(['nudge', 'nudge']);
});

test('a stream that is negotiated again must begin again; a paused one need not', () => {
  watch.state('streaming');
  watch.frameCame();
  watch.negotiated();
  clock.advance(60_000);
  expect(told.at(-1)).toBe('stalled');
  told = [];
  watch.negotiated();
  watch.state('paused');
  clock.advance(60_000);
  expect([told, watch.streaming]).toEqual([[], false]);
});
