import type { ChildUse } from '../../../capture/capture-source.js';
import type { VideoEncoder, VideoEncoderInit } from '../../../codecs/video/video-codec.js';

/**
 * `unknown`: nobody has asked yet; `starting`: being asked; `ready`: there is one; `none`: none is installed; `failing`: it
 * has failed so often that it is no longer used.
 */
export type EncoderState = 'unknown' | 'starting' | 'ready' | 'none' | 'failing';

/** What encodes films for a share: the encoder process, or a fake in tests. */
export interface VideoEncoders {
  readonly state: EncoderState;
  /** What encodes, e.g. "x264 164"; null before it is known. */
  readonly name: string | null;
  /** Why it is failing. */
  readonly reason: string | null;
  readonly use: ChildUse | null;
  /** Finds out whether there is one, if nobody has yet. */
  start(): void;
  /** Only while `ready`. */
  open(init: VideoEncoderInit): VideoEncoder;
  close(): Promise<void>;
}

/** @param changed called when the state has changed */
export type CreateVideoEncoders = (changed: () => void) => VideoEncoders;
