import { describe, expect, it } from 'vitest';
import { CONSENT_MS, Consent } from '../../../source/session/share/consent.js';
import type { AccessPolicy } from '../../../source/session/share-options.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function setUp(access: AccessPolicy = 'ask') {
  const clock = new FakeClock();
  const told: string[] = [];
  const consent = new Consent(access, clock, {
    asking: (viewer, address) => told.push(`asking ${viewer} ${address}`),
    asked: viewer => told.push(`asked ${viewer}`),
    unanswered: viewer => told.push(`unanswered ${viewer}`),
  });
  return { clock, told, consent };
}

describe('Consent', () => {
  it('asks nobody where access is open', async () => {
    const { consent, told } = setUp('open');
    expect(await consent.ask(1, 'a')).toBe(true);
    expect(told).toEqual([]);
  });

  it('gives each viewer its own answer', async () => {
    const { consent, told, clock } = setUp();
    const answers = [consent.ask(1, 'a'), consent.ask(2, 'b')];
    consent.answer(2, 'no');
    consent.answer(1, 'yes');
    expect(await Promise.all(answers)).toEqual([true, false]);
    expect(told).toEqual(['asking 1 a', 'asking 2 b', 'asked 2', 'asked 1']);
    expect(clock.pending).toBe(0);
  });

  it('takes no answer for a no', async () => {
    const { consent, clock, told } = setUp();
    const answer = consent.ask(1, 'a');
    clock.advance(CONSENT_MS - 1);
    expect(consent.waiting).toBe(1);
    clock.advance(1);
    expect(await answer).toBe(false);
    expect(told.slice(-2)).toEqual(['unanswered 1', 'asked 1']);
    consent.answer(1, 'yes');
  });

  it('lets in everybody who waits or comes later after "all"', async () => {
    const { consent } = setUp();
    const waiting = [consent.ask(1, 'a'), consent.ask(2, 'b')];
    consent.answer(2, 'all');
    expect(await Promise.all([...waiting, consent.ask(3, 'c')])).toEqual([true, true, true]);
  });

  it('forgets a viewer who left', async () => {
    const { consent, clock } = setUp();
    const answer = consent.ask(1, 'a');
    consent.withdraw(1);
    expect(await answer).toBe(false);
    expect([consent.waiting, clock.pending]).toEqual([0, 0]);
  });
});
