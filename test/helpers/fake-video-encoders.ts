import type { VideoEncoder, VideoEncoderConfig, VideoEncoderInit } from '../../source/codecs/video/video-codec.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import type { EncoderState, VideoEncoders } from '../../source/session/share/video/video-encoders.js';
import type { ReferencePicture } from './reference-decoder.js';

/** U8 1 for a key picture, U32 its place in the stream, then its luma. */
const HEAD = 5;
const ENCODE_MS = 4;

/** Encoders of a stream that a test can read: pictures are grey, and each needs the one before it. */
export class FakeVideoEncoders implements VideoEncoders {
  state: EncoderState = 'unknown';
  name: string | null = null;
  reason: string | null = null;
  use = null;
  closed = false;
  readonly configs: VideoEncoderConfig[] = [];
  readonly #available: boolean;
  readonly #changed: () => void;
  readonly #open = new Set<VideoEncoderInit>();

  constructor(changed: () => void, available = true) {
    this.#changed = changed;
    this.#available = available;
  }

  start(): void {
    if (this.state === 'unknown') setImmediate(() => this.become(this.#available ? 'ready' : 'none'));
  }

  become(state: EncoderState): void {
    this.state = state;
    this.name = state === 'ready' ? 'fake 1' : null;
    this.#changed();
  }

  open(init: VideoEncoderInit): VideoEncoder {
    this.#open.add(init);
    let index = 0;
    let queued = 0;
    return {
      get encodeQueueSize() {
        return queued;
      },
      configure: config => {
        this.configs.push(config);
      },
      encode: ({ width, height, data, timestamp }, { keyFrame }) => {
        const unit = Buffer.alloc(HEAD + width * height);
        unit[0] = keyFrame ? 1 : 0;
        unit.writeUInt32BE(index++, 1);
        unit.set(data.subarray(0, width * height), HEAD);
        queued++;
        setTimeout(() => {
          queued--;
          if (this.#open.has(init)) init.output({ type: keyFrame ? 'key' : 'delta', data: unit, timestamp });
        }, ENCODE_MS);
      },
      close: () => {
        this.#open.delete(init);
      },
    };
  }

  /** Everything that was open is gone; a new one is there soon. */
  crash(): void {
    const gone = [...this.#open];
    this.#open.clear();
    this.become('starting');
    for (const init of gone) init.error(new Error('crashed'));
    setTimeout(() => this.become('ready'), 30);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#open.clear();
  }
}

/** Reads what FakeVideoEncoders write, and refuses what a decoder of H.264 could not read. */
export class FakeVideoReader {
  /** The pictures so far, and those that need no other. */
  pictures = 0;
  keys = 0;
  readonly #last = new Map<string, number>();

  read(
    place: Rectangle,
    flags: number,
    data: Uint8Array,
    masks: readonly Rectangle[],
    picture: ReferencePicture,
  ): void {
    const { x, y, width, height } = place;
    if ([x, y, width, height].some(edge => edge % 2 !== 0)) throw new Error('an odd rectangle of video');
    if (data.length !== HEAD + width * height) throw new Error('a picture of another size');
    const unit = Buffer.from(data);
    const index = unit.readUInt32BE(1);
    const context = `${x} ${y} ${width} ${height}`;
    if (unit[0] === 1) {
      if (flags !== 1) throw new Error('an IDR that does not reset its context');
      this.keys++;
    } else if (flags !== 0 || this.#last.get(context) !== index - 1) {
      throw new Error(`picture ${index} after ${this.#last.get(context)}`);
    }
    this.#last.set(context, index);
    this.pictures++;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const inside = (mask: Rectangle) =>
          x + column >= mask.x &&
          x + column < mask.x + mask.width &&
          y + row >= mask.y &&
          y + row < mask.y + mask.height;
        if (masks.some(inside)) continue;
        const light = data[HEAD + row * width + column]!;
        picture.set(x + column, y + row, (light << 16) | (light << 8) | light);
      }
    }
  }
}
