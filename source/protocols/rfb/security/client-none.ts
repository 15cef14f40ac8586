import { SECURITY_TYPE } from '../constants.js';
import type { ClientSecurityType } from './client-security.js';

/** Nothing is asked of the viewer (RFC 6143, 7.2.1). */
export const clientNone: ClientSecurityType = {
  number: SECURITY_TYPE.none,
  encryption: null,
  start: () => ({ advance: () => ({ type: 'done' }) }),
};
