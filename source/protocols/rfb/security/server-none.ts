import { SECURITY_TYPE } from '../constants.js';
import type { ServerSecurityType } from './server-security.js';

/** Nothing is asked of the viewer (RFC 6143, 7.2.1). */
export const serverNone: ServerSecurityType = {
  number: SECURITY_TYPE.none,
  start: () => ({
    begin: () => new Uint8Array(0),
    receive: () => ({ ok: true }),
  }),
};
