import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../../source/core/byte-reader.js';
import { BGRX, type PixelFormat } from '../../../../source/core/pixel-format.js';
import { systemClock } from '../../../../source/node/clock.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../../../source/pixels/pixel-memory.js';
import { hasVectors } from '../../../../source/pixels/vectors.js';
import { ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { RfbPicture } from '../../../../source/session/watch/rfb/rfb-picture.js';
import { BGR233, block, RGB565 } from '../../../codecs/rfb-bytes.js';
import { rectangle, ScriptedVncServer, update } from '../../../helpers/scripted-vnc-server.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const SIZE = { width: 32, height: 24 };
const BIG_ENDIAN: PixelFormat = { ...BGRX, depth: 32, bigEndian: true };
const FORMATS: readonly PixelFormat[] = [BGRX, BIG_ENDIAN, RGB565, BGR233];
/** At the picture's edge, one beyond, and as far away as a header can say. */
const PLACES = [
  [0, 0],
  [31, 23],
  [32, 24],
  [0, 16_384],
  [65_535, 65_535],
] as const;
const SHAPES = [
  [0, 0],
  [0, 1],
  [0, 65_535],
  [65_535, 0],
] as const;

type Bytes = (pixelBytes: number, tightBytes: number) => readonly number[];
const zeros = (length: number) => new Array<number>(length).fill(0);
/** What each encoding says of no pixels. */
const EMPTY: readonly [name: string, encoding: number, bytes: Bytes][] = [
  ['Raw', ENCODING.raw, () => []],
  ['CopyRect', ENCODING.copyRect, () => zeros(4)],
  ['RRE', ENCODING.rre, pixel => zeros(4 + pixel)],
  ['Hextile', ENCODING.hextile, () => []],
  ['zlib', ENCODING.zlib, () => block([])],
  ['TRLE', ENCODING.trle, () => []],
  ['ZRLE', ENCODING.zrle, () => block([])],
  ['Tight of one colour', ENCODING.tight, (_, tpixel) => [0x80, ...zeros(tpixel)]],
  ['Tight of pixels', ENCODING.tight, () => [0]],
  ['Tight with a palette of two', ENCODING.tight, (_, tpixel) => [0x40, 1, 1, ...zeros(2 * tpixel)]],
  ['Tight with a palette of three', ENCODING.tight, (_, tpixel) => [0x40, 1, 2, ...zeros(3 * tpixel)]],
  ['Tight with a gradient', ENCODING.tight, (_, tpixel) => (tpixel === 1 || tpixel === 4 ? [0] : [0x40, 2])],
];

/** Whether all bytes were read and nothing was painted, without an error. */
function leavesThePicture(memory: PixelMemory, format: PixelFormat, header: number[], encoding: number, bytes: Bytes) {
  const framebuffer = new Framebuffer(memory, SIZE);
  const host = { memory, inflater: createInflater(), clock: systemClock };
  const picture = new RfbPicture(
    { ...host, resize: () => framebuffer, resized: () => {}, renamed: () => {} },
    SIZE,
    format,
    null,
  );
  framebuffer.bytes().fill(0x55);
  const [x, y, width, height] = header as [number, number, number, number];
  const pixelBytes = format.bitsPerPixel / 8;
  const data = Uint8Array.from(bytes(pixelBytes, format.depth === 24 ? 3 : pixelBytes));
  const reader = new ByteReader();
  picture.begin();
  let decoded = picture.rectangle({ x, y, width, height, encoding }, reader);
  for (const byte of data) {
    reader.push(Uint8Array.of(byte));
    while (decoded !== 'done') {
      decoded = picture.rectangle({ x, y, width, height, encoding }, reader);
      if (decoded === 'more') break;
    }
  }
  const { dirty } = picture.finish();
  const untouched = framebuffer.bytes().every(byte => byte === 0x55);
  picture.free();
  framebuffer.free();
  return decoded === 'done' && reader.available === 0 && dirty.length === 0 && untouched;
}

describe.each(hasVectors() ? [true, false] : [false])('with kernels that have vectors: %s', vectors => {
  const memory = createPixelMemory({ vectors });

  it.each(EMPTY)('an empty rectangle of %s may lie anywhere', (_name, encoding, bytes) => {
    for (const format of FORMATS) {
      for (const place of PLACES) {
        for (const shape of SHAPES) {
          const header = [...place, ...shape];
          expect([header, leavesThePicture(memory, format, header, encoding, bytes)]).toEqual([header, true]);
        }
      }
    }
  });
});

it.each([1, 7, 1 << 20])('a viewer shows what follows empty rectangles, %i bytes at a time', async piece => {
  const host = new WatchingHost();
  const server = new ScriptedVncServer(host, piece);
  server.welcome(SIZE);
  const far = PLACES.flatMap(([x, y]) => SHAPES.map(([w, h]) => rectangle(x, y, w, h, ENCODING.copyRect, zeros(4))));
  server.say(update(far.length + 1, ...far, rectangle(31, 23, 1, 1, ENCODING.raw, [0x33, 0x22, 0x11, 0])));
  await host.until(() => host.updates.length > 0);
  expect(host.colour(31, 23)).toBe(0x112233);
  expect(host.updates[0]!.dirty).toMatchObject([{ x: 31, y: 23, width: 1, height: 1 }]);
  server.session.close();
});
