import type { ByteReader } from '../core/byte-reader.js';
import type { Rectangle } from '../core/rectangle.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import { COSINE_HEAD, COSINE_MACRO, COSINE_UNITS, MOST_COSINE_UNIT } from './cosine-layout.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from './rectangle-decoder.js';
import { Scratch } from './scratch.js';
import { readBlock } from './zlib-decoder.js';

const { bytes, luma, chroma } = COSINE_HEAD;
/** Steps, behind the length. */
const STEPS = bytes - luma;

/** Cosine (docs/cosine.md). */
export class CosineDecoder implements RectangleDecoder {
  readonly #planes: Scratch;

  constructor(memory: PixelMemory) {
    this.#planes = new Scratch(memory);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer, scratch }: DecodeTarget): Decoded {
    const { width, height } = rectangle;
    const columns = Math.ceil(width / COSINE_MACRO.width);
    const macros = columns * Math.ceil(height / COSINE_MACRO.height);
    const block = readBlock(reader, 'Cosine', STEPS + macros * COSINE_UNITS * MOST_COSINE_UNIT);
    if (block === undefined) return 'more';
    const [lumaStep, chromaStep] = [block[luma - luma], block[chroma - luma]];
    if (!lumaStep || !chromaStep) throw undecodable('Cosine', 'without its steps');
    const length = block.length - STEPS;
    // The kernel looks whether there is more only before each unit.
    const source = scratch.reserve(length + MOST_COSINE_UNIT);
    const { memory } = framebuffer;
    memory.bytes(source, length).set(block.subarray(STEPS));
    const planes = this.#planes.reserve(planeBytes(columns * COSINE_MACRO.width));
    const to = framebuffer.at(rectangle.x, rectangle.y);
    const { kernels } = memory;
    const whole = kernels.decodeCosine(
      source,
      length,
      to,
      framebuffer.stride,
      width,
      height,
      lumaStep,
      chromaStep,
      planes,
    );
    if (!whole) throw undecodable('Cosine', 'that is damaged');
    return 'done';
  }

  free(): void {
    this.#planes.free();
  }
}

/** What the kernel works in. @param width of all macros in a row, pixels */
function planeBytes(width: number): number {
  return 100 * width + 4096;
}
