import type { ByteReader } from '../../core/byte-reader.js';
import { isEmpty, type Rectangle } from '../../core/rectangle.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import type { Decoded, DecodeTarget, RectangleDecoder } from '../decode/rectangle-decoder.js';
import { MAX_VIDEO_BYTES } from '../video/h264-check.js';
import { VideoContexts, type VideoParts } from '../video/video-contexts.js';
import type { Encoding } from './encoding.js';

/** Open H.264 (rfbproto.rst): a film in a rectangle of its own. Faults of it are its own, not the connection's. */
export class H264Decoder implements RectangleDecoder {
  readonly #contexts: VideoContexts;
  readonly #parts: VideoParts;
  #header: { readonly length: number; readonly flags: number } | null = null;
  /** Bytes of too much data that are still to come; they are not kept. */
  #toSkip = 0;

  constructor(memory: PixelMemory, parts: VideoParts) {
    this.#parts = parts;
    this.#contexts = new VideoContexts(memory, parts);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer }: DecodeTarget): Decoded {
    if (!this.#header) {
      const header = reader.attempt(() => ({ length: reader.u32(), flags: reader.u32() }));
      if (!header) return 'more';
      this.#header = header;
      this.#toSkip = header.length > MAX_VIDEO_BYTES ? header.length : 0;
    }
    const { length, flags } = this.#header;
    if (length > MAX_VIDEO_BYTES) {
      const there = Math.min(this.#toSkip, reader.available);
      reader.skip(there);
      this.#toSkip -= there;
      if (this.#toSkip > 0) return 'more';
      this.#header = null;
      this.#contexts.refuse(rectangle, `of ${length} bytes in one rectangle`);
      return 'done';
    }
    if (reader.available < length) return 'more';
    this.#header = null;
    const data = reader.bytes(length);
    if (isEmpty(rectangle) || !this.#parts.events.wanted) return 'done';
    return this.#contexts.decode(rectangle, flags, data, framebuffer.width * framebuffer.height) ?? 'done';
  }

  free(): void {
    this.#contexts.free();
  }
}

export const h264: Encoding<'h264'> = {
  number: ENCODING.h264,
  name: 'h264',
  label: 'Open H.264',
  decode: ({ video, memory }) => video && new H264Decoder(memory, video),
  pseudoEncodings: () => [PSEUDO_ENCODING.videoMask],
};
