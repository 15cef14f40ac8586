import type { PlaneLayout } from '../../../codecs/video/video-codec.js';

/** To the process of the decoders. All but `close` are answered, in this order. */
export type ToDecoders =
  /** The first access unit of a stream. */
  | {
      readonly type: 'open';
      readonly id: number;
      /** Of the pictures, in whole macroblocks. */
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
    }
  | { readonly type: 'decode'; readonly id: number; readonly data: Uint8Array }
  | { readonly type: 'close'; readonly id: number };

/** From that process. */
export type FromDecoders =
  /** What it decodes with. */
  | { readonly type: 'loaded'; readonly name: string }
  /** There is nothing to decode with. */
  | { readonly type: 'unusable'; readonly reason: string }
  /** A picture is in the file, from its beginning: it may be overwritten by the next. */
  | { readonly type: 'picture'; readonly length: number; readonly layout: readonly PlaneLayout[] }
  | { readonly type: 'fault'; readonly reason: string };
