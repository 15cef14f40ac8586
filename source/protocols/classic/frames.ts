import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import type { Size } from '../../core/rectangle.js';
import { MAX_SIZE_BYTES, MIN_SIZE_BYTES, RGB_BYTES } from './constants.js';

/** The header of a frame: the number of size bytes (as few as possible, at least one), then the size, big-endian. */
export function frameHeader(bodyLength: number): Uint8Array<ArrayBuffer> {
  let sizeBytes = 1;
  while (bodyLength >= 256 ** sizeBytes) sizeBytes++;
  if (sizeBytes > MAX_SIZE_BYTES) throw new RangeError(`a frame cannot have ${bodyLength} bytes`);
  const header = new Uint8Array(1 + sizeBytes);
  header[0] = sizeBytes;
  for (let index = 0; index < sizeBytes; index++) header[sizeBytes - index] = bodyLength / 256 ** index;
  return header;
}

/** Bytes of an uncompressed picture. */
export function rawLength({ width, height }: Size): number {
  return width * height * RGB_BYTES;
}

/**
 * The upper bound for the body of a picture of this size: no deflate encoder exceeds it, not even one that flushes
 * every few kilobytes.
 */
export function largestBody(size: Size): number {
  const raw = rawLength(size);
  return raw + Math.ceil(raw / 64) + 4096;
}

export type ClassicMessage =
  | { readonly type: 'header'; readonly headerLength: number; readonly bodyLength: number }
  /** The body is a view that is valid until bytes are pushed. */
  | { readonly type: 'body'; readonly body: Uint8Array };

/** Splits a classic sharer's stream into headers and bodies, in turn. After an error the stream is unusable. */
export class ClassicFrameReader {
  /** The maximum body length in bytes; may change between frames. */
  limit: number;
  readonly #reader: ByteReader;
  #bodyLength: number | null = null;

  constructor(reader: ByteReader, limit: number) {
    this.#reader = reader;
    this.limit = limit;
  }

  /** Whether the stream is at a frame boundary, where the peer may close. */
  get betweenFrames(): boolean {
    return this.#bodyLength === null && this.#reader.available === 0;
  }

  /** Whether a header was read and its body is incomplete. */
  get inBody(): boolean {
    return this.#bodyLength !== null;
  }

  /**
   * @returns undefined when more bytes are needed
   * @throws PeerglassError E_FRAME_HEADER, E_FRAME_SIZE
   */
  next(): ClassicMessage | undefined {
    return this.#bodyLength === null ? this.#header() : this.#body(this.#bodyLength);
  }

  #header(): ClassicMessage | undefined {
    const message = this.#reader.attempt(() => {
      const sizeBytes = this.#reader.u8();
      if (sizeBytes < MIN_SIZE_BYTES || sizeBytes > MAX_SIZE_BYTES) throw badHeader(sizeBytes);
      return { type: 'header' as const, headerLength: 1 + sizeBytes, bodyLength: this.#reader.uint(sizeBytes) };
    });
    if (message) {
      if (message.bodyLength === 0 || message.bodyLength > this.limit) throw badSize(message.bodyLength, this.limit);
      this.#bodyLength = message.bodyLength;
    }
    return message;
  }

  #body(length: number): ClassicMessage | undefined {
    const body = this.#reader.attempt(() => this.#reader.bytes(length));
    if (!body) return undefined;
    this.#bodyLength = null;
    return { type: 'body', body };
  }
}

function badHeader(sizeBytes: number): PeerglassError {
  return new PeerglassError(
    'E_FRAME_HEADER',
    `The peer sent a frame with a ${sizeBytes}-byte size field; a classic frame has ${MIN_SIZE_BYTES} to ${MAX_SIZE_BYTES}.`,
    'Check that the port belongs to a classic share.',
  );
}

function badSize(bodyLength: number, limit: number): PeerglassError {
  return new PeerglassError(
    'E_FRAME_SIZE',
    `The peer announced a frame of ${bodyLength} bytes; a frame of this picture has 1 to ${limit}.`,
    'Check that the port belongs to a classic share, and that both sides use the same --size.',
  );
}
