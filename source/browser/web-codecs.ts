import type {
  EncodedVideoChunk as Chunk,
  VideoDecoderConfig as Config,
  DecodedFrame,
  VideoDecoderInit as Init,
  VideoDecoder as Port,
  VideoDecoders,
} from '../codecs/video/video-codec.js';

/** A stream as sharers send: High profile, 1920x1080. */
const USUAL = { codec: 'avc1.640028', codedWidth: 1920, codedHeight: 1080 } as const;

/**
 * How to decode H.264 here; null: not at all. Browsers let pages do that in secure contexts only (https, this machine).
 */
export async function findWebCodecs(): Promise<(() => VideoDecoders) | null> {
  if (!isSecureContext || typeof VideoDecoder !== 'function') return null;
  try {
    const { supported } = await VideoDecoder.isConfigSupported(USUAL);
    return supported ? () => new WebCodecs() : null;
  } catch {
    return null;
  }
}

/** The browser's decoders, which work on threads of their own. */
class WebCodecs implements VideoDecoders {
  readonly name = 'the browser';
  readonly starting = false;
  readonly #open = new Set<WebDecoder>();

  create(init: Init): Port {
    const decoder = new WebDecoder(init, () => this.#open.delete(decoder));
    this.#open.add(decoder);
    return decoder;
  }

  close(): void {
    for (const decoder of this.#open) decoder.close();
  }
}

class WebDecoder implements Port {
  readonly #init: Init;
  readonly #whenClosed: () => void;
  #decoder: VideoDecoder | null;
  /** Frames are read one after the other. */
  #reading: Promise<void> = Promise.resolve();

  constructor(init: Init, whenClosed: () => void) {
    this.#init = init;
    this.#whenClosed = whenClosed;
    this.#decoder = new VideoDecoder({
      output: frame => {
        this.#reading = this.#reading.then(() => this.#read(frame)).catch((thrown: unknown) => this.#fail(thrown));
      },
      error: error => this.#fail(error),
    });
  }

  configure(config: Config): void {
    this.#try(decoder => decoder.configure({ ...config, optimizeForLatency: true }));
  }

  decode({ type, timestamp, data }: Chunk): void {
    // The array is this one's alone: pictures are copied when they are checked.
    const chunk = new EncodedVideoChunk({ type, timestamp, data: data as Uint8Array<ArrayBuffer> });
    this.#try(decoder => decoder.decode(chunk));
  }

  close(): void {
    if (!this.#decoder) return;
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    this.#whenClosed();
  }

  async #read(frame: VideoFrame): Promise<void> {
    try {
      const { format } = frame;
      if (!this.#decoder) return;
      if (format !== 'I420' && format !== 'NV12') throw new Error(`its pictures are ${format ?? 'opaque'}`);
      const data = new Uint8Array(frame.allocationSize());
      const layout: DecodedFrame['layout'] = await frame.copyTo(data);
      if (this.#decoder) this.#init.output({ format, layout, data });
    } finally {
      frame.close();
    }
  }

  #try(call: (decoder: VideoDecoder) => void): void {
    try {
      if (this.#decoder) call(this.#decoder);
    } catch (thrown) {
      // The caller has not been told yet that the call is over.
      queueMicrotask(() => this.#fail(thrown));
    }
  }

  #fail(thrown: unknown): void {
    if (!this.#decoder) return;
    this.close();
    this.#init.error(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}
