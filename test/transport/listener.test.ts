import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { limitUnsent } from '../../source/native/tcp-info.js';
import { type Connection, displayAddress } from '../../source/transport/connection.js';
import { type Listener, type ListenOptions, listen, listenError } from '../../source/transport/listener.js';
import { MAY_LOAD_NATIVE } from '../helpers/needs-native.js';

const LOCAL: ListenOptions = { bind: '127.0.0.1', port: 0, portFlag: '--classic-port' };
const closing: (() => unknown)[] = [];

async function open(options: ListenOptions = LOCAL): Promise<{ listener: Listener; accepted: Promise<Connection> }> {
  let accept: (connection: Connection) => void = () => {};
  const accepted = new Promise<Connection>(resolve => {
    accept = resolve;
  });
  const listener = await listen(options, connection => {
    closing.unshift(() => connection.destroy());
    accept(connection);
  });
  closing.push(() => listener.close());
  return { listener, accepted };
}

function dial(port: number, host = '127.0.0.1'): Socket {
  const socket = connect({ port, host });
  socket.on('error', () => {});
  closing.unshift(() => socket.destroy());
  return socket;
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`listen ${code}`), { code });
}

describe('listen', () => {
  it('shows an IPv4 peer of a dual-stack socket in its own notation', async () => {
    const { listener, accepted } = await open({ ...LOCAL, bind: null });
    dial(listener.port);
    expect((await accepted).remoteAddress).toBe('127.0.0.1');
    expect(displayAddress('::ffff:192.168.1.86')).toBe('192.168.1.86');
    expect(displayAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
  });

  it('names a port that another program has', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const address = server.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    await expect(open({ ...LOCAL, port })).rejects.toMatchObject({
      code: 'E_PORT_IN_USE',
      message: `Another program is already listening on 127.0.0.1 port ${port}.`,
      remedy: expect.stringContaining('--classic-port'),
    });
  });

  it('names an address that is not of this machine', async () => {
    await expect(open({ ...LOCAL, bind: '192.0.2.7' })).rejects.toMatchObject({ code: 'E_ADDRESS_NOT_LOCAL' });
  });

  it.each(['224.0.0.1', '255.255.255.255', 'ff02::1'])(
    'does not bind multicast or broadcast addresses: %s',
    async bind => {
      await expect(open({ ...LOCAL, bind })).rejects.toMatchObject({
        code: 'E_ADDRESS_NOT_LOCAL',
        message: expect.stringContaining('is a multicast or broadcast address'),
      });
    },
  );

  it("names the missing interface of a link-local address, without the system's message", async () => {
    await expect(open({ ...LOCAL, bind: 'fe80::1' })).rejects.toMatchObject({
      code: 'E_ADDRESS_NOT_LOCAL',
      message: expect.stringContaining('as in fe80::1%eth0'),
    });
    expect(listenError(systemError('ENOBUFS'), { ...LOCAL, port: 80 }).message).toBe(
      'Listening on 127.0.0.1 port 80 failed (ENOBUFS).',
    );
  });

  it.each([
    ['EACCES', 'E_BIND_PERMISSION'],
    ['EPERM', 'E_BIND_PERMISSION'],
    ['EADDRINUSE', 'E_PORT_IN_USE'],
    ['EADDRNOTAVAIL', 'E_ADDRESS_NOT_LOCAL'],
    ['ENOTFOUND', 'E_ADDRESS_NOT_LOCAL'],
    ['EMFILE', 'E_TOO_MANY_FILES'],
    ['ENOBUFS', 'E_LISTEN'],
  ])('maps %s to %s', (system, code) => {
    expect(listenError(systemError(system), { ...LOCAL, port: 80 }).code).toBe(code);
  });
});

describe('Connection', () => {
  it('counts the bytes taken by the system and those still queued here', async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    client.pause();
    const connection = await accepted;
    const piece = Buffer.alloc(24 * 1024 * 1024, 7);
    let done = false;
    connection.write([Buffer.from('head'), piece], () => {
      done = true;
    });
    await expect.poll(() => connection.sentBytes).toBeGreaterThan(0);
    expect(done).toBe(false);
    expect(connection.sentBytes + connection.pendingBytes).toBe(piece.length + 4);
    const read = new Promise<void>(resolve =>
      client.on('data', () => client.bytesRead === piece.length + 4 && resolve()),
    );
    client.resume();
    await read;
    await new Promise(resolve => setImmediate(resolve));
    expect(done).toBe(true);
    expect([connection.sentBytes, connection.pendingBytes]).toEqual([piece.length + 4, 0]);
    connection.destroy();
    expect(connection.sentBytes).toBe(piece.length + 4);
  });

  it('ends a peer that does not read within about a second', async () => {
    const { listener, accepted } = await open();
    dial(listener.port).pause();
    const connection = await accepted;
    connection.write([Buffer.alloc(24 * 1024 * 1024)], () => {});
    const closed = new Promise<void>(resolve => connection.stream.on('close', resolve));
    connection.end();
    await closed;
    expect(connection.open).toBe(false);
  });

  it.runIf(process.platform === 'linux')("reads the kernel's figures where it may", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    const connection = await accepted;
    expect(limitUnsent(connection.socket, 16_384)).toBe(MAY_LOAD_NATIVE);
    client.on('data', () => {});
    if (!MAY_LOAD_NATIVE) return expect(connection.tcpInfo()).toBeNull();
    await new Promise<void>(resolve => connection.write([Buffer.alloc(50_000)], resolve));
    while ((connection.tcpInfo()?.ackedBytes ?? 0) < 50_000) await new Promise(resolve => setTimeout(resolve, 5));
    const info = connection.tcpInfo();
    expect(info).toMatchObject({ notSentBytes: 0, outQueueBytes: 0, retransmits: 0, unackedSegments: 0 });
    expect(info?.rttMs).toBeGreaterThan(0);
    expect(info?.sendWindow).toBeGreaterThan(0);
    expect(info?.congestionWindow).toBeGreaterThan(0);
    expect(info?.segmentSize).toBeGreaterThan(500);
    connection.destroy();
    expect(connection.tcpInfo()).toBeNull();
  });
});
