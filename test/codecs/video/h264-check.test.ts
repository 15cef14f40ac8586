import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H264Fault, MissingKey, nalUnits } from '../../../source/codecs/video/h264-bits.js';
import { H264Check, MAX_VIDEO_BYTES } from '../../../source/codecs/video/h264-check.js';
import type { Size } from '../../../source/core/rectangle.js';
import {
  keyPicture,
  nextPicture,
  pictureUnit,
  type SequenceWish,
  sequenceUnit,
  sliceUnit,
  stream,
} from '../../helpers/h264-writer.js';
import { drawSeed } from '../../helpers/seed.js';

const SIZE = { width: 32, height: 32 };
const repeat = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item);

function check(data: Uint8Array, size: Size = SIZE) {
  return new H264Check(size).pictures(data);
}

function codecOf(wish: SequenceWish, size: Size = SIZE) {
  return check(keyPicture(wish), size)[0]!.sequence;
}

describe('H.264 that a decoder may be given', () => {
  it.each([
    ['Baseline', { profile: 66 }, 'avc1.42c01f'],
    ['Main', { profile: 77 }, 'avc1.4dc01f'],
    ['High', { profile: 100 }, 'avc1.64c01f'],
    ['High with scaling matrices', { profile: 100, scaling: true }, 'avc1.64c01f'],
    ['with pictures numbered in the first way', { order: 0 }, 'avc1.42c01f'],
    ['with pictures numbered in the second way', { order: 1 }, 'avc1.42c01f'],
    ['with usability information', { usability: { reorder: 0 } }, 'avc1.42c01f'],
    ['with four reference pictures', { references: 4 }, 'avc1.42c01f'],
  ] as const)('is %s', (_name, wish, codec) => {
    expect(codecOf(wish)).toMatchObject({ codec, width: 32, height: 32 });
  });

  it('says what its colours are', () => {
    const colours = (usability?: SequenceWish['usability']) => codecOf(usability ? { usability } : {}).colours;
    expect(colours()).toEqual({ matrix: 'bt601', fullRange: false });
    expect(colours({ matrix: 6, reorder: 0 })).toEqual({ matrix: 'bt601', fullRange: false });
    expect(colours({ matrix: 1 })).toEqual({ matrix: 'bt709', fullRange: false });
    expect(colours({ fullRange: true })).toEqual({ matrix: 'bt601', fullRange: true });
  });

  it('is as large as the rectangle, rounded up to whole macroblocks', () => {
    const odd = { width: 19, height: 30 };
    expect(codecOf({}, odd)).toMatchObject({ shownWidth: 32, shownHeight: 32 });
    expect(codecOf({ crop: [0, 6, 0, 1] }, odd)).toMatchObject({ shownWidth: 20, shownHeight: 30 });
  });

  it('comes without information and delimiters, with its parameters before it', () => {
    const delimiter = [0x09, 0xf0];
    const information = [0x06, 5, 1, 0xff, 0x80];
    const data = stream(delimiter, sequenceUnit(), pictureUnit(), information, sliceUnit({ key: true }));
    expect(check(data)).toMatchObject([{ key: true, bytes: keyPicture() }]);
  });

  it('may be several pictures, of several slices', () => {
    const checked = new H264Check(SIZE);
    const first = [sliceUnit({ key: true }), sliceUnit({ key: true, first: 2 })];
    const pictures = checked.pictures(stream(sequenceUnit(), pictureUnit(), ...first, sliceUnit(), sliceUnit()));
    expect(pictures.map(({ key }) => key)).toEqual([true, false, false]);
    expect(pictures[0]!.bytes).toEqual(stream(sequenceUnit(), pictureUnit(), ...first));
    expect(checked.pictures(nextPicture())).toMatchObject([{ key: false, bytes: nextPicture() }]);
  });

  it('may have its parameters in an earlier rectangle', () => {
    const checked = new H264Check(SIZE);
    expect(checked.pictures(stream(sequenceUnit(), pictureUnit()))).toEqual([]);
    expect(checked.pictures(stream(sliceUnit({ key: true })))).toMatchObject([{ key: true, bytes: keyPicture() }]);
  });

  it('may have start codes of three bytes, and zeros between units', () => {
    const data = Uint8Array.from([0, 0, 1, ...sequenceUnit(), 0, 0, 0, 0, 1, ...pictureUnit()]);
    expect(check(Uint8Array.from([...data, 0, 0, 1, ...sliceUnit({ key: true }), 0, 0]))).toMatchObject([
      { bytes: keyPicture() },
    ]);
  });
});

const KEY = [sequenceUnit(), pictureUnit(), sliceUnit({ key: true })];

describe('H.264 that no decoder is given', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['that is noise', Uint8Array.of(1, 2, 3), /without a start code/],
    ['with an empty unit', stream([]), /empty unit/],
    ['with a damaged unit', stream([0xe7, 1]), /damaged/],
    ['of too many bytes', new Uint8Array(MAX_VIDEO_BYTES + 1), /4194305 bytes/],
    ['with data partitions', stream([0x42, 1]), /type 2/],
    ['with an extension of sequence parameters', stream([0x6d, 1]), /type 13/],
    ['with fill data', stream(...KEY, [0x0c, 0xff]), /type 12/],
    ['of the Extended profile', keyPicture({ profile: 88 }), /profile 88/],
    ['of High 10', keyPicture({ profile: 110 }), /profile 110/],
    ['in 4:2:2', keyPicture({ profile: 100, chroma: 2 }), /not 4:2:0/],
    ['without colours', keyPicture({ profile: 100, chroma: 0 }), /not 4:2:0/],
    ['of 9 bits', keyPicture({ profile: 100, depth: 1 }), /8 bits/],
    ['that is lossless', keyPicture({ profile: 100, lossless: true }), /transform/],
    ['with five reference pictures', keyPicture({ references: 5 }), /more than 4 reference/],
    ['that is interlaced', keyPicture({ frames: false }), /interlaced/],
    ['that is cut at the left', keyPicture({ crop: [1, 0, 0, 0] }), /left or the top/],
    ['that is larger', keyPicture({ width: 3 }), /48x32 pixels in a rectangle of 32x32/],
    ['that is smaller', keyPicture({ height: 1 }), /32x16 pixels in a rectangle of 32x32/],
    ['that is cut too small', keyPicture({ crop: [0, 1, 0, 0] }), /30x32 pixels/],
    ['that is as large as can be said', keyPicture({ width: 100_000 }), /in a place for/],
    ['with pictures out of order', keyPicture({ usability: { reorder: 1 } }), /out of order/],
    ['with macroblocks out of order', stream(sequenceUnit(), pictureUnit({ groups: 2 })), /out of order/],
    ['with parameters that end', stream(sequenceUnit().slice(0, 6)), /ends inside/],
    ['with endless numbers', stream([0x67, 66, 0, 31, 0, 0, 3, 0, 0, 3, 0, 0, 3, 0, 0, 3]), /too large|ends inside/],
    ['with long parameters', stream([...sequenceUnit(), ...repeat(1100, 7)]), /sequence parameters of/],
    ['with parameters alone', stream(...repeat(20, sequenceUnit())), /no picture/],
    ['without its sequence', stream(pictureUnit(), sliceUnit({ key: true })), /without its parameters/],
    ['without its parameters', stream(sequenceUnit(), sliceUnit({ key: true })), /without its parameters/],
    ['with others', stream(sequenceUnit(), pictureUnit({ sequence: 1 }), sliceUnit({ key: true })), /without its/],
    ['with a B slice', stream(...KEY, sliceUnit({ type: 6 })), /slice of type 1/],
    ['with an SP slice', stream(...KEY, sliceUnit({ type: 3 })), /slice of type 3/],
    ['with a P slice in an IDR', stream(sequenceUnit(), pictureUnit(), sliceUnit({ key: true, type: 5 })), /type 0/],
    [
      'that begins inside a picture',
      stream(...KEY.slice(0, 2), sliceUnit({ key: true, first: 1 })),
      /inside a picture/,
    ],
    ['of a picture of two kinds', stream(...KEY, sliceUnit({ first: 1 })), /inside a picture/],
    ['of many pictures', stream(...KEY, ...repeat(8, sliceUnit())), /more than 8 pictures/],
    ['of many slices', stream(...KEY, ...repeat(300, sliceUnit({ key: true, first: 1 }))), /256 slices/],
  ])('is one %s', (_name, data, message) => {
    expect(() => check(data)).toThrow(H264Fault);
    expect(() => check(data)).toThrow(message);
  });

  it('goes on from a picture that did not come, which is a fault of another kind', () => {
    expect(() => check(nextPicture())).toThrow(MissingKey);
    expect(() => check(stream(sequenceUnit(), pictureUnit(), sliceUnit()))).toThrow(MissingKey);
  });
});

/** Slices and parameter sets. */
const GIVEN = new Set([1, 5, 7, 8]);

function unitTypes(bytes: Uint8Array): number[] {
  return [...nalUnits(bytes)].map(unit => unit[0]! & 0x1f);
}

describe('H.264 of any bytes', () => {
  const units = fc.constantFrom(
    sequenceUnit(),
    sequenceUnit({ profile: 100, scaling: true, usability: { matrix: 6, reorder: 0 } }),
    pictureUnit(),
    sliceUnit({ key: true }),
    sliceUnit(),
    sliceUnit({ first: 3 }),
  );
  const changed = fc
    .tuple(units, fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
    .map(([unit, changes]) => {
      const bytes = [...unit];
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(changed, { maxLength: 12 }).map(all => stream(...all)),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map(rest => stream([0x67, 66, 0, 31, ...rest])),
  );

  it('is checked to the end or refused, and what is given to a decoder is of the right kind', () => {
    fc.assert(
      fc.property(fc.array(data, { minLength: 1, maxLength: 4 }), rectangles => {
        const checked = new H264Check(SIZE);
        try {
          for (const each of rectangles) {
            for (const picture of checked.pictures(each)) {
              expect(picture.sequence).toMatchObject({ width: 32, height: 32 });
              expect(unitTypes(picture.bytes)).toSatisfy((types: number[]) => types.every(type => GIVEN.has(type)));
            }
          }
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(H264Fault);
        }
      }),
      { seed: drawSeed(), numRuns: 3000 },
    );
  });
});
