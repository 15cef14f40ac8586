import { describe, expect, test } from 'vitest';
import { pageLink, readInvitation } from '../../source/core/invitation.js';

/** Of a broadcast. */
const ID = '4pBW7g2tW0GJXJ0T4hXb0w';
const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('an invitation', () => {
  test.each([
    ['10.77.0.1', '10.77.0.1', null],
    ['  desk:5901 ', 'desk:5901', null],
    ['peerglass watch 10.77.0.1:5900   code ABCD-EFGH', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['10.77.0.1:5900   code ABCD-EFGH', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['"peerglass watch 10.77.0.1:5900   code ABCD-EFGH"', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['“peerglass watch 10.77.0.1:5900”\n  code ABCD-EFGH\n', '10.77.0.1:5900', 'ABCD-EFGH'],
    ['$ peerglass watch 10.77.0.1:5900 --code k7m2p4qr', '10.77.0.1:5900', 'k7m2p4qr'],
    ['$ peerglass watch 10.77.0.1:5900 --code=k7m2p4qr', '10.77.0.1:5900', 'k7m2p4qr'],
    ['`peerglass watch 10.77.0.1:5900` (code: k7m2p4qr).', '10.77.0.1:5900', 'k7m2p4qr'],
    ['Hi! Come and see: peerglass watch 10.77.0.1:5900   code ABCD EFGH. Thanks', '10.77.0.1:5900', 'ABCD EFGH'],
    ['peerglass watch 10.77.0.1:5900   code kafem-prawy', '10.77.0.1:5900', 'kafem-prawy'],
    ['peerglass watch 10.77.0.1:5900 code KAFEM PRAWY, at nine', '10.77.0.1:5900', 'KAFEM PRAWY'],
    ['peerglass watch 10.77.0.1:5900,\ncode abcd', '10.77.0.1:5900', 'abcd'],
    ['Peerglass Watch [fe80::1%eth0]:5900 code x', '[fe80::1%eth0]:5900', 'x'],
    ['vnc://10.77.0.1:5900', 'vnc://10.77.0.1:5900', null],
    ['vnc://10.77.0.1:5900/?VncPassword=k7m2p4qr', 'vnc://10.77.0.1:5900', 'k7m2p4qr'],
    ['<vnc://ann@10.77.0.1>', 'vnc://10.77.0.1', null],
    ['VNC://[fe80::1%25eth0]:5900', 'vnc://[fe80::1%eth0]:5900', null],
    ['any VNC viewer  vnc://10.77.0.1:5900', 'vnc://10.77.0.1:5900', null],
    ['http://10.77.0.1:5800/', '10.77.0.1:5900', null],
    ['http://10.77.0.1:5801/vnc.html#code=ABCD-EFGH', '10.77.0.1:5901', 'ABCD-EFGH'],
    ['https://desk.example.org/look?code=a%20b', 'desk.example.org', 'a b'],
    ['http://[2001:db8::1]/', '2001:db8::1', null],
    ['http://[2001:db8::1]:5800/', '[2001:db8::1]:5900', null],
    ['http://10.77.0.1:8080/x', '10.77.0.1:8080', null],
    ['http://192.168.1.82:5800/#k7m2p9qx', '192.168.1.82:5900', 'k7m2p9qx'],
    ['https://[2001:db8::1]:5800/#a%20b', '[2001:db8::1]:5900', 'a b'],
    ['vnc://10.77.0.1:5900/#k7m2p9qx', 'vnc://10.77.0.1:5900', null],
    [`http://hall.example/live/${ID}#${KEY}`, `http://hall.example/live/${ID}`, KEY],
    [`Watch it here: <https://cdn.example/a/live/${ID}/#${KEY}>, please`, `https://cdn.example/a/live/${ID}`, KEY],
    [`peerglass watch 'http://10.77.0.1:5801/live/${ID}#${KEY}'`, `http://10.77.0.1:5801/live/${ID}`, KEY],
    [`http://hall.example/live/${ID}#${KEY.slice(0, 9)}\n${KEY.slice(9)}`, `http://hall.example/live/${ID}`, KEY],
    [`At nine: http://a.b/live/${ID.slice(9)}`, `http://a.b/live/${ID.slice(9)}`, null],
    [
      `See http://a.b/live/${ID.slice(0, 7)} ${ID.slice(7)}#${KEY.slice(0, 3)}\r\n${KEY.slice(3)} please`,
      `http://a.b/live/${ID}`,
      KEY,
    ],
    [`http://hall.example/live/${ID}`, `http://hall.example/live/${ID}`, null],
    ['http://hall.example/live/short#k7m2p9qx', 'http://hall.example/live/short', 'k7m2p9qx'],
    ['http://10.77.0.1:5800/#code=%E0%A4%A', '10.77.0.1:5900', '%E0%A4%A'],
    ['', '', null],
    ['peerglass watch', 'peerglass', null],
    ['10.77.0.1 code', '10.77.0.1', null],
  ])('%j leads to %j with the code %j', (text, address, code) => {
    expect(readInvitation(text)).toMatchObject({ address, code });
  });

  test('names the protocol if the invitation does', () => {
    expect(readInvitation('peerglass watch 10.0.0.1:9000 --wire classic')).toEqual({
      address: '10.0.0.1:9000',
      code: null,
      wire: 'classic',
      rest: '',
    });
  });

  test('unknown words in it are reported, but not those of a surrounding message', () => {
    expect(readInvitation('10.0.0.1 10.0.0.2 code x').rest).toBe('10.0.0.2');
    expect(readInvitation('see peerglass watch 10.0.0.1 code x now').rest).toBe('');
  });
});

describe('the link for browsers', () => {
  test.each([
    [{ https: false, port: 5800 }, '192.168.1.82', 'k7m2p9qx', 'http://192.168.1.82:5800/#k7m2p9qx'],
    [{ https: true, port: 5800 }, '2001:db8::1', null, 'https://[2001:db8::1]:5800/'],
    [{ https: false, port: 8080 }, 'desk.lan', 'a b#/ä', 'http://desk.lan:8080/#a%20b%23%2F%C3%A4'],
  ])('%j %s %s', (page, host, code, link) => {
    expect(pageLink(page, host, code)).toBe(link);
  });
});
