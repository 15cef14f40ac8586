import type {
  EncodedVideoChunk,
  VideoDecoder,
  VideoDecoderConfig,
  VideoDecoderInit,
  VideoDecoders,
} from '../../source/codecs/video/video-codec.js';

/** A stream being decoded, as tests see it. */
export class FakeVideoDecoder implements VideoDecoder {
  readonly chunks: EncodedVideoChunk[] = [];
  config: VideoDecoderConfig | null = null;
  closed = false;
  readonly #init: VideoDecoderInit;
  readonly #decoded: (decoder: FakeVideoDecoder) => void;

  constructor(init: VideoDecoderInit, decoded: (decoder: FakeVideoDecoder) => void) {
    this.#init = init;
    this.#decoded = decoded;
  }

  configure(config: VideoDecoderConfig): void {
    this.config = config;
  }

  decode(chunk: EncodedVideoChunk): void {
    this.chunks.push(chunk);
    this.#decoded(this);
  }

  close(): void {
    this.closed = true;
  }

  /** A picture of one grey, see `shade`. */
  show(step: number): void {
    if (this.closed || !this.config) return;
    const { codedWidth: width, codedHeight: height } = this.config;
    // Rows are longer than the picture, as decoders have them.
    const stride = width + 5;
    const halfStride = ((width + 1) >> 1) + 3;
    const half = halfStride * ((height + 1) >> 1);
    const luma = stride * height;
    const data = new Uint8Array(luma + 2 * half).fill(128).fill(16 + step, 0, luma);
    const layout = [
      { offset: 0, stride },
      { offset: luma, stride: halfStride },
      { offset: luma + half, stride: halfStride },
    ];
    this.#init.output({ format: 'I420', layout, data });
    // Only valid during the call.
    data.fill(0);
  }

  fail(message = 'it is damaged'): void {
    if (this.closed) return;
    this.closed = true;
    this.#init.error(new Error(message));
  }
}

/** Decoders under the control of a test. */
export class FakeVideoDecoders implements VideoDecoders {
  readonly name = 'a test';
  readonly all: FakeVideoDecoder[] = [];
  closed = false;
  starting = false;
  /** Called with each chunk; does nothing by default. */
  onChunk: (decoder: FakeVideoDecoder) => void = () => {};

  create(init: VideoDecoderInit): VideoDecoder {
    const decoder = new FakeVideoDecoder(init, each => this.onChunk(each));
    this.all.push(decoder);
    return decoder;
  }

  get last(): FakeVideoDecoder {
    return this.all.at(-1)!;
  }

  close(): void {
    this.closed = true;
  }
}

/** The colour of one of the 219 steps that luma has in limited range. */
export function shade(step: number): number {
  return Math.round((step * 255) / 219) * 0x010101;
}
