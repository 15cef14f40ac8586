import type { InflateStream } from '../../source/codecs/decode/inflate.js';
import type { ByteReader } from '../../source/core/byte-reader.js';
import type { PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { createInflater } from '../../source/node/inflater.js';
import { decodeCosine } from '../../source/pixels/reference/cosine.js';
import { EchoReference } from '../../source/pixels/reference/echo.js';
import { decodePlainJpeg } from './plain-jpeg.js';

/**
 * A plain decoder of rfb rectangles, written from the specifications, independently of the program's own: the oracle
 * for encoders. Slow, strict, pixel by pixel. A colour is the number 0xRRGGBB.
 */
export class ReferencePicture {
  readonly width: number;
  readonly height: number;
  readonly colours: Uint32Array;

  constructor({ width, height }: Size) {
    this.width = width;
    this.height = height;
    this.colours = new Uint32Array(width * height);
  }

  at(x: number, y: number): number {
    return this.colours[y * this.width + x]!;
  }

  set(x: number, y: number, colour: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) throw new Error(`pixel ${x}, ${y} outside`);
    this.colours[y * this.width + x] = colour;
  }
}

export const RECTANGLES = { raw: 0, copyRect: 1, rre: 2, hextile: 5, zlib: 6, tight: 7, zrle: 16 } as const;

function paintCosine(data: Uint8Array, rectangle: Rectangle, picture: ReferencePicture): void {
  const { width, height } = rectangle;
  const plane = { bytes: new Uint8Array(width * height * 4), offset: 0, stride: width * 4 };
  const whole = decodeCosine(data.subarray(3), plane, width, height, data[1]!, data[2]!);
  if (!whole) throw new Error('Cosine that is none');
  const view = new DataView(plane.bytes.buffer);
  let at = 0;
  paint(picture, rectangle, () => view.getUint32(at++ * 4, true) & 0xffffff);
}

export class ReferenceDecoder {
  readonly format: PixelFormat;
  readonly #zlib: InflateStream;
  readonly #zrle: InflateStream;
  readonly #tight: InflateStream[];
  readonly #echo: EchoReference;
  readonly #channels: readonly [Channel, Channel, Channel];
  /** Which three bytes of a pixel ZRLE sends; null: all four. */
  readonly #compact: 'low' | 'high' | null;
  /** Whether Tight sends a pixel as three bytes: red, green, blue. */
  readonly #trueTight: boolean;

  constructor(format: PixelFormat, streams?: ReferenceDecoder) {
    this.format = format;
    this.#channels = channelsOf(format);
    this.#compact = compactBytes(format);
    const { bitsPerPixel, depth, redMax, greenMax, blueMax } = format;
    this.#trueTight = bitsPerPixel === 32 && depth === 24 && [redMax, greenMax, blueMax].every(max => max === 255);
    const inflater = createInflater();
    this.#zlib = streams ? streams.#zlib : inflater.createStream();
    this.#zrle = streams ? streams.#zrle : inflater.createStream();
    this.#tight = streams ? streams.#tight : [0, 1, 2, 3].map(() => inflater.createStream());
    this.#echo = streams ? streams.#echo : new EchoReference();
  }

  /** Reads one rectangle's data, which must be complete. Returns the kind of Tight compression, for statistics. */
  decode(reader: ByteReader, encoding: number, rectangle: Rectangle, picture: ReferencePicture): string {
    switch (encoding) {
      case RECTANGLES.raw:
        paint(picture, rectangle, () => this.#pixel(reader));
        return 'raw';
      case RECTANGLES.copyRect:
        copy(picture, rectangle, reader.u16(), reader.u16());
        return 'copyrect';
      case RECTANGLES.hextile:
        this.#hextile(reader, rectangle, picture);
        return 'hextile';
      case RECTANGLES.zlib: {
        const data = new Cursor(this.#zlib.inflate(reader.bytes(reader.u32()), 1 << 26));
        paint(picture, rectangle, () => this.#pixel(data));
        data.end();
        return 'zlib';
      }
      case RECTANGLES.zrle: {
        const data = new Cursor(this.#zrle.inflate(reader.bytes(reader.u32()), 1 << 26));
        forTiles(rectangle, 64, tile => this.#zrleTile(data, tile, picture));
        data.end();
        return 'zrle';
      }
      case RECTANGLES.tight:
        return this.#decodeTight(reader, rectangle, picture);
      default:
        throw new Error(`encoding ${encoding}`);
    }
  }

  /** A number of that many bytes, in the order of the format. */
  #value(reader: Bytes, count: number): number {
    let value = 0;
    if (this.format.bigEndian) {
      for (let at = 0; at < count; at++) value = value * 256 + reader.u8();
    } else {
      for (let at = 0, weight = 1; at < count; at++, weight *= 256) value += reader.u8() * weight;
    }
    return value;
  }

  #colour(value: number): number {
    const [red, green, blue] = this.#channels;
    return (channelOf(value, red) << 16) | (channelOf(value, green) << 8) | channelOf(value, blue);
  }

  #pixel(reader: Bytes): number {
    return this.#colour(this.#value(reader, this.format.bitsPerPixel / 8));
  }

  #cpixel(reader: Bytes): number {
    if (this.#compact === null) return this.#pixel(reader);
    return this.#colour(this.#value(reader, 3) * (this.#compact === 'low' ? 1 : 256));
  }

  #tpixel(reader: Bytes): number {
    if (!this.#trueTight) return this.#pixel(reader);
    return (reader.u8() << 16) | (reader.u8() << 8) | reader.u8();
  }

  #hextile(reader: ByteReader, rectangle: Rectangle, picture: ReferencePicture): void {
    let background: number | null = null;
    let foreground: number | null = null;
    forTiles(rectangle, 16, tile => {
      const mask = reader.u8();
      if (mask & 1) {
        paint(picture, tile, () => this.#pixel(reader));
        background = null;
        foreground = null;
        return;
      }
      if (mask & 2) background = this.#pixel(reader);
      if (mask & 4) foreground = this.#pixel(reader);
      if (background === null) throw new Error('no background');
      paint(picture, tile, () => background!);
      if (!(mask & 8)) return;
      for (let left = reader.u8(); left > 0; left--) {
        const colour = mask & 16 ? this.#pixel(reader) : foreground;
        if (colour === null) throw new Error('no foreground');
        const [place, size] = [reader.u8(), reader.u8()];
        const part = {
          x: tile.x + (place >> 4),
          y: tile.y + (place & 15),
          width: (size >> 4) + 1,
          height: (size & 15) + 1,
        };
        if (part.x + part.width > tile.x + tile.width || part.y + part.height > tile.y + tile.height) {
          throw new Error('a subrectangle outside of its tile');
        }
        paint(picture, part, () => colour);
      }
      if (mask & 16) foreground = null;
    });
  }

  #zrleTile(data: Cursor, tile: Rectangle, picture: ReferencePicture): void {
    const kind = data.u8();
    if (kind === 0) {
      paint(picture, tile, () => this.#cpixel(data));
    } else if (kind === 1) {
      const colour = this.#cpixel(data);
      paint(picture, tile, () => colour);
    } else if (kind <= 16) {
      const palette = Array.from({ length: kind }, () => this.#cpixel(data));
      const bits = kind === 2 ? 1 : kind <= 4 ? 2 : 4;
      paintIndices(picture, tile, bits, data, palette);
    } else if (kind >= 130) {
      this.#zrleRuns(data, kind, tile, picture);
    } else {
      throw new Error(`subencoding ${kind}`);
    }
  }

  #zrleRuns(data: Cursor, kind: number, tile: Rectangle, picture: ReferencePicture): void {
    const palette = Array.from({ length: kind - 128 }, () => this.#cpixel(data));
    let run = 0;
    let colour = 0;
    paint(picture, tile, () => {
      if (run === 0) {
        const index = data.u8();
        colour = entry(palette, index & 127);
        run = 1;
        if (index & 128) {
          let more = 255;
          while (more === 255) {
            more = data.u8();
            run += more;
          }
        }
      }
      run--;
      return colour;
    });
    if (run !== 0) throw new Error('a run beyond its tile');
  }

  #decodeTight(reader: ByteReader, rectangle: Rectangle, picture: ReferencePicture): string {
    const { width, height } = rectangle;
    if (width > 2048) throw new Error('a Tight rectangle wider than 2048');
    const control = reader.u8();
    for (let stream = 0; stream < 4; stream++) if (control & (1 << stream)) this.#tight[stream]!.reset();
    if (control >> 4 === 8) {
      const colour = this.#tpixel(reader);
      paint(picture, rectangle, () => colour);
      return 'fill';
    }
    if (control >> 4 === 9) {
      const photograph = Buffer.from(reader.bytes(compact(reader)));
      if (photograph[0] === 0x43) {
        paintCosine(photograph, rectangle, picture);
        return 'cosine';
      }
      if (photograph[0] === 0x45) {
        const pixels = this.#echo.decode(photograph.subarray(2), width, height, photograph[1] === 0);
        if (!pixels) throw new Error('Echo that is none');
        let at = 0;
        paint(picture, rectangle, () => pixels[at++]!);
        return 'echo';
      }
      const { data, width: w, height: h } = decodePlainJpeg(photograph);
      if (w !== width || h !== height) throw new Error('a JPEG of another size');
      let at = 0;
      paint(picture, rectangle, () => data.readUInt32LE(4 * at++) & 0xffffff);
      return 'jpeg';
    }
    if (control >> 4 > 7) throw new Error(`control byte ${control}`);
    const filter = control & 0x40 ? reader.u8() : 0;
    const stream = this.#tight[(control >> 4) & 3]!;
    const data = (length: number) => {
      if (length < 12) return new Cursor(reader.bytes(length));
      const inflated = stream.inflate(reader.bytes(compact(reader)), length);
      if (inflated.length !== length) throw new Error(`${inflated.length} bytes instead of ${length}`);
      return new Cursor(inflated);
    };
    if (filter === 0) {
      const size = this.#tpixelSize();
      const pixels = data(width * height * size);
      paint(picture, rectangle, () => this.#tpixel(pixels));
      return 'full';
    }
    if (filter !== 1) throw new Error(`filter ${filter}`);
    const palette = Array.from({ length: reader.u8() + 1 }, () => this.#tpixel(reader));
    const bits = palette.length === 2 ? 1 : 8;
    paintIndices(picture, rectangle, bits, data(Math.ceil((width * bits) / 8) * height), palette);
    return bits === 1 ? 'mono' : 'palette';
  }

  #tpixelSize(): number {
    const probe = new Cursor(new Uint8Array(4));
    this.#tpixel(probe);
    return probe.read;
  }
}

interface Channel {
  readonly max: number;
  /** 2 to the power of the shift. */
  readonly weight: number;
}

function channelsOf(format: PixelFormat): readonly [Channel, Channel, Channel] {
  const { redMax, greenMax, blueMax, redShift, greenShift, blueShift } = format;
  return [
    { max: redMax, weight: 2 ** redShift },
    { max: greenMax, weight: 2 ** greenShift },
    { max: blueMax, weight: 2 ** blueShift },
  ];
}

/** 0 to 255. */
function channelOf(value: number, { max, weight }: Channel): number {
  return Math.round(((Math.floor(value / weight) % (max + 1)) * 255) / max);
}

function compactBytes(format: PixelFormat): 'low' | 'high' | null {
  const { bitsPerPixel, depth, redMax, greenMax, blueMax, redShift, greenShift, blueShift } = format;
  if (bitsPerPixel !== 32 || depth > 24) return null;
  const used =
    (BigInt(redMax) << BigInt(redShift)) |
    (BigInt(greenMax) << BigInt(greenShift)) |
    (BigInt(blueMax) << BigInt(blueShift));
  if (used < 0x1000000n) return 'low';
  return (used & 0xffn) === 0n ? 'high' : null;
}

interface Bytes {
  u8(): number;
}

class Cursor implements Bytes {
  readonly #data: Uint8Array;
  read = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  bytes(length: number): Uint8Array {
    if (this.read + length > this.#data.length) throw new Error('data too short');
    this.read += length;
    return this.#data.subarray(this.read - length, this.read);
  }

  u8(): number {
    if (this.read >= this.#data.length) throw new Error('data too short');
    return this.#data[this.read++]!;
  }

  end(): void {
    if (this.read !== this.#data.length) throw new Error(`${this.#data.length - this.read} bytes too many`);
  }
}

function compact(reader: ByteReader): number {
  const first = reader.u8();
  if (first < 128) return first;
  const second = reader.u8();
  const low = (first & 127) | ((second & 127) << 7);
  return second < 128 ? low : low | (reader.u8() << 14);
}

function paint(picture: ReferencePicture, area: Rectangle, next: () => number): void {
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) picture.set(x, y, next());
  }
}

function copy(picture: ReferencePicture, target: Rectangle, sourceX: number, sourceY: number): void {
  const colours: number[] = [];
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      if (sourceX + x >= picture.width || sourceY + y >= picture.height) throw new Error('a copy from outside');
      colours.push(picture.at(sourceX + x, sourceY + y));
    }
  }
  let at = 0;
  paint(picture, target, () => colours[at++]!);
}

function paintIndices(
  picture: ReferencePicture,
  area: Rectangle,
  bits: number,
  data: Cursor,
  palette: readonly number[],
): void {
  for (let y = 0; y < area.height; y++) {
    const row = data.bytes(Math.ceil((area.width * bits) / 8));
    for (let x = 0; x < area.width; x++) {
      const bit = x * bits;
      const index = (row[bit >> 3]! >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
      picture.set(area.x + x, area.y + y, entry(palette, index));
    }
  }
}

function entry(palette: readonly number[], index: number): number {
  const colour = palette[index];
  if (colour === undefined) throw new Error(`index ${index} of ${palette.length} colours`);
  return colour;
}

function forTiles(area: Rectangle, side: number, each: (tile: Rectangle) => void): void {
  for (let y = area.y; y < area.y + area.height; y += side) {
    for (let x = area.x; x < area.x + area.width; x += side) {
      each({
        ...{ x, y },
        width: Math.min(side, area.x + area.width - x),
        height: Math.min(side, area.y + area.height - y),
      });
    }
  }
}
