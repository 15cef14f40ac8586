import { ConnectionTrace } from '../../source/session/inspect/connection-trace.js';
import { MessageLog } from '../../source/session/inspect/message-log.js';

/** The trace of a connection that nobody inspects. */
export function idleTrace(wire: 'classic' | 'rfb' = 'rfb'): ConnectionTrace {
  const end = { address: '127.0.0.1', port: 5900 };
  return new ConnectionTrace({ wire, peer: '', local: end, remote: end, opener: 'local' }, new MessageLog());
}
