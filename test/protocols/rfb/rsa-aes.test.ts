import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { RsaKeyPair } from '../../../source/node/rsa.js';
import { ClientHandshake } from '../../../source/protocols/rfb/client-handshake.js';
import { RSA_AES, RSA_AES_LOGIN } from '../../../source/protocols/rfb/security/rsa-aes.js';
import type { RsaAesPlatform } from '../../../source/protocols/rfb/security/rsa-aes-platform.js';
import type {
  ClientSecurity,
  SecurityStep,
  SecurityVerdict,
  ServerSecurity,
} from '../../../source/protocols/rfb/security/security-type.js';
import { NO_TRUST, type Trust } from '../../../source/protocols/rfb/security/trust.js';
import { NodeRsaAes } from '../../../source/session/rsa-aes-platform.js';
import { duplexPair } from '../../helpers/one-byte-duplex.js';
import { OPENING } from '../../helpers/opening.js';

const CODE = 'a code of more than eight characters';
const [share, viewer, third] = await Promise.all(Array.from({ length: 3 }, prepared));

async function prepared(): Promise<RsaAesPlatform> {
  const platform = new NodeRsaAes(null);
  await platform.prepare();
  return platform;
}

/** What a share shows, as viewers know it. */
function identity(platform = share!) {
  const { modulus, exponent } = platform.keys!;
  const bytes = Buffer.concat([Buffer.from([0, 0, 8, 0]), modulus, Buffer.alloc(256 - exponent.length), exponent]);
  const sha1 = Buffer.from(platform.hash('sha1', bytes)).toString('hex');
  return {
    fingerprint: Buffer.from(platform.hash('sha256', bytes)).toString('hex'),
    short: sha1.slice(0, 16).replace(/..(?=.)/g, '$&-'),
  };
}

const TRUSTED: Partial<Trust> = { yes: [identity().fingerprint] };

interface Given {
  readonly number: number;
  readonly code: string | null;
  readonly user: string | null;
  readonly trust: Partial<Trust>;
  readonly server: RsaAesPlatform;
  /** Bytes that arrive at a time. */
  readonly piece: number;
  /** Changes what the share says, each time. */
  readonly onTheWay: (bytes: Uint8Array, time: number) => Uint8Array;
  /** Changes what the viewer says, each time. */
  readonly back: (bytes: Uint8Array, time: number) => Uint8Array;
}

const GIVEN: Given = {
  number: 129,
  code: CODE,
  user: null,
  trust: TRUSTED,
  server: share!,
  piece: 1_000_000,
  onTheWay: bytes => bytes,
  back: bytes => bytes,
};

/** The moves of one end, each after the other. */
interface Taken {
  readonly client: SecurityStep[];
  readonly server: (SecurityStep | SecurityVerdict)[];
}

/** A viewer and a share, up to where both have nothing more to say over this stream. */
function exchange(given: Partial<Given> = {}) {
  const { number, code, user, trust, server: platform, piece, onTheWay, back } = { ...GIVEN, ...given };
  const encryption = { tls: never(), rsaAes: platform, required: false };
  const secrets = { code: null, vncPassword: CODE, resume: null, random: randomBytes, encryption };
  const credentials = {
    resume: null,
    user,
    tls: null,
    rsaAes: viewer!,
    cpace: null,
    name: '',
    trust: { ...NO_TRUST, ...trust },
  };
  const client: ClientSecurity = find(RSA_AES, number, type => type.client(credentials)).start(OPENING, 'clear');
  const server: ServerSecurity = find(RSA_AES, number, type => type.server(secrets)).start(OPENING);
  const [toClient, toServer] = [new ByteReader(), new ByteReader()];
  const taken: Taken = { client: [], server: [] };
  const said = { client: 0, server: 0 };
  const wire: Uint8Array[] = [];
  const hear = () => {
    for (let step = client.advance(toClient, code); step; step = client.advance(toClient, code)) {
      taken.client.push(step);
      if (step.type !== 'send') return;
      const bytes = back(step.bytes, said.client++);
      wire.push(bytes);
      for (let at = 0; at < bytes.length; at += piece) {
        toServer.push(bytes.subarray(at, at + piece));
        answer();
      }
    }
  };
  const answer = () => {
    if (taken.server.some(step => !('type' in step))) return;
    for (let step = server.receive(toServer); step; step = server.receive(toServer)) {
      if ('type' in step && step.type === 'proof') throw new Error('RSA-AES proves nothing on the way');
      taken.server.push(step);
      if ('type' in step && step.type === 'send') say(step.bytes);
      else if (!('type' in step)) return;
    }
  };
  const say = (bytes: Uint8Array) => {
    const changed = onTheWay(bytes, said.server++);
    wire.push(changed);
    for (let at = 0; at < changed.length; at += piece) toClient.push(changed.subarray(at, at + piece));
  };
  const first = server.begin();
  const changed = onTheWay(first, said.server++);
  wire.push(changed);
  for (let at = 0; at < changed.length; at += piece) {
    toClient.push(changed.subarray(at, at + piece));
    hear();
  }
  // What was said while the viewer itself was saying something.
  for (let rounds = 0; rounds < 4; rounds++) hear();
  return {
    ...taken,
    wire: Buffer.concat(wire),
    verdict: taken.server.at(-1),
    client: taken.client,
    protection: client,
  };
}

function never(): never {
  return undefined as never;
}

function find<T>(
  types: typeof RSA_AES,
  number: number,
  end: (type: (typeof RSA_AES)[number]) => (T & { number: number }) | null,
): T {
  const found = [...types, ...RSA_AES_LOGIN].flatMap(type => end(type) ?? []).find(type => type.number === number);
  if (!found) throw new Error(`no type ${number}`);
  return found;
}

describe.each([129, 5])('RSA-AES, type %i', number => {
  it('admits a viewer with the whole password', () => {
    const { verdict, protection, wire } = exchange({ number });
    expect(verdict).toEqual({ ok: true });
    expect(protection.encryption).toBe(`AES-${number === 5 ? 128 : 256} (RSA-AES), VNC password`);
    expect(protection.known).toEqual({ channel: 'keyed', fingerprint: identity().fingerprint });
    expect(wire.includes(CODE)).toBe(false);
  });

  it.each([CODE.slice(0, 8), `${CODE} `, '', 'x'.repeat(255)])('refuses the password %j', code => {
    expect(exchange({ number, code }).verdict).toEqual({ ok: false, reason: 'The password is wrong.' });
  });

  it.each([1, 2, 3, 255, 256])('reads messages that arrive %i bytes at a time', piece => {
    expect(exchange({ number, piece }).verdict).toEqual({ ok: true });
  });

  it('continues in records in both directions', async () => {
    const { client, server } = exchange({ number });
    const upgrade = (steps: readonly object[]) => {
      const step = steps.find(each => 'upgrade' in each) as Extract<SecurityStep, { type: 'replace' }>;
      return step.upgrade;
    };
    const [left, right] = duplexPair(7);
    left.pause();
    right.pause();
    const ends = [upgrade(client)(left, new Uint8Array(0)), upgrade(server)(right, new Uint8Array(0))] as const;
    const text = randomBytes(20_000);
    for (const [one, other] of [ends, [ends[1], ends[0]]] as const) {
      const heard: Uint8Array[] = [];
      other.on('data', chunk => heard.push(Uint8Array.from(chunk)));
      other.resume();
      one.write(text);
      while (Buffer.concat(heard).length < text.length) await new Promise(resolve => setImmediate(resolve));
      expect(Buffer.concat(heard).equals(text)).toBe(true);
    }
  });

  it('reports a key changed in transit, at either end', () => {
    const forged = (platform: RsaAesPlatform) => {
      const { modulus, exponent } = platform.keys!;
      return Buffer.concat([Buffer.from([0, 0, 8, 0]), modulus, Buffer.alloc(256 - exponent.length), exponent]);
    };
    const first = (bytes: Uint8Array, time: number) => (time === 0 ? forged(third!) : bytes);
    const thirdOnes = { yes: [identity(third).fingerprint] };
    expect(() => exchange({ number, onTheWay: first, trust: thirdOnes })).toThrow(/changed on its way/);
    expect(() => exchange({ number, back: first })).toThrow(/changed on its way/);
  });

  it('stops a man in the middle with another key if the real one is known', () => {
    const known = { channel: 'keyed', fingerprint: identity().fingerprint } as const;
    expect(exchange({ number, trust: { known } }).verdict).toEqual({ ok: true });
    const attempt = () => exchange({ number, server: third!, trust: { known, forget: 'peerglass forget a' } });
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'E_PEER_CHANGED', remedy: expect.stringContaining('peerglass forget a') }),
    );
  });

  it('sends a password to an unknown key only once the user has accepted the key', () => {
    const { fingerprint, short } = identity();
    expect(() => exchange({ number, trust: {} })).toThrow(
      expect.objectContaining({
        code: 'E_TRUST_REQUIRED',
        about: fingerprint,
        message: expect.stringContaining(short),
      }),
    );
  });

  it('asks for a code where there is none', () => {
    expect(exchange({ number, code: null }).client.at(-1)).toEqual({ type: 'code-required' });
  });

  it('rejects every changed bit', () => {
    // The hash of each end, and the credentials.
    const flip = (when: number, at: number) => (bytes: Uint8Array, time: number) => {
      if (time !== when) return bytes;
      const changed = Uint8Array.from(bytes);
      changed[changed.length - at]! ^= 1;
      return changed;
    };
    for (const at of [1, 17, 30]) {
      expect(() => exchange({ number, onTheWay: flip(2, at) })).toThrow(/changed on its way/);
      expect(() => exchange({ number, back: flip(1, at) })).toThrow(/changed on its way/);
      expect(() => exchange({ number, back: flip(2, at) })).toThrow(/changed on its way/);
    }
  });

  it.each([
    ['too short', [0, 0, 7, 255]],
    ['too long', [0, 0, 32, 1]],
    ['absurdly long', [255, 255, 255, 255]],
  ])('takes no key that is %s, before it waits for it', (_what, length) => {
    const change = (bytes: Uint8Array, time: number) => (time === 0 ? Uint8Array.from(length) : bytes);
    expect(() => exchange({ number, onTheWay: change })).toThrow(/bits/);
    expect(() => exchange({ number, back: change })).toThrow(/bits/);
  });

  it.each([
    ['a modulus that is even', 259, 2],
    ['an exponent that is even', 515, 2],
    ['a modulus with zeros before it', 4, 0],
    ['an exponent that is expensive', 507, 1],
  ])('takes no key with %s', (_what, at, byte) => {
    const change = (bytes: Uint8Array, time: number) => {
      if (time > 0) return bytes;
      const changed = Uint8Array.from(bytes);
      changed[at] = byte;
      return changed;
    };
    expect(() => exchange({ number, onTheWay: change })).toThrow(/invalid key/);
    expect(() => exchange({ number, back: change })).toThrow(/invalid key/);
  });

  it('rejects a random number that does not match its key length', () => {
    const longer = (when: number) => (bytes: Uint8Array, time: number) => {
      if (time !== when) return bytes;
      const changed = Uint8Array.from(bytes);
      changed[1] = 1;
      return changed;
    };
    expect(() => exchange({ number, onTheWay: longer(1) })).toThrow(/257 encrypted bytes/);
    expect(() => exchange({ number, back: longer(1) })).toThrow(/257 encrypted bytes/);
  });
});

describe('a share that has no time for key exchanges', () => {
  it.each([0, 1])('turns a viewer away instead of computing, after %i exchanges', spare => {
    let left = spare;
    const exchanges = { run: <T>(work: () => T) => (left-- > 0 ? work() : null), mayHandshake: () => false };
    const encryption = { tls: never(), rsaAes: share!, required: false, exchanges };
    const secrets = { code: null, vncPassword: CODE, resume: null, random: randomBytes, encryption };
    const server = find(RSA_AES, 129, type => type.server(secrets)).start(OPENING);
    const reader = new ByteReader();
    const { modulus, exponent } = viewer!.keys!;
    reader.push(Buffer.concat([Buffer.from([0, 0, 8, 0]), modulus, Buffer.alloc(256 - exponent.length), exponent]));
    if (spare > 0) expect(server.receive(reader)).toMatchObject({ type: 'send' });
    reader.push(Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(256, 1)]));
    expect(server.receive(reader)).toMatchObject({ ok: false, misuse: true });
  });
});

describe('a share', () => {
  const offers = (code: string | null, rsaAes: RsaAesPlatform | undefined) => {
    const encryption = rsaAes ? { tls: never(), rsaAes, required: false } : null;
    const secrets = { code: null, vncPassword: code, resume: null, random: randomBytes, encryption };
    return [...RSA_AES, ...RSA_AES_LOGIN].flatMap(type => type.server(secrets)?.number ?? []);
  };

  it('offers 129 before 5 if it has a short enough code, has keys and may encrypt', () => {
    expect(offers(CODE, share!)).toEqual([129, 5]);
    expect(offers(null, share!)).toEqual([]);
    expect(offers('x'.repeat(256), share!)).toEqual([]);
    expect(offers(CODE, new NodeRsaAes(null))).toEqual([]);
    expect(offers(CODE, undefined)).toEqual([]);
  });
});

/** A viewer that has received the server's version and these security types. */
function offered(types: readonly number[], trust: Partial<Trust> = {}, without: readonly number[] = []) {
  const handshake = new ClientHandshake({
    code: CODE,
    shared: true,
    tls: { anonymous: never, certified: never },
    rsaAes: viewer!,
    trust: { ...NO_TRUST, ...trust },
    without,
  });
  const reader = new ByteReader();
  reader.push(Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([types.length, ...types])]));
  handshake.advance(reader);
  return { handshake, reader };
}

describe('a viewer', () => {
  const taken = (types: readonly number[], trust?: Partial<Trust>) => {
    const { handshake, reader } = offered(types, trust);
    const step = handshake.advance(reader);
    return step?.type === 'send' ? step.bytes[0] : undefined;
  };
  const known = { channel: 'keyed', fingerprint: identity().fingerprint } as const;

  it('chooses the strongest: TLS, RSA-AES with 256 bits, with 128, for the login only, then a VNC password', () => {
    const order = [19, 129, 5, 130, 6, 2];
    for (let from = 0; from < order.length; from++) expect(taken(order.slice(from).reverse())).toBe(order[from]);
  });

  it('keeps to types that show the known key, even if the server has become stronger', () => {
    expect(taken([19, 5, 129], { known })).toBe(129);
    expect(taken([19, 129], { known: { ...known, channel: 'login' } })).toBe(129);
    expect(() => taken([2, 6], { known })).toThrow(expect.objectContaining({ code: 'E_PEER_WEAKER' }));
  });

  it('uses RSA-AES for the login only if encryption is off, and never so if encryption is required', () => {
    expect(taken([129, 5, 130, 2], { encrypt: 'off' })).toBe(130);
    expect(() => taken([130, 6, 2], { encrypt: 'required' })).toThrow(
      expect.objectContaining({ code: 'E_RFB_SECURITY' }),
    );
  });

  it('says that it is turned off here where the server only encrypts', () => {
    const left = { remedy: 'Remove --encrypt off.', message: expect.stringContaining('129 (') };
    expect(() => taken([129, 5], { encrypt: 'off' })).toThrow(expect.objectContaining(left));
  });

  it('waits for its own key, which is made in the background', async () => {
    const fresh = new NodeRsaAes(null);
    const credentials = {
      resume: null,
      user: null,
      tls: null,
      rsaAes: fresh,
      cpace: null,
      name: '',
      trust: { ...NO_TRUST, ...TRUSTED },
    };
    const client = find(RSA_AES, 129, type => type.client(credentials)).start(OPENING, 'clear');
    const reader = new ByteReader();
    const secrets = { code: null, vncPassword: CODE, resume: null, random: randomBytes };
    const server = find(RSA_AES, 129, type =>
      type.server({ ...secrets, encryption: { tls: never(), rsaAes: share!, required: false } }),
    );
    reader.push(server.start(OPENING).begin());
    const step = client.advance(reader, CODE);
    if (step?.type !== 'wait') throw new Error('it did not wait');
    expect(fresh.keys).toBeNull();
    await step.until;
    expect(fresh.keys).toBeInstanceOf(RsaKeyPair);
    expect(client.advance(reader, CODE)).toMatchObject({ type: 'send' });
  });
});

describe('a server whose VeNCrypt turns out to be weaker than its RSA-AES', () => {
  const sent = (without: readonly number[]) => {
    const { handshake, reader } = offered([19, 129], {}, without);
    if (without.length === 0) reader.push(Buffer.from([0, 2, 0, 1, 0, 0, 1, 2]));
    const messages: number[][] = [];
    for (let step = handshake.advance(reader); step?.type === 'send'; step = handshake.advance(reader))
      messages.push([...step.bytes]);
    return messages;
  };

  it('is disconnected, to be tried again without VeNCrypt', () => {
    expect(() => sent([])).toThrow(expect.objectContaining({ number: 19 }));
    expect(sent([19])[0]).toEqual([129]);
  });
});
