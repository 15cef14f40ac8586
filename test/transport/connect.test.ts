import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PeerglassError } from '../../source/core/errors.js';
import { connect, explain } from '../../source/transport/connect.js';
import { Connection } from '../../source/transport/connection.js';

const servers: Server[] = [];

async function listen(host = '127.0.0.1', accept: (socket: Socket) => void = () => {}): Promise<number> {
  const server = createServer(socket => accept(socket.on('error', () => {}))).listen(0, host);
  servers.push(server);
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

async function closedPort(): Promise<number> {
  const port = await listen();
  await new Promise(resolve => servers.pop()?.close(resolve));
  return port;
}

async function failure(promise: Promise<Connection>): Promise<PeerglassError> {
  const outcome = await promise.then(
    connection => connection,
    error => error,
  );
  if (outcome instanceof PeerglassError) return outcome;
  if (outcome instanceof Connection) outcome.destroy();
  throw new Error(`no PeerglassError but ${outcome}`);
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('connect', () => {
  it('connects, with nothing read yet', async () => {
    const connection = await connect({ host: '127.0.0.1', port: await listen() });
    expect(connection.socket.isPaused()).toBe(true);
    connection.destroy();
  });

  it('receives everything in order in one buffer, and stops while paused', async () => {
    const sent = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 9)) & 0xff));
    const port = await listen('127.0.0.1', socket => socket.end(sent));
    const { stream } = await connect({ host: '127.0.0.1', port });
    const pieces: Buffer[] = [];
    const buffers = new Set<ArrayBufferLike>();
    let paused = false;
    let whilePaused = 0;
    stream.on('data', piece => {
      pieces.push(Buffer.from(piece));
      buffers.add(piece.buffer);
      if (paused) whilePaused++;
      if (pieces.length % 5 !== 0) return;
      paused = true;
      stream.pause();
      setTimeout(() => {
        paused = false;
        stream.resume();
      }, 5);
    });
    stream.resume();
    await new Promise<void>(resolve => stream.on('end', resolve));
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    expect(pieces.length).toBeGreaterThan(5);
    expect(buffers.size).toBe(1);
    expect(whilePaused).toBe(0);
  });

  it('tries the next port when the first one refuses, and says so when none is left', async () => {
    const [closed, open] = [await closedPort(), await listen()];
    const connection = await connect({ host: '127.0.0.1', port: null }, { ports: [closed, open] });
    expect(connection.remotePort).toBe(open);
    connection.destroy();
    const other = await closedPort();
    const error = await failure(connect({ host: '127.0.0.1', port: null }, { ports: [closed, other] }));
    expect(error.code).toBe('E_CONNECT_REFUSED');
    expect(error.message).toContain(`127.0.0.1:${closed} (or port ${other})`);

    expect(error.remedy).toContain('peerglass share');
  });

  it('does not mention a firewall for a port of this machine', async () => {
    const port = await closedPort();
    const error = await failure(connect({ host: '127.0.0.1', port }));
    expect(error.code).toBe('E_CONNECT_REFUSED');
    expect(error.remedy).toContain('Start "peerglass share" here first');
    expect(error.remedy).not.toMatch(/firewall|ufw/);
  });

  it('names the likely causes of a refusal, with the command that opens the port', () => {
    const port = 5900;
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = explain({ host: '192.0.2.7', port }, [port], refused);
    expect(error.code).toBe('E_CONNECT_REFUSED');
    for (const clue of ['peerglass share', `ufw allow ${port}/tcp`, `--add-port=${port}/tcp`, `localport=${port}`]) {
      expect(error.remedy).toContain(clue);
    }
  });

  it('says when a host is unknown', async () => {
    const error = await failure(connect({ host: 'no-such-host.invalid', port: 9000 }));
    expect(error.code).toBe('E_UNKNOWN_HOST');
    expect(error.message).toContain('no-such-host.invalid');
  });

  it('does not blame the address when too many files are open', () => {
    const failure = Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
    const error = explain({ host: 'studio', port: 9000 }, [9000], failure);
    expect(error.code).toBe('E_TOO_MANY_FILES');
    expect(error.remedy).toContain('ulimit -n');
  });

  it.each([
    ['EHOSTUNREACH', 'E_UNREACHABLE', 'no route'],
    ['EACCES', 'E_CONNECT', 'This machine does not allow'],
    ['EPERM', 'E_CONNECT', 'This machine does not allow'],
    ['ENETUNREACH', 'E_UNREACHABLE', 'no route'],
    ['ETIMEDOUT', 'E_CONNECT_TIMEOUT', 'did not answer'],
    ['ECONNREFUSED', 'E_CONNECT_REFUSED', 'Nothing is listening'],
    ['ENOTFOUND', 'E_UNKNOWN_HOST', 'cannot be resolved'],
    ['EPROTO', 'E_CONNECT', 'EPROTO'],
  ])('explains %s, and what to do', (code, expected, words) => {
    const error = explain({ host: 'studio', port: 9000 }, [9000], Object.assign(new Error(code), { code }));
    expect(error.code).toBe(expected);
    expect(error.message).toContain(words);
    expect(error.message).toContain('studio');
    expect(error.remedy).not.toBe('');
  });

  it('says what a link-local address lacks', async () => {
    const error = await failure(connect({ host: 'fe80::1', port: 9000 }));
    expect(error).toMatchObject({ code: 'E_UNREACHABLE', remedy: expect.stringContaining('fe80::1%eth0') });
    const known = explain({ host: 'fe80::1%eth0', port: 9000 }, [9000], Object.assign(new Error(), { code: 'EINVAL' }));
    expect(known.message).toContain('no route');
  });

  it('gives up after its timeout, and when aborted', async () => {
    // TEST-NET-1 (RFC 5737): routers drop it or say that there is no way; either ends.
    const error = await failure(connect({ host: '192.0.2.1', port: 9000 }, { timeoutMs: 300 }));
    expect(['E_CONNECT_TIMEOUT', 'E_UNREACHABLE', 'E_CONNECT_REFUSED']).toContain(error.code);

    const stop = new AbortController();
    const pending = connect({ host: '192.0.2.1', port: 9000 }, { signal: stop.signal });
    stop.abort(new Error('Esc'));
    await expect(pending).rejects.toThrow(/Esc/);
    await expect(connect({ host: '127.0.0.1', port: 1 }, { signal: stop.signal })).rejects.toThrow('Esc');
  });
});
