import type { Opening } from '../../source/protocols/rfb/security/security-type.js';

/** What both ends have said, for types that are not bound to it. */
export const OPENING: Opening = {
  serverBanner: Buffer.from('RFB 003.008\n'),
  clientBanner: Buffer.from('RFB 003.008\n'),
  types: Uint8Array.of(2),
  choice: 2,
};
