import { expect, it } from 'vitest';
import { AddressBackoff } from '../../../source/session/share/address-backoff.js';

const LIMITS = { free: 4, firstMs: 10_000 };

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
