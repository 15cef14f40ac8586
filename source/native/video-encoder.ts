import type { VideoEncoderConfig } from '../codecs/video/video-codec.js';

/** How much work a picture may be; an encoder without presets takes them all for the same. */
export const PRESETS = ['ultrafast', 'superfast', 'veryfast'] as const;
export type EncoderPreset = (typeof PRESETS)[number];

/** A stream of pictures of one size. Synchronous: for a process of its own. */
export interface NativeVideoEncoder {
  /**
   * Encodes one picture to one access unit of one slice, in Annex B.
   * @param picture I420, packed (VideoFrame), in memory that does not move
   * @param keyFrame as an IDR, with SPS and PPS before it
   * @returns the access unit, valid until the next call
   * @throws Error
   */
  encode(picture: Uint8Array, keyFrame: boolean): { readonly data: Uint8Array; readonly key: boolean };
  /** Bits a second at a frame rate, from the next picture on. */
  setRate(bitrate: number, framerate: number): void;
  close(): void;
}

/** An H.264 library of the system that encodes. */
export interface VideoEncoderLibrary {
  readonly name: 'x264' | 'OpenH264';
  readonly version: string;
  /** @throws Error where the library refuses, e.g. the size */
  open(config: VideoEncoderConfig, preset: EncoderPreset): NativeVideoEncoder;
}
