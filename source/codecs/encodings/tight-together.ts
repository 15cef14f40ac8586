import { area, type Rectangle } from '../../core/rectangle.js';
import { INFLATE_RECTANGLE_OUTSIDE } from '../../pixels/decode-kernels.js';
import { type KernelThreads, MOST_PARTS } from '../../pixels/kernel-threads.js';
import type { Kernels } from '../../pixels/kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import type { InflateStream } from '../decode/inflate.js';
import { inflatedExactly, prepareExactly } from '../decode/inflate-block.js';
import { PutOff } from '../decode/put-off.js';
import { type DecodeTarget, Scratch, undecodable } from '../decode/rectangle-decoder.js';

type Call = Parameters<Kernels['inflateRectangle']>;

/** A rectangle that is put off. */
interface Work {
  readonly stream: InflateStream;
  readonly call: Call;
}

/** What a rectangle is painted with: TPIXELs, or indices of `bits` bits in a palette. */
export type DeflatedPixels =
  | { readonly type: 'copy' }
  | { readonly type: 'palette'; readonly colours: number; readonly palette: Uint8Array; readonly bits: 1 | 8 };

/** This many rectangles that are put off are together worth a part of the work. */
const SMALL = 8;
/** Rectangles for each thread: one that is woken late leaves more to the others. */
const FOR_EACH_THREAD = 3;
/** Larger rectangles are decoded at once: each holds its inflated pixels until all are done. */
const MAX_PIXELS = 1024 * 1024;
const PALETTE_BYTES = TIGHT.maxPalette * 4;

/**
 * Tight's deflated rectangles, where there are threads: those that begin a stream anew depend on no other one, and are
 * put off, to be inflated and painted together, each by one call of a kernel.
 */
export class DeflatedTogether {
  /** Is told each stream whose rectangle has been decoded. */
  readonly #decoded: (stream: InflateStream) => void;
  readonly #putOff = new PutOff<Work>(works => this.#decode(works));
  #memory: PixelMemory | null = null;
  #palettes: Scratch | null = null;

  constructor(decoded: (stream: InflateStream) => void) {
    this.#decoded = decoded;
  }

  /** Whether a rectangle of the stream is put off: nobody else may use the stream until it has been decoded. */
  holds(stream: InflateStream): boolean {
    for (const work of this.#putOff.works) if (work.stream === stream) return true;
    return false;
  }

  /**
   * Puts off a rectangle. Null: it is better decoded at once.
   * @param stream just reset
   * @param data zlib, valid only now
   * @param length of the inflated data
   * @throws PeerglassError E_RFB_DECODE
   */
  putOff(
    threads: KernelThreads,
    stream: InflateStream,
    data: Uint8Array,
    length: number,
    pixels: DeflatedPixels,
    rectangle: Rectangle,
    { framebuffer, colours: wire }: DecodeTarget,
  ): Promise<void> | null {
    const { memory, stride } = framebuffer;
    const size = area(rectangle);
    if (size > MAX_PIXELS || threads.partsOf('inflateRectangle', size * SMALL, 2) === 1) return null;
    const block = prepareExactly(stream, data, length, 'Tight');
    if (!block) return null;
    this.#memory = memory;
    const { width, height } = rectangle;
    const to = framebuffer.at(rectangle.x, rectangle.y);
    const inflating = [block.state, block.from, block.length, block.to, length] as const;
    const painting = [to, stride, width, height] as const;
    const { size: bytes, layout, table } = wire.tpixel;
    const call: Call =
      pixels.type === 'copy'
        ? [...inflating, ...painting, 0, bytes, layout, table, 0]
        : [...inflating, ...painting, pixels.bits, 0, 0, this.#paletteOf(pixels, memory, wire), pixels.colours];
    const most = Math.min(threads.count * FOR_EACH_THREAD, MOST_PARTS);
    return this.#putOff.add({ stream, call }, data.length + length, most);
  }

  /** Decodes what was put off. */
  finish(): void {
    this.#putOff.finish();
  }

  #decode(works: readonly Work[]): unknown[] {
    const { threads, kernels } = this.#memory!;
    const pixels = works.reduce((sum, { call }) => sum + call[7] * call[8], 0);
    const shared = threads && threads.partsOf('inflateRectangle', pixels, works.length) > 1 ? threads : null;
    const calls = works.map(({ call }) => call);
    const answers = shared
      ? shared.run('inflateRectangle', calls)
      : calls.map(call => kernels.inflateRectangle(...call));
    return works.map(({ stream, call }, index) => {
      const fault = faultOf(stream, answers[index]!, call[4]);
      this.#decoded(stream);
      return fault;
    });
  }

  /** What was put off is never painted. */
  free(): void {
    for (const { stream } of this.#putOff.works) this.#decoded(stream);
    this.#putOff.drop();
    this.#palettes?.free();
  }

  #paletteOf(
    { palette, colours }: DeflatedPixels & { type: 'palette' },
    memory: PixelMemory,
    wire: DecodeTarget['colours'],
  ): number {
    this.#palettes ??= new Scratch(memory);
    const table = this.#palettes.reserve(MOST_PARTS * PALETTE_BYTES) + this.#putOff.works.length * PALETTE_BYTES;
    writePalette(palette, colours, memory, wire, table);
    return table;
  }
}

/** What is wrong with a rectangle that the kernel has inflated and painted. @param answer the kernel's */
function faultOf(stream: InflateStream, answer: number, length: number): unknown {
  try {
    inflatedExactly(stream, answer, length, 'Tight');
    return answer === INFLATE_RECTANGLE_OUTSIDE ? outsideOfPalette() : null;
  } catch (thrown) {
    return thrown;
  }
}

/** Writes a palette of TPIXELs as BGRX. */
export function writePalette(
  palette: Uint8Array,
  colours: number,
  { memory }: PixelMemory,
  wire: DecodeTarget['colours'],
  table: number,
): void {
  const view = new DataView(memory.buffer, table);
  for (let index = 0; index < colours; index++) {
    view.setUint32(index * 4, wire.read(wire.tpixel, palette, index * wire.tpixel.size), true);
  }
}

export function outsideOfPalette() {
  return undecodable('Tight', 'with a colour index outside its palette');
}
