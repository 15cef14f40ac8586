import { afterEach, describe, expect, test } from 'vitest';
import type { DnsName, DnsRecord } from '../../../source/protocols/mdns/message.js';
import type { FoundSharers } from '../../../source/session/app-services.js';
import { Announcer } from '../../../source/session/discovery/announcer.js';
import { BROWSER_LIMITS, SharerBrowser } from '../../../source/session/discovery/browser.js';
import { SERVICE } from '../../../source/session/discovery/mdns.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakeMdns, link } from '../../helpers/fake-mdns.js';

const HERE = '10.0.0.5';

let network = new FakeMdns();
let clock = new FakeClock();

afterEach(() => {
  network = new FakeMdns();
  clock = new FakeClock();
});

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(left, 50));
    await Promise.resolve();
    await Promise.resolve();
  }
}

function browse() {
  const told: FoundSharers[] = [];
  const browser = new SharerBrowser({ open: network.at(HERE), clock, told: found => told.push(found) });
  const now = (): FoundSharers => told.at(-1) ?? { sharers: [], more: 0, problem: null };
  return { browser, told, now, names: () => now().sharers.map(({ name }) => name) };
}

/** All that a sharer says of itself. */
function sharer(label: string, address: string, change: { port?: number; ttl?: number; texts?: string[] } = {}) {
  const { port = 5900, ttl = 120, texts = ['encryption=none'] } = change;
  const name: DnsName = [label, ...SERVICE];
  const target: DnsName = [`host-${label}`, 'local'];
  return [
    { name: SERVICE, type: 'PTR', target: name, ttl },
    { name, type: 'SRV', port, target, ttl },
    { name, type: 'TXT', texts, ttl },
    { name: target, type: address.includes(':') ? 'AAAA' : 'A', address, ttl },
  ] satisfies DnsRecord[];
}

const questions = () => network.said.filter(({ from, message }) => from === HERE && !message.response);

describe('the search for sharers', () => {
  test('finds present and new sharers, and notices when one leaves', async () => {
    const announce = (name: string, address: string) =>
      new Announcer(
        { name, port: 5900, texts: ['encryption=none'], bind: null },
        { open: network.at(address), clock, told: () => {} },
      );
    const first = announce('desk', '10.0.0.1');
    await pass(8000);
    const { now, names } = browse();
    await pass(500);
    expect(now()).toEqual({
      sharers: [
        {
          id: expect.any(String),
          name: 'desk',
          address: '10.0.0.1',
          port: 5900,
          wire: 'rfb',
          encryption: 'none',
          interfaceName: 'eth0',
        },
      ],
      more: 0,
      problem: null,
    });
    announce('attic', '10.0.0.2');
    await pass(1500);
    expect(names()).toEqual(['attic', 'desk']);
    await first.close();
    await pass(300);
    expect(names()).toEqual(['attic']);
  });

  test('asks less and less often, and drops sharers that no longer answer', async () => {
    const { names } = browse();
    network.answer('10.0.0.1', ...sharer('desk', '10.0.0.1', { ttl: 4_000_000 }));
    await pass(28_000);
    expect(questions().length).toBe(5);
    await pass(120_000);
    expect(questions().length).toBe(7);
    expect(names()).toEqual(['desk']);
    await pass(5000);
    expect(names()).toEqual([]);
  });

  test('asks for records that an answer left out', async () => {
    const { now } = browse();
    const [pointer, place, , address] = sharer('desk', '10.0.0.1');
    network.answer('10.0.0.1', pointer!);
    expect(questions().at(-1)?.message.questions).toEqual([
      { name: place!.name, type: 'SRV' },
      { name: place!.name, type: 'TXT' },
    ]);
    network.answer('10.0.0.1', place!);
    expect(
      questions()
        .at(-1)
        ?.message.questions.map(({ type }) => type),
    ).toEqual(['A', 'AAAA']);
    await pass(300);
    expect(now().sharers).toEqual([]);
    network.answer('10.0.0.1', address!);
    await pass(300);
    expect(now().sharers).toMatchObject([{ address: '10.0.0.1', port: 5900, encryption: null }]);
  });

  test('uses a link-local address with the interface it came from, but prefers IPv4', async () => {
    const { now } = browse();
    network.answer('10.0.0.1', ...sharer('desk', 'fe80::1'));
    await pass(300);
    expect(now().sharers[0]?.address).toBe('fe80::1%eth0');
    const [, , , address] = sharer('desk', '10.0.0.1');
    network.answer('10.0.0.1', address!, { ...address!, type: 'AAAA', address: 'fe80::1' });
    await pass(300);
    expect(now().sharers[0]?.address).toBe('10.0.0.1');
  });

  test('prefers the address that the answer came from', async () => {
    const { now } = browse();
    const [pointer, place, texts, address] = sharer('desk', '172.17.0.1');
    network.answer('10.0.0.1', pointer!, place!, texts!, address!, { ...address!, address: '10.0.0.1' } as DnsRecord);
    await pass(300);
    expect(now().sharers[0]?.address).toBe('10.0.0.1');
  });

  test('reports that there is no network, that nothing can be sent, and the end of both', async () => {
    const { now } = browse();
    network.relink(HERE, []);
    await pass(300);
    expect(now().problem).toBe('This machine is on no network.');
    network.relink(HERE, [link(HERE)]);
    network.answer('10.0.0.1', ...sharer('desk', '10.0.0.1'));
    await pass(300);
    expect(now()).toMatchObject({ problem: null, sharers: [{ name: 'desk' }] });
    network.mute = true;
    await pass(2000);
    expect(now().problem).toMatch(/cannot send mDNS/);
  });

  test('drops addresses on an interface that is gone', async () => {
    const { now } = browse();
    network.answer('10.0.0.1', ...sharer('desk', '10.0.0.1'));
    network.relink(HERE, [link(HERE, 'wlan0')]);
    await pass(300);
    expect(now().sharers).toEqual([]);
  });

  test('does nothing more once it is closed', async () => {
    const { browser, told } = browse();
    await pass(300);
    await browser.close();
    const [said, before] = [network.said.length, told.length];
    network.answer('10.0.0.1', ...sharer('desk', '10.0.0.1'));
    await pass(100_000);
    expect([network.said.length - said, told.length - before, clock.pending, network.size]).toEqual([1, 0, 0, 0]);
  });
});

describe('a hostile neighbour', () => {
  test('gets no control character into a name or a description', async () => {
    const { now } = browse();
    network.answer(
      '10.0.0.1',
      ...sharer('\u001b]0;x\u0007a\u202eb\nc', '10.0.0.1', { texts: [`encryption=\u001b[2J${'y'.repeat(200)}`] }),
    );
    await pass(300);
    const [found] = now().sharers;
    expect(found?.name).toBe(']0;xabc');
    expect(found?.encryption).toBe(`[2J${'y'.repeat(BROWSER_LIMITS.text - 4)}…`);
    const empty = sharer('\u0007', '10.0.0.2');
    network.answer('10.0.0.2', ...empty);
    await pass(300);
    expect(now().sharers.map(({ name }) => name)).toContain('10.0.0.2');
  });

  test('with many services is shown with a few, and leaves room for others', async () => {
    const { now, names } = browse();
    for (let count = 0; count < 1000; count++) network.answer('10.0.0.66', ...sharer(`fake ${count}`, '10.0.0.66'));
    network.answer('10.0.0.1', ...sharer('desk', '10.0.0.1'));
    await pass(300);
    expect(now().sharers.length).toBe(BROWSER_LIMITS.sharersOfOne + 1);
    expect(names()).toContain('desk');
    expect(now().more).toBe(BROWSER_LIMITS.sharers);
  });

  test('with many addresses is bound by the total limit', async () => {
    const { now } = browse();
    for (let count = 0; count < 1000; count++) {
      const address = `10.1.${count >> 8}.${count & 255}`;
      network.answer(address, ...sharer(`fake ${count}`, address));
    }
    await pass(300);
    expect(now().sharers.length).toBe(BROWSER_LIMITS.sharers);
    expect(clock.pending).toBeLessThanOrEqual(3);
  });

  test('causes few questions and few updates of the screen', async () => {
    const { told } = browse();
    await pass(30_000);
    const asked = questions().length;
    for (let count = 0; count < 500; count++) {
      network.answer('10.0.0.66', sharer(`fake ${count % 10}`, '10.0.0.66', { port: count })[0]!);
    }
    expect(questions().length - asked).toBeLessThanOrEqual(BROWSER_LIMITS.questions);
    const before = told.length;
    for (let count = 0; count < 100; count++) {
      network.answer('10.0.0.66', ...sharer('fake', '10.0.0.66', { port: 1 + count }));
      await pass(10);
    }
    expect(told.length - before).toBeLessThanOrEqual(6);
  });

  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', '224.0.0.251', 'ff02::1'])(
    'does not send anybody to %s',
    async address => {
      const { now } = browse();
      network.answer('10.0.0.66', ...sharer('fake', address));
      await pass(300);
      expect(now().sharers).toEqual([]);
    },
  );

  test('cannot add a sharer without a port, or a service of another kind', async () => {
    const { now } = browse();
    network.answer('10.0.0.66', ...sharer('fake', '10.0.0.66', { port: 0 }));
    const [, ...rest] = sharer('fake2', '10.0.0.66');
    network.answer(
      '10.0.0.66',
      { name: SERVICE, type: 'PTR', target: ['fake2', '_ipp', '_tcp', 'local'], ttl: 9 },
      ...rest,
    );
    network.answer('10.0.0.66', { name: SERVICE, type: 'PTR', target: ['a', 'b', ...SERVICE], ttl: 9 });
    await pass(300);
    expect(now().sharers).toEqual([]);
  });
});
