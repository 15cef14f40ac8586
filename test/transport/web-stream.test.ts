import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { WebStream } from '../../source/transport/web-stream.js';
import { FakeClock } from '../helpers/fake-clock.js';

const http = createServer();
const server = new WebSocketServer({ noServer: true });
const browsers: WebSocket[] = [];

/** Without pings, as its clock does not move. */
async function pair(options: ClientOptions = {}): Promise<{ browser: WebSocket; stream: WebStream; clock: FakeClock }> {
  if (!http.listening) await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const upgraded = once(http, 'upgrade');
  const browser = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`, options);
  browsers.push(browser);
  const opened = once(browser, 'open');
  const [request, socket, head] = await upgraded;
  const webSocket = await new Promise<WebSocket>(resolve => server.handleUpgrade(request, socket, head, resolve));
  const clock = new FakeClock();
  const stream = new WebStream(webSocket, socket, clock);
  stream.on('error', () => {});
  await opened;
  return { browser, stream, clock };
}

afterEach(async () => {
  for (const browser of browsers.splice(0)) browser.terminate();
  await new Promise(resolve => http.close(resolve));
});

/** The next messages. */
async function messages(browser: WebSocket, count: number): Promise<Buffer[]> {
  const found: Buffer[] = [];
  while (found.length < count) {
    const [message] = (await once(browser, 'message')) as [Buffer];
    found.push(message);
  }
  return found;
}

describe('a stream over a WebSocket', () => {
  test('sends each corked batch as one message, whatever its size', async () => {
    const { browser, stream } = await pair();
    for (const sizes of [[1], [3, 0, 5], [60, 65], [60, 66], [40_000, 20_000, 5535], [40_000, 25_536], [1 << 20, 7]]) {
      const pieces = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      const message = messages(browser, 1);
      stream.cork();
      for (const piece of pieces) stream.write(piece);
      stream.uncork();
      expect(Buffer.concat(pieces).equals((await message)[0]!)).toBe(true);
    }
  });

  test.each([
    ['messages without content', (browser: WebSocket) => browser.send(new Uint8Array(0))],
    ['pongs that nobody asked for', (browser: WebSocket) => browser.pong()],
  ])('ends with a peer that sends %s all the time', async (_what, send) => {
    const { browser, stream } = await pair();
    stream.resume();
    const closed = once(browser, 'close');
    for (let count = 0; count < 50; count++) send(browser);
    await closed;
    expect(stream.readableLength).toBe(0);
  });

  test('tells when the system has what was written, and sends no empty message', async () => {
    const { browser, stream } = await pair();
    const message = messages(browser, 1);
    await new Promise(resolve => stream.write(new Uint8Array(0), resolve));
    await new Promise(resolve => stream.write(Buffer.from('x'), resolve));
    expect(await message).toEqual([Buffer.from('x')]);
  });

  test('sends only the first of several writes at once, the others in the next turn, and says so', async () => {
    const { browser, stream } = await pair();
    const lengths: number[] = [];
    const received = new Promise<void>(resolve => {
      browser.on('message', (message: Buffer) => {
        if (lengths.push(message.length) === 2) resolve();
      });
    });
    expect(stream.sendsLater).toBe(true);
    for (let write = 0; write < 2; write++) stream.write(Buffer.alloc(5000));
    expect(stream.writableLength).toBeGreaterThanOrEqual(5000);
    await new Promise(resolve => setImmediate(resolve));
    expect(stream.writableLength).toBe(0);
    await received;
    expect(lengths).toEqual([5000, 5000]);
  });

  test('takes no more from a reader that takes nothing, and goes on when it does', async () => {
    const { browser, stream } = await pair();
    browser.pause();
    const piece = Buffer.alloc(1 << 20);
    let written = 0;
    while (!stream.writableNeedDrain && written < 200) {
      await new Promise(resolve => setImmediate(resolve));
      stream.write(piece);
      written++;
    }
    expect(stream.writableNeedDrain).toBe(true);
    // Nothing more goes out by itself.
    for (let more = 0; more < 8; more++) stream.write(piece);
    const waiting = stream.writableLength;
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(stream.writableLength).toBeGreaterThan(waiting - (4 << 20));
    const drained = once(stream, 'drain');
    browser.resume();
    await drained;
  });

  test('takes no more from the browser while nobody reads', async () => {
    const { browser, stream } = await pair();
    for (let sent = 0; sent < 64; sent++) browser.send(Buffer.alloc(1 << 18, sent));
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(stream.readableLength).toBeLessThan(1 << 20);
    expect(browser.bufferedAmount).toBeGreaterThan(0);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await expect.poll(() => bytes).toBe(64 << 18);
  });

  test('ends with the WebSocket, and the WebSocket with it', async () => {
    const first = await pair();
    first.stream.resume();
    first.browser.close();
    await once(first.stream, 'close');
    const second = await pair();
    const closed = once(second.browser, 'close');
    second.stream.write('last');
    second.stream.end();
    expect(await messages(second.browser, 1)).toEqual([Buffer.from('last')]);
    expect((await closed)[0]).toBe(1000);
    const third = await pair();
    third.stream.destroy();
    expect((await once(third.browser, 'close'))[0]).toBe(1006);
  });

  test('measures the least round trip to the browser, with one ping at a time', async () => {
    const { browser, stream, clock } = await pair({ autoPong: false });
    stream.resume();
    let pings = 0;
    browser.on('ping', () => pings++);
    expect(stream.roundTripMs).toBeNull();
    for (const [nth, ms] of [30, 4, 900].entries()) {
      clock.advance(nth === 0 ? 0 : 200);
      await expect.poll(() => pings).toBe(nth + 1);
      clock.advance(ms);
      browser.pong();
      await expect.poll(() => clock.pending).toBe(1);
      expect(stream.roundTripMs).toBe(nth === 0 ? 30 : 4);
    }
  });

  test('writes nothing after the WebSocket was closed', async () => {
    const { browser, stream } = await pair();
    browser.close();
    stream.resume();
    await once(browser, 'close');
    const error = await new Promise(resolve => stream.write(Buffer.from('late'), resolve));
    expect(error).toBeInstanceOf(Error);
  });
});
