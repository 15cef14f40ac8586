import type { VideoEncoder, VideoEncoderInit } from '../../source/codecs/video/video-codec.js';
import type { VideoEncoders } from '../../source/session/share/video/video-encoders.js';
import { keyPicture, nextPicture } from './h264-writer.js';

const MACROBLOCK = 16;

/** Encoders whose streams are right H.264 as far as it is checked before it is decoded, and show nothing. */
export class WrittenVideoEncoders implements VideoEncoders {
  readonly state = 'ready';
  readonly name = 'written 1';
  readonly reason = null;
  readonly use = null;

  start(): void {}

  open({ output }: VideoEncoderInit): VideoEncoder {
    let closed = false;
    return {
      encodeQueueSize: 0,
      configure: () => {},
      encode: ({ width, height, timestamp }, { keyFrame }) => {
        const blocks = { width: Math.ceil(width / MACROBLOCK), height: Math.ceil(height / MACROBLOCK) };
        const data = keyFrame ? keyPicture(blocks) : nextPicture();
        setImmediate(() => {
          if (!closed) output({ type: keyFrame ? 'key' : 'delta', data, timestamp });
        });
      },
      close: () => {
        closed = true;
      },
    };
  }

  async close(): Promise<void> {}
}
