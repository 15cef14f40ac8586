import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { hasVectors } from '../../pixels/vectors.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import { paintGradient } from '../decode/gradient.js';
import type { Inflater, InflateStream } from '../decode/inflate.js';
import { inflateExactly } from '../decode/inflate-exactly.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { Scratch } from '../decode/scratch.js';
import type { JpegDecoder } from '../jpeg/jpeg-decoder.js';
import { CosineDecoder, isCosine } from './cosine.js';
import { readTight, type TightFilter, type TightRectangle } from './tight-reader.js';

/** Tight (rfbproto.rst): fills, JPEG or Cosine in its place, and filtered pixels through one of four zlib streams. */
export class TightDecoder implements RectangleDecoder {
  readonly #streams: InflateStream[];
  readonly #jpeg: JpegDecoder | null;
  readonly #cosine = new CosineDecoder();
  #palette: Scratch | null = null;
  #kind: 'tight' | 'tight-jpeg' | 'cosine' = 'tight';

  /** @param jpeg null where JPEG cannot be decoded and was not asked for */
  constructor(inflater: Inflater, jpeg: JpegDecoder | null) {
    this.#streams = Array.from({ length: TIGHT.streams }, () => inflater.createStream());
    this.#jpeg = jpeg;
  }

  get kind(): string {
    return this.#kind;
  }

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const found = reader.attempt(() => readTight(reader, rectangle, target.colours.tpixel.size));
    if (found === undefined) return 'more';
    this.#streams.forEach((stream, index) => {
      if (found.resets & (1 << index)) stream.reset();
    });
    const cosine = found.type === 'jpeg' && hasVectors() && isCosine(found.data);
    this.#kind = cosine ? 'cosine' : found.type === 'jpeg' ? 'tight-jpeg' : 'tight';
    switch (found.type) {
      case 'fill':
        fill(found.colour, rectangle, target);
        return 'done';
      case 'jpeg':
        if (cosine) {
          this.#cosine.paint(found.data, rectangle, target.framebuffer, target.scratch);
          return 'done';
        }
        if (!this.#jpeg) throw undecodable('Tight', 'with a JPEG that nobody asked for');
        return this.#jpeg.paint(found.data, rectangle, target.framebuffer);
      case 'basic':
        this.#paint(found, rectangle, target);
        return 'done';
    }
  }

  free(): void {
    this.#cosine.free();
    this.#palette?.free();
  }

  #paint(found: TightRectangle & { type: 'basic' }, rectangle: Rectangle, target: DecodeTarget): void {
    const pixels =
      found.stream === null
        ? found.data
        : inflateExactly(this.#streams[found.stream]!, found.data, found.length, 'Tight');
    const { filter } = found;
    if (filter.type === 'copy') paintTpixels(pixels, rectangle, target);
    else if (filter.type === 'gradient') paintGradient(pixels, rectangle, target);
    else this.#paintPalette(filter, pixels, rectangle, target);
  }

  #paintPalette(
    { palette, colours, bits }: TightFilter & { type: 'palette' },
    indices: Uint8Array,
    { x, y, width, height }: Rectangle,
    { framebuffer, colours: wire, scratch }: DecodeTarget,
  ): void {
    this.#palette ??= new Scratch(framebuffer.memory);
    const { size } = wire.tpixel;
    const table = this.#palette.reserve(TIGHT.mostPalette * 4);
    const source = scratch.load(indices);
    const view = new DataView(framebuffer.memory.memory.buffer, table);
    for (let index = 0; index < colours; index++) {
      view.setUint32(index * 4, wire.read(wire.tpixel, palette, index * size), true);
    }
    const to = framebuffer.at(x, y);
    const { kernels } = framebuffer.memory;
    const outside = kernels.paletteToBgrx(source, to, framebuffer.stride, width, height, bits, table, colours);
    if (outside) throw undecodable('Tight', 'with a colour outside of its palette');
  }
}

function fill(colour: Uint8Array, { x, y, width, height }: Rectangle, { framebuffer, colours }: DecodeTarget): void {
  const pixel = colours.read(colours.tpixel, colour, 0);
  framebuffer.memory.kernels.fillRectangle(framebuffer.at(x, y), framebuffer.stride, width, height, pixel);
}

function paintTpixels(pixels: Uint8Array, rectangle: Rectangle, { framebuffer, colours, scratch }: DecodeTarget): void {
  const { width, height } = rectangle;
  const { size, layout, table } = colours.tpixel;
  const source = scratch.load(pixels);
  const to = framebuffer.at(rectangle.x, rectangle.y);
  framebuffer.memory.kernels.wireToBgrx(
    source,
    width * size,
    to,
    framebuffer.stride,
    width,
    height,
    size,
    layout,
    table,
  );
}
