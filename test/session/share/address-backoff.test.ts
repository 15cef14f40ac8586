import { expect, it } from 'vitest';
import { AddressBackoff } from '../../../source/session/share/address-backoff.js';

const LIMITS = { free: 4, firstMs: 10_000, maxMs: 3_600_000, forgetMs: 3_600_000, sharesForgotten: false };

it('waits twice as long with each further failure, forgets a success, and is bounded', () => {
  const backoff = new AddressBackoff(LIMITS);
  for (let tries = 0; tries < 4; tries++) backoff.failed('a', 0);
  expect(backoff.waitMs('a', 0)).toBe(0);
  backoff.failed('a', 0);
  expect(backoff.waitMs('a', 0)).toBe(10_000);
  backoff.failed('a', 10_000);
  expect(backoff.waitMs('a', 10_000)).toBe(20_000);
  expect(backoff.waitMs('b', 10_000)).toBe(0);
  for (let tries = 0; tries < 40; tries++) backoff.failed('a', 20_000);
  expect(backoff.waitMs('a', 20_000)).toBe(3_600_000);
  backoff.succeeded('a');
  expect(backoff.waitMs('a', 20_000)).toBe(0);
});

it('counts all addresses of an IPv6 network as one client', () => {
  const backoff = new AddressBackoff(LIMITS);
  for (let host = 1; host <= 5; host++) backoff.failed(`2001:db8:1:2::${host}`, 0);
  expect(backoff.waitMs('2001:0DB8:1:2:8:8:8:8', 0)).toBe(10_000);
  expect(backoff.waitMs('2001:db8:1:3::1', 0)).toBe(0);
});

it('starts over with a machine that has not had to wait for a long time', () => {
  const backoff = new AddressBackoff({ ...LIMITS, free: 0 });
  for (let tries = 1; tries <= 3; tries++) expect(backoff.failed('a', 0)).toBe(tries);
  expect(backoff.failed('a', 40_000 + LIMITS.forgetMs)).toBe(4);
  expect(backoff.failed('a', 200_000 + 2 * LIMITS.forgetMs)).toBe(1);
});

it.each([
  [true, 40_000],
  [false, 0],
])('remembers what had to be forgotten together: %s', (sharesForgotten, wait) => {
  const backoff = new AddressBackoff({ ...LIMITS, free: 0, sharesForgotten });
  for (let tries = 0; tries < 3; tries++) backoff.failed('10.0.0.1', 0);
  for (let other = 0; other < 1024; other++) backoff.failed(`10.1.${other >> 8}.${other & 255}`, 0);
  expect(backoff.waitMs('10.0.0.1', 0)).toBe(wait);
  // One that was never seen cannot be told from those that were forgotten.
  expect(backoff.waitMs('10.9.9.9', 0)).toBe(wait);
  if (!sharesForgotten) return;
  expect(backoff.waitMs('10.1.3.255', 0)).toBe(10_000);
  backoff.failed('10.9.9.9', 40_000);
  expect(backoff.waitMs('10.8.8.8', 40_000)).toBe(80_000);
  expect(backoff.waitMs('10.8.8.8', 120_001 + LIMITS.forgetMs)).toBe(0);
});
