import { parseEncrypt, parseTrust, parseUser } from '../session/option-values.js';
import type { EncryptPolicy } from '../session/share-options.js';
import type { ProtocolChoice, WatchOptions } from '../session/watch-options.js';
import { type GivenFlags, usage } from './given-flags.js';
import { codeOf, firstLine } from './secret-arguments.js';

/**
 * A viewer's credentials, and the servers that it sends them to.
 * @throws PeerglassError E_USAGE
 */
export function loginOf(
  flags: GivenFlags,
  wire: ProtocolChoice,
  encrypt: EncryptPolicy,
): Pick<WatchOptions, 'code' | 'secret' | 'user' | 'encrypt' | 'trust'> {
  flags.onlyOneOf('code', 'code-file', 'password-file');
  for (const name of ['code', 'code-file', 'user', 'password-file', 'encrypt', 'trust']) {
    if (wire === 'classic' && flags.has(name))
      throw usage(`--${name} needs rfb: the classic protocol has no login and no encryption.`);
  }
  const trust = flags.value('trust', parseTrust, null);
  return {
    code: flags.value('password-file', firstLine, null) ?? codeOf(flags),
    secret: flags.has('password-file') || flags.has('user') ? 'password' : 'code',
    user: flags.value('user', parseUser, null),
    encrypt: flags.value('encrypt', parseEncrypt, encrypt),
    trust: trust === null ? [] : [trust],
  };
}
