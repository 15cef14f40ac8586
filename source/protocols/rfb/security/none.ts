import { SECURITY_TYPE } from '../constants.js';
import type { ClientSecurityType, SecurityType, ServerSecurityType } from './security-type.js';

/** No authentication (RFC 6143, 7.2.1). */
export const clientNone: ClientSecurityType = {
  number: SECURITY_TYPE.none,
  encryption: null,
  // Without a code, prefer the type that needs none.
  preference: code => (code === null ? 1 : 0),
  start: () => ({ advance: () => ({ type: 'done' }) }),
};

export const serverNone: ServerSecurityType = {
  number: SECURITY_TYPE.none,
  encryption: null,
  start: () => ({
    begin: () => new Uint8Array(0),
    receive: () => ({ ok: true }),
  }),
};

export const none: SecurityType = {
  client: () => clientNone,
  server: ({ code }) => (code === null ? serverNone : null),
};
