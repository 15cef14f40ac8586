import { describe, expect, test } from 'vitest';
import { canAgreeOn, isOwnOrigin, requestedHost, securityHeaders } from '../../source/transport/web-rules.js';

describe('the host of a request', () => {
  test.each([
    ['192.168.1.82:5800', '192.168.1.82', true],
    ['192.168.1.82', '192.168.1.82', true],
    ['[2001:db8::1]:5800', '2001:db8::1', true],
    ['[::1]', '::1', true],
    ['LapTop.Local:5800', 'laptop.local', false],
    ['laptop.', 'laptop', false],
    ['1.2.3', '1.2.3', false],
    ['192.168.1.82.evil.example', '192.168.1.82.evil.example', false],
    ['0x7f000001', '0x7f000001', false],
  ])('%s', (header, name, literal) => {
    expect(requestedHost(header)).toEqual({ text: header.toLowerCase(), name, literal });
  });

  test.each([
    undefined,
    '',
    ':5800',
    '.',
    'a b',
    'a@b',
    'a/b',
    'a:b',
    'a:123456',
    '[evil]',
    '[1.2.3.4]',
    '::1',
    "a';",
    'a\r\nX: y',
    'ä',
  ])('none in %j', header => {
    expect(requestedHost(header)).toBeNull();
  });
});

describe('the origin of a WebSocket', () => {
  const host = requestedHost('192.168.1.82:5800')!;

  test('is the page of this share, or no page at all', () => {
    expect(isOwnOrigin('http://192.168.1.82:5800', host, false)).toBe(true);
    expect(isOwnOrigin('https://192.168.1.82:5800', host, true)).toBe(true);
    expect(isOwnOrigin(undefined, host, false)).toBe(true);
  });

  test.each([
    'null',
    '',
    'http://192.168.1.82',
    'http://192.168.1.82:5801',
    'https://192.168.1.82:5800',
    'http://192.168.1.82:5800.evil.example',
    'http://evil.example',
    'file://',
  ])('is not %j', origin => {
    expect(isOwnOrigin(origin, host, false)).toBe(false);
  });
});

test('a subprotocol is binary, or none', () => {
  expect([undefined, 'binary', 'base64, binary'].map(canAgreeOn)).toEqual([true, true, true]);
  expect(['', 'base64', 'binary2'].map(canAgreeOn)).toEqual([false, false, false]);
});

describe('the security headers', () => {
  test('let the page load its own files and open its own WebSocket, and nothing else', () => {
    const headers = securityHeaders(requestedHost('192.168.1.82:5800'), false);
    expect(headers).toEqual({
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
        "connect-src 'self' ws://192.168.1.82:5800; style-src 'self'; img-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
  });

  test('over https name the WebSocket with TLS', () => {
    const { 'Content-Security-Policy': policy } = securityHeaders(requestedHost('[::1]:5800'), true);
    expect(policy).toContain("connect-src 'self' wss://[::1]:5800;");
  });
});
