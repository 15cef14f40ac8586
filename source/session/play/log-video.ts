import type { VideoDecoders } from '../../codecs/video/video-codec.js';
import type { VideoEvents, VideoParts } from '../../codecs/video/video-contexts.js';
import type { Clock } from '../../core/clock.js';
import type { Rectangle } from '../../core/rectangle.js';
import { VIDEO_LIMITS } from '../watch/rfb/bounds.js';

export interface LogVideoHost {
  readonly clock: Clock;
  /** Null: H.264 cannot be decoded here. */
  readonly decoders: VideoDecoders | null;
  /** Whether a picture waits until the decoder has started. Where the next one comes at once, none need. */
  readonly patient: boolean;
  /** Films are decoded by this from now on, e.g. "H.264 by libavcodec 59"; null: not any more. */
  decodedBy(name: string | null): void;
  /** Said once: films are not shown as films. */
  cannot(text: string): void;
}

/**
 * The films of a log. Nobody can be asked for a picture that was not decoded, but each segment shows every film once as
 * a picture and begins it again with an IDR. So whoever cannot decode sees a picture some seconds old, never a wrong one.
 */
export class LogVideo implements VideoEvents {
  /** Null: H.264 is skipped. */
  readonly parts: VideoParts | null;
  readonly #host: LogVideoHost;
  /** When faults happened lately. */
  #faults: number[] = [];
  #wanted = true;
  #described = false;
  #told = false;

  constructor(host: LogVideoHost) {
    this.#host = host;
    const { decoders, clock, patient } = host;
    this.parts = decoders && { decoders, clock, patient, events: this };
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** A picture of a film was skipped. */
  skipped(): void {
    this.#tell('they are H.264, and nothing here decodes it');
  }

  decoded(): void {
    if (this.#described) return;
    this.#described = true;
    this.#host.decodedBy(`H.264 by ${this.#host.decoders?.name}`);
  }

  /** What goes on from a picture that was not decoded waits for the next segment. */
  failed(_rectangle: Rectangle, why: string | null): void {
    if (why === null) return;
    const now = this.#host.clock.now();
    this.#faults = [...this.#faults.filter(time => now - time < VIDEO_LIMITS.faultsMs), now];
    if (this.#faults.length < VIDEO_LIMITS.faults) return;
    this.#wanted = false;
    this.#host.decodedBy(null);
    this.#tell(`${this.#faults.length} times in ${VIDEO_LIMITS.faultsMs / 1000} s there was H.264 ${why}`);
  }

  close(): void {
    this.#host.decoders?.close();
  }

  #tell(why: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#host.cannot(`Films are shown as pictures that change every few seconds: ${why}.`);
  }
}
