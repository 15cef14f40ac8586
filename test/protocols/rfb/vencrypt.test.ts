import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { PeerglassError } from '../../../source/core/errors.js';
import { BGRX } from '../../../source/core/pixel-format.js';
import type { TlsFacts, TlsLayer } from '../../../source/core/transport.js';
import { ClientHandshake } from '../../../source/protocols/rfb/client-handshake.js';
import { SECURITY_TYPE } from '../../../source/protocols/rfb/constants.js';
import { offered } from '../../../source/protocols/rfb/security/registry.js';
import type { ShareSecrets, TlsLayers } from '../../../source/protocols/rfb/security/security-type.js';
import { NO_TRUST, type Trust } from '../../../source/protocols/rfb/security/trust.js';
import { ServerHandshake } from '../../../source/protocols/rfb/server-handshake.js';

const FINGERPRINT = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const CODE = 'sesame22';

/** Layers that change nothing, and have agreed at once. */
function fakeLayers(fingerprint: string | null): TlsLayers {
  const layer = (facts: TlsFacts): TlsLayer => ({ facts, secure: Promise.resolve(), upgrade: below => below });
  return {
    anonymous: () => layer({ version: 'TLS 1.2', fingerprint: null }),
    certified: () => layer({ version: 'TLS 1.3', fingerprint }),
  };
}

interface Viewer {
  readonly code?: string | null;
  readonly user?: string | null;
  readonly resume?: Uint8Array;
  readonly tls?: boolean;
  readonly trust?: Partial<Trust>;
}

function viewerOf({ code = null, user = null, resume, tls = true, trust = {} }: Viewer): ClientHandshake {
  return new ClientHandshake({
    code,
    user,
    shared: true,
    resume: resume ?? null,
    tls: tls ? fakeLayers(FINGERPRINT) : null,
    trust: { ...NO_TRUST, forget: 'peerglass forget a', ...trust },
  });
}

interface Outcome {
  /** What the viewer sent after its banner, in hex. */
  readonly sent: string[];
  readonly error: PeerglassError | null;
  readonly asked: boolean;
}

function u32(value: number): number[] {
  return [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

/** A viewer and a server of which only the offers are known; the server says yes to whatever is chosen. */
function offer(viewer: Viewer, types: readonly number[], subtypes: readonly number[], rest: readonly number[] = []) {
  const handshake = viewerOf(viewer);
  const reader = new ByteReader();
  const said = [
    Buffer.from('RFB 003.008\n'),
    Buffer.from([types.length, ...types]),
    Buffer.from([0, 2]),
    Buffer.from([0, subtypes.length, ...subtypes.flatMap(u32)]),
    Buffer.from([1, ...rest]),
  ];
  const outcome = { sent: [] as string[], error: null as PeerglassError | null, asked: false };
  try {
    for (const bytes of said) {
      reader.push(bytes);
      for (;;) {
        const step = handshake.advance(reader);
        if (!step || step.type === 'done') break;
        if (step.type === 'send') outcome.sent.push(Buffer.from(step.bytes).toString('hex'));
        if (step.type === 'code-required') {
          outcome.asked = true;
          break;
        }
      }
    }
  } catch (thrown) {
    outcome.error = thrown as PeerglassError;
  }
  return { ...outcome, sent: outcome.sent.slice(1) } satisfies Outcome;
}

/** The subtype that a viewer chooses, or why it chooses none. */
function chosen(viewer: Viewer, subtypes: readonly number[], types: readonly number[] = [19, 2, 1]) {
  const { sent, error } = offer(viewer, types, subtypes);
  return error && sent.length < 3 ? error.code : sent[0] === '13' ? Number.parseInt(sent[2]!, 16) : Number(sent[0]);
}

const ALL = [256, 1, 2, 257, 258, 259, 260, 261, 262];
const USER = { user: 'me', code: 'secret' };
const CERTIFIED = { channel: 'certified', fingerprint: FINGERPRINT } as const;
const ANONYMOUS = { channel: 'anonymous', fingerprint: null } as const;

describe('the VeNCrypt subtype that a viewer chooses', () => {
  it.each<[string, Viewer, readonly number[], number | string]>([
    ['user and password over a certificate', USER, ALL, 262],
    ['its code over a certificate, when it has no name', { code: CODE }, ALL, 261],
    ['a certificate alone, when it has neither', {}, ALL, 260],
    ['the certificate before the password', {}, [258, 261], 261],
    ['a certificate before what it could do without a code', {}, [257, 261], 261],
    ['anonymous TLS', USER, [258, 259, 2, 1], 259],
    ['anonymous TLS by code', { code: CODE }, [257, 258, 259, 2], 258],
    ['what has no TLS', { code: CODE }, [2, 1, 256], 2],
    ['user and password unencrypted only when there is nothing else', USER, [256], 256],
    ['nothing that it does not know', {}, [263, 264, 7], 'E_RFB_SECURITY'],
    ['no list', {}, [], 'E_RFB_SECURITY'],
    ['no certificate alone, where it has a code', { code: CODE, trust: { secret: 'code' } }, [260], 'E_CODE_DOWNGRADE'],
    ['no user and password that it does not have', { code: CODE }, [262], 'E_USER_REQUIRED'],
  ])('is %s', (_what, viewer, subtypes, expected) => {
    expect(chosen(viewer, subtypes)).toBe(expected);
  });

  it.each<[string, Viewer, number | string]>([
    ['VeNCrypt before a VNC password and none', {}, 261],
    ['not VeNCrypt where no TLS is there to be laid', { tls: false, code: CODE }, 2],
    ['not VeNCrypt where it wants no encryption', { trust: { encrypt: 'off' }, code: CODE }, 2],
  ])('is %s', (_what, viewer, expected) => {
    expect(chosen(viewer, [258, 261])).toBe(expected);
  });

  it('does not call the password alone wrong where a user name was given with it', () => {
    const refused = [0, 0, 0, 1, 0, 0, 0, 0];
    const { error } = offer({ ...USER, trust: { yes: [FINGERPRINT] } }, [19], [262], refused);
    expect(error).toMatchObject({ code: 'E_RFB_AUTH', message: 'Wrong user name or password.' });
    expect(error?.remedy).toContain('Compare both');
  });

  it('says that encryption is turned off here where the server has nothing else', () => {
    const { error } = offer({ code: CODE, trust: { encrypt: 'off' } }, [19], [258, 261]);
    expect(error).toMatchObject({ code: 'E_RFB_SECURITY', remedy: 'Remove --encrypt off.' });
    const unknown = offer({ code: CODE, trust: { encrypt: 'off' } }, [19], [263]).error;
    expect(unknown?.message).toContain('no kind of VeNCrypt that peerglass speaks');
  });

  it.each<[string, Partial<Trust>, readonly number[], readonly number[], number | string]>([
    ['a peer that had a certificate and has it', { known: CERTIFIED }, [19, 2], [258, 261], 261],
    ['one whose types were stripped of VeNCrypt', { known: CERTIFIED }, [2], [], 'E_PEER_WEAKER'],
    ['one whose types were stripped to None', { known: ANONYMOUS }, [1], [], 'E_PEER_WEAKER'],
    ['one whose subtypes were stripped of certificates', { known: CERTIFIED }, [19, 2], [258, 2], 'E_PEER_WEAKER'],
    ['one whose subtypes were stripped of TLS', { known: ANONYMOUS }, [19, 2], [2, 1, 256], 'E_PEER_WEAKER'],
    ['one that had none and now has a certificate', { known: ANONYMOUS }, [19], [258, 261], 261],
    ['one that had it, where no encryption is wanted', { known: CERTIFIED, encrypt: 'off' }, [19, 2], [261], 2],
    ['one that does not encrypt, where it must', { encrypt: 'required' }, [2, 1], [], 'E_RFB_SECURITY'],
    ['one that does not encrypt inside VeNCrypt, where it must', { encrypt: 'required' }, [19], [2], 'E_RFB_SECURITY'],
    ['one that encrypts, where it must', { encrypt: 'required' }, [19, 2], [258, 2], 258],
  ])('%s', (_what, trust, types, subtypes, expected) => {
    expect(chosen({ code: CODE, trust }, subtypes, types)).toBe(expected);
  });

  it('a server of version 3.3, which decides by itself, cannot get around that', () => {
    const handshake = viewerOf({ code: CODE, trust: { known: CERTIFIED } });
    const reader = new ByteReader();
    reader.push(Buffer.from('RFB 003.003\n\0\0\0\x02', 'latin1'));
    handshake.advance(reader);
    expect(() => handshake.advance(reader)).toThrow(expect.objectContaining({ code: 'E_PEER_WEAKER' }));
  });
});

describe('what a viewer discloses', () => {
  const challenge = Array.from({ length: 16 }, (_, at) => at);
  const plain = Buffer.from([...u32(2), ...u32(6), ...Buffer.from('mesecret')]).toString('hex');

  it.each<[string, Viewer, number, readonly number[], string]>([
    ['its code to a new certificate', { code: CODE }, 261, challenge, 'sent'],
    ['its code to the certificate that it knows', { code: CODE, trust: { known: CERTIFIED } }, 261, challenge, 'sent'],
    [
      'no code to another certificate than it knows',
      { code: CODE, trust: { known: { ...CERTIFIED, fingerprint: OTHER } } },
      261,
      challenge,
      'E_PEER_CHANGED',
    ],
    ['its code over anonymous TLS', { code: CODE }, 258, challenge, 'sent'],
    ['no password to a new certificate', USER, 262, [], 'E_TRUST_REQUIRED'],
    [
      'a password to a certificate that it was told to trust',
      { ...USER, trust: { yes: [FINGERPRINT] } },
      262,
      [],
      'sent',
    ],
    ['no password to another one than that', { ...USER, trust: { yes: [OTHER] } }, 262, [], 'E_TRUST_REQUIRED'],
    ['a password to the certificate that it knows', { ...USER, trust: { known: CERTIFIED } }, 262, [], 'sent'],
    ['no password over anonymous TLS', USER, 259, [], 'E_TRUST_REQUIRED'],
    ['a password over anonymous TLS after a yes', { ...USER, trust: { yes: ['anonymous'] } }, 259, [], 'sent'],
    ['no password in clear', USER, 256, [], 'E_TRUST_REQUIRED'],
    [
      'no password in clear after a yes to anonymous TLS',
      { ...USER, trust: { yes: ['anonymous'] } },
      256,
      [],
      'E_TRUST_REQUIRED',
    ],
    ['a password in clear after a yes', { ...USER, trust: { yes: ['clear'] } }, 256, [], 'sent'],
    ['a password in clear to this machine', { ...USER, trust: { loopback: true } }, 256, [], 'sent'],
  ])('%s', (_what, viewer, subtype, rest, expected) => {
    const { sent, error } = offer(viewer, [19], [subtype], rest);
    const shown = sent.slice(3);
    if (expected === 'sent') {
      expect(error).toBeNull();
      expect(shown).toHaveLength(1);
      if (viewer.user) expect(shown).toEqual([plain]);
    } else {
      expect(error?.code).toBe(expected);
      expect(shown).toEqual([]);
    }
  });

  it('a question names the expected answer, and an error the command that forgets a peer', () => {
    expect(offer(USER, [19], [262]).error?.report()).toMatchObject({
      about: FINGERPRINT,
      remedy: expect.stringContaining(`--trust ${FINGERPRINT}`),
    });
    expect(offer(USER, [19], [256]).error?.report()).toMatchObject({ about: 'clear' });
    const changed = offer({ trust: { known: { ...CERTIFIED, fingerprint: OTHER } } }, [19], [260]).error;
    expect(changed?.message).toContain('AB:AB');
    expect(changed?.message).toContain('CD:CD');
    expect(changed?.remedy).toContain('peerglass forget a');
  });

  it('the user is asked for nothing before the server needs it', () => {
    expect(offer({}, [19], [261], challenge)).toMatchObject({ asked: true, error: null });
  });

  it.each([
    ['an old version', [Buffer.from([0, 1])], 'E_RFB_PROTOCOL'],
    ['a version that is refused', [Buffer.from([0, 2]), Buffer.from([255])], 'E_RFB_PROTOCOL'],
    ['TLS that cannot begin', [Buffer.from([0, 2]), Buffer.from([0, 1, ...u32(257)]), Buffer.from([0])], 'E_TLS'],
  ])('%s ends it', (_what, said, code) => {
    const handshake = viewerOf({});
    const reader = new ByteReader();
    const all = [Buffer.from('RFB 003.008\n'), Buffer.from([1, 19]), ...said];
    const advance = () => {
      for (const bytes of all) {
        reader.push(bytes);
        while (handshake.advance(reader));
      }
    };
    expect(advance).toThrow(expect.objectContaining({ code }));
  });
});

/** Both ends against each other, a byte at a time, over layers that change nothing. */
function shake(share: Partial<ShareSecrets>, viewer: Viewer, required: boolean | null = false) {
  const secrets: ShareSecrets = {
    code: null,
    vncPassword: null,
    resume: null,
    random: randomBytes,
    encryption: required === null ? null : { tls: fakeLayers(null), required },
    ...share,
  };
  const server = new ServerHandshake({
    security: offered(secrets),
    consent: false,
    guarded: false,
    refusal: null,
    mustEncrypt: required === true,
  });
  const client = viewerOf(viewer);
  const reader = new ByteReader();
  let toClient = [...server.greeting()];
  let toServer: number[] = [];
  let outcome: { type: string; [more: string]: unknown } = { type: 'stuck' };
  const says = (steps: ReturnType<ServerHandshake['receive']>): void => {
    for (const step of steps) {
      if (step.type === 'send') toClient.push(...step.bytes);
      if (step.type === 'replace') says(server.replaced());
      if (step.type === 'judged') says(server.tell());
      if (step.type === 'ready') toClient.push(...server.welcome({ width: 8, height: 8, format: BGRX, name: 'a' }));
      if (step.type === 'rejected') outcome = { type: 'rejected', code: step.error.code };
    }
  };
  try {
    while (toClient.length + toServer.length > 0) {
      const [now, answers] = [toClient, toServer];
      toClient = [];
      toServer = [];
      for (const byte of answers) says(server.receive(Uint8Array.of(byte)));
      for (const byte of now) {
        reader.push(Uint8Array.of(byte));
        for (let step = client.advance(reader); step; step = client.advance(reader)) {
          if (step.type === 'send') toServer.push(...step.bytes);
          else if (step.type !== 'replace') {
            const { encryption, known } = step as { encryption?: string; known?: unknown };
            outcome = { type: step.type, encryption, known };
            if (step.type === 'code-required') return { ...outcome, server };
          }
        }
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof PeerglassError)) throw thrown;
    outcome = { type: 'error', code: thrown.code, message: thrown.message };
  }
  return { ...outcome, server };
}

describe('a share and a viewer, both of peerglass', () => {
  it.each<[string, Partial<ShareSecrets>, Viewer, boolean | null, object]>([
    [
      'encrypt by certificate, by password',
      { vncPassword: CODE },
      { code: CODE },
      false,
      { encryption: 'TLS 1.3, VNC password' },
    ],
    ['encrypt by certificate, without a code', {}, {}, false, { encryption: 'TLS 1.3' }],
    ['encrypt where they must', { vncPassword: CODE }, { code: CODE }, true, { encryption: 'TLS 1.3, VNC password' }],
    ['do not encrypt where the share does not', { vncPassword: CODE }, { code: CODE }, null, { encryption: null }],
    [
      'do not encrypt where the viewer does not',
      { vncPassword: CODE },
      { code: CODE, trust: { encrypt: 'off' } },
      false,
      { encryption: null },
    ],
  ])('%s', (_what, share, viewer, required, expected) => {
    const outcome = shake(share, viewer, required);
    expect(outcome).toMatchObject({ type: 'done', ...expected });
    expect(outcome.server.encryption).toBe((expected as { encryption: string | null }).encryption);
  });

  it.each([
    [257, 'rejected'],
    [260, 'rejected'],
    [SECURITY_TYPE.none, 'send'],
  ])('where the share has no time for TLS, a viewer that chooses %i is %s', (subtype, expected) => {
    const exchanges = { run: () => null, mayHandshake: () => false };
    const encryption = { tls: fakeLayers(FINGERPRINT), required: false, exchanges };
    const secrets = { code: null, vncPassword: null, resume: null, random: randomBytes, encryption };
    const options = { security: offered(secrets), consent: false, guarded: false, refusal: null };
    const server = new ServerHandshake(options);
    const said = [Buffer.from('RFB 003.008\n'), [SECURITY_TYPE.veNCrypt], [0, 2], u32(subtype)];
    const steps = said.flatMap(bytes => server.receive(Uint8Array.from(bytes)));
    expect(steps.at(-1)).toMatchObject({ type: expected });
    expect(steps.some(({ type }) => type === 'replace')).toBe(false);
  });

  it('a wrong password is refused inside TLS too, with the reason', () => {
    expect(shake({ vncPassword: CODE }, { code: 'guess' })).toMatchObject({
      type: 'error',
      code: 'E_RFB_AUTH',
      message: 'Wrong password.',
    });
  });

  it('take no code by these types: a share with a code and no password offers none of them', () => {
    const secrets = { code: CODE, vncPassword: null, resume: null, random: randomBytes };
    const encryption = { tls: fakeLayers(null), required: false };
    expect(offered({ ...secrets, encryption }).map(({ number }) => number)).toEqual([]);
    expect(offered({ ...secrets, encryption: null }).map(({ number }) => number)).toEqual([]);
  });

  it('the protection of the connection is what is remembered', () => {
    expect(shake({}, {})).toMatchObject({ known: CERTIFIED });
    expect(shake({}, {}, null)).toMatchObject({ known: undefined });
  });

  it('a viewer admitted over TLS resumes over TLS, never in clear', () => {
    const key = randomBytes(32);
    const resume = (fits: (key: Uint8Array) => boolean) => fits(key);
    const trust = { known: CERTIFIED };
    expect(shake({ resume }, { resume: key, trust })).toMatchObject({ type: 'done', encryption: 'TLS 1.3, resumed' });
    expect(shake({ resume }, { resume: key, trust }, null)).toMatchObject({ type: 'error', code: 'E_PEER_WEAKER' });
    expect(shake({ resume }, { resume: randomBytes(32), trust })).toMatchObject({ type: 'error', code: 'E_RFB_AUTH' });
  });
});
