import type { Duplex } from 'node:stream';
import { ByteReader } from '../../source/core/byte-reader.js';
import { asPeerglassError, type PeerglassError } from '../../source/core/errors.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { ReplaceableStream } from '../../source/core/transport.js';
import type { ClientHandshake, HandshakeStep } from '../../source/protocols/rfb/client-handshake.js';
import type { ServerHandshake } from '../../source/protocols/rfb/server-handshake.js';
import { duplexPair } from './one-byte-duplex.js';

/** Changes bytes on their way: null drops them and ends that direction. */
export type OnTheWay = (bytes: Buffer, from: 'viewer' | 'share', time: number) => Buffer | Buffer[] | null;

export interface Shaking {
  readonly client: ClientHandshake;
  readonly server: ServerHandshake;
  /** The user's answer. */
  readonly allow?: boolean;
  /** Whether the viewer learns at once whether its code was right; else never. */
  readonly tell?: boolean;
  readonly onTheWay?: OnTheWay;
  /** Bytes that arrive at a time. */
  readonly piece?: number;
}

export interface Shaken {
  readonly done: Extract<HandshakeStep, { type: 'done' }> | null;
  /** Why the viewer left. */
  readonly error: PeerglassError | null;
  /** Why the share hung up, or that it let the viewer in. */
  readonly served: PeerglassError | 'ready' | null;
  readonly asked: boolean;
  readonly judged: readonly boolean[];
  /** All bytes sent. */
  readonly wire: { readonly viewer: Buffer; readonly share: Buffer };
  /** The present streams of both ends. */
  readonly streams: { readonly viewer: ReplaceableStream; readonly share: ReplaceableStream };
}

/** After this many idle turns of the event loop, both ends are waiting for each other in vain. */
const QUIET_TURNS = 50;

/**
 * A viewer and a share shake hands over an in-memory connection, up to the end of one of them or until both only wait.
 */
export async function shakeHands({
  client,
  server,
  allow = true,
  tell = true,
  onTheWay,
  piece = 1_000_000,
}: Shaking): Promise<Shaken> {
  const [near, nearWire] = duplexPair(piece);
  const [farWire, far] = duplexPair(piece);
  const wire = { viewer: [] as Buffer[], share: [] as Buffer[] };
  // A stream that was destroyed says nothing to the end that it was paired with.
  near.on('close', () => farWire.end());
  far.on('close', () => nearWire.end());
  carry(nearWire, farWire, 'viewer', wire.viewer, onTheWay);
  carry(farWire, nearWire, 'share', wire.share, onTheWay);
  const result = {
    done: null as Shaken['done'],
    error: null as PeerglassError | null,
    served: null as Shaken['served'],
    asked: false,
    judged: [] as boolean[],
  };
  const viewer = new ReplaceableStream(near);
  const share = new ReplaceableStream(far);
  const over = Promise.all([
    served(server, share, { allow, tell }, result),
    viewed(client, viewer, result).finally(() => {
      if (result.error) viewer.end();
    }),
  ]);
  let settled = false;
  void over.finally(() => {
    settled = true;
  });
  for (let [quiet, heard] = [0, 0]; !settled && quiet < QUIET_TURNS; quiet++) {
    await new Promise(resolve => setImmediate(resolve));
    const now = wire.viewer.length + wire.share.length;
    if (now !== heard) quiet = 0;
    heard = now;
  }
  if (!settled) {
    nearWire.end();
    farWire.end();
  }
  await over;
  return {
    ...result,
    wire: { viewer: Buffer.concat(wire.viewer), share: Buffer.concat(wire.share) },
    streams: { viewer, share },
  };
}

function carry(from: Duplex, to: Duplex, end: 'viewer' | 'share', heard: Buffer[], onTheWay?: OnTheWay): void {
  let time = 0;
  from.on('data', (chunk: Buffer) => {
    heard.push(Buffer.from(chunk));
    const changed = onTheWay ? onTheWay(Buffer.from(chunk), end, time++) : chunk;
    if (changed === null) to.end();
    else for (const piece of [changed].flat()) to.write(piece);
  });
  from.on('end', () => to.end());
  from.on('close', () => to.end());
  from.on('error', () => {});
}

type Result = { -readonly [Name in 'done' | 'error' | 'served' | 'asked']: Shaken[Name] } & { judged: boolean[] };

function viewed(client: ClientHandshake, stream: ReplaceableStream, result: Result): Promise<void> {
  const reader = new ByteReader();
  return new Promise(resolve => {
    const fail = (thrown: unknown) => {
      result.error ??= asPeerglassError(thrown);
      resolve();
    };
    const advance = () => {
      if (result.error || result.done) return;
      try {
        for (let step = client.advance(reader); step; step = client.advance(reader)) {
          if (step.type === 'send') stream.write(step.bytes);
          else if (step.type === 'replace') stream.replace(step.upgrade, reader.rest());
          else if (step.type === 'done') {
            result.done = step;
            resolve();
            return;
          } else throw new Error(`the viewer stops at ${step.type}`);
        }
      } catch (thrown) {
        fail(thrown);
      }
    };
    stream.on('data', chunk => {
      reader.push(chunk);
      advance();
    });
    stream.on('error', fail);
    stream.on('end', () => fail(client.closed()));
    stream.on('close', () => fail(client.closed()));
    stream.resume();
  });
}

function served(
  server: ServerHandshake,
  stream: ReplaceableStream,
  { allow, tell }: Required<Pick<Shaking, 'allow' | 'tell'>>,
  result: Result,
): Promise<void> {
  return new Promise(resolve => {
    const end = (with_: Shaken['served']) => {
      result.served ??= with_;
      resolve();
    };
    const take = (steps: ReturnType<ServerHandshake['receive']>): void => {
      for (const step of steps) {
        if (step.type === 'send') stream.write(step.bytes);
        else if (step.type === 'replace') {
          stream.replace(step.upgrade, server.reader.rest());
          take(server.replaced());
        } else if (step.type === 'judged') {
          result.judged.push(step.right);
          if (tell) take(server.tell());
        } else if (step.type === 'ask') {
          result.asked = true;
          if (allow) take(server.admit());
          else {
            stream.write(server.refuse('The sharer declined.'));
            stream.end();
          }
        } else if (step.type === 'rejected') {
          stream.end();
          end(step.error);
        } else {
          stream.write(server.welcome({ width: 8, height: 6, format: BGRX, name: 'a share' }));
          end('ready');
        }
      }
    };
    stream.on('data', chunk => {
      if (result.served !== null) return;
      try {
        take(server.receive(chunk));
      } catch (thrown) {
        stream.end();
        end(asPeerglassError(thrown));
      }
    });
    stream.on('error', thrown => end(asPeerglassError(thrown)));
    stream.on('end', () => {
      stream.end();
      end(null);
    });
    stream.on('close', () => end(null));
    stream.resume();
    stream.write(server.greeting());
  });
}
