import { expect, it } from 'vitest';
import { jpegSize } from '../../source/codecs/jpeg/jpeg-decoder.js';
import { plainJpegOf } from '../helpers/plain-jpeg.js';

const SIZE = { width: 40, height: 24 };
const JPEG = plainJpegOf(SIZE);
const find = (marker: number) => JPEG.findIndex((byte, at) => byte === 0xff && JPEG[at + 1] === marker);
const FRAME = find(0xc0);
const SCAN = find(0xda);
const insert = (at: number, ...bytes: number[]) => Uint8Array.from([...JPEG].toSpliced(at, 0, ...bytes));
const change = (at: number, ...bytes: number[]) => Uint8Array.from([...JPEG].toSpliced(at, bytes.length, ...bytes));
const comments = (count: number) => Array.from({ length: count }, () => [0xff, 0xfe, 0, 2]).flat();

it('states its size', () => {
  expect(jpegSize(JPEG)).toEqual(SIZE);
  expect(jpegSize(insert(2, ...comments(20), 0xff, 0xff))).toEqual(SIZE);
});

it.each<[string, Uint8Array, string]>([
  ['text', Buffer.from('not a picture'), 'that is not JPEG'],
  ['nothing after its beginning', JPEG.subarray(0, 2), 'without a picture'],
  ['a scan before the frame', Uint8Array.from([...JPEG.subarray(0, 2), ...JPEG.subarray(SCAN)]), 'without a size'],
  ['two frames', insert(SCAN, ...JPEG.subarray(FRAME, FRAME + 19)), 'of two sizes'],
  ['a progressive frame', change(FRAME + 1, 0xc2), 'of several scans'],
  ['an arithmetic frame', change(FRAME + 1, 0xc9), 'of several scans'],
  ['a scan of one component, and so more to come', change(SCAN + 4, 1), 'of several scans'],
  ['a thousand segments', insert(2, ...comments(1000)), 'of more than 64 segments'],
])('is refused with %s, before anything is decoded', (_what, bytes, why) => {
  expect(jpegSize(bytes)).toBe(why);
});
