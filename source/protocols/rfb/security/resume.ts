import { sameInConstantTime } from '../../../core/bytes.js';
import { hmacSha256 } from '../../../core/sha256.js';
import { SECURITY_TYPE } from '../constants.js';
import { answering, challenging } from './challenge.js';
import type {
  ClientSecurityType,
  RandomBytes,
  ResumeCheck,
  SecurityType,
  ServerSecurityType,
} from './security-type.js';

/**
 * peerglass's own security type (docs/extensions.md): a viewer that lost its connection resumes it. It proves its
 * identity with the key it received over the old connection; the key itself is never sent again.
 */
export const RESUME_KEY_LENGTH = 32;
const PROOF_LENGTH = 32;

export function serverResume(check: ResumeCheck, random: RandomBytes): ServerSecurityType {
  return challenging(SECURITY_TYPE.resume, random, PROOF_LENGTH, (proof, challenge) => {
    const known = check(key => sameInConstantTime(hmacSha256(key, challenge), proof));
    return known ? { ok: true, known } : { ok: false, reason: 'That session has ended.' };
  });
}

export function clientResume(key: Uint8Array): ClientSecurityType {
  return answering(SECURITY_TYPE.resume, 2, challenge => hmacSha256(key, challenge));
}

export const resume: SecurityType = {
  client: viewer => viewer.resume && clientResume(viewer.resume),
  server: share => (share.encryption?.required ? null : share.resume && serverResume(share.resume, share.random)),
};
