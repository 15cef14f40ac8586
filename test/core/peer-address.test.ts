import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPeerAddress, parsePeerAddress } from '../../source/core/peer-address.js';
import { anyText } from '../helpers/any-text.js';

function parsed(text: string, wire?: 'auto' | 'rfb' | 'classic') {
  const result = parsePeerAddress(text, wire);
  if (!result.ok) throw new Error(result.problem);
  return result.address;
}

describe('parsePeerAddress', () => {
  it.each([
    ['desk', 'desk', null],
    ['  desk.local ', 'desk.local', null],
    ['192.168.1.82:9000', '192.168.1.82', 9000],
    ['desk::5999', 'desk', 5999],
    ['desk::1', 'desk', 1],
    ['desk:0', 'desk', 5900],
    ['desk:99', 'desk', 5999],
    ['desk:100', 'desk', 100],
    ['[::1]:9000', '::1', 9000],
    ['[::1]:2', '::1', 5902],
    ['[::1]::2', '::1', 2],
    ['[fe80::1%eth0]', 'fe80::1%eth0', null],
    ['2001:db8::1', '2001:db8::1', null],
    ['::1', '::1', null],
    ['vnc://desk', 'desk', null],
    ['VNC://desk:5901/', 'desk', 5901],
    ['vnc://desk:7', 'desk', 7],
    ['vnc://[::1]:5901', '::1', 5901],
    ['bücher.example', 'bücher.example', null],
  ])('reads %s', (text, host, port) => {
    expect(parsed(text)).toEqual({ host, port });
  });

  it('takes HOST:N as a port over the classic protocol, which has no displays', () => {
    expect(parsed('desk:1', 'classic')).toEqual({ host: 'desk', port: 1 });
    expect(parsed('desk:1', 'rfb')).toEqual({ host: 'desk', port: 5901 });
  });

  it.each([
    ['', true],
    ['desk:', true],
    ['192.168.1', true],
    ['[::1', true],
    ['192.168.1.300', false],
    ['desk:65536', false],
    ['desk::0', false],
    ['desk:-1', false],
    ['desk:http', false],
    [':9000', false],
    ['my desk', false],
    ['desk/1', false],
    ['[desk]:1', false],
    ['[::1]x', false],
    ['a'.repeat(254), false],
  ])('says what is wrong with "%s"', (text, unfinished) => {
    const result = parsePeerAddress(text);
    expect(result).toMatchObject({ ok: false, unfinished });
    expect(!result.ok && result.problem.length).toBeGreaterThan(10);
  });

  it('names a scheme that it does not know, and does not take the rest for a port', () => {
    for (const text of ['ftp://desk/x', 'rdp://10.0.0.1:3389']) {
      const result = parsePeerAddress(text);
      expect(!result.ok && result.problem).toBe(
        `${text.slice(0, 6)} is not supported: a link begins with vnc://, http:// or https://`,
      );
    }
  });

  it('never throws and never lets a control character through', () => {
    fc.assert(
      fc.property(anyText, text => {
        const result = parsePeerAddress(text);
        if (result.ok) expect(result.address.host).not.toMatch(/[\s\u0000-\u001f]/);
      }),
    );
  });
});

describe('formatPeerAddress', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }));

  it('writes what parsePeerAddress reads again', () => {
    fc.assert(
      fc.property(host, port, fc.constantFrom('auto', 'rfb', 'classic'), (host, port, wire) => {
        expect(parsed(formatPeerAddress({ host, port }, wire), wire)).toEqual({ host, port });
      }),
    );
  });
});
