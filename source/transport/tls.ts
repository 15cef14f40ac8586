import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { Transport, Upgrade } from '../core/transport.js';
import { duplexOf } from './socket-stream.js';

/**
 * Switches to TLS, as the client. Data written during the handshake is queued in the TLS stream. If the handshake
 * fails, or the server's certificate is not accepted, the stream fails. TLS has its own buffers, up to 64 KiB a record;
 * the socket's receive buffer is no longer used.
 */
export function tlsClient(options: ConnectionOptions): Upgrade {
  return (below, unread) => connect({ ...options, socket: carrier(below, unread) });
}

/** Switches to TLS, as the server. If the handshake fails the stream only closes. */
export function tlsServer(options: TLSSocketOptions): Upgrade {
  return (below, unread) => {
    const socket = new TLSSocket(carrier(below, unread), { ...options, isServer: true });
    // Data queued for the handshake would keep the socket open for good.
    const left = () => socket.destroy();
    socket.once('end', left).once('secure', () => socket.off('end', left));
    return socket;
  };
}

/** TLS reads the bytes put back into its carrier before any new ones. */
function carrier(below: Transport, unread: Uint8Array): Duplex {
  const duplex = duplexOf(below);
  if (unread.length > 0) duplex.unshift(unread);
  return duplex;
}
