import { area, type Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { undecodable } from '../decode/rectangle-decoder.js';
import { Scratch } from '../decode/scratch.js';
import { COSINE_HEAD, COSINE_MACRO, COSINE_SIGN, MOST_COSINE_UNIT } from './cosine-layout.js';

/** In one piece, which takes some 20 ms: a sharer sends cells of 256x256 at most. */
const MOST_PIXELS = 2048 * 2048;

/** Whether what stands in the place of a JPEG is Cosine. */
export function isCosine(data: Uint8Array): boolean {
  return data[COSINE_HEAD.sign] === COSINE_SIGN;
}

/** Cosine (docs/cosine.md). */
export class CosineDecoder {
  #planes: Scratch | null = null;

  /** @throws PeerglassError E_RFB_DECODE */
  paint(data: Uint8Array, rectangle: Rectangle, framebuffer: Framebuffer, scratch: Scratch): void {
    const { width, height } = rectangle;
    const [luma, chroma] = [data[COSINE_HEAD.luma], data[COSINE_HEAD.chroma]];
    if (!luma || !chroma) throw undecodable('Cosine', 'without its steps');
    if (area(rectangle) > MOST_PIXELS) throw undecodable('Cosine', `of more than ${MOST_PIXELS} pixels`);
    const { memory } = framebuffer;
    const length = data.length - COSINE_HEAD.bytes;
    // The kernel looks whether there is more only before each unit.
    const source = scratch.reserve(length + MOST_COSINE_UNIT);
    memory.bytes(source, length).set(data.subarray(COSINE_HEAD.bytes));
    this.#planes ??= new Scratch(memory);
    const planes = this.#planes.reserve(planeBytes(width));
    const to = framebuffer.at(rectangle.x, rectangle.y);
    const { stride } = framebuffer;
    const whole = memory.kernels.decodeCosine(source, length, to, stride, width, height, luma, chroma, planes);
    if (!whole) throw undecodable('Cosine', 'that is damaged');
  }

  free(): void {
    this.#planes?.free();
  }
}

/** What the kernel works in. */
function planeBytes(width: number): number {
  return 100 * Math.ceil(width / COSINE_MACRO.width) * COSINE_MACRO.width + 4096;
}
