import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, createSecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls';
import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import type { TlsFacts, TlsLayer, Transport, Upgrade } from '../core/transport.js';
import { duplexOf } from './socket-stream.js';

/** Node ends each write of TLS in a later turn of the event loop. */
type TlsStream = TLSSocket & { readonly sendsLater: boolean };

/**
 * Switches to TLS, as the client. Data written during the handshake is queued in the TLS stream. If the handshake
 * fails, or the server's certificate is not accepted, the stream fails. TLS has its own buffers, up to 64 KiB a record;
 * the socket's receive buffer is no longer used.
 */
export function tlsClient(options: ConnectionOptions): Upgrade {
  return (below, unread) => beginTls(options, below, unread);
}

function beginTls(options: ConnectionOptions, below: Transport, unread: Uint8Array): TlsStream {
  return Object.assign(connect({ ...options, socket: carrier(below, unread) }), { sendsLater: true });
}

/** Switches to TLS, as the server. If the handshake fails the stream only closes. */
export function tlsServer(options: TLSSocketOptions): Upgrade {
  return (below, unread) => answerTls(options, below, unread);
}

function answerTls(options: TLSSocketOptions, below: Transport, unread: Uint8Array): TlsStream {
  const socket = new TLSSocket(carrier(below, unread), { ...options, isServer: true });
  // A viewer could have keys agreed on again and again, at this end's cost.
  socket.disableRenegotiation();
  // Data queued for the handshake would keep the socket open for good.
  const left = () => socket.destroy();
  socket.once('end', left).once('secure', () => socket.off('end', left));
  return Object.assign(socket, { sendsLater: true });
}

/**
 * Anonymous key agreement, which TLS 1.3 lacks. Viewers and servers on GnuTLS support the first two; TigerVNC's server
 * has no parameters for them, only elliptic curves.
 */
const ANONYMOUS = {
  ciphers: 'ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:AECDH-AES256-SHA:AECDH-AES128-SHA:@SECLEVEL=0',
  maxVersion: 'TLSv1.2',
} as const;
const OLDEST = { minVersion: 'TLSv1.2' } as const;

/** TLS as a viewer lays it. Whose certificate that is, is for the caller to judge, by its fingerprint. */
export const clientLayers = {
  anonymous: () =>
    layer((below, unread) => beginTls({ ...ANONYMOUS, ...OLDEST, rejectUnauthorized: false }, below, unread)),
  certified: () => layer((below, unread) => beginTls({ ...OLDEST, rejectUnauthorized: false }, below, unread)),
};

/**
 * TLS as a share lays it, for any number of connections.
 * @param identity PEM
 * @throws Error of OpenSSL where certificate and key make no sense
 */
export function serverLayers(identity: { readonly cert: string; readonly key: string }) {
  const anonymous = { secureContext: createSecureContext({ ...ANONYMOUS, ...OLDEST, dhparam: 'auto' }) };
  const certified = { secureContext: createSecureContext({ ...OLDEST, ...identity }) };
  return {
    anonymous: () => layer((below, unread) => answerTls(anonymous, below, unread)),
    certified: () => layer((below, unread) => answerTls(certified, below, unread)),
  };
}

function layer(lay: (below: Transport, unread: Uint8Array) => TLSSocket): TlsLayer {
  let facts: TlsFacts | null = null;
  let agreed = (): void => {};
  let failed: (error: PeerglassError) => void = () => {};
  const secure = new Promise<void>((resolve, reject) => {
    agreed = resolve;
    failed = reject;
  });
  // Not everybody waits for it.
  secure.catch(() => {});
  return {
    secure,
    get facts() {
      return facts;
    },
    upgrade(below, unread) {
      const socket = lay(below, unread);
      socket.once('secure', () => {
        const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
        facts = {
          version: (socket.getProtocol() ?? 'TLS').replace('TLSv', 'TLS '),
          fingerprint: fingerprint?.replaceAll(':', '').toLowerCase() ?? null,
        };
        agreed();
      });
      socket.once('error', error => failed(disagreed(error)));
      socket.once('close', () => failed(disagreed(null)));
      return socket;
    },
  };
}

function disagreed(error: (NodeJS.ErrnoException & { reason?: unknown }) | null): PeerglassError {
  const why =
    error && error.code !== 'ECONNRESET'
      ? `: ${plainText(String(error.reason ?? error.message), 200)}`
      : ', and the other end hung up';
  return new PeerglassError(
    'E_TLS',
    `The two ends could not agree on encryption${why}.`,
    'Try again. If it keeps happening, check what the program at the other end offers, or go through SSH with --encrypt off.',
    { cause: error },
  );
}

/** TLS reads the bytes put back into its carrier before any new ones. */
function carrier(below: Transport, unread: Uint8Array): Duplex {
  const duplex = duplexOf(below);
  if (unread.length > 0) duplex.unshift(unread);
  return duplex;
}
