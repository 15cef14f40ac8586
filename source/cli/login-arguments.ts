import { readFileSync } from 'node:fs';
import { whyUnread } from '../node/whole-file.js';
import {
  accept,
  type Parsed,
  parseCode,
  parseEncrypt,
  parseText,
  parseTrust,
  refuse,
} from '../session/option-values.js';
import type { EncryptPolicy } from '../session/share-options.js';
import type { ProtocolChoice, WatchOptions } from '../session/watch-options.js';
import { type GivenFlags, usage } from './given-flags.js';

/** In characters. A longer password means that the wrong file was named. */
const MAX_TEXT = 1000;

/** The first line of a file. */
function parsePasswordFile(file: string): Parsed<string> {
  try {
    const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
    return line === '' || line.length > MAX_TEXT
      ? refuse(`The first line of ${file} is not a password: it is empty or too long.`)
      : accept(line);
  } catch (error) {
    return refuse(`${file} cannot be read: ${whyUnread(error)}.`);
  }
}

function parseUser(text: string): Parsed<string> {
  return text.length > MAX_TEXT
    ? refuse(`A user name has at most ${MAX_TEXT} characters.`)
    : parseText(text, 'A user name');
}

/**
 * A viewer's credentials, and the servers that it sends them to.
 * @throws PeerglassError E_USAGE
 */
export function loginOf(
  flags: GivenFlags,
  wire: ProtocolChoice,
  encrypt: EncryptPolicy,
): Pick<WatchOptions, 'code' | 'user' | 'encrypt' | 'trust'> {
  flags.onlyOneOf('code', 'password-file');
  for (const name of ['code', 'user', 'password-file', 'encrypt', 'trust']) {
    if (wire === 'classic' && flags.has(name))
      throw usage(`--${name} needs rfb: the classic protocol has no login and no encryption.`);
  }
  const trust = flags.value('trust', parseTrust, null);
  return {
    code: flags.value('code', parseCode, null) ?? flags.value('password-file', parsePasswordFile, null),
    user: flags.value('user', parseUser, null),
    encrypt: flags.value('encrypt', parseEncrypt, encrypt),
    trust: trust === null ? [] : [trust],
  };
}
