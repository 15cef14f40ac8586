import { afterAll, describe, expect, it } from 'vitest';
import { type EncodedRectangle, EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { EchoWriter } from '../../source/codecs/encodings/echo-data.js';
import { encodeTight, readTight, tight } from '../../source/codecs/encodings/tight.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { BGRX } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding } from '../helpers/decoding.js';
import { letters, noise, photograph, text } from '../helpers/scenes.js';

const SIZE = { width: 320, height: 256 };
const HEADER = 12;
const STRIPS: readonly Rectangle[] = [0, 1, 2, 3].map(row => ({ x: 10, y: row * 60, width: 300, height: 56 }));

const memory = createPixelMemory();
const scratch = new EncodeScratch(memory, nodeCompressors);
const shared = new Framebuffer(memory, SIZE);
const writer = new EchoWriter(memory);
afterAll(() => writer.free());

function paint(colourAt: (x: number, y: number) => number): void {
  const pixels = new Uint32Array(memory.memory.buffer, shared.at(0, 0), (shared.stride / 4) * SIZE.height);
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) pixels[(y * shared.stride) / 4 + x] = colourAt(x, y);
  }
}

function encode(rectangle: Rectangle, echo?: EchoWriter): EncodedRectangle {
  scratch.reserve(rectangle.width * rectangle.height);
  const pixels = new WirePixels(BGRX);
  const encoded = encodeTight(
    { framebuffer: shared, rectangle, pixels, level: 6, jpeg: null, pooled: false, echo },
    scratch,
  );
  if (encoded instanceof Promise) throw new Error('not at once');
  return encoded;
}

const dataOf = ({ bytes }: EncodedRectangle) => bytes.subarray(HEADER);
const kindOf = ({ parts }: EncodedRectangle) => parts.map(({ encoding }) => encoding).join();

/** The flags of a drawing: 1, it goes on. */
const goesOn = (encoded: EncodedRectangle) => (readTightJpeg(encoded)[1]! & 1) === 1;

function readTightJpeg(encoded: EncodedRectangle): Uint8Array {
  const reader = new ByteReader();
  reader.push(dataOf(encoded));
  const found = readTight(reader, encoded.rectangle, 3);
  if (found.type !== 'jpeg') throw new Error(`this is ${found.type}`);
  return found.data;
}

async function shows(decoding: Decoding, { parts, bytes, rectangle }: EncodedRectangle): Promise<void> {
  let at = 0;
  for (const part of parts) {
    const data = bytes.subarray(at + HEADER, at + part.length);
    expect(await decoding.decode(ENCODING.tight, part.rectangle, data, 'byte by byte')).toBe(true);
    at += part.length;
  }
  expect(at).toBe(bytes.length);
  const pixels = new Uint32Array(memory.memory.buffer, shared.at(0, 0), (shared.stride / 4) * SIZE.height);
  const expected = Array.from({ length: rectangle.height }, (_, row) => {
    const from = ((rectangle.y + row) * shared.stride) / 4 + rectangle.x;
    return [...pixels.subarray(from, from + rectangle.width)];
  });
  expect(decoding.colours(rectangle)).toEqual(expected);
}

describe('a drawing for a viewer that reads Echo', () => {
  it('is exact, in far fewer bytes than as Tight for all', async () => {
    paint(letters);
    writer.lost();
    const decoding = new Decoding(SIZE);
    let [bytes, before] = [0, 0];
    for (const strip of STRIPS) {
      const encoded = encode(strip, writer);
      expect(kindOf(encoded)).toBe('echo');
      expect(encoded.parts[0]!.lossy).toBe(false);
      await shows(decoding, encoded);
      bytes += encoded.bytes.length;
      before += encode(strip).bytes.length;
    }
    expect(bytes).toBeLessThan(before * 0.7);
    decoding.free();
  });

  it('begins anew after one that was not sent, and never stands alone', async () => {
    paint(text);
    writer.lost();
    const first = encode(STRIPS[0]!, writer);
    const lost = encode(STRIPS[1]!, writer);
    writer.lost();
    const again = encode(STRIPS[2]!, writer);
    const after = encode(STRIPS[3]!, writer);
    expect([first, lost, again, after].map(each => tight.keepable!(dataOf(each)))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(tight.keepable!(dataOf(encode(STRIPS[0]!)))).toBe(true);
    const decoding = new Decoding(SIZE);
    for (const each of [first, again, after]) await shows(decoding, each);
    decoding.free();
  });

  it('of one colour stays a fill; photographs and noise stay what they were', () => {
    writer.lost();
    paint(() => 0x123456);
    expect(encode(STRIPS[0]!, writer).bytes).toEqual(encode(STRIPS[0]!).bytes);
    for (const scene of [photograph, noise]) {
      paint(scene);
      expect(kindOf(encode(STRIPS[0]!, writer))).toBe('tight');
    }
  });

  it('with new colours again and again begins anew when there are too many', async () => {
    writer.lost();
    const decoding = new Decoding(SIZE);
    const kinds = new Set<string>();
    for (let round = 0; round < 5; round++) {
      // A thousand colours, in blocks so large that nobody takes them for a photograph.
      paint((x, y) => round * 0x10000 + (x >> 3) * 64 + (y >> 3));
      for (const strip of STRIPS) {
        const encoded = encode(strip, writer);
        kinds.add(kindOf(encoded));
        await shows(decoding, encoded);
      }
    }
    expect(kinds).toEqual(new Set(['echo']));
    decoding.free();
  });

  it('goes on after something of too many colours, which is not one', async () => {
    writer.lost();
    const decoding = new Decoding(SIZE);
    paint(letters);
    const first = encode(STRIPS[0]!, writer);
    await shows(decoding, first);
    for (let round = 0; round < 4; round++) {
      // Blocks of 3x3 in 2000 colours, others in each round.
      paint((x, y) => round * 0x100000 + Math.floor(y / 3) * 0x100 + Math.floor(x / 3));
      const colourful = encode(STRIPS[1]!, writer);
      expect(kindOf(colourful)).toBe('tight');
      await shows(decoding, colourful);
      paint(letters);
      const again = encode(STRIPS[0]!, writer);
      expect(kindOf(again)).toBe('echo');
      expect(goesOn(again)).toBe(true);
      expect(again.bytes.length).toBeLessThan(first.bytes.length / 2);
      await shows(decoding, again);
    }
    decoding.free();
  });

  it('ends where its pixels do not repeat: noise takes little more than as Tight for all', async () => {
    writer.lost();
    const decoding = new Decoding(SIZE);
    let [bytes, before] = [0, 0];
    for (let round = 0; round < 3; round++) {
      paint((x, y) => (noise(x + round * 400, y) & 0x400 ? 0xffffff : 0));
      const area = { x: 10, y: 0, width: 256, height: 256 };
      const encoded = encode(area, writer);
      expect(kindOf(encoded)).toBe('echo,tight');
      await shows(decoding, encoded);
      bytes += encoded.bytes.length;
      before += encode(area).bytes.length;
      paint(letters);
      await shows(decoding, encode(STRIPS[0]!, writer));
    }
    expect(bytes).toBeLessThan(before * 1.05);
    decoding.free();
  });

  it('that goes on from nothing, or is damaged, is refused', async () => {
    paint(text);
    writer.lost();
    const first = dataOf(encode(STRIPS[0]!, writer));
    const second = dataOf(encode(STRIPS[1]!, writer));
    const decoding = new Decoding(SIZE);
    await expect(decoding.decode(ENCODING.tight, STRIPS[1]!, second)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
    decoding.free();
    const another = new Decoding(SIZE);
    const damaged = Uint8Array.from(first);
    damaged.fill(0xff, damaged.length - 40);
    await expect(another.decode(ENCODING.tight, STRIPS[0]!, damaged)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
    another.free();
  });
});
