import { SECURITY_TYPE } from '../constants.js';
import type { ClientSecurityType, SecurityType, ServerSecurityType, ShareSecrets } from './security-type.js';

/** No authentication (RFC 6143, 7.2.1). */
export const clientNone: ClientSecurityType = {
  number: SECURITY_TYPE.none,
  // Without a code, prefer the type that needs none.
  preference: code => (code === null ? 1 : 0),
  start: () => ({ encryption: null, advance: () => ({ type: 'done' }) }),
};

export const serverNone: ServerSecurityType = {
  number: SECURITY_TYPE.none,
  start: () => ({
    encryption: null,
    begin: () => new Uint8Array(0),
    receive: () => ({ ok: true }),
  }),
};

/** Whether viewers are let in without a secret. */
export function needsNothing({ code, vncPassword }: Pick<ShareSecrets, 'code' | 'vncPassword'>): boolean {
  return code === null && vncPassword === null;
}

export const none: SecurityType = {
  client: () => clientNone,
  server: share => (needsNothing(share) && !share.encryption?.required ? serverNone : null),
};
