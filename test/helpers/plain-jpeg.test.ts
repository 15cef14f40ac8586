import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadNative } from '../../source/native/load-native.js';
import { needsNative } from './needs-native.js';
import { decodePlainJpeg, plainJpegOf } from './plain-jpeg.js';

const PHOTO = path.resolve(import.meta.dirname, '../../fixtures/pictures/photo.jpg');

/** The fourth byte of a pixel means nothing. */
function worst(pixels: Uint8Array, expected: Uint8Array): number {
  let most = pixels.length === expected.length ? 0 : 256;
  for (let at = 0; at < pixels.length; at++) {
    if (at % 4 !== 3) most = Math.max(most, Math.abs(pixels[at]! - expected[at]!));
  }
  return most;
}

test('blocks of one colour each come back, also at the edges', () => {
  const size = { width: 61, height: 43 };
  const colourOf = (column: number, row: number) => Math.imul(column * 7919 + row * 104_729 + 1, 0x9e3779b1) & 0xffffff;
  const picture = decodePlainJpeg(plainJpegOf(size, colourOf));
  expect(picture).toMatchObject(size);
  const expected = Buffer.alloc(picture.data.length);
  for (let at = 0; at < expected.length; at += 4) {
    const [x, y] = [(at / 4) % size.width, Math.floor(at / 4 / size.width)];
    expected.writeUInt32LE(colourOf(x >> 3, y >> 3), at);
  }
  expect(worst(picture.data, expected)).toBeLessThanOrEqual(1);
});

test('a truncated file and one that is no JPEG are reported', () => {
  const jpeg = plainJpegOf({ width: 64, height: 64 });
  expect(() => decodePlainJpeg(jpeg.subarray(0, -40))).toThrow('ends too early');
  expect(() => decodePlainJpeg(Buffer.from('no picture'))).toThrow('not JPEG');
});

test(
  needsNative(
    'a photograph is what libjpeg-turbo makes of it, with any subsampling',
    'and no library is loaded for it',
  ),
  needsNative(
    () => {
      const turbo = loadNative('@julusian/jpeg-turbo');
      const photo = decodePlainJpeg(readFileSync(PHOTO));
      const size = { width: 203, height: 150 };
      const part = Buffer.alloc(size.width * size.height * 4);
      for (let row = 0; row < size.height; row++) {
        photo.data.copy(part, row * size.width * 4, row * photo.width * 4, (row * photo.width + size.width) * 4);
      }
      for (const subsampling of [turbo.SAMP_444, turbo.SAMP_422, turbo.SAMP_420]) {
        const jpeg = turbo.compressSync(part, { format: turbo.FORMAT_BGRX, ...size, subsampling, quality: 90 });
        const { data } = turbo.decompressSync(jpeg, { format: turbo.FORMAT_BGRX });
        expect(worst(decodePlainJpeg(jpeg).data, data)).toBeLessThan(10);
      }
    },
    () => expect(() => loadNative('@julusian/jpeg-turbo')).toThrow('PEERGLASS_NATIVE is off'),
  ),
);
