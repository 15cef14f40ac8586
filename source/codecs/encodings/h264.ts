import type { ByteReader } from '../../core/byte-reader.js';
import { viewOf } from '../../core/bytes.js';
import { isEmpty, type Rectangle } from '../../core/rectangle.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING, H264, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import type { Decoded, DecodeTarget, RectangleDecoder } from '../decode/rectangle-decoder.js';
import { MAX_VIDEO_BYTES } from '../video/h264-check.js';
import { VideoContexts, type VideoParts } from '../video/video-contexts.js';
import type { Encoding } from './encoding.js';

/** Open H.264 (rfbproto.rst): a film in a rectangle of its own. Faults of it are its own, not the connection's. */
export class H264Decoder implements RectangleDecoder {
  readonly #contexts: VideoContexts;
  readonly #parts: VideoParts;
  /** Bytes of too much data: all, and those that are still to come; they are not kept. */
  #tooMuch: { readonly length: number; toSkip: number } | null = null;

  constructor(memory: PixelMemory, parts: VideoParts) {
    this.#parts = parts;
    this.#contexts = new VideoContexts(memory, parts);
  }

  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer }: DecodeTarget): Decoded {
    if (this.#tooMuch) return this.#skip(reader, rectangle, this.#tooMuch);
    const picture = reader.attempt(() => {
      const length = reader.u32();
      const flags = reader.u32();
      return { length, flags, data: length > MAX_VIDEO_BYTES ? null : reader.bytes(length) };
    });
    if (!picture) return 'more';
    const { length, flags, data } = picture;
    if (data === null) {
      this.#tooMuch = { length, toSkip: length };
      return this.#skip(reader, rectangle, this.#tooMuch);
    }
    if (isEmpty(rectangle) || !this.#parts.events.wanted) return 'done';
    return this.#contexts.decode(rectangle, flags, data, framebuffer.width * framebuffer.height) ?? 'done';
  }

  free(): void {
    this.#contexts.free();
  }

  #skip(reader: ByteReader, rectangle: Rectangle, tooMuch: { readonly length: number; toSkip: number }): Decoded {
    const there = Math.min(tooMuch.toSkip, reader.available);
    reader.skip(there);
    tooMuch.toSkip -= there;
    if (tooMuch.toSkip > 0) return 'more';
    this.#tooMuch = null;
    this.#contexts.refuse(rectangle, `of ${tooMuch.length} bytes in one rectangle`);
    return 'done';
  }
}

export const h264: Encoding<'h264'> = {
  number: ENCODING.h264,
  name: 'h264',
  label: 'Open H.264',
  decode: ({ video, memory }) => video && new H264Decoder(memory, video),
  // Where more of it came than is decoded, the first part is missing.
  keepable: data => data.length >= H264.headerLength && data.length === H264.headerLength + viewOf(data).getUint32(0),
  pseudoEncodings: () => [PSEUDO_ENCODING.videoMask],
};
