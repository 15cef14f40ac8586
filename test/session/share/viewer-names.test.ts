import { expect, it } from 'vitest';
import { type NameLookup, ViewerNames } from '../../../source/session/share/viewer-names.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const asked = new Map<string, (names: readonly string[]) => void>();
  const cancelled: string[] = [];
  let found = 0;
  const lookUp = (address: string): NameLookup => {
    const names = new Promise<readonly string[]>(resolve => asked.set(address, resolve));
    return { names, cancel: () => void cancelled.push(address) };
  };
  const names = new ViewerNames(clock, lookUp, () => found++);
  const answer = async (address: string, ...told: string[]) => {
    asked.get(address)?.(told);
    await new Promise(resolve => setImmediate(resolve));
  };
  return { clock, asked, cancelled, names, answer, found: () => found };
}

it('remembers a name, and asks only once', async () => {
  const { names, answer, asked, found } = setUp();
  names.ask('192.168.1.86');
  names.ask('192.168.1.86');
  expect(names.of('192.168.1.86')).toBe(null);
  await answer('192.168.1.86', 'anna-laptop.lan.');
  expect([names.of('192.168.1.86'), found()]).toEqual(['anna-laptop.lan', 1]);
  asked.clear();
  names.ask('192.168.1.86');
  expect(asked.size).toBe(0);
});

it.each(['192.168.1.1', 'a\u001b[2Jb', 'a b', '', 'x'.repeat(64), '-a', 'a..b', 'ünï'])(
  'takes %j for no name',
  async told => {
    const { names, answer, found } = setUp();
    names.ask('10.0.0.1');
    await answer('10.0.0.1', told);
    expect([names.of('10.0.0.1'), found()]).toEqual([null, 0]);
  },
);

it('asks for nearby addresses alone', () => {
  const { names, asked } = setUp();
  for (const address of ['127.0.0.1', '::1', '8.8.8.8', '2001:db8::1', 'fe80::1%eth0']) names.ask(address);
  expect([...asked.keys()]).toEqual([]);
  for (const address of ['10.1.2.3', '172.31.0.1', 'fd00::1', '100.64.0.9']) names.ask(address);
  expect([...asked.keys()]).toEqual(['10.1.2.3', '172.31.0.1', 'fd00::1', '100.64.0.9']);
});

it('asks few at once, for a bounded time, and leaves nothing behind', async () => {
  const { names, asked, cancelled, clock } = setUp();
  for (let host = 0; host < 1000; host++) names.ask(`10.0.${host >> 8}.${host & 255}`);
  expect(asked.size).toBe(4);
  for (let round = 0; round < 100; round++) clock.advance(3000);
  expect([asked.size, cancelled.length, clock.pending]).toEqual([68, 68, 0]);
  names.ask('10.9.9.9');
  names.close();
  expect([cancelled.at(-1), clock.pending]).toEqual(['10.9.9.9', 0]);
  names.ask('10.9.9.8');
  expect(asked.has('10.9.9.8')).toBe(false);
});
