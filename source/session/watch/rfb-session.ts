import { loadJpegDecoder } from '../../node/compressors.js';
import type { CreateProtocolSession } from './link.js';
import { ClientConnection, type RfbOptions } from './rfb/client-connection.js';
import type { CreateRfbTrace } from './rfb/rfb-host.js';
import { SessionTrace } from './session-trace.js';

/** Creates rfb client sessions with this machine's JPEG decoder, traced for the messages page. */
export function rfbSessionFactory(options: RfbOptions = {}): CreateProtocolSession {
  return ({ stream, early, peer, resume, trace }, host) => {
    const createTrace: CreateRfbTrace = (bytes, between) => new SessionTrace(trace, bytes, between);
    const connection = { stream, early, peer, resume, jpeg: loadJpegDecoder(), createTrace };
    return new ClientConnection(connection, host, options);
  };
}

export const createRfbSession: CreateProtocolSession = rfbSessionFactory();
