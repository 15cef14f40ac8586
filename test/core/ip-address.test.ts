import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIPv4, isIPv6, isLoopback } from '../../source/core/ip-address.js';

const nearly = fc.array(
  fc.constantFrom(':', '::', '.', '0', '1', 'a', 'ffff', '255', '256', '01', '%', 'eth0', '10.0.0.1'),
  {
    maxLength: 17,
  },
);

describe('addresses', () => {
  it('are recognised as by node:net', () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4Extended(),
      nearly.map(parts => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, text => {
        expect([text, isIPv4(text), isIPv6(text)]).toEqual([text, net.isIPv4(text), net.isIPv6(text)]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['fe80::1%eth0', '::ffff:10.0.0.1', '::', '1::', '::1:2:3:4:5:6:7', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:8'])(
    '%s is IPv6',
    text => {
      expect(isIPv6(text)).toBe(true);
      expect(net.isIPv6(text)).toBe(true);
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['127.0.0.1:5900', true],
    ['127.8.0.1::5900', true],
    ['localhost', true],
    ['localhost:1', true],
    ['::1', true],
    ['[::1]:5900', true],
    ['127.example.org', false],
    ['localhost.example.org', false],
    ['::1:2', false],
    ['192.168.1.82:5900', false],
  ])('%s is this machine itself: %s', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});
