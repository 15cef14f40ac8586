import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { H264Check, wholeMacroblocks } from '../../source/codecs/video/h264-check.js';
import { loadAvcodec } from '../../source/native/avcodec.js';
import { memoryAt } from '../../source/native/c-memory.js';
import { videoDecoderFiles } from '../../source/native/h264-decoder.js';
import type { VideoDecoderLibrary } from '../../source/native/native-video-decoder.js';
import { loadOpenH264Decoder } from '../../source/native/openh264-decoder.js';
import { FILM_SIZE, FILMS, filmUnits } from '../helpers/film.js';

/** The planes of all pictures, without what lies between their rows. */
function decoded(library: VideoDecoderLibrary, name: (typeof FILMS)[number]): Buffer[] {
  const { width, height } = FILM_SIZE;
  const decoder = library.open({ width: wholeMacroblocks(width), height: wholeMacroblocks(height) });
  const check = new H264Check(FILM_SIZE);
  const pictures = filmUnits(name).map(unit => {
    const [picture] = check.pictures(unit);
    const planes = decoder.decode(picture!.bytes).planes.map(({ address, stride }, plane) => {
      const [columns, rows] = plane === 0 ? [width, height] : [width / 2, height / 2];
      const bytes = memoryAt(address, stride * (rows - 1) + columns);
      return Buffer.concat(
        Array.from({ length: rows }, (_, row) => bytes.subarray(row * stride, row * stride + columns)),
      );
    });
    return Buffer.concat(planes);
  });
  decoder.close();
  return pictures;
}

const installed = (name: 'libavcodec' | 'OpenH264') => videoDecoderFiles(name).find(file => existsSync(file))!;

it.each(FILMS)('libavcodec and OpenH264 make the same pictures of the film of %s, each at once', name => {
  const [one, other] = [loadAvcodec(installed('libavcodec')), loadOpenH264Decoder(installed('OpenH264'))].map(library =>
    decoded(library, name),
  );
  expect(one).toHaveLength(12);
  expect(one!.map((picture, index) => Buffer.compare(picture, other![index]!))).toEqual(one!.map(() => 0));
});

it.each([
  ['libavcodec', loadAvcodec],
  ['OpenH264', loadOpenH264Decoder],
] as const)('%s refuses pictures that are larger than agreed, and what it cannot decode', (name, load) => {
  const library = load(installed(name));
  const [first] = filmUnits('x264');
  for (const size of [
    { width: 16, height: 16 },
    { width: 160, height: 96 },
  ]) {
    const decoder = library.open(size);
    const wrong = size.width === 16 ? first! : first!.subarray(0, 60);
    expect(() => decoder.decode(wrong)).toThrow(/failed|too large|no picture/);
    decoder.close();
  }
});
