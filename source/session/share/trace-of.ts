import type { Connection } from '../../transport/connection.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { ShareHost } from './viewer-session.js';

/** The trace of a viewer's connection. */
export function traceOf(host: ShareHost, connection: Connection, wire: 'classic' | 'rfb'): ConnectionTrace {
  const { localAddress, localPort, remoteAddress, remotePort } = connection;
  return host.inspection.trace({
    wire,
    peer: `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`,
    local: { address: localAddress, port: localPort },
    remote: { address: remoteAddress, port: remotePort },
    opener: 'remote',
  });
}
