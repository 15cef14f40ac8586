import { appleDh } from './apple-dh.js';
import { cpace } from './cpace.js';
import { none } from './none.js';
import { resume } from './resume.js';
import { RSA_AES, RSA_AES_LOGIN } from './rsa-aes.js';
import type {
  ClientSecurityType,
  SecurityType,
  ServerSecurityType,
  ShareSecrets,
  ViewerSecrets,
} from './security-type.js';
import { veNCrypt } from './vencrypt.js';
import { vncAuth } from './vnc-auth.js';

/** In the order in which a share offers them. */
const SECURITY_TYPES: readonly SecurityType[] = [
  cpace,
  ...RSA_AES,
  veNCrypt,
  ...RSA_AES_LOGIN,
  appleDh,
  vncAuth,
  none,
  resume,
];

/** The security types that a viewer supports. */
export function spoken(viewer: ViewerSecrets): ClientSecurityType[] {
  return SECURITY_TYPES.flatMap(type => type.client(viewer) ?? []);
}

/** The security types that a share offers. */
export function offered(share: ShareSecrets): ServerSecurityType[] {
  return SECURITY_TYPES.flatMap(type => type.server(share) ?? []);
}
