import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { Transport, Upgrade } from '../core/transport.js';
import { duplexOf } from './socket-stream.js';

/**
 * TLS from here on, as the one who begins it. What is written before both have agreed waits in it. Where they do not agree, or
 * the other's certificate does not satisfy, the stream fails. It has buffers of its own, of up to 64 KiB a record: the one that a
 * socket receives into otherwise is not used any more.
 */
export function tlsClient(options: ConnectionOptions): Upgrade {
  return (below, unread) => connect({ ...options, socket: carrier(below, unread) });
}

/** The same as the one who answers: where both do not agree the stream only closes. */
export function tlsServer(options: TLSSocketOptions): Upgrade {
  return (below, unread) => {
    const socket = new TLSSocket(carrier(below, unread), { ...options, isServer: true });
    // What waits in it until both have agreed would keep it open for good.
    const left = () => socket.destroy();
    socket.once('end', left).once('secure', () => socket.off('end', left));
    return socket;
  };
}

/** TLS reads what its carrier has kept before anything that comes. */
function carrier(below: Transport, unread: Uint8Array): Duplex {
  const duplex = duplexOf(below);
  if (unread.length > 0) duplex.unshift(unread);
  return duplex;
}
