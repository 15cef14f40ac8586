import { afterEach, describe, expect, test } from 'vitest';
import type { DnsRecord } from '../../../source/protocols/mdns/message.js';
import {
  type AnnouncedService,
  type AnnouncementState,
  Announcer,
} from '../../../source/session/discovery/announcer.js';
import { SERVICE } from '../../../source/session/discovery/mdns.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakeMdns, link } from '../../helpers/fake-mdns.js';

let network = new FakeMdns();
let clock = new FakeClock();
const DESK: AnnouncedService = { name: 'desk', port: 5900, texts: ['wire=rfb', 'encryption=none'], bind: null };

afterEach(() => {
  network = new FakeMdns();
  clock = new FakeClock();
});

function announce(service: Partial<AnnouncedService> = {}, address = '10.0.0.1') {
  const states: AnnouncementState[] = [];
  const announcer = new Announcer(
    { ...DESK, ...service },
    { open: network.at(address), clock, told: state => states.push(state) },
  );
  return { announcer, states, name: () => states.at(-1)?.name ?? null };
}

/** Time goes by, and what was sent arrives. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(left, 50));
    await Promise.resolve();
    await Promise.resolve();
  }
}

const answers = (from = '10.0.0.1') => network.said.filter(each => each.from === from && each.message.response);
const recordsOf = (records: readonly DnsRecord[], type: DnsRecord['type']) =>
  records.filter(record => record.type === type);

describe('a share that is announced', () => {
  test('probes for its name three times, then announces itself three times', async () => {
    const { states } = announce();
    await pass(900);
    const probes = network.said.filter(({ message }) => message.questions[0]?.type === 'ANY');
    expect(probes.map(({ message }) => message.questions[0]?.name)).toEqual(new Array(3).fill(['desk', ...SERVICE]));
    expect(probes[0]?.message.wanted[0]).toMatchObject({ type: 'SRV', port: 5900 });
    await pass(4000);
    expect(states).toEqual([{ name: 'desk', problem: null }]);
    expect(answers().length).toBe(3);
    const { records } = answers()[0]!.message;
    expect(recordsOf(records, 'PTR')[0]).toMatchObject({ name: SERVICE, target: ['desk', ...SERVICE] });
    expect(recordsOf(records, 'SRV')[0]).toMatchObject({ port: 5900 });
    expect(recordsOf(records, 'TXT')[0]).toMatchObject({ texts: ['wire=rfb', 'encryption=none'] });
    expect(recordsOf(records, 'A')[0]).toMatchObject({ address: '10.0.0.1' });
  });

  test('answers questions for the service type, itself and its addresses, at most once a second', async () => {
    announce();
    await pass(6000);
    const said = answers().length;
    for (let count = 0; count < 20; count++) network.say('10.0.0.9', { questions: [{ name: SERVICE, type: 'PTR' }] });
    await pass(150);
    expect(answers().length).toBe(said + 1);
    for (let count = 0; count < 20; count++) network.say('10.0.0.9', { questions: [{ name: SERVICE, type: 'ANY' }] });
    await pass(500);
    expect(answers().length).toBe(said + 1);
    await pass(600);
    expect(answers().length).toBe(said + 2);
    await pass(2000);
    network.say('10.0.0.9', { questions: [{ name: ['_ipp', '_tcp', 'local'], type: 'PTR' }] });
    await pass(2000);
    expect(answers().length).toBe(said + 2);
  });

  test('keeps nothing after many questions', async () => {
    announce();
    await pass(6000);
    const before = clock.pending;
    for (let count = 0; count < 50; count++) {
      network.say('10.0.0.9', { questions: [{ name: SERVICE, type: 'PTR' }] });
      await pass(1100);
    }
    expect(clock.pending).toBeLessThanOrEqual(before + 1);
  });

  test('takes a suffix if a neighbour has its name, and defends it against the next one', async () => {
    const first = announce();
    await pass(2000);
    const second = announce({}, '10.0.0.2');
    await pass(3000);
    const third = announce({}, '10.0.0.3');
    await pass(4000);
    expect([first.name(), second.name(), third.name()]).toEqual(['desk', 'desk (2)', 'desk (3)']);
  });

  test('two that start at once end with two names', async () => {
    const [one, two] = [announce(), announce({ port: 5901 }, '10.0.0.2')];
    await pass(5000);
    expect([one.name(), two.name()].sort()).toEqual(['desk', 'desk (2)']);
  });

  test('so do two whose networks are joined later', async () => {
    const one = announce();
    await pass(5000);
    network.answer('10.0.0.2', {
      name: ['desk', ...SERVICE],
      type: 'SRV',
      port: 5900,
      target: ['x', 'local'],
      ttl: 120,
    });
    await pass(2000);
    expect(one.name()).toBe('desk (2)');
    // The name that it left is the other's: nobody is told that it is gone.
    expect(network.said.some(({ message }) => message.records.some(({ ttl }) => ttl === 0))).toBe(false);
  });

  test('says goodbye on every interface when it ends, and nothing after that', async () => {
    const { announcer } = announce();
    await pass(2000);
    network.relink('10.0.0.1', [link('10.0.0.1'), link('10.1.0.1', 'wlan0')]);
    await pass(5000);
    const said = network.said.length;
    await announcer.close();
    const goodbyes = network.said.slice(said);
    expect(goodbyes.length).toBe(2);
    for (const { message } of goodbyes) {
      expect(message.records.length).toBe(4);
      expect(message.records.every(({ ttl }) => ttl === 0)).toBe(true);
      expect(message.records.some(({ name }) => name[0] === '_services')).toBe(false);
    }
    network.say('10.0.0.9', { questions: [{ name: SERVICE, type: 'PTR' }] });
    await pass(5000);
    expect(network.said.length).toBe(said + 3);
    expect(network.size).toBe(0);
  });

  test('that was never announced sends no goodbye', async () => {
    const { announcer } = announce();
    await announcer.close();
    await pass(1000);
    expect(network.said).toEqual([]);
  });

  test('is announced again when an interface appears, and to nobody while there is none', async () => {
    const { states, name } = announce();
    await pass(5000);
    network.relink('10.0.0.1', []);
    expect(states.at(-1)).toEqual({ name: null, problem: 'This machine is on no network.' });
    const said = answers().length;
    await pass(3000);
    expect(answers().length).toBe(said);
    network.relink('10.0.0.1', [link('10.0.0.7', 'wlan0')]);
    await pass(5000);
    expect(name()).toBe('desk');
    expect(recordsOf(answers().at(-1)!.message.records, 'A')[0]).toMatchObject({ address: '10.0.0.7' });
  });

  test('bound to one address is announced on that interface, with that address alone', async () => {
    const { states } = announce({ bind: '10.9.0.1' });
    await pass(2000);
    expect(states.at(-1)?.name ?? null).toBe(null);
    network.relink('10.0.0.1', [
      { interfaceName: 'eth0', family: 4, addresses: ['10.0.0.1'] },
      { interfaceName: 'eth1', family: 4, addresses: ['10.8.0.1', '10.9.0.1', 'fe80::1'] },
    ]);
    const before = network.said.length;
    await pass(900);
    // One interface: one probe at a time.
    expect(network.said.slice(before).filter(({ message }) => !message.response).length).toBe(3);
    await pass(5000);
    const addresses = answers()
      .at(-1)!
      .message.records.filter(({ type }) => type === 'A' || type === 'AAAA');
    expect(addresses.map(record => 'address' in record && record.address)).toEqual(['10.9.0.1']);
  });

  test('reports once that nothing leaves the machine', async () => {
    network.mute = true;
    const { states } = announce();
    await pass(6000);
    expect(states.filter(({ problem }) => problem !== null).map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/cannot send mDNS/),
    ]);
  });

  test('gives up if every name is taken', async () => {
    const { states } = announce();
    for (let count = 0; count < 60; count++) {
      const wanted = network.said.at(-1)?.message.questions[0]?.name;
      if (wanted) network.answer('10.0.0.9', { name: wanted, type: 'SRV', port: 1, target: ['x'], ttl: 120 });
      await pass(300);
    }
    expect(states.at(-1)?.problem).toMatch(/^20 names like "desk" are taken/);
    const said = network.said.length;
    await pass(10_000);
    expect(network.said.length).toBe(said);
  });

  test('has a name of text, at most as long as a label', async () => {
    const long = announce({ name: 'é'.repeat(60) });
    const second = announce({ name: 'é'.repeat(60) }, '10.0.0.2');
    const strange = announce({ name: ' \u001b[31mdesk.\n' }, '10.0.0.3');
    await pass(8000);
    expect([long.name(), second.name()].sort()).toEqual([`${'é'.repeat(29)} (2)`, 'é'.repeat(31)].sort());
    expect(strange.name()).toBe('[31mdesk.');
  });
});
