import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CPace,
  type CPaceInputs,
  generatorString,
  lengthValue,
  multiplied,
  publicShare,
  scalarOf,
} from '../../source/core/cpace.js';

/** draft-irtf-cfrg-cpace-21, "Test vector for CPace using group ristretto255 and hash SHA-512". */
const INPUTS: CPaceInputs = {
  password: text('Password'),
  channel: bytes('0b415f696e69746961746f720b425f726573706f6e646572'),
  session: bytes('7e4b4791d6a8ef019b936c79fb7f2c57'),
};
const A = {
  scalar: bytes('da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08'),
  share: bytes('d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157'),
  data: text('ADa'),
};
const B = {
  scalar: bytes('d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d'),
  share: bytes('3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258'),
  data: text('ADb'),
};
const KEY =
  'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd' +
  '2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function text(of: string): Uint8Array {
  return Uint8Array.from(Buffer.from(of));
}

function hex(of: Uint8Array | null): string | null {
  return of && Buffer.from(of).toString('hex');
}

/** Both ends' keys. */
function run(one: Partial<CPaceInputs>, other: Partial<CPaceInputs>, data = [A.data, B.data], seenData = data) {
  const [a, b] = [
    new CPace({ ...INPUTS, ...one }, randomBytes(32)),
    new CPace({ ...INPUTS, ...other }, randomBytes(32)),
  ];
  return {
    a: a.initiatorKeys(data[0]!, { share: b.share, data: seenData[1]! })!,
    b: b.responderKeys(data[1]!, { share: a.share, data: seenData[0]! })!,
  };
}

describe("CPace, by the draft's vectors", () => {
  it.each([
    ['', '00'],
    ['31323334', '0431323334'],
    [hex(Uint8Array.from({ length: 127 }, (_, at) => at))!, null],
    [hex(Uint8Array.from({ length: 128 }, (_, at) => at))!, null],
  ])('puts the length before %s', (value, expected) => {
    const length = value.length / 2;
    expect(hex(lengthValue(bytes(value)))).toBe(expected ?? (length < 128 ? '7f' : '8001') + value);
  });

  it('joins values with their lengths', () => {
    expect(hex(lengthValue(text('1234'), text('5'), text(''), text('678')))).toBe('043132333401350003363738');
  });

  it('derives the generator', () => {
    const zeros = '64'.padEnd(202, '0');
    expect(hex(generatorString(INPUTS))).toBe(
      `11435061636552697374726574746f323535${'0850617373776f7264'}${zeros}180b415f696e69746961746f720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57`,
    );
    expect(hex(publicShare(INPUTS, 1n))).toBe('222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56');
  });

  it('exchanges shares and agrees on the key', () => {
    const [a, b] = [new CPace(INPUTS, A.scalar), new CPace(INPUTS, B.scalar)];
    expect(hex(a.share)).toBe(hex(A.share));
    expect(hex(b.share)).toBe(hex(B.share));
    const secret = '80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f';
    expect(hex(multiplied(scalarOf(A.scalar), B.share))).toBe(secret);
    expect(hex(multiplied(scalarOf(B.scalar), A.share))).toBe(secret);
    expect(hex(a.initiatorKeys(A.data, B)!.key)).toBe(KEY);
    expect(hex(b.responderKeys(B.data, A)!.key)).toBe(KEY);
  });

  it('multiplies valid shares, and no others', () => {
    const scalar = scalarOf(bytes('7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05'));
    const valid = '2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c';
    const result = '7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e';
    expect(hex(multiplied(scalar, bytes(valid)))).toBe(result);
    expect(multiplied(scalar, bytes(`2b${valid.slice(2)}`))).toBeNull();
    expect(multiplied(scalar, new Uint8Array(32))).toBeNull();
  });
});

describe('CPace', () => {
  it.each([
    // RFC 9496, A.2: not canonical, negative, not a square, negative xy, s = -1.
    ['a field element that is not reduced', '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'],
    ['one of 2^255 and more', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['a negative one', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['one that gives no square', '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'],
    ['one with a negative product', '3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e'],
    ['s = -1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['too few bytes', A.share.length === 32 ? hex(A.share.subarray(1))! : ''],
    ['too many bytes', `${hex(A.share)}00`],
    ['the neutral element', '00'.repeat(32)],
  ])('aborts at %s', (_, share) => {
    const end = new CPace(INPUTS, randomBytes(32));
    const message = { share: bytes(share), data: B.data };
    expect(end.initiatorKeys(A.data, message)).toBeNull();
    expect(end.responderKeys(A.data, message)).toBeNull();
  });

  it('agrees on key and confirmations if and only if all inputs are the same', () => {
    const piece = fc.uint8Array({ maxLength: 200 });
    const inputs = fc.record({ password: piece, channel: piece, session: piece, one: piece, other: piece });
    const changes = fc.constantFrom('nothing', 'password', 'channel', 'session', 'one', 'other');
    fc.assert(
      fc.property(inputs, changes, fc.nat(), ({ one, other, ...same }, change, at) => {
        const changed = (value: Uint8Array, name: string) => (name === change ? altered(value, at) : value);
        const seen = [changed(one, 'one'), changed(other, 'other')];
        const others = {
          password: changed(same.password, 'password'),
          channel: changed(same.channel, 'channel'),
          session: changed(same.session, 'session'),
        };
        const { a, b } = run(same, others, [one, other], seen);
        for (const name of ['key', 'initiatorTag', 'responderTag'] as const) {
          expect(hex(a[name]) === hex(b[name])).toBe(change === 'nothing');
        }
        expect(hex(a.initiatorTag)).not.toBe(hex(a.responderTag));
      }),
      { numRuns: 40 },
    );
  });

  it('never agrees on the same key twice', () => {
    const keys = Array.from({ length: 10 }, () => hex(run({}, {}).a.key));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

/** The same bytes with one more, or one of them another. */
function altered(value: Uint8Array, at: number): Uint8Array {
  if (value.length === 0 || at % 2 === 0) return Uint8Array.of(...value, at & 0xff);
  return value.map((byte, index) => (index === at % value.length ? byte ^ 1 : byte));
}
