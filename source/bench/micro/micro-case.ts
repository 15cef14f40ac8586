import type { Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { emptyPixels, loadPicture, type Pixels, tile, view } from '../pictures.js';

/** One stage to time. */
export interface MicroCase {
  /** Stage first: "encode tight, page 1920x1080". */
  readonly name: string;
  /** Pixels processed by one run. */
  readonly pixels: number;
  /** Bytes that one run writes (encoders), reads (decoders), or both (kernels); null if meaningless. */
  bytes: number | null;
  /** Resets state so that the next run does the same work; not timed. */
  readonly prepare?: () => void;
  readonly run: () => unknown;
}

export interface MicroResult {
  readonly name: string;
  /** Median and quartiles of the runs. */
  readonly ms: number;
  readonly quarter: number;
  readonly threeQuarters: number;
  readonly megapixelsPerSecond: number;
  readonly bytes: number | null;
  readonly megabytesPerSecond: number | null;
}

export const CONTENTS = ['page', 'log', 'photo', 'blank'] as const;
type Content = (typeof CONTENTS)[number];

/** A content made from the bench's pictures, in a given size. */
export function contentOf(content: Content, size: Size): Pixels {
  const picture = emptyPixels(size, 0xfdfcf8);
  if (content === 'photo') view(loadPicture('photo.jpg'), 0, 0, 1, picture);
  else if (content !== 'blank') tile(loadPicture(`${content}.png`), picture);
  return picture;
}

export function paint(picture: Pixels, framebuffer: Framebuffer): void {
  const { memory, pointer, width, height } = framebuffer;
  new Uint32Array(memory.memory.buffer, pointer, width * height).set(picture.pixels);
}
