import type { VideoDecoders } from '../../../codecs/video/video-codec.js';
import type { VideoEvents } from '../../../codecs/video/video-contexts.js';
import type { Clock } from '../../../core/clock.js';
import { type Rectangle, sameRectangle } from '../../../core/rectangle.js';
import { VIDEO_LIMITS } from './bounds.js';

export interface VideoRecoveryHost {
  readonly clock: Clock;
  /** Asks the server for all of a rectangle. */
  ask(rectangle: Rectangle): void;
  /** H.264 is not wanted any more. */
  unwanted(): void;
  describe(facts: { readonly video: string | null }): void;
  notice(tone: 'warning', text: string, code: string): void;
}

/** A rectangle that waits for a picture with which decoding can begin. */
interface Lost {
  readonly rectangle: Rectangle;
  /** When it was last asked for; null: not yet. */
  askedAt: number | null;
}

/**
 * What becomes of H.264 that cannot be decoded: its rectangle is asked for anew, and when that happens too often the
 * server is told to send no more of it. So a film may stutter, and a session goes on.
 */
export class VideoRecovery implements VideoEvents {
  readonly #decoders: VideoDecoders;
  readonly #host: VideoRecoveryHost;
  #lost: Lost[] = [];
  /** Of the faults lately. */
  #faults: number[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #wanted = true;
  #described = false;

  constructor(decoders: VideoDecoders, host: VideoRecoveryHost) {
    this.#decoders = decoders;
    this.#host = host;
  }

  /** Whether the server is told that H.264 may come. */
  get wanted(): boolean {
    return this.#wanted;
  }

  decoded(rectangle: Rectangle): void {
    if (this.#lost.length > 0) this.#lost = this.#lost.filter(each => !sameRectangle(each.rectangle, rectangle));
    if (this.#described) return;
    this.#described = true;
    this.#host.describe({ video: `H.264 by ${this.#decoders.name}` });
  }

  failed(rectangle: Rectangle, why: string | null): void {
    if (!this.#wanted) return;
    const now = this.#host.clock.now();
    let lost = this.#lost.find(each => sameRectangle(each.rectangle, rectangle));
    // It has been asked for, and may be on its way.
    if (why === null && lost && now - (lost.askedAt ?? now) < VIDEO_LIMITS.answerMs) return;
    if (!lost) {
      lost = { rectangle, askedAt: null };
      this.#lost.push(lost);
      if (this.#lost.length > VIDEO_LIMITS.lost) this.#lost.shift();
    }
    lost.askedAt = null;
    this.#faults = [...this.#faults.filter(time => now - time < VIDEO_LIMITS.faultsMs), now];
    if (this.#faults.length >= VIDEO_LIMITS.faults) this.#giveUp(why);
    else this.#askSoon();
  }

  /** Areas of the picture before mean nothing. */
  resized(): void {
    this.#lost = [];
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#wanted = false;
  }

  #askSoon(): void {
    if (this.#cancel) return;
    const wait = this.#askedAt + VIDEO_LIMITS.askMs - this.#host.clock.now();
    if (wait > 0) this.#cancel = this.#host.clock.after(wait, () => this.#ask());
    else this.#ask();
  }

  #ask(): void {
    this.#cancel = null;
    this.#askedAt = this.#host.clock.now();
    for (const lost of this.#lost) {
      if (lost.askedAt !== null) continue;
      lost.askedAt = this.#askedAt;
      this.#host.ask(lost.rectangle);
    }
  }

  #giveUp(why: string | null): void {
    this.close();
    this.#host.describe({ video: null });
    const { faults, faultsMs } = VIDEO_LIMITS;
    const text = `Film comes as pictures now: ${faults} times in ${faultsMs / 1000} s the sharer sent H.264 ${why ?? 'that builds on a picture that never came'}.`;
    this.#host.notice('warning', text, 'E_VIDEO_DECODE');
    this.#host.unwanted();
    for (const { rectangle } of this.#lost.splice(0)) this.#host.ask(rectangle);
  }
}
