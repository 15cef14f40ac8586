import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { ByteReader } from '../../source/core/byte-reader.js';
import { ReplaceableStream, type Transport, type Upgrade } from '../../source/core/transport.js';
import { selfSigned } from '../../source/node/self-signed.js';
import { connect } from '../../source/transport/connect.js';
import type { Connection } from '../../source/transport/connection.js';
import { listen } from '../../source/transport/listener.js';
import { tlsClient, tlsServer } from '../../source/transport/tls.js';
import { needsNative } from '../helpers/needs-native.js';
import { duplexPair } from '../helpers/one-byte-duplex.js';
import { SealedRecords } from '../helpers/sealed-records.js';

const identity = selfSigned('a share');
const closing: (() => unknown)[] = [];
const NOTHING = new Uint8Array(0);
const GREETING = Buffer.from('RFB 003.008\n');
/** More than the system holds of a connection that nobody reads. */
const MUCH = 24 * 1024 * 1024;

const SEALED: Upgrade = (below, unread) => new SealedRecords(below, unread);
const checkServerIdentity = () => undefined;
const OVER_TLS = { near: tlsClient({ ca: identity.cert, checkServerIdentity }), far: tlsServer(identity) };
/** What is laid over the end that was connected, and over the one that was accepted. */
const FRAMINGS: [string, { readonly near: Upgrade; readonly far: Upgrade }][] = [
  ['sealed records', { near: SEALED, far: SEALED }],
  ['TLS', OVER_TLS],
];

/** Both ends of a connection: the one that was made, and the one that was accepted. */
async function ends(): Promise<{ near: Connection; far: Connection }> {
  let accept: (connection: Connection) => void = () => {};
  const accepted = new Promise<Connection>(resolve => {
    accept = resolve;
  });
  const listener = await listen({ bind: '127.0.0.1', port: 0, portFlag: '--rfb-port' }, connection =>
    accept(connection),
  );
  const near = await connect({ host: '127.0.0.1', port: listener.port });
  const far = await accepted;
  closing.push(
    () => near.destroy(),
    () => far.destroy(),
    () => listener.close(),
  );
  return { near, far };
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2));
}

/** Everything that is heard from now on, and how it ended. */
function heard(stream: Transport) {
  const pieces: Uint8Array[] = [];
  const told: string[] = [];
  let length = 0;
  stream.on('data', chunk => {
    pieces.push(Uint8Array.from(chunk));
    length += chunk.length;
  });
  stream.on('end', () => told.push('end'));
  stream.on('error', () => told.push('error'));
  stream.on('close', () => told.push('close'));
  return {
    told,
    get length() {
      return length;
    },
    get bytes() {
      return Buffer.concat(pieces);
    },
  };
}

/** Reads so many bytes as they are, says its last word in the same way, and goes on over the other framing. */
function readThenReplace(stream: ReplaceableStream, length: number, upgrade: Upgrade, lastWord: () => void = () => {}) {
  const reader = new ByteReader();
  let first: Uint8Array | null = null;
  const after: Uint8Array[] = [];
  stream.on('data', chunk => {
    if (first) {
      after.push(Uint8Array.from(chunk));
      return;
    }
    reader.push(chunk);
    if (reader.available < length) return;
    first = Uint8Array.from(reader.bytes(length));
    lastWord();
    stream.replace(upgrade, reader.rest());
  });
  stream.resume();
  return {
    get first() {
      return first;
    },
    get after() {
      return Buffer.concat(after);
    },
  };
}

/** A connection whose ends have both been replaced, with nothing heard yet. */
async function replaced({ near, far }: { readonly near: Upgrade; readonly far: Upgrade }) {
  const both = await ends();
  both.near.replace(near, NOTHING);
  both.far.replace(far, NOTHING);
  const [nearHears, farHears] = [heard(both.near.stream), heard(both.far.stream)];
  both.near.stream.resume();
  both.far.stream.resume();
  return { ...both, nearHears, farHears };
}

describe.each(FRAMINGS)('a connection that continues over %s', (_name, framing) => {
  it('starts in plain bytes', async () => {
    const { near, far } = await ends();
    const server = readThenReplace(far.stream, GREETING.length, framing.far);
    const client = readThenReplace(near.stream, GREETING.length, framing.near, () => near.write([GREETING], () => {}));
    far.write([GREETING], () => {});
    await until(() => client.first !== null);
    near.write([Buffer.from('from the viewer')], () => {});
    await until(() => server.first !== null);
    far.write([Buffer.from('from the share')], () => {});
    await until(() => server.after.length >= 15 && client.after.length >= 14);
    expect([server.after.toString(), client.after.toString()]).toEqual(['from the viewer', 'from the share']);
    expect([server.first, client.first]).toEqual([GREETING, GREETING].map(each => Uint8Array.from(each)));
  });

  it('may receive the last plain bytes and the first framed ones in one chunk', async () => {
    const { near, far } = await ends();
    const last = Buffer.from('last');
    near.write([last], () => {});
    near.replace(framing.near, NOTHING);
    near.stream.resume();
    near.write([Buffer.from('first')], () => {});
    // All of it lies in the system before the other end reads any.
    await until(() => near.socket.bytesWritten > last.length);
    await new Promise(resolve => setTimeout(resolve, 20));
    let early = 0;
    const server = readThenReplace(far.stream, last.length, (below, unread) => {
      early = unread.length;
      return framing.far(below, unread);
    });
    await until(() => server.after.length === 5);
    expect(server.after.toString()).toBe('first');
    expect(early).toBeGreaterThan(5);
  });

  it.each(['near', 'far'] as const)(
    'holds the writer back while the other end does not read, and loses nothing (%s)',
    async end => {
      const both = await replaced(framing);
      const { nearHears, farHears } = both;
      const [writer, reader, hears] =
        end === 'near' ? [both.near, both.far, farHears] : [both.far, both.near, nearHears];
      let agreed = false;
      writer.write([Buffer.from('agreed')], () => {
        agreed = true;
      });
      await until(() => hears.length === 6 && agreed);
      reader.stream.pause();
      const much = randomBytes(MUCH);
      let written = 0;
      let drained = 0;
      writer.stream.on('drain', () => drained++);
      for (let at = 0; at < MUCH; at += MUCH / 8) {
        const [half, rest] = [much.subarray(at, at + 5), much.subarray(at + 5, at + MUCH / 8)];
        writer.write([half, rest], () => written++);
      }
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(hears.length).toBe(6);
      expect(written).toBeLessThan(8);
      expect(writer.stream.writableNeedDrain).toBe(true);
      const { pendingBytes } = writer;
      expect(pendingBytes).toBeGreaterThan(MUCH / 16);
      expect(writer.stream.writableLength).toBeGreaterThan(MUCH / 16);
      reader.stream.resume();
      await until(() => hears.length === 6 + MUCH);
      await until(() => written === 8 && drained > 0);
      expect(hears.bytes.subarray(6).equals(much)).toBe(true);
      expect([writer.pendingBytes, writer.stream.writableLength]).toEqual([0, 0]);
    },
  );

  it('sends earlier writes in the old framing, even if they are read late', async () => {
    const { near, far } = await ends();
    const much = randomBytes(MUCH);
    const told: string[] = [];
    far.write([much], () => told.push('plain'));
    far.replace(framing.far, NOTHING);
    far.write([Buffer.from('after')], () => told.push('framed'));
    far.stream.resume();
    expect(far.stream.writableLength).toBeGreaterThan(5);
    const client = readThenReplace(near.stream, MUCH, framing.near);
    await until(() => client.after.length === 5 && told.length === 2);
    expect(client.after.toString()).toBe('after');
    expect(Buffer.from(client.first!).equals(much)).toBe(true);
    expect(told).toEqual(['plain', 'framed']);
  });

  it('keeps counting, and keeps its TCP_INFO', async () => {
    const { near, far, nearHears } = await replaced(framing);
    far.write([Buffer.alloc(100_000)], () => {});
    await until(() => nearHears.length === 100_000);
    await until(() => far.pendingBytes === 0 && near.receivedBytes >= far.sentBytes);
    expect(far.sentBytes).toBeGreaterThan(100_000);
    expect(near.receivedBytes).toBe(far.sentBytes);
    expect(far.wirePosition(100_000)).toBe(far.sentBytes);
    if (process.platform !== 'linux') return;
    if (needsNative(false, true)) {
      expect(far.tcpInfo()).toBeNull();
      return;
    }
    await until(() => far.tcpInfo()?.ackedBytes === far.sentBytes);
    expect(far.tcpInfo()?.unackedSegments).toBe(0);
  });

  it('ends after a flush, or is cut', async () => {
    const ended = await replaced(framing);
    ended.far.write([Buffer.alloc(300_000, 1)], () => {});
    ended.far.end();
    await until(() => ended.nearHears.told.includes('close') && ended.farHears.told.includes('close'));
    expect([ended.nearHears.length, ended.nearHears.told]).toEqual([300_000, ['end', 'close']]);
    expect([ended.near.open, ended.far.open, ended.far.socket.destroyed]).toEqual([false, false, true]);

    const cut = await replaced(framing);
    cut.far.write([Buffer.from('agreed')], () => {});
    await until(() => cut.nearHears.length === 6);
    cut.near.reset();
    await until(() => cut.farHears.told.includes('close') && cut.nearHears.told.includes('close'));
    expect([cut.far.open, cut.near.open, cut.far.pendingBytes]).toEqual([false, false, 0]);
  });

  it('fails when the peer sends something else', async () => {
    const { near, far } = await ends();
    near.replace(framing.near, NOTHING);
    const hears = heard(near.stream);
    near.stream.resume();
    far.stream.resume();
    far.write([Buffer.from('HTTP/1.1 400 Bad Request')], () => {});
    await until(() => hears.told.includes('close'));
    expect(hears.told).toEqual(['error', 'close']);
    expect(near.open).toBe(false);
  });
});

it('an outgoing connection receives in one buffer, with layers over it too', async () => {
  const { near, far } = await ends();
  const buffers = new Set<ArrayBufferLike>();
  const watched: Upgrade = (below, unread) => {
    below.on('data', chunk => buffers.add(chunk.buffer));
    return SEALED(below, unread);
  };
  let received = 0;
  near.stream.on('data', chunk => {
    if (received === 0) buffers.add(chunk.buffer);
    received += chunk.length;
    if (received === GREETING.length) near.replace(watched, NOTHING);
    near.stream.pause();
    setTimeout(() => near.stream.resume(), 1);
  });
  near.stream.resume();
  far.write([GREETING], () => {});
  await until(() => received === GREETING.length);
  far.replace(SEALED, NOTHING);
  far.stream.resume();
  far.write([Buffer.alloc(2_000_000)], () => {});
  await until(() => received === GREETING.length + 2_000_000);
  expect(buffers.size).toBe(1);
});

describe.each([
  ['clear', null, 2000, 2000],
  ['sealed records', FRAMINGS[0]![1], 2000, 2000],
  ['TLS', FRAMINGS[1]![1], 1000, 2000],
])('what is written over a connection (%s)', (_, framing, atOnce, inATurn) => {
  it('is sent at once, or in the next turn if the connection says so', async () => {
    const { near, far } = await ends();
    const received = heard(near.stream);
    if (framing) {
      near.replace(framing.near, NOTHING);
      far.replace(framing.far, NOTHING);
    }
    near.stream.resume();
    far.stream.resume();
    far.stream.write(Buffer.from('first'));
    await until(() => received.length === 5);
    expect(far.sendsLater).toBe(atOnce < inATurn);
    const before = far.sentBytes;
    const sent = () => Math.floor((far.sentBytes - before) / 1000) * 1000;
    for (let write = 0; write < 2; write++) far.stream.write(randomBytes(1000));
    expect(sent()).toBe(atOnce);
    await new Promise(resolve => setImmediate(resolve));
    expect(sent()).toBe(inATurn);
  });
});

describe('TLS', () => {
  it('works over any Node stream, a byte at a time', async () => {
    const [one, other] = duplexPair();
    const [near, far] = [new ReplaceableStream(one), new ReplaceableStream(other)];
    closing.push(
      () => near.destroy(),
      () => far.destroy(),
    );
    const server = readThenReplace(far, 4, OVER_TLS.far);
    near.write(Buffer.from('last'));
    near.replace(OVER_TLS.near, NOTHING);
    near.resume();
    near.write(Buffer.from('first'));
    await until(() => server.after.length === 5);
    expect(server.after.toString()).toBe('first');
  });

  it('works over nothing else', () => {
    const [one] = duplexPair();
    const stream = new ReplaceableStream(one);
    const errors: string[] = [];
    stream.on('error', error => errors.push(error.message));
    stream.replace(SEALED, NOTHING);
    stream.replace(tlsServer(identity), NOTHING);
    expect(errors).toEqual(['only a stream of Node can carry TLS']);
    expect(stream.destroyed).toBe(true);
  });

  it('fails when the certificate is not the pinned one', async () => {
    const { near, far } = await ends();
    near.replace(tlsClient({ ca: selfSigned('a share').cert, checkServerIdentity }), NOTHING);
    far.replace(tlsServer(identity), NOTHING);
    const errors: string[] = [];
    near.stream.on('error', error => errors.push(error.message));
    const [nearHears, farHears] = [heard(near.stream), heard(far.stream)];
    near.stream.resume();
    far.stream.resume();
    far.write([Buffer.from('for whoever is the right one')], () => {});
    await until(() => nearHears.told.includes('close') && farHears.told.includes('close'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/self.signed|certificate/);
    expect(nearHears.length).toBe(0);
  });
});
