import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../source/node/clock.js';
import { SegmentServer, type SegmentServerParts } from '../../../../source/session/share/broadcast/segment-server.js';
import { SegmentStore } from '../../../../source/session/share/broadcast/segment-store.js';
import { FAKE_PAGE } from '../../../helpers/canvas-share.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const ID = '4pBW7g2tW0GJXJ0T4hXb0w';
const started = stopAfterEach();
const bytes = (text: string) => Buffer.from(text);

async function serve(change: Partial<SegmentServerParts> = {}, closed = false) {
  const store = new SegmentStore(closed);
  const asked: string[] = [];
  const parts: SegmentServerParts = {
    ...{ clock: systemClock, store, id: ID, token: null, files: FAKE_PAGE },
    newest: async () => bytes('newest'),
    asked: () => asked.push('asked'),
    changed: () => asked.push('changed'),
    ...change,
  };
  const server = new SegmentServer(parts);
  const { port } = await server.listen({ bind: '127.0.0.1', port: 0, portFlag: '--broadcast-port' });
  started({ stop: () => server.close(50) });
  return { store, port, asked, server };
}

interface Told {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Asks over a connection of its own. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', text => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** Reads a resource that grows. */
function follow(port: number, path: string, agent: Agent | false = false) {
  const read = { status: 0, text: '', ended: false, error: null as Error | null };
  const asking = get({ host: '127.0.0.1', port, path, agent }, response => {
    read.status = response.statusCode!;
    response.setEncoding('utf8').on('data', text => {
      read.text += text;
    });
    response.on('end', () => {
      read.ended = true;
    });
    response.on('error', error => {
      read.error = error;
    });
  });
  asking.on('error', error => {
    read.error = error;
  });
  started({ stop: async () => void asking.destroy() });
  return read;
}

const live = (name: string) => `/live/${ID}/${name}`;
const u = { 'cache-control': 'public, max-age=120, immutable' };

describe('a cache', () => {
  test('gets what there is, with how long it may be kept', async () => {
    const { port, store, asked } = await serve();
    store.begin(7, () => [bytes('whole '), bytes('picture')]);
    store.put([bytes('one ')]);
    expect(await ask(port, live('m'))).toMatchObject({
      ...{ status: 200, body: 'newest' },
      headers: {
        'cache-control': 'public, max-age=1',
        'content-type': 'application/octet-stream',
        'access-control-allow-origin': '*',
      },
    });
    expect(await ask(port, live('k/7'))).toMatchObject({
      ...{ status: 200, body: 'whole picture' },
      headers: { 'cache-control': 'public, max-age=60', 'content-length': '13' },
    });
    store.begin(8, () => []);
    expect(await ask(port, live('u/7'))).toMatchObject({ status: 200, body: 'one ', headers: u });
    expect(await ask(port, live('u/7'), {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(asked).toContain('asked');
  });

  test.each(['k/3', 'u/3', 'u/10', 'u/x', 'k', 'k/8/1', 'page.js', 'm/'])(
    'is told for a second that %s is not there',
    async name => {
      const { port, store } = await serve();
      store.begin(8, () => []);
      expect(await ask(port, live(name))).toMatchObject({
        status: 404,
        headers: { 'cache-control': 'public, max-age=1' },
      });
    },
  );

  test('reads a segment as it grows, and the next one from when it begins', async () => {
    const { port, store } = await serve();
    store.begin(7, () => []);
    store.put([bytes('a')]);
    const running = follow(port, live('u/7'));
    const next = follow(port, live('u/8'));
    await expect.poll(() => running.text).toBe('a');
    await expect.poll(() => store.readers).toBe(1);
    let taken = 0;
    store.put([bytes('b'), bytes('c')], () => {
      taken++;
    });
    await expect.poll(() => running.text).toBe('abc');
    expect([next.status, running.ended]).toEqual([0, false]);
    await expect.poll(() => taken).toBe(1);
    store.begin(8, () => []);
    store.put([bytes('d')]);
    await expect.poll(() => [next.status, next.text, running.ended]).toEqual([200, 'd', true]);
    store.end();
    await expect.poll(() => next.ended).toBe(true);
    expect(await ask(port, live('u/9'))).toMatchObject({ status: 404 });
  });

  test('that comes late to a long segment gets all of it, and an update as large', async () => {
    const { port, store } = await serve();
    store.begin(7, () => []);
    const pieces = Array.from({ length: 12 }, () => Buffer.alloc(1024 * 1024));
    store.put(pieces);
    const running = follow(port, live('u/7'));
    await expect.poll(() => store.readers).toBe(1);
    store.put(pieces);
    store.begin(8, () => []);
    await expect.poll(() => running.ended || running.error !== null).toBe(true);
    expect([running.error, running.text.length]).toEqual([null, 24 * 1024 * 1024]);
  });

  test('that does not stream gets whole segments', async () => {
    const { port, store } = await serve({}, true);
    store.begin(7, () => []);
    const answer = ask(port, live('u/7'));
    await expect.poll(() => store.readers).toBe(1);
    store.put([bytes('a')]);
    store.put([bytes('b')]);
    store.begin(8, () => []);
    expect(await answer).toMatchObject({ status: 200, body: 'ab', headers: { ...u, 'content-length': '2' } });
  });

  test('has all of the last segment when the share ends, which does not wait for its next question', async () => {
    const { port, store, server } = await serve();
    store.begin(7, () => []);
    store.put([bytes('a')]);
    const agent = new Agent({ keepAlive: true });
    started({ stop: async () => agent.destroy() });
    const running = follow(port, live('u/7'), agent);
    await expect.poll(() => running.text).toBe('a');
    store.put([bytes('z'.repeat(100_000))]);
    store.end();
    const began = performance.now();
    await server.close(60_000);
    expect(performance.now() - began).toBeLessThan(30_000);
    await expect.poll(() => [running.text.length, running.ended]).toEqual([100_001, true]);
  });

  test('is told when there is no picture', async () => {
    const { port } = await serve({ newest: async () => null });
    expect(await ask(port, live('m'))).toMatchObject({
      ...{ status: 503, headers: { 'cache-control': 'no-store', 'retry-after': '1' } },
    });
  });
});

describe('a browser', () => {
  test('gets the page, from a link without a slash too', async () => {
    const { port } = await serve();
    expect(await ask(port, `/live/${ID}`)).toMatchObject({ status: 308, headers: { location: `${ID}/` } });
    const page = await ask(port, `/live/${ID}/`);
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'public, max-age=3600' } });
    expect(page.body).toContain('<title>page</title>');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const script = await ask(port, live('worker.js'), { 'accept-encoding': 'gzip' });
    expect(script.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  });
});

describe('nobody else', () => {
  test('finds anything without the ID', async () => {
    const { port, store } = await serve();
    store.begin(7, () => []);
    for (const path of [
      '/',
      '/live/',
      '/live',
      `/live/${ID.toLowerCase()}/m`,
      `/live/${ID}x/m`,
      `/Live/${ID}/m`,
      '*',
    ]) {
      expect((await ask(port, path)).status, path).toBe(404);
    }
    expect(await ask(port, live('m'), {}, 'POST')).toMatchObject({ status: 405 });
  });

  test('reads without the token, where there is one', async () => {
    const { port } = await serve({ token: 'secret' });
    expect(await ask(port, live('m'))).toMatchObject({ status: 403, headers: { 'cache-control': 'no-store' } });
    expect(await ask(port, live('m'), { 'X-Share': 'secre' })).toMatchObject({ status: 403 });
    expect(await ask(port, live('m'), { 'X-Share': 'secret' })).toMatchObject({ status: 200 });
  });

  test('has more than four connections from one address; one that asks for nothing gives way', async () => {
    const { port, store } = await serve();
    store.begin(7, () => []);
    store.put([bytes('a')]);
    const agent = new Agent({ keepAlive: true });
    started({ stop: async () => agent.destroy() });
    const readers = [1, 2, 3].map(() => follow(port, live('u/7')));
    const idle = follow(port, live('k/7'), agent);
    await expect.poll(() => readers.every(({ text }) => text === 'a') && idle.ended).toBe(true);
    const fourth = follow(port, live('u/7'));
    await expect.poll(() => fourth.text).toBe('a');
    const fifth = follow(port, live('u/7'));
    await expect.poll(() => fifth.error).not.toBeNull();
    expect(readers.every(({ error }) => error === null)).toBe(true);
  });

  test('keeps a connection open without asking, or with half a request, for more than ten seconds', async () => {
    const clock = new FakeClock();
    const { port } = await serve({ clock });
    const sockets = ['', 'GET /live/'].map(half => {
      const socket = connect(port, '127.0.0.1');
      const state = { closed: false, connected: false };
      socket.on('error', () => {});
      socket.on('connect', () => {
        socket.write(half);
        state.connected = true;
      });
      socket.on('close', () => {
        state.closed = true;
      });
      started({ stop: async () => void socket.destroy() });
      return state;
    });
    const agent = new Agent({ keepAlive: true });
    started({ stop: async () => agent.destroy() });
    const kept = follow(port, live('m'), agent);
    await expect.poll(() => kept.ended && sockets.every(({ connected }) => connected)).toBe(true);
    clock.advance(9900);
    expect(sockets.some(({ closed }) => closed)).toBe(false);
    clock.advance(2600);
    await expect.poll(() => sockets.every(({ closed }) => closed)).toBe(true);
    // Between two requests it may stay longer.
    expect(Object.values(agent.freeSockets).flat().length).toBe(1);
    clock.advance(90_000);
    await expect.poll(() => Object.values(agent.freeSockets).flat().length).toBe(0);
  });

  test('stays who takes nothing of what it reads', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve({ clock });
    store.begin(7, () => []);
    const socket = connect(port, '127.0.0.1');
    let closed = false;
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
    });
    started({ stop: async () => void socket.destroy() });
    socket.write(`GET ${live('u/7')} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.pause();
    await expect.poll(() => store.readers).toBe(1);
    store.put(Array.from({ length: 16 }, () => Buffer.alloc(1024 * 1024)));
    expect(store.waitingBytes).toBeGreaterThan(1024 * 1024);
    store.begin(8, () => []);
    clock.advance(65_000);
    socket.resume();
    await expect.poll(() => closed).toBe(true);
    expect(socket.bytesRead).toBeLessThan(16 * 1024 * 1024);
  });

  test('keeps more than twice the longest answer waiting: who has taken nothing for the longest time is cut off', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve({ clock });
    store.begin(7, () => []);
    const pieces = Array.from({ length: 15 }, () => PIECE);
    /** Takes nothing until it is told to. */
    const stall = () => {
      const socket = connect(port, '127.0.0.1');
      const state = { closed: false, socket };
      socket.on('error', () => {});
      socket.on('close', () => {
        state.closed = true;
      });
      started({ stop: async () => void socket.destroy() });
      socket.write(`GET ${live('u/7')} HTTP/1.1\r\nHost: x\r\n\r\n`);
      socket.pause();
      return state;
    };
    const first = stall();
    await expect.poll(() => store.readers).toBe(1);
    store.put(pieces);
    clock.advance(1000);
    const second = stall();
    await expect.poll(() => store.readers).toBe(2);
    clock.advance(1000);
    const late = connect(port, '127.0.0.1');
    let bytes = 0;
    late.on('data', data => {
      bytes += data.length;
    });
    started({ stop: async () => void late.destroy() });
    late.write(`GET ${live('u/7')} HTTP/1.1\r\nHost: x\r\n\r\n`);
    // The late one and the second stay.
    await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThan(15 * PIECE.length);
    expect(store.readers).toBe(2);
    for (const { socket } of [first, second]) socket.resume();
    await expect.poll(() => first.closed).toBe(true);
    expect(first.socket.bytesRead).toBeLessThan(15 * PIECE.length);
    await expect.poll(() => second.socket.bytesRead, { timeout: 20_000 }).toBeGreaterThan(15 * PIECE.length);
    expect(second.closed).toBe(false);
  });
});

const PIECE = Buffer.alloc(4 * 1024 * 1024);
