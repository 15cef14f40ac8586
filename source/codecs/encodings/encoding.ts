import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { StreamInflater } from '../decode/inflate.js';
import type { RectangleDecoder } from '../decode/rectangle-decoder.js';
import type { Encoder } from '../encode/encode-job.js';
import type { JpegDecoder } from '../jpeg/jpeg-decoder.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import type { VideoParts } from '../video/video-contexts.js';

/** The dependencies of decoders: one set per connection. */
export interface DecoderParts {
  readonly inflater: StreamInflater;
  readonly memory: PixelMemory;
  /** Null if JPEG cannot be decoded; then it is not requested. */
  readonly jpeg: JpegDecoder | null;
  /** Null if H.264 cannot be decoded; then it is not requested. */
  readonly video: VideoParts | null;
}

/** The complete description of an encoding: names, lists, encoding and decoding all derive from it. */
export interface Encoding<Name extends string = string> {
  /** The number on the wire. */
  readonly number: number;
  /** The name in flags, viewer tables and figures. */
  readonly name: Name;
  /** The name in rfbproto.rst. */
  readonly label: string;
  /**
   * Creates a decoder for one connection, or null without what it needs; null if it only occurs inside another encoding.
   */
  readonly decode: ((parts: DecoderParts) => RectangleDecoder | null) | null;
  /**
   * Whether the bytes after a rectangle's header, which its decoder reads all at once, can be recorded as they are: they
   * decode without those of earlier rectangles, or, as films, after those in the same place. Missing where they never do,
   * or where nobody would copy them.
   */
  readonly keepable?: (data: Uint8Array) => boolean;
  /**
   * Pseudo-encodings that a viewer lists besides the number, if it supports the encoding; called when the list is sent.
   */
  readonly pseudoEncodings?: () => readonly number[];
}

/** An encoding that can also be encoded here. */
export interface WrittenEncoding<Name extends string = string> extends Encoding<Name> {
  readonly encode: Encoder;
  /** Whether the deflate level makes a difference. */
  readonly deflates: boolean;
  /** Whether it is lossy for viewers that request a quality. */
  readonly losses: 'none' | 'where photographic';
  /** Encodings that are preferred to this one if the viewer lists them, in whatever order. */
  readonly yieldsTo?: readonly WrittenEncoding[];
  /**
   * For a substitute, which is sent in rectangles of another encoding to viewers that list both. `serves`: whether it
   * is better at this quality; `alone`: than nothing, because this machine cannot write JPEG.
   */
  readonly instead?: {
    readonly of: WrittenEncoding;
    readonly serves: (quality: JpegQuality, alone: boolean) => boolean;
  };
}
