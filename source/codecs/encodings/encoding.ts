import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { StreamInflater } from '../decode/inflate.js';
import type { RectangleDecoder } from '../decode/rectangle-decoder.js';
import type { Encoder } from '../encode/encode-job.js';
import type { JpegDecoder } from '../jpeg/jpeg-decoder.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';

/** What decoders are made of: one of each a connection. */
export interface DecoderParts {
  readonly inflater: StreamInflater;
  readonly memory: PixelMemory;
  /** Null where JPEG cannot be read: nobody asks for it then. */
  readonly jpeg: JpegDecoder | null;
}

/** All that is to be known of an encoding: words, lists, what a viewer is sent and how that is read derive from it. */
export interface Encoding<Name extends string = string> {
  /** On the wire. */
  readonly number: number;
  /** As flags, viewer tables and figures have it. */
  readonly name: Name;
  /** As rfbproto.rst writes it. */
  readonly label: string;
  /** A decoder for one connection; null for what is only met inside of another encoding. */
  readonly decode: ((parts: DecoderParts) => RectangleDecoder) | null;
  /** What a viewer that reads it here lists besides its number; called when the list is sent. */
  readonly pseudoEncodings?: () => readonly number[];
}

/** An encoding that is written here as well. */
export interface WrittenEncoding<Name extends string = string> extends Encoding<Name> {
  readonly encode: Encoder;
  /** Whether the deflate level makes a difference. */
  readonly deflates: boolean;
  /** Whether something may be lost for a viewer that asked for a quality. */
  readonly losses: 'none' | 'where photographic';
  /** Those that are sent rather where a viewer lists them as well, in whatever order. */
  readonly yieldsTo?: readonly WrittenEncoding[];
  /**
   * For what goes instead of another encoding, in rectangles of that one, to viewers that list both.
   * `serves`: whether it does better at a quality.
   */
  readonly instead?: { readonly of: WrittenEncoding; readonly serves: (quality: JpegQuality) => boolean };
}
