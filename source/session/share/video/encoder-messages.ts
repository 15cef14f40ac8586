import type { ChildUse } from '../../../capture/capture-source.js';
import type { VideoEncoderConfig } from '../../../codecs/video/video-codec.js';

/** To the encoder process. A picture lies in the file until its answer has come. */
export type ToEncoder =
  /** The file has so many bytes. */
  | { readonly type: 'memory'; readonly length: number }
  | {
      readonly type: 'encode';
      readonly stream: number;
      readonly config: VideoEncoderConfig;
      /** Where the picture (VideoFrame) begins in the file. */
      readonly offset: number;
      readonly keyFrame: boolean;
      readonly timestamp: number;
    }
  | { readonly type: 'close'; readonly stream: number };

/** From it: first what it encodes with, then answers in order. */
export type FromEncoder =
  /** Null: no encoder is installed. */
  | { readonly type: 'ready'; readonly encoder: string | null }
  | {
      readonly type: 'chunk';
      readonly stream: number;
      readonly key: boolean;
      readonly data: Uint8Array;
      readonly timestamp: number;
      /** How long it took to encode. */
      readonly milliseconds: number;
      readonly use: ChildUse;
    }
  /** The stream has ended: a picture could not be encoded. */
  | { readonly type: 'failed'; readonly stream: number; readonly reason: string };
