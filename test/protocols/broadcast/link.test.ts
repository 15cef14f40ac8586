import { expect, test } from 'vitest';
import { broadcastLink, readBroadcastLink } from '../../../source/protocols/broadcast/link.js';
import { nameOf, resourceOf } from '../../../source/protocols/broadcast/resources.js';

const ID = '4pBW7g2tW0GJXJ0T4hXb0w';
const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const KEY_TEXT = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

test('a link is made, and read again', () => {
  const link = broadcastLink('http://hall.example', ID, KEY);
  expect(link).toBe(`http://hall.example/live/${ID}#${KEY_TEXT}`);
  expect(readBroadcastLink(link)).toEqual({ place: `http://hall.example/live/${ID}/`, id: ID, key: KEY });
  expect(broadcastLink('https://cdn.example/talks/', ID, KEY)).toBe(`https://cdn.example/talks/live/${ID}#${KEY_TEXT}`);
});

test.each([
  ['HTTP://10.77.0.1:5801', '', `http://10.77.0.1:5801/live/${ID}/`],
  ['https://[fe80::1]:8443', '/', `https://[fe80::1]:8443/live/${ID}/`],
  ['https://cdn.example/a/b', '/?from=mail', `https://cdn.example/a/b/live/${ID}/`],
])('is read with %s', (server, end, place) => {
  expect(readBroadcastLink(` ${server}/live/${ID}${end}#${KEY_TEXT}\n`)?.place).toBe(place);
});

test.each([
  ['10.77.0.1:5900'],
  ['http://10.77.0.1:5800/#kafem-prawy'],
  ['http://10.77.0.1/live/vnc.html#kafem-prawy'],
  [`http://10.77.0.1/${ID}#${KEY_TEXT}`],
  [`http://user@10.77.0.1/live/${ID}#${KEY_TEXT}`],
  [`ftp://10.77.0.1/live/${ID}#${KEY_TEXT}`],
  [`vnc://10.77.0.1/live/${ID}#${KEY_TEXT}`],
])('%s is another kind of address', text => {
  expect(readBroadcastLink(text)).toBeNull();
});

test.each([[''], ['#'], [`#${KEY_TEXT.slice(0, -1)}`], [`#${KEY_TEXT}A`], [`#${KEY_TEXT.replace('A', '%')}`]])(
  'with "%s" for its key a link is refused',
  end => {
    expect(() => readBroadcastLink(`http://hall.example/live/${ID}${end}`)).toThrow(
      expect.objectContaining({ code: 'E_BROADCAST_KEY' }),
    );
  },
);

test.each([[''], ['short'], [ID.slice(1)], [`${ID}x`], [`${ID.slice(1)}+`]])('with "%s" for its ID, too', id => {
  for (const end of ['', '/', `#${KEY_TEXT}`, '#y']) {
    expect(() => readBroadcastLink(`http://hall.example/live/${id}${end}`)).toThrow(
      expect.objectContaining({ code: 'E_BROADCAST_KEY', message: expect.stringContaining('"/live/"') }),
    );
  }
});

test('resources have one name each', () => {
  for (const name of ['m', 'k/0', 'k/17', 'u/4294967295']) expect(nameOf(resourceOf(name)!)).toBe(name);
  for (const name of ['', 'M', 'm/', 'k', 'k/', 'k/01', 'u/-1', 'u/4294967296', 'u/1.5', 'u/1/', 'x/1', 'u/1?']) {
    expect(resourceOf(name)).toBeNull();
  }
});
