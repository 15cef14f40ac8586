import { expect, it } from 'vitest';
import { Scratch } from '../../source/codecs/decode/rectangle-decoder.js';
import { WireColours } from '../../source/codecs/decode/wire-colours.js';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { ECHO_SIGN, EchoWriter } from '../../source/codecs/encodings/echo-data.js';
import { compactLength, encodeTight, readTight, TightDecoder } from '../../source/codecs/encodings/tight.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { joined } from '../../source/core/bytes.js';
import { PeerglassError } from '../../source/core/errors.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { area, type Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import { EchoReference } from '../../source/pixels/reference/echo.js';
import { TIGHT } from '../../source/protocols/rfb/constants.js';
import { drawSeed } from '../helpers/seed.js';
import { random } from '../pixels/planes.js';

/** `PEERGLASS_FUZZ_MINUTES` says how long; by default as long as was promised. */
const MINUTES = Number(process.env.PEERGLASS_FUZZ_MINUTES ?? 10);
const SIZE = { width: 160, height: 60 };
const BORDER = 0xabcdef;
const GUARD = 64;
const GUARD_BYTE = 0x5c;

type Next = () => number;
const below = (next: Next, most: number) => Math.floor(next() * most);

/** Surrounds each block that is allocated from now on, and finds who writes outside of one. */
class Guards {
  readonly #memory: PixelMemory;
  readonly #lengths = new Map<number, number>();

  constructor(memory: PixelMemory) {
    this.#memory = memory;
    const [allocate, free] = [memory.allocate.bind(memory), memory.free.bind(memory)];
    memory.allocate = length => {
      const pointer = allocate(length + 2 * GUARD) + GUARD;
      for (const guard of [pointer - GUARD, pointer + length]) memory.bytes(guard, GUARD).fill(GUARD_BYTE);
      this.#lengths.set(pointer, length);
      return pointer;
    };
    memory.free = pointer => {
      this.#lengths.delete(pointer);
      free(pointer - GUARD);
    };
  }

  get untouched(): boolean {
    return [...this.#lengths].every(([pointer, length]) =>
      [pointer - GUARD, pointer + length].every(guard =>
        this.#memory.bytes(guard, GUARD).every(byte => byte === GUARD_BYTE),
      ),
    );
  }
}

const memory = createPixelMemory();
const [sent, shown] = [new Framebuffer(memory, SIZE), new Framebuffer(memory, SIZE)];
const guards = new Guards(memory);
const scratch = new EncodeScratch(memory, nodeCompressors);

function paint(
  framebuffer: Framebuffer,
  { x, y, width, height }: Rectangle,
  colourAt: (x: number, y: number) => number,
) {
  const pixels = new Uint32Array(memory.memory.buffer, framebuffer.at(0, 0), (framebuffer.stride / 4) * SIZE.height);
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      pixels[(row * framebuffer.stride) / 4 + column] = colourAt(column, row) & 0xffffff;
    }
  }
}

function pixelsOf(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): Uint32Array {
  const pixels = new Uint32Array(memory.memory.buffer, framebuffer.at(0, 0), (framebuffer.stride / 4) * SIZE.height);
  const found = new Uint32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * framebuffer.stride) / 4 + x;
    found.set(pixels.subarray(from, from + width), row * width);
  }
  return found.map(pixel => pixel & 0xffffff);
}

function same(one: Uint32Array, other: Uint32Array): boolean {
  return one.length === other.length && one.every((pixel, at) => pixel === other[at]);
}

/** Small ones, wide ones, high ones. */
function anyRectangle(next: Next): Rectangle {
  const side = (most: number) => 1 + below(next, next() < 0.3 ? Math.min(6, most) : most);
  const [width, height] = [side(SIZE.width), side(SIZE.height)];
  return { x: below(next, SIZE.width - width + 1), y: below(next, SIZE.height - height + 1), width, height };
}

/** Letters, patterns, noise, gradients. */
function anyScene(next: Next): (x: number, y: number) => number {
  const colours = 2 + below(next, next() < 0.5 ? 6 : 600);
  const palette = Array.from({ length: colours }, () => below(next, 0x1000000));
  const glyphs = Array.from({ length: 200 }, () => below(next, 3) * below(next, colours));
  const [dx, dy] = [1 + below(next, 12), 1 + below(next, 12)];
  const scenes = [
    (x: number, y: number) => palette[glyphs[((x % 7) + 7 * (y % 9) + 13 * (Math.floor(x / 7) % 5)) % 200]! % colours]!,
    (x: number, y: number) => palette[(Math.floor(x / dx) + Math.floor(y / dy)) % colours]!,
    () => palette[below(next, colours)]!,
    (x: number, y: number) => (x * dx * 256 + y * dy) & 0xffffff,
    (x: number, y: number) => (next() < 0.02 ? below(next, 0x1000000) : palette[(x ^ y) & 1]!),
  ];
  return scenes[below(next, scenes.length)]!;
}

interface Sent {
  readonly rectangle: Rectangle;
  /** As in the place of a JPEG. */
  readonly data: Uint8Array;
}

/** Drawings of one connection, each checked to be what a decoder makes of it. */
function drawings(next: Next): Sent[] {
  const writer = new EchoWriter(memory);
  const decoding = new Connection();
  const all: Sent[] = [];
  for (let count = 1 + below(next, next() < 0.1 ? 24 : 6); count > 0; count--) {
    const whole = anyRectangle(next);
    paint(sent, whole, anyScene(next));
    scratch.reserve(area(whole));
    const job = {
      framebuffer: sent,
      rectangle: whole,
      pixels: new WirePixels(BGRX),
      level: 6,
      jpeg: null,
      pooled: false,
    };
    const encoded = encodeTight({ ...job, echo: writer }, scratch);
    if (encoded instanceof Promise) throw new Error('not at once');
    if (next() < 0.1) {
      writer.lost();
      continue;
    }
    let at = 0;
    for (const { rectangle, length } of encoded.parts) {
      const bytes = encoded.bytes.subarray(at + 12, at + length);
      at += length;
      expect(decoding.decode(bytes, rectangle)).toBeNull();
      const reader = new ByteReader();
      reader.push(bytes);
      const found = readTight(reader, rectangle, 3);
      if (found.type === 'jpeg') all.push({ rectangle, data: found.data.slice() });
    }
    expect(same(pixelsOf(shown, whole), pixelsOf(sent, whole))).toBe(true);
  }
  decoding.free();
  writer.free();
  return all;
}

/** A viewer's decoder. */
class Connection {
  readonly #decoder = new TightDecoder(createInflater({ memory }), null);
  readonly #colours = new WireColours(memory, BGRX);
  readonly #scratch = new Scratch(memory);
  readonly #reader = new ByteReader();

  /** @returns what is wrong with it */
  decode(bytes: Uint8Array, rectangle: Rectangle): unknown {
    this.#reader.push(bytes);
    try {
      const target = { framebuffer: shown, colours: this.#colours, scratch: this.#scratch };
      expect(this.#decoder.decode(this.#reader, rectangle, target)).toBe('done');
      expect(this.#reader.available).toBe(0);
      return null;
    } catch (thrown) {
      return thrown;
    }
  }

  free(): void {
    for (const each of [this.#decoder, this.#colours, this.#scratch]) each.free();
  }
}

/** A few bytes, bits or lengths are others, or the rectangle is. */
function changed(next: Next, { rectangle, data }: Sent): Sent {
  let bytes = Uint8Array.from(data);
  let place = rectangle;
  for (let times = below(next, 4); times > 0; times--) {
    const at = below(next, next() < 0.4 ? Math.min(10, bytes.length) : bytes.length);
    switch (below(next, 8)) {
      case 0:
        bytes[at] = below(next, 256);
        break;
      case 1:
        bytes[at]! ^= 1 << below(next, 8);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = joined([bytes.subarray(0, at), bytes.subarray(below(next, bytes.length))]);
        break;
      case 4:
        bytes = joined([bytes, Uint8Array.from({ length: below(next, 200) }, () => below(next, 256))]);
        break;
      case 5:
        bytes.fill([0, 0xff, 0x80][below(next, 3)]!, Math.min(at, 7));
        break;
      case 6:
        bytes[1] = next() < 0.5 ? 0 : 1;
        break;
      default:
        place = anyRectangle(next);
    }
    if (bytes.length === 0) bytes = Uint8Array.of(0);
  }
  bytes[0] = ECHO_SIGN;
  return { rectangle: place, data: bytes };
}

/** The same as the plain decoder does, or refused by both; nothing else is painted. */
function decodedAlike(rectangles: readonly Sent[], sum: Record<'painted' | 'refused', number>): void {
  const connection = new Connection();
  const reference = new EchoReference();
  let known = false;
  for (const { rectangle, data } of rectangles) {
    paint(shown, shown.bounds, () => BORDER);
    const bytes = joined([Uint8Array.of(TIGHT.jpeg), compactLength(data.length), data]);
    const thrown = connection.decode(bytes, rectangle);
    const fresh = data.length > 1 && (data[1]! & 1) === 0;
    const legal = data.length > 1 && (fresh || known);
    const expected = legal ? reference.decode(data.subarray(2), rectangle.width, rectangle.height, fresh) : null;
    known = true;
    expect(guards.untouched).toBe(true);
    if (thrown === null) expect(expected !== null && same(pixelsOf(shown, rectangle), expected)).toBe(true);
    else {
      if (!(thrown instanceof PeerglassError) || thrown.code !== 'E_RFB_DECODE') throw thrown;
      expect(expected).toBeNull();
    }
    paint(shown, rectangle, () => BORDER);
    expect(pixelsOf(shown, shown.bounds).every(pixel => pixel === BORDER)).toBe(true);
    sum[thrown === null ? 'painted' : 'refused']++;
    // After a fault a connection ends.
    if (thrown !== null) break;
  }
  connection.free();
}

it(
  `changed drawings are refused, or painted as the plain decoder does, for ${MINUTES} minutes`,
  async () => {
    const next = random(drawSeed());
    const end = performance.now() + MINUTES * 60_000;
    const sum = { connections: 0, drawings: 0, painted: 0, refused: 0 };
    while (performance.now() < end) {
      const all = drawings(next);
      sum.connections++;
      sum.drawings += all.length;
      for (let round = 0; round < 4; round++) {
        const some = all.filter(() => next() < 0.8).map(each => (next() < 0.5 ? changed(next, each) : each));
        decodedAlike(some, sum);
      }
      const length = below(next, 300);
      const noise = Uint8Array.from({ length: length + 1 }, () => below(next, 256));
      noise[0] = ECHO_SIGN;
      decodedAlike([{ rectangle: anyRectangle(next), data: noise }], sum);
      // The runner hears from the test.
      await new Promise(resolve => setImmediate(resolve));
    }
    console.log(JSON.stringify(sum));
    expect(Math.min(sum.drawings, sum.painted, sum.refused)).toBeGreaterThan(0);
  },
  (MINUTES + 5) * 60_000,
);
