import { SECURITY_TYPE } from '../constants.js';
import { CHALLENGE_LENGTH, vncAuthResponse } from '../vnc-auth.js';
import type { ClientSecurityType } from './client-security.js';

/** The server's challenge goes back encrypted with the code (RFC 6143, 7.2.2). */
export const clientVncAuth: ClientSecurityType = {
  number: SECURITY_TYPE.vncAuth,
  encryption: null,
  start() {
    let answered = false;
    return {
      advance(reader, code) {
        if (answered) return { type: 'done' };
        const challenge = reader.attempt(() => reader.peekBytes(CHALLENGE_LENGTH));
        if (challenge === undefined) return undefined;
        if (code === null) return { type: 'code-required' };
        const bytes = vncAuthResponse(code, challenge);
        reader.skip(CHALLENGE_LENGTH);
        answered = true;
        return { type: 'send', bytes };
      },
    };
  },
};
