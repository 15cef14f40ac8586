import { pow } from '@noble/curves/abstract/modular.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import type { ByteReader } from '../../../core/byte-reader.js';
import { joined } from '../../../core/bytes.js';
import { PeerglassError } from '../../../core/errors.js';
import { fromUtf8 } from '../../../core/text.js';
import { SECURITY_TYPE } from '../constants.js';
import type { RsaAesPlatform } from './rsa-aes-platform.js';
import type { ClientSecurity, SecurityStep, SecurityType, ViewerSecrets } from './security-type.js';
import { checkCode, checkIdentity, checkPassword, userRequired } from './trust.js';

/**
 * The login of macOS (rfbproto.rst, "Diffie-Hellman Authentication"): user and password, encrypted with a key that both
 * ends agree on. The server's identity is not proven, and the rest of the session is not encrypted.
 */

/** Bytes of the prime. macOS uses 128; above 512 the viewer would calculate for seconds. */
const LEAST_SIZE = 128;
const MOST_SIZE = 512;
/** Bytes of the viewer's secret number. */
const EXPONENT = 64;
/** Bytes of the user's name and of the password, each with its terminating zero. */
const FIELD = 64;

interface ServerHalf {
  readonly size: number;
  readonly generator: bigint;
  readonly prime: bigint;
  readonly key: bigint;
}

/** The viewer's way through the login. */
class ClientAppleDh implements ClientSecurity {
  readonly encryption = 'login protected, picture not encrypted';
  readonly #viewer: ViewerSecrets;
  readonly #platform: RsaAesPlatform;
  #sent = false;

  constructor(viewer: ViewerSecrets, platform: RsaAesPlatform) {
    this.#viewer = viewer;
    this.#platform = platform;
  }

  advance(reader: ByteReader, password: string | null): SecurityStep | undefined {
    if (this.#sent) return { type: 'done' };
    const server = readServerHalf(reader);
    if (!server) return undefined;
    const { user, trust } = this.#viewer;
    checkIdentity(trust, null);
    if (user === null || password === null) throw userRequired();
    checkCode(trust, password, true);
    checkPassword(trust, 'login', null);
    this.#sent = true;
    return { type: 'send', bytes: this.#answer(server, user, password) };
  }

  #answer({ size, generator, prime, key }: ServerHalf, user: string, password: string): Uint8Array {
    const { random, hash, encryptBlocks } = this.#platform;
    const own = bytesToNumberBE(random(EXPONENT));
    const secret = numberToBytesBE(pow(key, own, prime), size);
    const credentials = joined([field(user, random), field(password, random)]);
    return joined([encryptBlocks(hash('md5', secret), credentials), numberToBytesBE(pow(generator, own, prime), size)]);
  }
}

/** @throws PeerglassError E_RFB_PROTOCOL */
function readServerHalf(reader: ByteReader): ServerHalf | undefined {
  return reader.attempt(() => {
    const generator = BigInt(reader.u16());
    const size = reader.u16();
    if (size < LEAST_SIZE || size > MOST_SIZE) throw broken(`The server has a key of ${size * 8} bits.`);
    const [prime, key] = [bytesToNumberBE(reader.bytes(size)), bytesToNumberBE(reader.bytes(size))];
    const large = prime >> BigInt(size * 8 - 8) > 0n && (prime & 1n) === 1n;
    const within = (number: bigint) => number > 1n && number < prime - 1n;
    if (!large || !within(generator) || !within(key)) throw broken('The server sent an invalid key.');
    return { size, generator, prime, key };
  });
}

/** A text, its terminating zero, and random bytes. @throws PeerglassError E_RFB_AUTH */
function field(text: string, random: RsaAesPlatform['random']): Uint8Array {
  const bytes = fromUtf8(text);
  if (bytes.length >= FIELD) {
    throw new PeerglassError('E_RFB_AUTH', `This server takes names and passwords of up to ${FIELD - 1} bytes.`);
  }
  return joined([bytes, Uint8Array.of(0), random(FIELD - 1 - bytes.length)]);
}

function broken(message: string): PeerglassError {
  return new PeerglassError('E_RFB_PROTOCOL', message);
}

export const appleDh: SecurityType = {
  client: viewer => {
    const { rsaAes: platform } = viewer;
    if (!platform) return null;
    return {
      number: SECURITY_TYPE.appleDh,
      channel: 'login',
      // Weaker than RSA-AES, whose key can be remembered.
      preference: () => 0,
      start: () => new ClientAppleDh(viewer, platform),
    };
  },
  server: () => null,
};
