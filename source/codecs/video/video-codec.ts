/**
 * The port to H.264, shaped as the browser's WebCodecs (https://www.w3.org/TR/webcodecs/), of which it is the part that
 * peerglass uses. A platform's implementation is injected: a process of its own on Node, WebCodecs in the browser.
 *
 * The stream is what rfb's encoding 50 carries: Annex B, one slice an access unit, no B-pictures, 4:2:0, 8 bit, BT.601 in
 * limited range, SPS and PPS before each IDR. Every access unit gives one picture, at once.
 */

/**
 * One picture in I420: the planes Y, U and V one after the other, rows from the top, no padding. Width and height are
 * even.
 */
export interface VideoFrame {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3 / 2` bytes. Only valid during the call that it is passed to. */
  readonly data: Uint8Array;
  /** Microseconds; an access unit has that of its picture. */
  readonly timestamp: number;
}

/** One access unit, in Annex B. */
export interface EncodedVideoChunk {
  /** `key`: an IDR, with its SPS and PPS before it. */
  readonly type: 'key' | 'delta';
  readonly data: Uint8Array;
  readonly timestamp: number;
}

export interface VideoEncoderConfig {
  readonly width: number;
  readonly height: number;
  /** Bits a second at `framerate`: what matters is their quotient, the mean size of a picture. */
  readonly bitrate: number;
  readonly framerate: number;
}

export interface VideoEncoderInit {
  output(chunk: EncodedVideoChunk): void;
  /** It is closed from then on. */
  error(error: Error): void;
}

export interface VideoEncoder {
  /** Pictures whose access unit has not come yet. */
  readonly encodeQueueSize: number;
  /** Of the same size as before it only sets the rate, and the stream goes on; else the next picture is an IDR. */
  configure(config: VideoEncoderConfig): void;
  /** The frame is copied, or encoded, before this returns. */
  encode(frame: VideoFrame, options: { readonly keyFrame: boolean }): void;
  close(): void;
}

export interface VideoDecoderConfig {
  /** As RFC 6381 names it, e.g. "avc1.42c01f". */
  readonly codec: string;
  /** Of the visible picture, which is that of the rectangle. */
  readonly codedWidth: number;
  readonly codedHeight: number;
}

/** Where a plane lies in a frame's data. */
export interface PlaneLayout {
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** One picture as it comes out of a decoder, in whatever layout that has; at least as large as its rectangle. */
export interface DecodedFrame {
  /** The planes Y, U and V; or Y, and U and V sample by sample. */
  readonly format: 'I420' | 'NV12';
  readonly layout: readonly PlaneLayout[];
  /** Only valid during the call that the frame is passed to. */
  readonly data: Uint8Array;
}

export interface VideoDecoderInit {
  /** A picture, in the order of the chunks. */
  output(frame: DecodedFrame): void;
  /** It is closed from then on. */
  error(error: Error): void;
}

/** All calls return at once. */
export interface VideoDecoder {
  configure(config: VideoDecoderConfig): void;
  /** The first one after `configure` is a key. */
  decode(chunk: EncodedVideoChunk): void;
  /** Nothing is told afterwards. Safe to call twice. */
  close(): void;
}

/** The decoders of one connection. */
export interface VideoDecoders {
  /** What decodes, e.g. "libavcodec 59"; empty before the first picture. */
  readonly name: string;
  /** Whether pictures take long because something has to start first. They come nevertheless, in their order. */
  readonly starting: boolean;
  create(init: VideoDecoderInit): VideoDecoder;
  close(): void;
}
