import { once } from 'node:events';
import { type ClientRequestArgs, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { selfSigned } from '../../source/node/self-signed.js';
import type { Connection } from '../../source/transport/connection.js';
import type { Listener } from '../../source/transport/listener.js';
import { serverLayers } from '../../source/transport/tls.js';
import { listenForBrowsers, type WebClient, type WebListenOptions } from '../../source/transport/web-listener.js';
import { FAKE_PAGE } from '../helpers/canvas-share.js';
import { FakeClock } from '../helpers/fake-clock.js';

const clock = new FakeClock();
const accepted: { connection: Connection; client: WebClient }[] = [];
const sockets: Socket[] = [];
let listener: Listener;

async function serve(options: Partial<WebListenOptions> = {}): Promise<number> {
  const base = { bind: '127.0.0.1', port: 0, portFlag: '--web-port', clock, files: FAKE_PAGE };
  const pace = () => ({ take: () => true, wait: () => {}, forget: () => {} });
  const rules = { pace, isOwnName: (name: string) => name === 'laptop.local', keyOf: (address: string) => address };
  listener = await listenForBrowsers(
    { ...base, ...rules, tls: null, onlyTls: false, ...options },
    (connection, client) => accepted.push({ connection, client }),
  );
  return listener.port;
}

afterEach(async () => {
  for (const { connection } of accepted.splice(0)) connection.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function ask(port: number, path = '/', options: ClientRequestArgs & { https?: boolean } = {}): Promise<Answer> {
  const { https = false, ...others } = options;
  const asked = (https ? httpsRequest : httpRequest)({
    ...{ host: '127.0.0.1', port, path, agent: false as const, rejectUnauthorized: false },
    ...others,
  });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Sends text over a plain socket. @returns the status line of the answer, and whether the socket is closed then */
async function say(port: number, text: string): Promise<string> {
  const socket = raw(port);
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString().split('\r\n')[0]!;
}

function raw(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

const STRICT = /^default-src 'none'; .*frame-ancestors 'none'$/;

describe('the page', () => {
  test('is served from memory, with its type, and packed where the browser can unpack', async () => {
    const port = await serve();
    const plain = await ask(port, '/worker.js');
    expect(plain).toMatchObject({ status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } });
    expect(plain.body).toEqual(FAKE_PAGE.get('/worker.js')!.body);
    const packed = await ask(port, '/worker.js', { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
    expect((await ask(port, '/?a=b#c')).body).toEqual((await ask(port, '/index.html')).body);
  });

  test('has nothing to send to whoever has it already', async () => {
    const port = await serve();
    const first = await ask(port);
    expect(first.headers['cache-control']).toBe('no-cache');
    const again = await ask(port, '/', { headers: { 'if-none-match': first.headers.etag! } });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0), headers: { etag: first.headers.etag } });
    expect((await ask(port, '/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('is also asked for by HEAD, and by nothing else', async () => {
    const port = await serve();
    const head = await ask(port, '/', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(head.headers['content-length']).toBe(String(FAKE_PAGE.get('/')!.body.length));
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      expect(await ask(port, '/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  test.each([
    '/..%2f..%2fetc/passwd',
    '/../index.html',
    '//',
    '/index.html/',
    '/package.json',
    'http://x/',
    '/rfb',
    '/%',
  ])('and nothing else: %s', async path => {
    const port = await serve();
    expect((await ask(port, path)).status).toBe(404);
  });

  test('comes with a strict policy, as does every other answer', async () => {
    const port = await serve();
    const answers = [
      await ask(port),
      await ask(port, '/none'),
      await ask(port, '/', { method: 'POST' }),
      await ask(port, '/', { headers: { host: 'evil.example' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 405, 403]);
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toMatch(STRICT);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test.each(['evil.example', 'laptop.local.evil.example', 'a b'])('not by a foreign name: %j', async host => {
    const port = await serve();
    expect((await ask(port, '/', { headers: { host } })).status).toBe(403);
  });

  test('nor without one', async () => {
    const port = await serve();
    expect(await say(port, 'GET / HTTP/1.0\r\n\r\n')).toBe('HTTP/1.1 403 Forbidden');
    expect(await say(port, 'GET / HTTP/1.1\r\nHost:\r\n\r\n')).toBe('HTTP/1.1 403 Forbidden');
  });

  test('by a name of this machine, in any case, through any port', async () => {
    const port = await serve();
    expect((await ask(port, '/', { headers: { host: 'LAPTOP.local:8080' } })).status).toBe(200);
  });
});

describe('a WebSocket', () => {
  const open = (port: number, options: object = {}, protocols: string[] = [], path = '/rfb') =>
    new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);

  /** @returns the status that it was refused with */
  async function refused(webSocket: WebSocket): Promise<number> {
    const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  }

  /** The sockets of those that are open. */
  const clients: Socket[] = [];

  async function opened(port: number, options: object = {}, protocols: string[] = []): Promise<WebSocket> {
    const socket = raw(port);
    clients.splice(0, clients.length, socket);
    const webSocket = open(port, { createConnection: () => socket, ...options }, protocols);
    webSocket.on('error', () => {});
    await once(webSocket, 'open');
    await expect.poll(() => accepted.length).toBeGreaterThan(0);
    return webSocket;
  }

  test('is a connection: bytes both ways, and who it is', async () => {
    const port = await serve();
    const webSocket = await opened(port, { headers: { 'user-agent': 'Mozilla/5.0 Firefox/153.0' } });
    const { connection, client } = accepted[0]!;
    expect(client).toEqual({ userAgent: 'Mozilla/5.0 Firefox/153.0', encryption: null });
    expect(connection.remoteAddress).toBe('127.0.0.1');
    const message = once(webSocket, 'message');
    connection.write([Buffer.from('RFB '), Buffer.from('003.008\n')], () => {});
    expect(await message).toEqual([Buffer.from('RFB 003.008\n'), true]);
    const received = new Promise(resolve => connection.stream.on('data', chunk => resolve(Buffer.from(chunk))));
    connection.stream.resume();
    webSocket.send(Buffer.from('hello'));
    expect(await received).toEqual(Buffer.from('hello'));
    webSocket.close();
    await once(webSocket, 'close');
    await expect.poll(() => connection.open).toBe(false);
  });

  test('with no subprotocol, or binary', async () => {
    const port = await serve();
    expect((await opened(port)).protocol).toBe('');
    expect((await opened(port, {}, ['base64', 'binary'])).protocol).toBe('binary');
    expect(await refused(open(port, {}, ['base64']))).toBe(400);
  });

  test('is refused to a page of another origin, by a foreign name, and elsewhere', async () => {
    const port = await serve();
    expect(await refused(open(port, { origin: 'http://evil.example' }))).toBe(403);
    expect(await refused(open(port, { origin: 'null' }))).toBe(403);
    expect(await refused(open(port, { headers: { host: 'evil.example' }, origin: 'http://evil.example' }))).toBe(403);
    expect(await refused(open(port, {}, [], '/other'))).toBe(404);
    expect(accepted).toEqual([]);
    await opened(port, { origin: `http://127.0.0.1:${port}` });
    await opened(port, { headers: { host: 'laptop.local' }, origin: 'http://laptop.local' });
  });

  test('with text is closed, and its bytes are not taken', async () => {
    const port = await serve();
    const webSocket = await opened(port);
    const { stream } = accepted[0]!.connection;
    const heard: Uint8Array[] = [];
    stream.on('data', chunk => heard.push(chunk));
    stream.on('end', () => accepted[0]!.connection.end());
    stream.resume();
    webSocket.send('text');
    webSocket.send(Buffer.from('binary'));
    const [status] = (await once(webSocket, 'close')) as [number];
    expect([status, heard]).toEqual([1003, []]);
  });

  test('with a message of 1 MB, an unmasked frame or a reserved bit is closed', async () => {
    const port = await serve();
    const big = await opened(port);
    accepted[0]!.connection.stream.resume();
    big.send(Buffer.alloc(1 << 20));
    expect((await once(big, 'close'))[0]).toBe(1009);
    for (const frame of ['820161', 'c28100000000', '83810000000061', 'ffffffffffffffffffffffffffff']) {
      const before = accepted.length;
      const socket = raw(port);
      socket.write(
        `GET /rfb HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      await expect.poll(() => accepted.length).toBe(before + 1);
      const { connection } = accepted.at(-1)!;
      connection.stream.on('end', () => connection.end());
      connection.stream.resume();
      socket.end(Buffer.from(frame, 'hex'));
      await closed(socket);
    }
    await opened(port);
  });

  test('in pieces is put together, and pings are answered', async () => {
    const port = await serve();
    const webSocket = await opened(port);
    const { stream } = accepted[0]!.connection;
    let heard = '';
    stream.on('data', chunk => {
      heard += Buffer.from(chunk).toString();
    });
    stream.resume();
    webSocket.send(Buffer.from('ab'), { fin: false });
    webSocket.ping('x');
    webSocket.send(Buffer.from('cd'), { fin: false });
    webSocket.send(Buffer.from('ef'), { fin: true });
    expect(((await once(webSocket, 'pong')) as [Buffer])[0].toString()).toBe('x');
    await expect.poll(() => heard).toBe('abcdef');
  });

  test('that pings without end and takes no answer is cut, whatever is read of it', async () => {
    const port = await serve();
    await opened(port);
    const { connection } = accepted[0]!;
    connection.stream.resume();
    const [client] = clients;
    client!.pause();
    // Masked with zeros, as a client's frames are.
    const ping = Buffer.concat([Buffer.from('89fd00000000', 'hex'), Buffer.alloc(125, 7)]);
    const pings = Buffer.concat(new Array<Buffer>(500).fill(ping));
    for (let sent = 0; connection.open && sent < 2000; sent++) {
      client!.write(pings);
      await new Promise(resolve => setImmediate(resolve));
    }
    await expect.poll(() => connection.open).toBe(false);
  });

  test('that is no WebSocket gets an answer, and the listener goes on', async () => {
    const port = await serve();
    const upgrade = `GET /rfb HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: `;
    expect(await say(port, `${upgrade}websocket\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await say(port, `${upgrade}h2c\r\n\r\n`)).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(await say(port, 'nonsense\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
    expect(await say(port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect((await ask(port)).status).toBe(200);
  });
});

describe('whoever is slow', () => {
  test('with the headers is cut after five seconds, also byte by byte', async () => {
    const port = await serve();
    const socket = raw(port);
    await once(socket, 'connect');
    for (const byte of 'GET / HT') {
      socket.write(byte);
      await new Promise(resolve => setImmediate(resolve));
      clock.advance(700);
    }
    await closed(socket);
    expect(clock.pending).toBe(0);
  });

  test('to send another request is cut after five seconds', async () => {
    const port = await serve();
    const socket = raw(port);
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(4900);
    socket.write('HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    clock.advance(4900);
    expect(socket.destroyed).toBe(false);
    await expect
      .poll(() => {
        clock.advance(5000);
        return socket.readableEnded || socket.destroyed;
      })
      .toBe(true);
  });

  test('in the TLS handshake is cut too', async () => {
    const layers = serverLayers(selfSigned('test'));
    const port = await serve({ tls: () => layers.certified() });
    const socket = raw(port);
    socket.write(Buffer.of(22, 3, 1));
    await expect.poll(() => clock.pending).toBe(1);
    await new Promise(resolve => setTimeout(resolve, 20));
    clock.advance(5000);
    await closed(socket);
    expect(clock.pending).toBe(0);
  });

  test('one machine has few idle sockets: the oldest gives way', async () => {
    const port = await serve();
    const idle: Socket[] = [];
    for (let index = 0; index < 8; index++) {
      const socket = raw(port);
      await once(socket, 'connect');
      idle.push(socket);
    }
    await expect.poll(() => clock.pending).toBe(8);
    clock.advance(2500);
    expect((await ask(port)).status).toBe(200);
    await closed(idle[0]!);
    expect(idle.slice(1).map(socket => socket.destroyed)).toEqual(new Array(7).fill(false));
  });

  test('a class that opens all its sockets at once finds room', async () => {
    const port = await serve();
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(port)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(60).fill(200));
  });

  test('a socket with a WebSocket is no longer counted or timed', async () => {
    const port = await serve();
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/rfb`);
    await once(webSocket, 'open');
    // What is left is the ping.
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(600_000);
    expect(accepted[0]!.connection.open).toBe(true);
    webSocket.terminate();
  });
});

describe('with TLS', () => {
  const layers = serverLayers(selfSigned('test'));
  const tls = () => layers.certified();

  test('one port answers http and https', async () => {
    const port = await serve({ tls });
    expect((await ask(port)).status).toBe(200);
    const secure = await ask(port, '/', { https: true });
    expect(secure.status).toBe(200);
    expect(secure.headers['content-security-policy']).toContain(`wss://127.0.0.1:${port}`);
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}/rfb`, {
      rejectUnauthorized: false,
      origin: `https://127.0.0.1:${port}`,
    });
    await once(webSocket, 'open');
    await expect.poll(() => accepted.length).toBe(1);
    const { connection, client } = accepted[0]!;
    expect(client.encryption).toBe('TLS 1.3');
    const message = once(webSocket, 'message');
    connection.write([Buffer.alloc(100_000, 7)], () => {});
    expect(Buffer.alloc(100_000, 7).equals((await message)[0])).toBe(true);
  });

  test('where only https is answered, http is sent there, and opens no WebSocket', async () => {
    const port = await serve({ tls, onlyTls: true });
    const answer = await ask(port);
    const location = `https://127.0.0.1:${port}/`;
    // A browser that remembered it would find no share on http again.
    expect(answer).toMatchObject({ status: 307, headers: { location, 'cache-control': 'no-store' } });
    expect(answer.body.toString()).toContain(`https://127.0.0.1:${port}/`);
    expect((await ask(port, '/', { headers: { host: 'evil.example' } })).status).toBe(403);
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/rfb`);
    const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage];
    response.resume();
    expect([response.statusCode, accepted]).toEqual([403, []]);
    expect((await ask(port, '/', { https: true })).status).toBe(200);
  });

  test('what is no TLS is no harm', async () => {
    const port = await serve({ tls });
    const socket = raw(port);
    socket.write(Buffer.from('16030100050100000000', 'hex'));
    await closed(socket);
    expect((await ask(port, '/', { https: true })).status).toBe(200);
  });
});
