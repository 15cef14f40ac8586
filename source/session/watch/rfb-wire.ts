import { loadJpegDecoder } from '../../node/compressors.js';
import type { CreateWire } from './link.js';
import type { CreateRfbTrace } from './rfb/rfb-host.js';
import { RfbSession, type RfbWireOptions } from './rfb/rfb-session.js';
import { SessionTrace } from './session-trace.js';

/** The watching side of the rfb wire, with what this machine has to decode JPEG, traced for the messages page. */
export function rfbWire(options: RfbWireOptions = {}): CreateWire {
  return ({ stream, early, peer, resume, trace }, host) => {
    const createTrace: CreateRfbTrace = (bytes, between) => new SessionTrace(trace, bytes, between);
    const connection = { stream, early, peer, resume, jpeg: loadJpegDecoder(), createTrace };
    return new RfbSession(connection, host, options);
  };
}

export const createRfbWire: CreateWire = rfbWire();
