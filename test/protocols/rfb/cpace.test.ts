import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainCode } from '../../../source/core/code.js';
import { RECORD_CIPHERS } from '../../../source/node/record-ciphers.js';
import { ClientHandshake } from '../../../source/protocols/rfb/client-handshake.js';
import { ed25519Identity } from '../../../source/protocols/rfb/security/cpace.js';
import type { CPacePlatform, Standing } from '../../../source/protocols/rfb/security/cpace-platform.js';
import { offered } from '../../../source/protocols/rfb/security/registry.js';
import { UNLIMITED } from '../../../source/protocols/rfb/security/security-type.js';
import { NO_TRUST, type Trust } from '../../../source/protocols/rfb/security/trust.js';
import { ServerHandshake } from '../../../source/protocols/rfb/server-handshake.js';
import { NodeCPace } from '../../../source/session/cpace-platform.js';
import { type OnTheWay, type Shaking, shakeHands } from '../../helpers/shaking-hands.js';

const CODE = 'kafem-prawy';
const [SHARE, VIEWER, THIRD] = [new NodeCPace(null), new NodeCPace(null), new NodeCPace(null)];
const fingerprintOf = ({ identity }: CPacePlatform) => ed25519Identity(identity.publicKey).fingerprint;
const SHARE_KNOWN = { channel: 'cpace', fingerprint: fingerprintOf(SHARE) } as const;

/** For all other types. */
const PASSWORD = 'weaker';
/** Offered, and never laid. */
const unlaid = (): never => {
  throw new Error('nobody lays TLS here');
};
const TLS = { anonymous: unlaid, certified: unlaid };

interface Ends {
  /** The share's code; null: it asks for none. */
  readonly code?: string | null;
  readonly ask?: boolean;
  readonly required?: boolean;
  readonly standing?: Standing;
  readonly resume?: Uint8Array;
  readonly share?: CPacePlatform;
  readonly viewer?: CPacePlatform;
  readonly given?: string | null;
  readonly trust?: Partial<Trust>;
  readonly resumeKey?: Uint8Array;
  readonly name?: string;
  /** Whether the share has time for an exchange. */
  readonly affordable?: boolean;
}

function ends(of: Ends): Pick<Shaking, 'client' | 'server'> {
  const { code = CODE, ask = false, required = false, standing = 'unknown', share = SHARE, viewer = VIEWER } = of;
  const { given = code, trust = {}, resume, resumeKey = null, name = '', affordable = true } = of;
  const cpace = { platform: share, standing: () => standing };
  const exchanges = affordable ? UNLIMITED : { run: () => null, mayHandshake: () => false };
  const encryption = { tls: TLS, required, cpace, exchanges };
  const known = resume ? (fits: (key: Uint8Array) => boolean) => fits(resume) : null;
  return {
    client: new ClientHandshake({
      code: given,
      shared: true,
      resume: resumeKey,
      cpace: viewer,
      name,
      trust: { ...NO_TRUST, secret: 'code', forget: 'peerglass forget a', ...trust },
    }),
    server: new ServerHandshake({
      security: offered({
        code,
        vncPassword: code === null ? null : PASSWORD,
        resume: known,
        random: randomBytes,
        encryption,
      }),
      consent: ask,
      guarded: code !== null,
      refusal: null,
      mustEncrypt: required,
    }),
  };
}

function shake(of: Ends = {}, rest: Partial<Shaking> = {}) {
  return shakeHands({ ...ends(of), ...rest });
}

describe('CPace as a security type', () => {
  it('stands first, lets in who has the code, and says what protects each end', async () => {
    const { client, server } = ends({ name: 'Ada' });
    const { done, served, judged, wire, asked } = await shakeHands({ client, server });
    expect([...wire.share.subarray(12, 17)]).toEqual([3, 80, 19, 2, 1]);
    expect(done).toMatchObject({ security: 80, encryption: 'AES-256, code', known: SHARE_KNOWN });
    expect(done?.server.name).toBe('a share');
    expect(served).toBe('ready');
    expect(server.encryption).toBe('AES-256, code');
    expect(server.viewer).toMatchObject({ fingerprint: fingerprintOf(VIEWER), name: 'Ada' });
    expect(judged).toEqual([true]);
    expect(asked).toBe(false);
  });

  it.each([1, 2, 3, 31, 64, 255])('reads what comes %i bytes at a time', async piece => {
    expect((await shake({}, { piece })).done).toMatchObject({ encryption: 'AES-256, code' });
  });

  it.each(['KAFEMPRAWY', 'kafem-prawy', ' kafem prawy ', 'Kafem – Prawy'])('takes the code as %j', async given => {
    expect((await shake({ given })).served).toBe('ready');
  });

  it.each(['kafem-praw', 'kafem-prawyy', '', 'x'.repeat(300)])('refuses the code %j', async given => {
    const { error, judged, served } = await shake({ given });
    expect(error).toMatchObject({ code: 'E_RFB_AUTH', message: 'Wrong code.' });
    expect(error?.remedy).toMatch(/may have a new one/);
    expect(served).toMatchObject({ code: 'E_RFB_AUTH' });
    expect(judged).toEqual([false]);
  });

  it('takes long codes whole, in any alphabet', async () => {
    const code = 'Grüße an die ganze Klasse 7b, und an alle, die länger zusehen';
    expect((await shake({ code })).served).toBe('ready');
    expect((await shake({ code, given: `${code}!` })).error?.code).toBe('E_RFB_AUTH');
  });

  it('uses ChaCha20 where one end has no AES', async () => {
    const only = { ...plain(VIEWER), ciphers: RECORD_CIPHERS.slice(1) };
    for (const of of [{ viewer: only }, { share: { ...plain(SHARE), ciphers: RECORD_CIPHERS.slice(1) } }]) {
      expect((await shake(of)).done?.encryption).toBe('ChaCha20, code');
    }
    const aes = { ...plain(SHARE), ciphers: RECORD_CIPHERS.slice(0, 1) };
    expect((await shake({ share: aes })).done?.encryption).toBe('AES-256, code');
    const none = await shake({ viewer: only, share: aes });
    expect(none.error?.message).toMatch(/no cipher in common/);
  });

  it('says that there is no time for an exchange, and computes nothing', async () => {
    const { error, judged, wire } = await shake({ affordable: false });
    expect(error).toMatchObject({ code: 'E_SHARE_FULL', remedy: 'Try again in a few seconds.' });
    expect(judged).toEqual([]);
    expect(wire.share.length).toBeLessThan(110);
  });

  it('carries everything in records of both directions', async () => {
    const { streams, wire } = await shake();
    const before = wire.viewer.length;
    expect(before).toBeGreaterThan(0);
    for (const [one, other] of [
      [streams.viewer, streams.share],
      [streams.share, streams.viewer],
    ] as const) {
      const text = randomBytes(150_000);
      const heard: Buffer[] = [];
      other.on('data', chunk => heard.push(Buffer.from(chunk)));
      one.write(text);
      await expect.poll(() => Buffer.concat(heard).equals(text)).toBe(true);
    }
  });

  it('asks for a code where none was given, before anything is computed', async () => {
    const { error } = await shake({ given: null });
    expect(error?.message).toMatch(/stops at code-required/);
  });
});

/** The parts of a platform, to be changed. */
function plain({ identity, ciphers, random, soon }: CPacePlatform): CPacePlatform {
  return { identity, ciphers, random, soon };
}

describe('who the other end is', () => {
  it('is the one before, or the viewer stops with what to do', async () => {
    expect((await shake({ trust: { known: SHARE_KNOWN } })).served).toBe('ready');
    const { error, served } = await shake({ share: THIRD, trust: { known: SHARE_KNOWN } });
    expect(error).toMatchObject({
      code: 'E_PEER_CHANGED',
      message: expect.stringMatching(/^The identity of this peer is not the one seen before: SHA-256 ..:/),
      remedy: expect.stringContaining('peerglass forget a'),
    });
    expect(served).not.toBe('ready');
  });

  it('counts for less than the code where the peer had a certificate before', async () => {
    const known = { channel: 'certified', fingerprint: 'ab'.repeat(32) } as const;
    expect((await shake({ trust: { known } })).done).toMatchObject({ known: SHARE_KNOWN });
    const { error } = await shake({ code: null, given: null, trust: { known } });
    expect(error?.code).toBe('E_PEER_CHANGED');
  });

  it('is not verified without a code, until it is known', async () => {
    const first = await shake({ code: null, ask: true });
    expect(first).toMatchObject({ asked: true, served: 'ready' });
    expect(first.done).toMatchObject({ encryption: 'AES-256, sharer not verified', known: SHARE_KNOWN });
    const again = await shake({ code: null, ask: true, trust: { known: SHARE_KNOWN } });
    expect(again.done?.encryption).toBe('AES-256, sharer known');
    expect((await shake({ code: null, share: THIRD, trust: { known: SHARE_KNOWN } })).error?.code).toBe(
      'E_PEER_CHANGED',
    );
  });

  it('is not known where a code was given and is not asked for', async () => {
    const { error } = await shake({ code: null, given: 'lesson3' });
    expect(error).toMatchObject({ code: 'E_CODE_DOWNGRADE', remedy: expect.stringMatching(/leave out the code/) });
    expect((await shake({ code: null, given: 'lesson3', trust: { known: SHARE_KNOWN } })).served).toBe('ready');
  });

  it('may be the same person at both ends', async () => {
    expect((await shake({ viewer: SHARE, share: SHARE })).served).toBe('ready');
  });

  it('is remembered: a viewer without the code comes in by its key', async () => {
    const { client, server } = ends({ given: null, standing: 'remembered', trust: { known: SHARE_KNOWN } });
    const { done, judged, asked } = await shakeHands({ client, server });
    expect(done?.encryption).toBe('AES-256, sharer known');
    expect(server.encryption).toBe('AES-256, remembered');
    expect({ judged, asked }).toEqual({ judged: [], asked: false });
  });

  it('is remembered: the person is not asked about it again', async () => {
    const { asked, served } = await shake({ code: null, ask: true, standing: 'remembered' });
    expect({ asked, served }).toEqual({ asked: false, served: 'ready' });
  });

  it('is not remembered: the code is asked for, and that is no try', async () => {
    const { error, judged, served } = await shake({ given: null, trust: { known: SHARE_KNOWN } });
    expect(error?.code).toBe('E_CODE_REQUIRED');
    expect(judged).toEqual([]);
    expect(served).toMatchObject({ code: 'E_RFB_SECURITY' });
  });

  it('is banned, whatever the code', async () => {
    const { error } = await shake({ standing: 'banned' });
    expect(error).toMatchObject({ code: 'E_PEER_REFUSED', message: expect.stringMatching(/has banned this viewer/) });
  });

  it('has the key of an earlier connection: the person is not asked', async () => {
    const resume = randomBytes(32);
    const back = await shake({ code: null, ask: true, resume, resumeKey: resume });
    expect(back).toMatchObject({ asked: false, served: 'ready' });
    const other = await shake({ code: null, ask: true, resume, resumeKey: randomBytes(32) });
    expect(other.asked).toBe(true);
  });

  it('is told that the person declined', async () => {
    const { error } = await shake({ code: null, ask: true }, { allow: false });
    expect(error?.code).toBe('E_DECLINED');
  });

  it('has a name without control characters', async () => {
    const { client, server } = ends({ name: 'Ada\u001b[31m\u202e!' });
    await shakeHands({ client, server });
    expect(server.viewer?.name).toBe('Ada[31m!');
  });

  it('has a name of whole characters, as long as is sent', async () => {
    const { client, server } = ends({ name: `${'é'.repeat(31)}abé` });
    await shakeHands({ client, server });
    expect(server.viewer?.name).toBe(`${'é'.repeat(31)}ab`);
  });
});

/** Puts the list of types in which some are missing in the place of the real one. */
const strip =
  (...left: number[]): OnTheWay =>
  (bytes, from, time) =>
    from === 'share' && time === 1 ? Buffer.from([left.length, ...left]) : bytes;

describe('a man in the middle', () => {
  it('who only listens hears neither code nor name nor key', async () => {
    const { wire } = await shake({ name: 'a name to be found' });
    const heard = Buffer.concat([wire.viewer, wire.share]);
    for (const secret of [CODE, plainCode(CODE), 'a name to be found', 'a share'])
      expect(heard.includes(secret)).toBe(false);
    for (const { identity } of [SHARE, VIEWER]) expect(heard.includes(Buffer.from(identity.publicKey))).toBe(false);
  });

  it('who changes any byte of the exchange is noticed', async () => {
    const { wire } = await shake();
    // Banners, list and choice lie before; a type that is not there, or another version, is another error.
    const places = { share: wire.share.length, viewer: wire.viewer.length };
    const arbitrary = fc.record({
      from: fc.constantFrom('share' as const, 'viewer' as const),
      at: fc.nat(),
      bit: fc.nat(7),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ from, at, bit }) => {
        const place = at % places[from];
        let seen = 0;
        const { done, served } = await shake(
          {},
          {
            onTheWay: (bytes, end) => {
              if (end !== from) return bytes;
              const here = place - seen;
              seen += bytes.length;
              if (here >= 0 && here < bytes.length) bytes[here]! ^= 1 << bit;
              return bytes;
            },
          },
        );
        expect(done === null || served !== 'ready').toBe(true);
      }),
      // The byte of the verdict, which no tag covers.
      { numRuns: 60, examples: [[{ from: 'share', at: 12 + 4 + 34 + 66, bit: 1 }]] },
    );
  });

  it.each<[string, OnTheWay]>([
    ['adds a type to the list', strip(80, 19, 2, 1, 30)],
    ['takes one away', strip(80, 2)],
    ['changes their order', strip(2, 80, 19, 1)],
    [
      "changes the share's banner",
      (bytes, from, time) => (from === 'share' && time === 0 ? Buffer.from('RFB 003.889\n') : bytes),
    ],
    [
      "changes the viewer's banner",
      (bytes, from, time) => (from === 'viewer' && time === 0 ? Buffer.from('RFB 003.889\n') : bytes),
    ],
  ])('who %s spoils the key', async (_, onTheWay) => {
    const { error, served } = await shake({ required: false }, { onTheWay });
    expect(error?.code).toBe('E_RFB_AUTH');
    expect(served).toMatchObject({ code: 'E_RFB_AUTH' });
  });

  it('who strips CPace does not get the code', async () => {
    const { error } = await shake({}, { onTheWay: strip(2) });
    expect(error?.code).toBe('E_CODE_DOWNGRADE');
  });

  it("who strips CPace gets one's own words only after a question", async () => {
    const own = { code: 'lesson-no3', given: 'lesson-no3' };
    expect((await shake(own, { onTheWay: strip(2) })).error).toMatchObject({ code: 'E_TRUST_REQUIRED', about: 'code' });
    const agreed = await shake({ ...own, trust: { yes: ['code'] } }, { onTheWay: strip(2) });
    expect(agreed.error, 'the share takes its code by CPace alone').toMatchObject({
      code: 'E_RFB_AUTH',
      about: 'password',
    });
  });

  it('who strips CPace is caught by a viewer that knows the share', async () => {
    const known = { trust: { known: SHARE_KNOWN } };
    expect((await shake(known, { onTheWay: strip(2) })).error?.code).toBe('E_PEER_WEAKER');
    expect((await shake({ ...known, code: null }, { onTheWay: strip(1) })).error?.code).toBe('E_PEER_WEAKER');
  });

  it('with keys of his own gets one guess, and sees whether it was right only by the verdict', async () => {
    // He is a share to the viewer, with a guess.
    const guess = await shake({ share: THIRD, code: 'wrong-guess', given: CODE });
    expect(guess.error?.code).toBe('E_RFB_AUTH');
    // He is a viewer to the share: it says nothing before its verdict.
    const { client, server } = ends({ given: 'wrong-guess' });
    const { wire } = await shakeHands({ client, server });
    const [greeting, list, hello, answer] = [12, 4, 34, 66];
    const verdict = wire.share.subarray(greeting + list + hello + answer);
    expect(verdict.toString('latin1')).toBe('\0\0\0\x01\0\0\0\x12The code is wrong.');
  });

  it.each([CODE, 'wrong-guess'])('learns nothing while the verdict on %s waits for its turn', async given => {
    const { client, server } = ends({ given });
    const { wire, judged, error } = await shakeHands({ client, server, tell: false });
    expect(judged).toEqual([given === CODE]);
    expect(wire.share.length).toBe(12 + 4 + 34 + 66);
    expect(error?.code).toBe('E_PEER_CLOSED');
  });

  it('who sends the viewer its own messages back is not taken for the share', async () => {
    const sent: Buffer[] = [];
    const { error, done } = await shake(
      { code: null, given: null },
      {
        onTheWay: (bytes, from) => {
          if (from === 'viewer') {
            sent.push(bytes);
            return bytes;
          }
          // The answer with the viewer's own share and commitment, then the viewer's own tag.
          if (bytes.length === 66) return Buffer.concat([bytes.subarray(0, 2), sent[2]!.subarray(-64)]);
          return bytes.length === 65 ? Buffer.concat([bytes.subarray(0, 1), sent[3]!]) : bytes;
        },
      },
    );
    expect(done).toBeNull();
    expect(error).not.toBeNull();
  });

  it('who says that all is well in clear is not believed', async () => {
    for (const length of [34, 66, 65]) {
      const { error, done } = await shake(
        {},
        {
          onTheWay: (bytes, from, time) =>
            from === 'share' && time > 1 && bytes.length === length ? Buffer.from([0, 0, 0, 0, ...bytes]) : bytes,
        },
      );
      expect(done).toBeNull();
      expect(error).toMatchObject({ code: 'E_RFB_PROTOCOL', message: expect.stringMatching(/without proving/) });
    }
  });

  it('who replays a whole session, to either end, is noticed', async () => {
    const heard: { viewer: Buffer[]; share: Buffer[] } = { viewer: [], share: [] };
    await shake(
      {},
      {
        onTheWay: (bytes, from) => {
          heard[from].push(Buffer.from(bytes));
          return bytes;
        },
      },
    );
    for (const replayed of ['viewer', 'share'] as const) {
      const queue = [...heard[replayed]];
      const { done, served } = await shake(
        {},
        { onTheWay: (bytes, from) => (from === replayed ? (queue.shift() ?? Buffer.alloc(0)) : bytes) },
      );
      expect(replayed === 'share' ? done : served === 'ready').toBeFalsy();
    }
  });
});

describe('a peer that does not keep to it', () => {
  const BAD = [
    ['the neutral element', Buffer.alloc(32)],
    ['no canonical encoding', Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex')],
    ['no element', Buffer.from(`26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371`, 'hex')],
  ] as const;

  it.each(BAD)('sends %s as its share', async (_, share) => {
    const toShare = await shake(
      {},
      { onTheWay: (bytes, from, time) => (from === 'viewer' && time === 2 ? replaced(bytes, share) : bytes) },
    );
    expect(toShare.served).toMatchObject({ code: 'E_RFB_PROTOCOL' });
    const toViewer = await shake(
      {},
      { onTheWay: (bytes, from) => (from === 'share' && bytes.length === 66 ? replaced(bytes, share) : bytes) },
    );
    expect(toViewer.error).toMatchObject({ code: 'E_RFB_PROTOCOL' });
  });

  it('signs with a key with which everything is signed', async () => {
    // The neutral element of the curve: R = S = 0 is a signature of every message where that is allowed.
    const small = {
      publicKey: Uint8Array.of(1, ...new Uint8Array(31)),
      sign: () => Uint8Array.of(1, ...new Uint8Array(63)),
    };
    const { served } = await shake({ viewer: { ...plain(VIEWER), identity: small } });
    expect(served).toMatchObject({ code: 'E_RFB_PROTOCOL', message: expect.stringMatching(/could not prove/) });
  });

  it('shows a key whose signature it does not have', async () => {
    const { publicKey } = THIRD.identity;
    const liar = { ...plain(VIEWER), identity: { publicKey, sign: (text: Uint8Array) => VIEWER.identity.sign(text) } };
    expect((await shake({ viewer: liar })).served).toMatchObject({ code: 'E_RFB_PROTOCOL' });
    expect((await shake({ share: liar })).error).toMatchObject({ code: 'E_RFB_PROTOCOL' });
  });

  it('sends anything: only declared errors come of it, at either end', async () => {
    const known = new Set(['E_RFB_PROTOCOL', 'E_RFB_AUTH', 'E_RFB_SECURITY', 'E_PEER_CLOSED', 'E_PEER_REFUSED']);
    const meddling = fc.record({
      from: fc.constantFrom('share' as const, 'viewer' as const),
      time: fc.integer({ min: 2, max: 6 }),
      bytes: fc.uint8Array({ maxLength: 400 }),
      rest: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(meddling, async ({ from, time, bytes, rest }) => {
        const { error, served, done } = await shake(
          {},
          {
            onTheWay: (sent, end, at) => {
              if (end !== from || at !== time) return sent;
              return rest ? [Buffer.from(bytes), sent] : null;
            },
          },
        );
        if (error) expect(known).toContain(error.code);
        if (served && served !== 'ready') expect(known).toContain(served.code);
        if (done && bytes.length > 0 && time < 5) expect(served === 'ready' && rest).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

/** The message with another public share at its end. */
function replaced(message: Buffer, share: Buffer): Buffer {
  return Buffer.concat([message.subarray(0, -32), share]);
}
