import { describe, expect, test } from 'vitest';
import type { StartShare } from '../../../source/session/app-services.js';
import { announced } from '../../../source/session/discovery/announced-share.js';
import type { ShareEvent } from '../../../source/session/messages.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { FakeMdns } from '../../helpers/fake-mdns.js';
import { FakeServices } from '../../helpers/fake-sessions.js';
import { SHARE_OPTIONS } from '../../helpers/fake-tui.js';

const OPTIONS: ShareOptions = { ...SHARE_OPTIONS, rfbPort: 5900, classicPort: null, announce: true, name: 'desk' };

function share(change: Partial<ShareOptions> = {}, environment = '') {
  const network = new FakeMdns();
  const services = new FakeServices();
  const before = process.env.PEERGLASS_MDNS;
  process.env.PEERGLASS_MDNS = environment;
  const start: StartShare = announced(services.startShare, network.at('10.0.0.1'));
  const session = start({ ...OPTIONS, ...change });
  process.env.PEERGLASS_MDNS = before;
  const events: ShareEvent[] = [];
  session.subscribe(event => events.push(event));
  const listen = () =>
    services.shares[0]!.emit({
      type: 'listening',
      wires: [
        { wire: 'classic', address: '::', port: 9000 },
        { wire: 'rfb', address: '::', port: 5907 },
      ],
      code: null,
      vncPassword: null,
    });
  return { network, session, events, listen, fake: services.shares[0]! };
}

describe('a share', () => {
  test('is announced with its real port while it listens, until it is stopped', async () => {
    const { network, session, events, listen, fake } = share();
    expect(network.size).toBe(0);
    listen();
    await expect
      .poll(() => events.find(({ type }) => type === 'announced'))
      .toEqual({
        type: 'announced',
        name: 'desk',
        problem: null,
      });
    await expect.poll(() => network.said.at(-1)?.message.response).toBe(true);
    const said = network.said.at(-1)!.message.records;
    expect(said.find(({ type }) => type === 'SRV')).toMatchObject({ port: 5907 });
    expect(said.find(({ type }) => type === 'TXT')).toMatchObject({
      texts: ['txtvers=1', 'program=peerglass', 'wire=rfb', 'encryption=cpace,tls'],
    });
    await session.stop();
    expect(network.said.at(-1)!.message.records.every(({ ttl }) => ttl === 0)).toBe(true);
    expect([network.size, fake.stopped]).toEqual([0, true]);
  });

  test.each([
    [{ access: 'code', encrypt: 'offered' }, 'cpace,rsa-aes,tls'],
    [{ access: 'code', encrypt: 'required' }, 'cpace,rsa-aes,tls'],
    [{ access: 'open', encrypt: 'required' }, 'cpace,tls'],
    [{ access: 'open', encrypt: 'off' }, 'none'],
  ] as const)('of %j tells how it encrypts: %s', async (options, encryption) => {
    const { network, session, listen } = share(options);
    listen();
    await expect.poll(() => network.said.at(-1)?.message.response).toBe(true);
    const texts = network.said.at(-1)!.message.records.find(({ type }) => type === 'TXT');
    expect(texts).toMatchObject({ texts: expect.arrayContaining([`encryption=${encryption}`]) });
    await session.stop();
  });

  test('that fails is no longer announced', async () => {
    const { network, events, listen, fake } = share();
    listen();
    await expect.poll(() => events.some(({ type }) => type === 'announced')).toBe(true);
    fake.emit({ type: 'ended', error: null, frames: 0 });
    await expect.poll(() => network.size).toBe(0);
    expect(network.said.at(-1)!.message.records.every(({ ttl }) => ttl === 0)).toBe(true);
  });

  test.each([
    ['bound to loopback', { bind: '127.0.0.1' }],
    ['bound to loopback in IPv6', { bind: '::1' }],
    ['bound to localhost', { bind: 'localhost' }],
    ['without the rfb wire', { rfbPort: null, classicPort: 9000 }],
    ['that is told not to be', { announce: false }],
  ])('%s is not announced', (_, change) => {
    const { network, listen, events } = share(change);
    listen();
    expect([network.size, events.map(({ type }) => type)]).toEqual([0, ['listening']]);
  });

  test('is not announced if the environment disables it', () => {
    const { network, listen } = share({}, 'off');
    listen();
    expect(network.size).toBe(0);
  });
});
