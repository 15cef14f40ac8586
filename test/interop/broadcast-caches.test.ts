import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LightReader } from '../../source/bench/light-reader.js';
import { cpuSeconds, freePort, isListening, processTree } from '../../source/bench/system-figures.js';
import { BroadcastShare } from '../helpers/broadcast-share.js';
import { Chromium } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { RunningProgram } from '../helpers/running-program.js';
import { Varnish } from '../helpers/varnish.js';
import { compared, WatchingBroadcast } from '../helpers/watching-broadcast.js';

const later = stopAfterEach();
const MINUTES = 60_000;

const passes = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function watching(share: BroadcastShare, port: number, keeps = true): Promise<WatchingBroadcast> {
  const viewer = later(new WatchingBroadcast(share.linkAt(port), keeps));
  await viewer.until(() => viewer.update > 0);
  return viewer;
}

function light(share: BroadcastShare, port: number, { watch }: WatchingBroadcast): LightReader {
  return later(new LightReader({ host: '127.0.0.1', port, path: share.path, segment: watch.broadcast.segment! }));
}

/** Both show the same picture at each of so many updates that both showed. */
async function agree(one: WatchingBroadcast, other: WatchingBroadcast, count = 20): Promise<void> {
  const before = compared(one, other).both;
  await other.until(() => compared(one, other).both >= before + count);
  expect(compared(one, other).different).toEqual([]);
}

describe('a hall: one Varnish', () => {
  it('200 readers cost the sharer what one costs: at most six requests in 20 s, and at most a fifth more CPU', {
    timeout: 1.5 * MINUTES,
  }, async () => {
    const share = later(await BroadcastShare.start());
    const varnish = later(await Varnish.start(share.proxy.port, 250));
    const first = await watching(share, varnish.port, false);
    const measure = async () => {
      const tree = processTree(share.pid);
      const from = { requests: share.proxy.requests.length, cpu: cpuSeconds(tree) };
      await passes(20_000);
      return { requests: share.proxy.requests.length - from.requests, cpu: cpuSeconds(tree) - from.cpu };
    };
    await passes(3000);
    const alone = await measure();
    const readers = Array.from({ length: 200 }, () => light(share, varnish.port, first));
    await passes(2000);
    const many = await measure();
    console.log(`alone ${JSON.stringify(alone)}, with 200 ${JSON.stringify(many)}`);
    expect(many.requests).toBeLessThanOrEqual(6);
    expect(many.cpu).toBeLessThanOrEqual(alone.cpu * 1.2);
    expect(readers.filter(({ failed, updates }) => failed !== null || updates < 100)).toEqual([]);
    expect([first.codes, first.watch.broadcast.jumps]).toEqual([[], 0]);
  });

  it('a reader that stalls for 5 s loses nothing and disturbs nobody', { timeout: MINUTES }, async () => {
    const share = later(await BroadcastShare.start());
    const varnish = later(await Varnish.start(share.proxy.port));
    const viewer = await watching(share, varnish.port, false);
    const [stalled, other] = [light(share, varnish.port, viewer), light(share, varnish.port, viewer)];
    await expect.poll(() => Math.min(stalled.updates, other.updates)).toBeGreaterThan(10);
    stalled.pause(true);
    await passes(5000);
    const [late, live] = [stalled.updates, other.updates];
    expect(live).toBeGreaterThan(late + 50);
    stalled.pause(false);
    await expect.poll(() => stalled.updates).toBeGreaterThanOrEqual(live);
    expect([stalled.failed, other.failed, viewer.codes, viewer.watch.broadcast.jumps]).toEqual([null, null, [], 0]);
  });

  it('comes back after kill -9 of Varnish, and of the sharer, with the same link', {
    timeout: 1.5 * MINUTES,
  }, async () => {
    const share = later(await BroadcastShare.start());
    const varnish = later(await Varnish.start(share.proxy.port));
    const [one, other] = [await watching(share, varnish.port), await watching(share, varnish.port)];
    await agree(one, other);
    await varnish.kill();
    await other.until(() => other.codes.length > 0);
    await varnish.restart();
    await agree(one, other);
    expect(new Set(other.codes)).toEqual(
      new Set(other.codes.filter(code => /^E_(PEER_CLOSED|CONNECT_REFUSED)$/.test(code))),
    );
    await share.kill();
    await other.until(() => other.codes.includes('E_PEER_CLOSED'));
    // The new share counts its updates from the beginning.
    one.pictures.clear();
    other.pictures.clear();
    await share.restart();
    await agree(one, other);
    expect([one.endedBy, other.endedBy]).toEqual([null, null]);
    const late = await watching(share, varnish.port);
    await agree(one, late);
  });
});

describe('other caches', () => {
  it('Varnish behind Varnish: the same pictures', { timeout: MINUTES }, async () => {
    const share = later(await BroadcastShare.start());
    const near = later(await Varnish.start(share.proxy.port));
    const far = later(await Varnish.start(near.port));
    const [one, other] = [await watching(share, near.port), await watching(share, far.port)];
    await agree(one, other, 100);
    const late = await watching(share, far.port);
    await agree(one, late, 50);
    const twice = share.proxy.requests.filter((name, at, all) => !name.endsWith('/m') && all.indexOf(name) !== at);
    expect(twice).toEqual([]);
  });

  it('nginx, which stores before it hands on, is named; with segments of a second it serves', {
    timeout: 1.5 * MINUTES,
  }, async () => {
    const share = later(await BroadcastShare.start());
    const first = later(await Nginx.start(share.proxy.port));
    const readers = [await watching(share, first.port, false), await watching(share, first.port, false)];
    // The first one gets what comes as it comes.
    await Promise.race(readers.map(viewer => viewer.until(() => viewer.codes.includes('E_BROADCAST_CACHE'))));
    const short = later(await BroadcastShare.start('--segment', '1'));
    const second = later(await Nginx.start(short.proxy.port));
    const [one, other] = [await watching(short, second.port), await watching(short, second.port)];
    await agree(one, other, 5);
    expect([one.codes, other.codes]).toEqual([[], []]);
  });

  it('one that changes a byte is found out, and goes on when it stops', { timeout: MINUTES }, async () => {
    const share = later(await BroadcastShare.start());
    const tampering = later(await Tampering.start(share.proxy.port));
    const viewer = await watching(share, tampering.port, false);
    expect(viewer.codes).toEqual([]);
    tampering.on = true;
    await viewer.until(() => viewer.codes.includes('E_BROADCAST_DATA'));
    tampering.on = false;
    const update = viewer.update;
    await viewer.until(() => viewer.update > update + 10);
    const wrong = later(new WatchingBroadcast(`${share.linkAt(tampering.port).slice(0, -6)}AAAAA8`));
    await wrong.over;
    expect(wrong.endedBy).toMatchObject({ code: 'E_BROADCAST_KEY' });
  });
});

describe('the page', () => {
  it('opens the link on plain http at an address of a LAN, through Varnish', { timeout: MINUTES }, async () => {
    const network = later(new NetworkNamespace());
    const share = later(await BroadcastShare.start());
    const varnish = later(await Varnish.start(share.proxy.port, 20, network.here));
    const chromium = later(await Chromium.start());
    const page = later(await chromium.open(share.linkAt(varnish.port, network.here)));
    expect(await page.page.evaluate('[isSecureContext, typeof crypto.subtle]')).toEqual([false, 'undefined']);
    await expect.poll(() => page.state()).toBe('watching');
    expect(page.page.url()).toBe(`http://${network.here}:${varnish.port}${share.path}`);
    const shown = async () => (await page.shown()).hash;
    const before = await shown();
    await expect.poll(shown).not.toBe(before);
    // Loaded again it knows its key; in another tab it does not.
    await page.page.reload();
    await expect.poll(() => page.state()).toBe('watching');
    await page.page.keyboard.press('?');
    await expect.poll(() => page.text()).toMatch(/Age\s+\d/);
    expect(await page.text()).toContain('AES-256, link');
    const other = later(await chromium.open(`http://${network.here}:${varnish.port}${share.path}`));
    await expect.poll(() => other.text()).toContain('lacks its key');
    expect([page.complaints, other.complaints]).toEqual([[], []]);
    const parts = share.proxy.requests.filter((name, at, all) => !name.endsWith('/m') && all.indexOf(name) !== at);
    expect(parts).toEqual([]);
  });
});

/** A cache that stores: nginx with proxy_cache, as its manual has it. */
class Nginx {
  readonly port: number;
  readonly #program: RunningProgram;
  readonly #folder: string;

  private constructor(port: number, program: RunningProgram, folder: string) {
    this.port = port;
    this.#program = program;
    this.#folder = folder;
  }

  static async start(backendPort: number): Promise<Nginx> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-nginx-'));
    for (const name of ['cache', 'temp']) mkdirSync(path.join(folder, name));
    const port = await freePort();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${folder}/temp/${name};`,
    );
    const file = path.join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; user root; worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off; ${temporary.join(' ')}
  proxy_cache_path ${folder}/cache keys_zone=live:10m;
  server {
    listen 127.0.0.1:${port};
    location /live/ {
      proxy_pass http://127.0.0.1:${backendPort}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache live; proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
    }
  }
}
`,
    );
    const program = new RunningProgram('nginx', ['-c', file, '-p', folder, '-e', `${folder}/error.log`]);
    for (let tries = 0; !isListening(port); tries++) {
      if (program.over || tries > 200) throw new Error(`nginx does not listen: ${program.output}`);
      await passes(50);
    }
    return new Nginx(port, program, folder);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A cache that streams and, while it is told to, changes a byte of each piece of a segment. */
class Tampering {
  on = false;
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>, parts: { on: () => boolean }) {
    this.port = port;
    this.#close = close;
    parts.on = () => this.on;
  }

  static async start(backendPort: number): Promise<Tampering> {
    const parts = { on: () => false };
    const server = createServer(async (request, response) => {
      const { url = '' } = request;
      const answer = await fetch(`http://127.0.0.1:${backendPort}${url}`).catch(() => null);
      response.on('error', () => {});
      response.writeHead(answer?.status ?? 503);
      try {
        for await (const piece of answer?.body ?? []) {
          const bytes = Buffer.from(piece);
          if (parts.on() && url.includes('/u/') && bytes.length > 40) bytes[38]! ^= 1;
          response.write(bytes);
        }
      } catch {
        // The sharer has gone.
      }
      response.end();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const close = async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    };
    return new Tampering(typeof address === 'object' && address ? address.port : 0, close, parts);
  }

  stop(): Promise<void> {
    return this.#close();
  }
}
