import { describe, expect, it } from 'vitest';
import { PeerglassError } from '../../../source/core/errors.js';
import { BGRX } from '../../../source/core/pixel-format.js';
import { serverNone } from '../../../source/protocols/rfb/security/none.js';
import type { SecurityMove, ServerSecurityType } from '../../../source/protocols/rfb/security/security-type.js';
import { serverVncAuth, vncAuthResponse } from '../../../source/protocols/rfb/security/vnc-auth.js';
import {
  type HandshakeOptions,
  type HandshakeStep,
  ServerHandshake,
} from '../../../source/protocols/rfb/server-handshake.js';

const CHALLENGE = Uint8Array.from({ length: 16 }, (_, index) => index * 7);
const vncAuth = serverVncAuth('k7m2p4qr', () => CHALLENGE);
const OPEN: HandshakeOptions = { security: [serverNone], consent: false, guarded: false, refusal: null };
const CODE: HandshakeOptions = { security: [vncAuth], consent: false, guarded: true, refusal: null };
const ASK: HandshakeOptions = { security: [serverNone], consent: true, guarded: false, refusal: null };

const latin = (text: string) => Buffer.from(text, 'latin1');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Steps as short text: sent bytes in hex, the others by name. */
function told(steps: readonly HandshakeStep[]): string[] {
  return steps.map(step => {
    if (step.type === 'send') return hex(step.bytes);
    if (step.type === 'ready') return `ready ${step.version} ${step.shared ? 'shared' : 'alone'}`;
    if (step.type === 'rejected') return `rejected ${step.error.code}`;
    return step.type;
  });
}

/** Delivers the pieces one byte at a time; what waits for its verdict is told it at once. */
function run(options: HandshakeOptions, ...pieces: Uint8Array[]) {
  const handshake = new ServerHandshake(options);
  const steps: HandshakeStep[] = [];
  for (const byte of pieces.flatMap(piece => [...piece])) {
    for (const step of handshake.receive(Uint8Array.of(byte))) {
      steps.push(...(step.type === 'judged' ? handshake.tell() : [step]));
    }
  }
  return { handshake, steps, told: told(steps) };
}

/** A security type that reads a byte, answers, and goes on over another stream, where it reads one more. */
const REPLACING: ServerSecurityType = {
  number: 200,
  start() {
    const moves: SecurityMove[] = [
      { type: 'send', bytes: Uint8Array.of(0xaa) },
      { type: 'replace', upgrade: below => below },
      { type: 'send', bytes: Uint8Array.of(0xbb) },
    ];
    let bytes = 0;
    return {
      encryption: 'a test',
      begin: () => new Uint8Array(0),
      receive(reader) {
        if ((bytes === 0 || moves.length === 0) && reader.attempt(() => reader.u8()) !== undefined) bytes++;
        if (bytes === 0) return undefined;
        return moves.shift() ?? (bytes === 2 ? { ok: true } : undefined);
      },
    };
  },
};

function reason(text: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return hex(Buffer.concat([length, latin(text)]));
}

describe('the server handshake', () => {
  it('greets with 3.8', () => {
    expect(new ServerHandshake(OPEN).greeting()).toEqual(Uint8Array.from(latin('RFB 003.008\n')));
  });

  it('goes through 3.8 without security', () => {
    expect(run(OPEN, latin('RFB 003.008\n'), Uint8Array.of(1), Uint8Array.of(1)).told).toEqual([
      '0101',
      '00000000',
      'ready 3.8 shared',
    ]);
  });

  it('stops reading where a security type replaces the stream, however much has arrived', () => {
    const handshake = new ServerHandshake({ ...OPEN, security: [REPLACING] });
    const framed = new Uint8Array(10_000).fill(7);
    const first = handshake.receive(Buffer.concat([latin('RFB 003.008\n'), Uint8Array.of(200, 1), framed]));
    expect(told(first)).toEqual(['01c8', 'aa', 'replace']);
    expect(handshake.reader.rest()).toEqual(framed);
    expect(told(handshake.replaced())).toEqual(['bb']);
    expect(told(handshake.receive(Uint8Array.of(2, 1)))).toEqual(['00000000', 'ready 3.8 shared']);
    expect(() => handshake.replaced()).toThrow('not replacing');
  });

  it('goes through 3.7 without security and without a result', () => {
    expect(run(OPEN, latin('RFB 003.007\n'), Uint8Array.of(1), Uint8Array.of(0)).told).toEqual([
      '0101',
      'ready 3.7 alone',
    ]);
  });

  it('goes through 3.3 without security: the server decides', () => {
    expect(run(OPEN, latin('RFB 003.003\n'), Uint8Array.of(1)).told).toEqual(['00000001', 'ready 3.3 shared']);
  });

  it.each(['003.003', '003.007', '003.008'])('accepts the right code in %s', banner => {
    const old = banner === '003.003';
    const choice = old ? new Uint8Array(0) : Uint8Array.of(2);
    const { told } = run(
      CODE,
      latin(`RFB ${banner}\n`),
      choice,
      vncAuthResponse('k7m2p4qr', CHALLENGE),
      Uint8Array.of(1),
    );
    expect(told.slice(0, 3)).toEqual([old ? '00000002' : '0102', hex(CHALLENGE), '00000000']);
    expect(told[3]).toMatch(/^ready/);
  });

  it('looks at eight characters of the code', () => {
    const { told } = run(CODE, latin('RFB 003.008\n'), Uint8Array.of(2), vncAuthResponse('k7m2p4qrXYZ', CHALLENGE));
    expect(told.at(-1)).toBe('00000000');
  });

  it('refuses a wrong code with the reason in 3.8', () => {
    const { told } = run(CODE, latin('RFB 003.008\n'), Uint8Array.of(2), vncAuthResponse('wrong', CHALLENGE));
    expect(told.slice(2)).toEqual([`00000001${reason('The password is wrong.')}`, 'rejected E_RFB_AUTH']);
  });

  it.each(['003.003', '003.007'])('refuses a wrong code without words in %s', banner => {
    const choice = banner === '003.003' ? new Uint8Array(0) : Uint8Array.of(2);
    const { told } = run(CODE, latin(`RFB ${banner}\n`), choice, vncAuthResponse('wrong', CHALLENGE));
    expect(told.slice(2)).toEqual(['00000001', 'rejected E_RFB_AUTH']);
  });

  it.each([0, 1, 3, 19, 255])('rejects a viewer that chooses security type %i, which was not offered', type => {
    const { told } = run(CODE, latin('RFB 003.008\n'), Uint8Array.of(type));
    expect(told.slice(1)).toEqual([
      `00000001${reason('That security type was not offered.')}`,
      'rejected E_RFB_SECURITY',
    ]);
  });

  it('offers the strongest type first', () => {
    const { told } = run({ ...OPEN, security: [vncAuth, serverNone] }, latin('RFB 003.008\n'));
    expect(told).toEqual(['020201']);
  });

  it.each([
    ['RFB 003.889\n', '0101'],
    ['RFB 004.001\n', '0101'],
    ['RFB 005.000\n', '0101'],
    ['RFB 003.005\n', '00000001'],
    ['RFB 003.006\n', '00000001'],
  ])('maps the irregular banner %j to the nearest version', (banner, answer) => {
    expect(run(OPEN, latin(banner)).told).toEqual([answer]);
  });

  it.each(['RFB 003.002\n', 'RFB 002.000\n'])('refuses the version %j', banner => {
    expect(() => run(OPEN, latin(banner))).toThrow(expect.objectContaining({ code: 'E_RFB_VERSION' }));
  });

  it.each(['GET / HTTP/1.1\r\n', 'RFB 3.8\n     ', 'RFB 003.008\r', '\0\0\0\0\0\0\0\0\0\0\0\0'])(
    'refuses %j as a banner',
    text => {
      expect(() => run(OPEN, latin(text))).toThrow(expect.objectContaining({ code: 'E_RFB_VERSION' }));
    },
  );

  describe('keeps a verdict back until it may send it', () => {
    function judged(version: string, code: string, options = CODE) {
      const handshake = new ServerHandshake(options);
      handshake.receive(latin(`RFB ${version}\n`));
      if (version !== '003.003') handshake.receive(Uint8Array.of(2));
      const typing = handshake.answering;
      return { handshake, typing, steps: handshake.receive(vncAuthResponse(code, CHALLENGE)) };
    }

    it.each(['003.003', '003.007', '003.008'])('in %s, whether it is right or wrong', version => {
      for (const right of [true, false]) {
        const { handshake, typing, steps } = judged(version, right ? 'k7m2p4qr' : 'wrong');
        expect([typing, steps, handshake.answering]).toEqual([true, [{ type: 'judged', right }], false]);
        // What comes meanwhile changes nothing.
        expect(handshake.receive(Uint8Array.of(1))).toEqual([]);
        expect(told(handshake.tell())[0]).toMatch(right ? '00000000' : '00000001');
      }
    });

    it('and accepts or refuses without one', () => {
      const wrong = judged('003.008', 'wrong').handshake;
      expect(hex(wrong.refuse('busy'))).toBe(`00000001${reason('busy')}`);
      const right = judged('003.008', 'k7m2p4qr').handshake;
      expect(told(right.admit())).toEqual(['00000000']);
    });

    it('of a wrong answer also where nothing can be guessed', () => {
      expect(judged('003.008', 'wrong', { ...CODE, guarded: false }).steps).toEqual([{ type: 'judged', right: false }]);
      expect(told(judged('003.008', 'k7m2p4qr', { ...CODE, guarded: false }).steps)).toEqual(['00000000']);
    });
  });

  it.each([
    ['003.008', `00000001${reason('too slow')}`],
    ['003.007', '00000001'],
    ['003.003', '00000001'],
  ])('says why it gives up on a viewer of %s, once it has a field for that', (version, expected) => {
    const handshake = new ServerHandshake(CODE);
    handshake.receive(latin(`RFB ${version}\n`));
    if (version !== '003.003') handshake.receive(Uint8Array.of(2));
    expect(hex(handshake.giveUp('too slow'))).toBe(expected);
    expect(hex(new ServerHandshake(CODE).giveUp('too slow'))).toBe('');
  });

  it('asks before the result in 3.8, and accepts', () => {
    const { handshake, told: before } = run(ASK, latin('RFB 003.008\n'), Uint8Array.of(1), Uint8Array.of(1));
    expect(before).toEqual(['0101', 'ask']);
    expect(told(handshake.admit())).toEqual(['00000000', 'ready 3.8 shared']);
  });

  it('asks before the result in 3.8, and refuses with a reason', () => {
    const { handshake } = run(ASK, latin('RFB 003.008\n'), Uint8Array.of(1));
    expect(hex(handshake.refuse('no'))).toBe(`00000001${reason('no')}`);
    expect(() => handshake.admit()).toThrow();
  });

  it.each([
    ['003.007', '00', ['0101']],
    ['003.003', '00000000', ['00000001']],
  ])('asks in %s where a refusal can be explained', (banner, none, offer) => {
    const first = run(ASK, latin(`RFB ${banner}\n`));
    expect(first.told).toEqual(['ask']);
    expect(hex(first.handshake.refuse('no'))).toBe(`${none}${reason('no')}`);
    const second = run(ASK, latin(`RFB ${banner}\n`));
    expect(told(second.handshake.admit())).toEqual(offer);
  });

  it.each([
    ['003.008', '00'],
    ['003.003', '00000000'],
  ])('rejects a viewer at once in %s on request', (banner, none) => {
    const { told } = run({ ...CODE, refusal: 'later' }, latin(`RFB ${banner}\n`));
    expect(told).toEqual([`${none}${reason('later')}`, 'rejected E_PEER_REFUSED']);
  });

  it('keeps the first messages for the next reader', () => {
    const handshake = new ServerHandshake(OPEN);
    handshake.receive(Buffer.concat([latin('RFB 003.008\n'), Uint8Array.of(1, 1, 2, 0, 0, 0)]));
    expect(handshake.reader.available).toBe(4);
  });

  it('does not collect what a viewer sends while nobody answers', () => {
    const handshake = new ServerHandshake(ASK);
    handshake.receive(latin('RFB 003.008\n'));
    handshake.receive(Uint8Array.of(1));
    expect(() => {
      for (let count = 0; count < 100; count++) handshake.receive(new Uint8Array(1000));
    }).toThrow(PeerglassError);
  });

  it('sends size, format and name', () => {
    const bytes = new ServerHandshake(OPEN).welcome({ width: 1920, height: 1080, format: BGRX, name: 'Büro' });
    expect(hex(bytes)).toBe('078004382018000100ff00ff00ff1008000000000000000542c3bc726f');
  });
});
