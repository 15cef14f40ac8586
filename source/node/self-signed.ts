import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

const SEQUENCE = 0x30;
/** Set in the tags of what holds others. */
const CONSTRUCTED = 0x20;
const ECDSA_WITH_SHA256 = tagged(0x06, Buffer.from('2a8648ce3d040302', 'hex'));
const COMMON_NAME = tagged(0x06, Buffer.from('550403', 'hex'));

/** DER: a tag, a length in as few bytes as possible (browsers insist), and what these are of. */
function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length: bytes } = body;
  const length = bytes < 0x80 ? [bytes] : bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return tagged(SEQUENCE, ...contents);
}

/**
 * A certificate that was signed with its own key (X.509, RFC 5280) and never expires.
 * @param privateKey of the curve P-256; a new one unless given
 */
export function selfSigned(
  name: string,
  privateKey: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
): SelfSigned {
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const who = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
  // UTCTime up to 2049, GeneralizedTime after that.
  const from = tagged(0x17, Buffer.from('700101000000Z'));
  const to = tagged(0x18, Buffer.from('99991231235959Z'));
  const signed = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))), // version 3
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial number
    algorithm,
    who,
    sequence(from, to),
    who,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', signed, privateKey));
  const der = sequence(signed, algorithm, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/**
 * Whether all lengths take as few bytes as possible, as DER has it. The first certificates that peerglass made had
 * longer ones: TLS does not mind, but Chromium refuses them.
 * @param der well-formed but for that
 */
export function hasShortLengths(der: Uint8Array): boolean {
  for (let at = 0; at < der.length; ) {
    const first = der[at + 1]!;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const body = at + 2 + more;
    const length = more === 0 ? first : der.subarray(at + 2, body).reduce((sum, byte) => sum * 256 + byte, 0);
    if (more > 0 && (length < 0x80 || length < 256 ** (more - 1))) return false;
    if (der[at]! & CONSTRUCTED && !hasShortLengths(der.subarray(body, body + length))) return false;
    at = body + length;
  }
  return true;
}
