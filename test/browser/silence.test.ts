import { describe, expect, it } from 'vitest';
import { Silence } from '../../source/browser/silence.js';
import { FakeClock } from '../helpers/fake-clock.js';

function silent(answers = true) {
  const clock = new FakeClock();
  const asked: number[] = [];
  const silence = new Silence(clock, () => {
    asked.push(clock.now());
    return answers;
  });
  /** The seconds until it is found dead, checked once a second as a page does; null: not within a minute. */
  const deadAfter = (received: (second: number) => number) => {
    for (let second = 1; second <= 60; second++) {
      clock.advance(1000);
      if (silence.isDead(received(second))) return second;
    }
    return null;
  };
  return { silence, asked, deadAfter };
}

describe('a silent connection', () => {
  it('is asked after five seconds, and given up after as many again', () => {
    const { asked, deadAfter } = silent();
    expect(deadAfter(() => 0)).toBe(11);
    expect(asked).toHaveLength(1);
  });

  it('lives as long as it answers, or says anything', () => {
    const { asked, deadAfter } = silent();
    expect(deadAfter(() => 10 * asked.length)).toBe(null);
    expect(asked.length).toBeGreaterThan(5);
    expect(silent().deadAfter(second => second)).toBe(null);
  });

  it('is asked at once where it has probably died, and given up soon', () => {
    const { silence, asked, deadAfter } = silent();
    silence.doubt(100);
    expect(asked).toHaveLength(1);
    expect(deadAfter(() => 100)).toBe(3);
  });

  it('takes no byte that came before for the answer, and is as good as ever after one', () => {
    const { silence, deadAfter } = silent();
    expect(silence.isDead(100)).toBe(false);
    silence.doubt(150);
    expect(deadAfter(second => (second < 3 ? 150 : 160))).toBe(3 + 10 + 1);
  });

  it('is never given up where nobody would answer', () => {
    const { silence, deadAfter } = silent(false);
    silence.doubt(0);
    expect(deadAfter(() => 0)).toBe(null);
  });
});
