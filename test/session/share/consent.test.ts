import { describe, expect, it } from 'vitest';
import { CONSENT_MS, Consent } from '../../../source/session/share/consent.js';
import type { AccessPolicy } from '../../../source/session/share-options.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function setUp(access: AccessPolicy = 'ask') {
  const clock = new FakeClock();
  const told: string[] = [];
  const consent = new Consent(access, clock, {
    asking: ({ viewer, address }) => void told.push(`asking ${viewer} ${address}`),
    asked: viewer => void told.push(`asked ${viewer}`),
  });
  return { clock, told, consent };
}

describe('Consent', () => {
  it('asks nobody where access is open', async () => {
    const { consent, told } = setUp('open');
    expect(await consent.ask(1, 'a')).toBe(null);
    expect(told).toEqual([]);
  });

  it('gives each viewer its own answer', async () => {
    const { consent, told, clock } = setUp();
    const answers = [consent.ask(1, 'a'), consent.ask(2, 'b')];
    consent.answer(2, 'no');
    consent.answer(1, 'yes');
    expect(await Promise.all(answers)).toEqual([null, { reason: 'The sharer declined.', said: 'was refused' }]);
    expect(told).toEqual(['asking 1 a', 'asking 2 b', 'asked 2', 'asked 1']);
    expect(clock.pending).toBe(0);
  });

  it('declines without an answer', async () => {
    const { consent, clock, told } = setUp();
    const answer = consent.ask(1, 'a');
    clock.advance(CONSENT_MS - 1);
    expect(consent.waiting).toBe(1);
    clock.advance(1);
    expect((await answer)?.reason).toBe('The sharer did not answer within 30 seconds.');
    expect(told.at(-1)).toBe('asked 1');
    consent.answer(1, 'yes');
  });

  it('accepts all waiting and later viewers after "all"', async () => {
    const { consent } = setUp();
    const waiting = [consent.ask(1, 'a'), consent.ask(2, 'b')];
    consent.answer(2, 'all');
    expect(await Promise.all([...waiting, consent.ask(3, 'c')])).toEqual([null, null, null]);
  });

  it('forgets a viewer who left', async () => {
    const { consent, clock } = setUp();
    const answer = consent.ask(1, 'a');
    consent.withdraw(1);
    expect(await answer).not.toBe(null);
    expect([consent.waiting, clock.pending]).toEqual([0, 0]);
  });

  it('does not apply the answer for a viewer who left to another one', async () => {
    const { consent } = setUp();
    const answer = consent.ask(2, 'b');
    void consent.ask(1, 'a');
    consent.withdraw(1);
    consent.answer(1, 'all');
    expect(consent.waiting).toBe(1);
    consent.answer(2, 'no');
    expect(await answer).not.toBe(null);
    expect((await consent.ask(3, 'b'))?.said).toBe('asked again too soon');
  });

  it('delays further requests of a refused viewer, twice as long each time', async () => {
    const { consent, clock, told } = setUp();
    for (const wait of [15_000, 30_000, 60_000]) {
      void consent.ask(1, '192.168.1.86');
      expect(consent.waiting).toBe(1);
      consent.answer(1, 'no');
      expect((await consent.ask(2, '192.168.1.86'))?.reason).toMatch(`Try again in ${wait / 1000} seconds.`);
      clock.advance(wait);
    }
    expect(told.filter(each => each.startsWith('asking'))).toHaveLength(3);
    void consent.ask(3, '192.168.1.86');
    consent.answer(3, 'yes');
    void consent.ask(4, '192.168.1.86');
    consent.answer(4, 'no');
    expect((await consent.ask(5, '192.168.1.86'))?.reason).toContain('in 15 seconds');
  });

  it('asks a few times about a viewer that keeps leaving, then pauses', async () => {
    const { consent, clock, told } = setUp();
    for (let viewer = 1; viewer <= 34; viewer++) {
      void consent.ask(viewer, '192.168.1.86');
      clock.advance(300);
      consent.withdraw(viewer);
    }
    expect(told.filter(each => each.startsWith('asking'))).toHaveLength(3);
  });

  it('treats an IPv6 network as one client', async () => {
    const { consent } = setUp();
    const others = [consent.ask(2, '2001:db8:0:1::3'), consent.ask(3, '2001:db8:0:2::2')];
    void consent.ask(1, '2001:db8:0:1::2');
    consent.answer(1, 'no');
    expect(await others[0]).not.toBe(null);
    expect(consent.waiting).toBe(1);
    expect((await consent.ask(4, '2001:0DB8::1:8:8:8:8'))?.said).toBe('asked again too soon');
    void consent.ask(5, '2001:db8:1::1:2');
    expect(consent.waiting).toBe(2);
  });
});
