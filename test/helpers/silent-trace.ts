import type { RfbTrace } from '../../source/session/watch/rfb/rfb-trace.js';

/** Of a session that nobody looks at. */
export const SILENT_TRACE: RfbTrace = {
  received() {},
  handshakeOver() {},
  sent() {},
  sentForGood() {},
  reading() {},
  read() {},
  rectangleDone() {},
};
