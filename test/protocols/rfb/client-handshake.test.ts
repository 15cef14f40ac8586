import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { PeerglassError } from '../../../source/core/errors.js';
import { ClientHandshake, type HandshakeStep } from '../../../source/protocols/rfb/client-handshake.js';
import { NO_TRUST, type Trust } from '../../../source/protocols/rfb/security/trust.js';

/** What the server says, in turns: each turn is said when the viewer has answered the one before. */
type Script = readonly (string | readonly number[])[];

interface Outcome {
  /** What the viewer sent, as Latin-1. */
  readonly sent: string;
  readonly done: (HandshakeStep & { type: 'done' }) | null;
  readonly error: PeerglassError | null;
  readonly codeRequired: boolean;
  readonly unread: number;
}

const SHARED = '\x01';
const NAME = 'desk';

/** 800x600, 32 bits, depth 24, little-endian, true colour, RGB 888 at 16, 8, 0; the name "desk". */
const SERVER_INIT = [
  ...[0x03, 0x20, 0x02, 0x58],
  ...[32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
  ...[0, 0, 0, 4, ...Buffer.from(NAME)],
];
const CHALLENGE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/** DES of the challenge with the bit-reversed bytes of "sesame", by `openssl enc -des-ecb -nopad -provider legacy`. */
const RESPONSE = Buffer.from('bc2c9774ce4c8f47f2f7abf063a6e032', 'hex').toString('latin1');

function play(script: Script, code: string | null, pieces: 'whole' | 'byte by byte', trust: Trust = NO_TRUST): Outcome {
  const handshake = new ClientHandshake({ code, shared: true, trust });
  const reader = new ByteReader();
  let sent = '';
  let done: Outcome['done'] = null;
  let codeRequired = false;
  try {
    for (const said of script) {
      const bytes = Buffer.from(typeof said === 'string' ? Buffer.from(said, 'latin1') : said);
      const size = pieces === 'whole' ? bytes.length : 1;
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(bytes.subarray(at, at + size));
        for (;;) {
          const step: HandshakeStep | undefined = codeRequired ? undefined : handshake.advance(reader);
          if (!step) break;
          if (step.type === 'send') sent += Buffer.from(step.bytes).toString('latin1');
          if (step.type === 'done') done = step;
          if (step.type === 'code-required') codeRequired = true;
        }
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof PeerglassError)) throw thrown;
    return { sent, done, error: thrown, codeRequired, unread: reader.available };
  }
  return { sent, done, error: null, codeRequired, unread: reader.available };
}

function reason(text: string): number[] {
  return [0, 0, 0, text.length, ...Buffer.from(text)];
}

describe.each(['whole', 'byte by byte'] as const)('the handshake, %s', pieces => {
  /** What wayvnc 0.5 says where the password is wrong: 0, the length of the reason, and bytes of whatever was there. */
  const REFUSED_BY_WAYVNC = [0, ...[0, 0, 0, 28], ...Array.from({ length: 28 }, (_, index) => 0x20 + index)];

  describe('nonsense behind a login', () => {
    it('may mean that it was refused', () => {
      const script = ['RFB 003.008\n', [1, 2], CHALLENGE, REFUSED_BY_WAYVNC];
      expect(play(script, 'sesame', 'whole').error).toMatchObject({
        code: 'E_RFB_PROTOCOL',
        remedy: expect.stringContaining('password is wrong'),
      });
      const unasked = play(['RFB 003.008\n', [1, 1], REFUSED_BY_WAYVNC], null, 'whole');
      expect(unasked.error).toMatchObject({ code: 'E_RFB_PROTOCOL', remedy: '' });
    });
  });

  describe('versions', () => {
    it.each([
      ['RFB 003.003\n', 'RFB 003.003\n'],
      ['RFB 003.005\n', 'RFB 003.003\n'],
      ['RFB 003.006\n', 'RFB 003.003\n'],
      ['RFB 003.007\n', 'RFB 003.007\n'],
      ['RFB 003.008\n', 'RFB 003.008\n'],
      ['RFB 003.889\n', 'RFB 003.008\n'],
      ['RFB 004.000\n', 'RFB 003.008\n'],
      ['RFB 004.001\n', 'RFB 003.008\n'],
      ['RFB 005.000\n', 'RFB 003.008\n'],
    ])('answers %j with %j', (banner, answer) => {
      expect(play([banner], null, pieces)).toMatchObject({ sent: answer, error: null });
    });

    it.each([
      ['RFB 002.002\n', 'E_RFB_VERSION'],
      ['RFB 000.000\n', 'E_RFB_VERSION'],
      ['RFB 003.8\n   ', 'E_NOT_A_SHARER'],
      ['HTTP/1.1 400', 'E_NOT_A_SHARER'],
      ['H', 'E_NOT_A_SHARER'],
      ['RFC 003.008\n', 'E_NOT_A_SHARER'],
    ])('refuses %j with %s', (banner, code) => {
      expect(play([banner], null, pieces)).toMatchObject({ sent: '', error: { code } });
    });
  });

  describe('3.8', () => {
    const BANNER = 'RFB 003.008\n';

    it('gets in with None, whose result it reads', () => {
      const outcome = play([BANNER, [1, 1], [0, 0, 0, 0], SERVER_INIT], null, pieces);
      expect(outcome.sent).toBe(`${BANNER}\x01${SHARED}`);
      expect(outcome.done).toMatchObject({
        version: '3.8',
        security: 1,
        encryption: null,
        server: { width: 800, height: 600, name: NAME, format: { bitsPerPixel: 32, redShift: 16 } },
      });
      expect(outcome.unread).toBe(0);
    });

    it('gets in with VncAuth and the right code', () => {
      const outcome = play([BANNER, [1, 2], CHALLENGE, [0, 0, 0, 0], SERVER_INIT], 'sesame', pieces);
      expect(outcome.sent).toBe(`${BANNER}\x02${RESPONSE}${SHARED}`);
      expect(outcome.done).toMatchObject({ security: 2 });
    });

    it('reports the reason for refusing a wrong code', () => {
      const refusal = [0, 0, 0, 1, ...reason('Password\x1b[31m check failed!')];
      const outcome = play([BANNER, [1, 2], CHALLENGE, refusal], 'sesame', pieces);
      expect(outcome.error).toMatchObject({
        code: 'E_RFB_AUTH',
        message: 'Wrong password: Password[31m check failed!',
      });
    });

    it('reports the reason for refusing None', () => {
      const outcome = play([BANNER, [1, 1], [0, 0, 0, 1, ...reason('The sharer said no')]], null, pieces);
      expect(outcome.error).toMatchObject({
        code: 'E_PEER_REFUSED',
        message: 'Refused: The sharer said no.',
      });
    });

    it('reports the reason for offering no type', () => {
      const outcome = play([BANNER, [0, ...reason('Too many security failures')]], null, pieces);
      expect(outcome.error).toMatchObject({
        code: 'E_PEER_REFUSED',
        message: 'Refused: Too many security failures.',
      });
    });

    it.each([
      ['The share is full.', 'E_SHARE_FULL', /somebody has left/],
      ['The sharer declined.', 'E_DECLINED', /Ask the person there/],
      ['The sharer did not answer within 30 seconds.', 'E_NOT_ANSWERED', /y on the dashboard/],
      ['Too many wrong codes are being tried. Try again later.', 'E_TOO_MANY_TRIES', /may be right/],
    ])("distinguishes a share's refusals: %s", (text, code, remedy) => {
      const early = play([BANNER, [0, ...reason(text)]], null, pieces);
      const late = play([BANNER, [1, 2], CHALLENGE, [0, 0, 0, 1, ...reason(text)]], 'sesame', pieces);
      for (const { error } of [early, late]) {
        expect(error).toMatchObject({ code, message: `Refused: ${text}`, remedy: expect.stringMatching(remedy) });
      }
    });

    it('says of a wrong password and of one that came too late what to do', () => {
      for (const [text, remedy] of [
        ['The password is wrong.', 'Compare it with the password of the VNC server'],
        ['No code came within 3 minutes.', 'Ask for the code'],
      ] as const) {
        const { error } = play([BANNER, [1, 2], CHALLENGE, [0, 0, 0, 1, ...reason(text)]], 'sesame', pieces);
        expect(error).toMatchObject({ code: 'E_RFB_AUTH', remedy: expect.stringContaining(remedy) });
      }
    });

    it('names the types when it supports none of them', () => {
      const outcome = play([BANNER, [3, 5, 22, 30]], null, pieces);
      expect(outcome.error).toMatchObject({ code: 'E_RFB_SECURITY' });
      expect(outcome.error?.message).toContain('5 (RSA-AES), 22 (xvp), 30 (Apple, user and password)');
    });

    it("chooses the first supported type in the server's order", () => {
      expect(play([BANNER, [4, 19, 2, 5, 1]], 'sesame', pieces).sent).toBe(`${BANNER}\x02`);
      expect(play([BANNER, [3, 19, 1, 2]], 'sesame', pieces).sent).toBe(`${BANNER}\x01`);
    });

    it('uses a type without a code if one is offered and it has no code', () => {
      expect(play([BANNER, [2, 2, 1]], null, pieces).sent).toBe(`${BANNER}\x01`);
    });

    it('takes no sharer that is not known for the one whose code it has, if that one asks for no code', () => {
      const stopped = (version: string, types: readonly number[], about: Partial<Trust>) => {
        const trust = { ...NO_TRUST, secret: 'code' as const, ...about };
        return play([version, types], 'kafem-prawy', pieces, trust).error?.code ?? null;
      };
      for (const [version, types] of [
        [BANNER, [1, 1]],
        ['RFB 003.003\n', [0, 0, 0, 1]],
      ] as const) {
        expect(stopped(version, types, {})).toBe('E_CODE_DOWNGRADE');
        expect(stopped(version, types, { secret: 'password' })).toBeNull();
        expect(stopped(version, types, { loopback: true })).toBeNull();
        expect(stopped(version, types, { encrypt: 'off' })).toBeNull();
      }
    });

    it('requests the code when one is needed and none was given', () => {
      const outcome = play([BANNER, [1, 2], CHALLENGE], null, pieces);
      expect(outcome).toMatchObject({ sent: `${BANNER}\x02`, codeRequired: true, error: null });
    });

    it('reads no more of a reason than it shows', () => {
      const endless = [0xff, 0xff, 0xff, 0xff, ...new Array<number>(4096).fill(0x41)];
      const outcome = play([BANNER, [0, ...endless]], null, pieces);
      expect(outcome.error?.code).toBe('E_PEER_REFUSED');
      expect(outcome.error?.message.length).toBeLessThan(260);
    });
  });

  describe('3.7', () => {
    const BANNER = 'RFB 003.007\n';

    it('gets in with None, which has no result', () => {
      const outcome = play([BANNER, [1, 1], SERVER_INIT], null, pieces);
      expect(outcome.sent).toBe(`${BANNER}\x01${SHARED}`);
      expect(outcome.done).toMatchObject({ version: '3.7', server: { name: NAME } });
    });

    it('gets in with VncAuth, which has one', () => {
      const outcome = play([BANNER, [2, 2, 1], CHALLENGE, [0, 0, 0, 0], SERVER_INIT], 'sesame', pieces);
      expect(outcome.sent).toBe(`${BANNER}\x02${RESPONSE}${SHARED}`);
      expect(outcome.done).not.toBeNull();
    });

    it('expects no reason with a refusal', () => {
      expect(play([BANNER, [1, 2], CHALLENGE, [0, 0, 0, 1]], 'sesame', pieces).error).toMatchObject({
        code: 'E_RFB_AUTH',
        message: 'Wrong password.',
      });
    });
  });

  describe('3.3', () => {
    const BANNER = 'RFB 003.003\n';

    it('gets in with None, chosen by the server', () => {
      const outcome = play([BANNER, [0, 0, 0, 1], SERVER_INIT], null, pieces);
      expect(outcome.sent).toBe(`${BANNER}${SHARED}`);
      expect(outcome.done).toMatchObject({ version: '3.3', security: 1 });
    });

    it('gets in with VncAuth, chosen by the server', () => {
      const outcome = play([BANNER, [0, 0, 0, 2], CHALLENGE, [0, 0, 0, 0], SERVER_INIT], 'sesame', pieces);
      expect(outcome.sent).toBe(`${BANNER}${RESPONSE}${SHARED}`);
      expect(outcome.done).toMatchObject({ security: 2 });
    });

    it('reports the reason of a refused connection', () => {
      expect(play([BANNER, [0, 0, 0, 0, ...reason('Server is busy')]], null, pieces).error).toMatchObject({
        code: 'E_PEER_REFUSED',
        message: 'Refused: Server is busy.',
        remedy: 'Ask the person there, or try again later.',
      });
      const banned = 'The sharer has banned this address for the rest of the session.';
      expect(play([BANNER, [0, 0, 0, 0, ...reason(banned)]], null, pieces).error).toMatchObject({
        code: 'E_PEER_REFUSED',
        remedy: '',
      });
    });

    it('refuses a type that it does not support', () => {
      expect(play([BANNER, [0, 0, 0, 30]], null, pieces).error).toMatchObject({ code: 'E_RFB_SECURITY' });
    });
  });

  describe('the ServerInit', () => {
    const BEFORE: Script = ['RFB 003.003\n', [0, 0, 0, 1]];
    const changed = (at: number, ...bytes: number[]) => SERVER_INIT.toSpliced(at, bytes.length, ...bytes);

    it.each([
      ['a side of 16385 pixels', changed(0, 0x40, 0x01)],
      ['a name of 4 GiB', changed(20, 0xff, 0xff, 0xff, 0xff)],
    ])('is rejected with %s', (_what, init) => {
      expect(play([...BEFORE, init], null, pieces).error).toMatchObject({ code: 'E_RFB_PROTOCOL' });
    });

    it.each([
      ['24 bits per pixel', changed(4, 24)],
      ['4 bits per pixel', changed(4, 4, 4, 0, 0)],
      ['maxima of zero', changed(8, ...new Array<number>(9).fill(0))],
      ['overlapping channels', changed(14, 8)],
      ['nothing but zeros', changed(4, ...new Array<number>(16).fill(0))],
      ['noise', changed(4, 32, 24, 0, 1, 32, 24, 0, 255, 0, 255, 16, 8)],
    ])('may have a pixel format of %s, which it will not be asked to use', (_what, init) => {
      const { done, error } = play([...BEFORE, init], null, pieces);
      expect(error).toBeNull();
      expect(done?.server.format?.bitsPerPixel).toSatisfy(bits => bits === undefined || [8, 16, 32].includes(bits));
    });

    it.each([
      ['no width', changed(0, 0, 0), { width: 0, height: 600 }],
      ['no height', changed(2, 0, 0), { width: 800, height: 0 }],
      ['as many pixels as fit', changed(0, 0x40, 0, 0x40, 0), { width: 16_384, height: 16_384 }],
    ])('may have %s', (_what, init, size) => {
      expect(play([...BEFORE, init], null, pieces).done?.server).toMatchObject(size);
    });

    it('may have a longer name than is kept', () => {
      const init = [...SERVER_INIT.slice(0, 20), 0, 1, 0x11, 0x70, ...new Array<number>(70_000).fill(0x6e)];
      const { done, unread } = play([...BEFORE, [...init, 2]], null, pieces);
      expect(done?.server.name).toMatch(/^n{100,200}…$/);
      expect(unread).toBe(1);
    });

    it('has its control characters removed', () => {
      const init = [...SERVER_INIT.slice(0, 23), 5, ...Buffer.from('a\x1b\x07\nb')];
      expect(play([...BEFORE, init], null, pieces).done?.server.name).toBe('ab');
    });

    it('leaves what follows unread', () => {
      expect(play([...BEFORE, [...SERVER_INIT, 2, 2]], null, pieces)).toMatchObject({ unread: 2, error: null });
    });
  });
});

describe('a peer that closes', () => {
  it.each<[string, Script, string]>([
    ['before its banner', [], 'E_PEER_CLOSED'],
    ['before the types', ['RFB 003.008\n'], 'E_PEER_CLOSED'],
    ['instead of a challenge', ['RFB 003.008\n', [1, 2]], 'E_PEER_CLOSED'],
    ['instead of a result', ['RFB 003.008\n', [1, 2], CHALLENGE], 'E_RFB_AUTH'],
    ['inside a reason', ['RFB 003.008\n', [1, 2], CHALLENGE, [0, 0, 0, 1, 0, 0, 0, 9, 65]], 'E_RFB_AUTH'],
    ['inside the reason of a refusal', ['RFB 003.008\n', [0, 0, 0, 0, 9, 65]], 'E_PEER_REFUSED'],
    ['before it says what it is', ['RFB 003.008\n', [1, 1], [0, 0, 0, 0]], 'E_PEER_CLOSED'],
  ])('%s has said that much', (_when, script, code) => {
    const handshake = new ClientHandshake({ code: 'sesame', shared: true });
    const reader = new ByteReader();
    for (const said of script) {
      reader.push(Buffer.from(typeof said === 'string' ? Buffer.from(said, 'latin1') : said));
      while (handshake.advance(reader)) {}
    }
    expect(handshake.closed().code).toBe(code);
  });

  it.each<[string, Script, string, RegExp]>([
    ['security types', ['RFB 003.008\n'], 'its security types', /restart the program that shares there/],
    ['a challenge', ['RFB 003.008\n', [1, 2]], 'its part of security type 2 (VNC password)', /restart the program/],
    ['a result', ['RFB 003.008\n', [1, 2], CHALLENGE], 'its answer whether this viewer may watch', /let you in/],
    ['a reason', ['RFB 003.008\n', [0]], 'the reason why it refuses this viewer', /restart the program/],
    [
      'its size',
      ['RFB 003.008\n', [1, 1], [0, 0, 0, 0]],
      'the size and the name of its picture',
      /restart the program/,
    ],
  ])('or never sends %s is said to have left that out', (_what, script, awaited, remedy) => {
    const handshake = new ClientHandshake({ code: 'sesame', shared: true });
    const reader = new ByteReader();
    for (const said of script) {
      reader.push(Buffer.from(typeof said === 'string' ? Buffer.from(said, 'latin1') : said));
      while (handshake.advance(reader)) {}
    }
    const { code, message, remedy: told } = handshake.silent('mac:5900', 60);
    expect([code, message]).toEqual(['E_PEER_SILENT', `mac:5900 did not send ${awaited} within 60 s.`]);
    expect(told).toMatch(remedy);
    expect(handshake.closed().remedy).not.toBe('');
  });

  it('during the login is said to have closed before its next message', () => {
    const handshake = new ClientHandshake({ code: 'sesame', shared: true });
    const reader = new ByteReader();
    reader.push(Buffer.from('RFB 003.008\n\x01\x02', 'latin1'));
    while (handshake.advance(reader)) {}
    const message = 'The peer closed the connection before it sent its part of security type 2 (VNC password).';
    expect(handshake.closed()).toMatchObject({ code: 'E_PEER_CLOSED', message });
  });

  it.each([
    ['a Mac that has only its own security types', [2, 33, 36], /On the Mac: System Settings/],
    ['another server', [2, 33, 20], /Enable TLS with a VNC password/],
  ])('cannot be watched: %s has advice of its own', (_what, types, advice) => {
    const reader = new ByteReader();
    reader.push(Buffer.from([...Buffer.from('RFB 003.008\n'), ...types]));
    const handshake = new ClientHandshake({ code: 'sesame', shared: true });
    expect(handshake.advance(reader)?.type).toBe('send');
    let thrown: unknown;
    try {
      handshake.advance(reader);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'E_RFB_SECURITY', remedy: expect.stringMatching(advice) });
  });

  it('can be answered with a code that the user types meanwhile', () => {
    const handshake = new ClientHandshake({ code: null, shared: true });
    const reader = new ByteReader();
    reader.push(Buffer.from('RFB 003.003\n\0\0\0\x02', 'latin1'));
    reader.push(Buffer.from(CHALLENGE));
    expect(handshake.advance(reader)).toMatchObject({ type: 'send' });
    expect(handshake.advance(reader)).toEqual({ type: 'code-required', secret: 'password' });
    handshake.giveCode('sesame');
    const answer = handshake.advance(reader);
    expect(answer?.type === 'send' && Buffer.from(answer.bytes).toString('latin1')).toBe(RESPONSE);
  });
});
