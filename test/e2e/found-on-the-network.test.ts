import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import type { FoundSharers } from '../../source/session/app-services.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { JoinedNamespaces } from '../helpers/network-namespace.js';
import { Program } from '../helpers/program.js';

const started = stopAfterEach();
const ANNOUNCED = { PEERGLASS_MDNS: undefined };
const FINDER = path.resolve(import.meta.dirname, '../../dist/source/session/discovery/find-sharers.js');

/** Somebody on the near machine who looks for sharers all the time: the last that was found. */
class Looking {
  found: FoundSharers = { sharers: [], more: 0, problem: null };
  readonly #child;

  constructor({ nearPrefix }: JoinedNamespaces) {
    const script = `import { findSharers } from ${JSON.stringify(FINDER)}; findSharers(found => console.log(JSON.stringify(found)));`;
    const [program, ...rest] = [...nearPrefix, process.execPath, '--input-type=module', '--eval', script];
    const { PEERGLASS_MDNS, ...environment } = process.env;
    this.#child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: environment });
    createInterface({ input: this.#child.stdout }).on('line', line => {
      this.found = JSON.parse(line) as FoundSharers;
    });
  }

  get names(): readonly string[] {
    return this.found.sharers.map(({ name }) => name);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

function share(networks: JoinedNamespaces, ...more: string[]): Program {
  const argv = [
    'share',
    '--no-web',
    '--headless',
    '--source',
    'pattern',
    '--rfb-port',
    '0',
    '--access',
    'open',
    ...more,
  ];
  return started(new Program(argv, ANNOUNCED, networks.far.prefix));
}

function watch(networks: JoinedNamespaces, ...words: string[]): Program {
  const argv = ['watch', ...words, '--headless', '--view', 'none', '--frames', '2'];
  return started(new Program(argv, ANNOUNCED, networks.nearPrefix));
}

describe('two machines on a network of their own', () => {
  test('a share on one is found on the other, watched, and gone when it ends', async () => {
    const networks = started(new JoinedNamespaces());
    const looking = started(new Looking(networks));
    const desk = share(networks, '--name', 'desk');
    await desk.untilTold(/^announced on the network as "desk"$/);
    const port = await desk.port('rfb');
    const { there, thereInterface } = networks.far;
    await expect
      .poll(() => looking.found.sharers)
      .toMatchObject([
        { name: 'desk', address: there, port, encryption: 'cpace,tls', interfaceName: networks.nearInterface },
      ]);
    const second = share(networks, '--name', 'desk');
    await second.untilTold(/^announced on the network as "desk \(2\)"$/);
    await expect.poll(() => looking.names).toEqual(['desk', 'desk (2)']);

    const list = started(new Program(['list'], ANNOUNCED, networks.nearPrefix));
    const watched = watch(networks, `"peerglass watch ${there}:${port}"`);
    await expect.poll(networks.farLinkLocal.bind(networks)).not.toBe(null);
    const linkLocal = watch(networks, `vnc://[${networks.farLinkLocal()}%25${networks.nearInterface}]:${port}`);
    expect([await watched.ended, await linkLocal.ended, await list.ended]).toEqual([0, 0, 0]);
    expect(list.lines.join('\n')).toContain(`  ${`${there}:${port}`.padEnd(24)}  desk  encrypted (CPace)`);
    // The interface's name is that of the machine which connects.
    expect(thereInterface).not.toBe(networks.nearInterface);

    // Without a goodbye they would be listed for two minutes more.
    await desk.stop();
    second.signal('SIGINT');
    await expect.poll(() => looking.names).toEqual([]);
  });

  test('without a network that is reported in place of the list, and everything continues', async () => {
    const networks = started(new JoinedNamespaces());
    const looking = started(new Looking(networks));
    const hog = `require('node:dgram').createSocket('udp6').bind(5353, '::', () => console.log('bound'))`;
    const [program, ...rest] = [...networks.far.prefix, process.execPath, '--eval', hog];
    const taken = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    started({ stop: async () => void taken.kill('SIGKILL') });
    await once(taken.stdout, 'data');
    const desk = share(networks, '--name', 'desk');
    await desk.untilTold(/^not announced on the network: Another program keeps UDP port 5353 \(mDNS\) for itself\.$/);
    networks.plug('down');
    await expect.poll(() => looking.found.problem).toBe('This machine is on no network.');
    networks.plug('up');
    await expect.poll(() => looking.found.problem).toBe(null);
    expect(await desk.stop()).toBe(0);
  });
});
