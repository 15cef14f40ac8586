import { describe, expect, it } from 'vitest';
import { AnswerLine } from '../../../source/session/share/answer-line.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { WrongTries } from '../../../source/session/share/wrong-tries.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function setUp(attended = true) {
  const clock = new FakeClock();
  const told: string[] = [];
  const wrong: string[] = [];
  const tries = new WrongTries();
  const line = new AnswerLine(tries, {
    clock,
    attended,
    wrong: (address, times) => wrong.push(`${address} ${times}`),
  });
  let last = 0;
  const answer = (address: string, right = false): (() => void) => {
    const id = ++last;
    const tell = (what: string) => told.push(`${id} ${what} at ${clock.now() / 1000}`);
    return line.add({
      address,
      right,
      tell: () => tell('told'),
      ask: () => tell('asked'),
      turnAway: () => tell('away'),
    });
  };
  const of = (what: string) => told.filter(text => text.includes(what));
  return { clock, told, wrong, tries, line, answer, of };
}

/** As an address of a machine that has many. */
const many = (index: number) => `127.0.${index >> 8}.${index & 255}`;

describe('answers', () => {
  it('are judged at once if none was wrong, however many come from one address', () => {
    const { answer, told, line } = setUp();
    for (let pupil = 0; pupil < 100; pupil++) answer('192.168.1.86', true);
    expect(told).toHaveLength(100);
    expect(line.length).toBe(0);
  });

  it('of one machine that arrive together count as one try, followed by one after 1, 2, 4 s', () => {
    const { answer, told, clock } = setUp(false);
    for (let count = 0; count < 16; count++) answer('192.168.1.86');
    expect(told).toEqual(['1 told at 0']);
    clock.advance(10_000);
    expect(told).toEqual(['1 told at 0', '2 told at 1', '3 told at 3', '4 told at 7']);
  });

  it('of one machine wait for a minute at most', () => {
    const { answer, tries, clock } = setUp(false);
    for (let count = 0; count < 10; count++) {
      clock.advance(tries.waitMs('192.168.1.86', clock.now()));
      answer('192.168.1.86');
    }
    expect(tries.waitMs('192.168.1.86', clock.now())).toBe(60_000);
  });

  it('that are right are all accepted behind a wrong one', () => {
    const { answer, of, clock } = setUp();
    answer('192.168.1.86');
    for (let pupil = 0; pupil < 30; pupil++) answer('192.168.1.86', true);
    answer('192.168.1.86');
    for (let pupil = 0; pupil < 30; pupil++) answer('192.168.1.86', true);
    clock.advance(1000);
    expect(of('told at 1')).toHaveLength(31);
    clock.advance(1000);
    expect([of('told at 2').length, of('away')]).toEqual([30, []]);
  });

  it('that are wrong are judged at most twenty times a minute in all, from any number of addresses', () => {
    const { answer, of, clock } = setUp();
    let from = 0;
    const perMinute = [0, 1, 2].map(() => {
      const before = of('told').length;
      for (let second = 0; second < 60; second++) {
        for (let count = 0; count < 50; count++) answer(many(from++));
        clock.advance(1000);
      }
      return of('told').length - before;
    });
    expect(Math.max(...perMinute)).toBeLessThanOrEqual(20);
    expect(Math.min(...perMinute)).toBeGreaterThanOrEqual(9);
  });

  it('go to the user once they would wait for long, so that the limit locks nobody out', () => {
    const { answer, told, clock, of } = setUp();
    for (let index = 0; index < 10; index++) answer(many(index));
    answer('192.168.1.86', true);
    clock.advance(VIEWER_LIMITS.answerMs);
    expect(told.at(-1)).toBe('11 asked at 5');
    expect(of('told')).toHaveLength(10);
  });

  it('are judged at once from an address that had the right code before', () => {
    const { answer, told } = setUp();
    answer('192.168.1.86', true);
    for (let index = 0; index < 30; index++) answer(many(index));
    answer('192.168.1.86', true);
    expect(told.at(-1)).toBe('32 told at 0');
  });

  it('are judged within seconds if there is no user to ask, those of networks with few answers first', () => {
    const { answer, told, clock, of } = setUp(false);
    for (let index = 0; index < 40; index++) answer(many(index));
    answer('192.168.1.86', true);
    clock.advance(6000);
    // What is right costs nothing: the next wrong one comes with it.
    expect(told.slice(10)).toEqual(['41 told at 6', '11 told at 6']);
    clock.advance(VIEWER_LIMITS.unattendedAnswerMs);
    expect(of('away at 45').length).toBeGreaterThan(20);
  });

  it('wait in bounded number: the machine with most of them makes room', () => {
    const { answer, of, line, told, clock } = setUp();
    for (let index = 0; index < 500; index++) answer(many(index));
    expect(line.length).toBe(VIEWER_LIMITS.answersWaiting);
    expect(of('away')).toHaveLength(500 - 10 - VIEWER_LIMITS.answersWaiting);
    answer('192.168.1.86', true);
    clock.advance(1000);
    // More of the same, from everywhere in that network, take no place from the one beside it.
    for (let index = 1000; index < 1500; index++) answer(many(index));
    clock.advance(VIEWER_LIMITS.answerMs);
    expect(told).toContain('501 asked at 5');
  });

  it('are dropped when the viewer leaves', () => {
    const { answer, line, clock, told } = setUp();
    answer('192.168.1.86');
    const leave = answer('192.168.1.86');
    leave();
    expect(line.length).toBe(0);
    clock.advance(100_000);
    expect([told.length, clock.pending]).toEqual([1, 0]);
  });

  it('are counted by machine: IPv6 by network', () => {
    const { answer, wrong, clock } = setUp(false);
    for (let host = 1; host <= 3; host++) answer(`2001:db8:1:2::${host}`);
    clock.advance(3000);
    expect(wrong).toEqual(['2001:db8:1:2::1 1', '2001:db8:1:2::2 2', '2001:db8:1:2::3 3']);
  });
});
