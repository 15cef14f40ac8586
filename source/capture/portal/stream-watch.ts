import type { Clock } from '../../core/clock.js';
import type { StreamState } from '../../native/pipewire.js';

/** A stream begins with a frame, which comes within this time. */
const NUDGE_MS = 500;
/** Number of attempts while no frame has come since the negotiation. */
const MOST_NUDGES = 4;

export interface StreamWatchHost {
  readonly clock: Clock;
  /** Pauses the stream and resumes it: compositors then send the picture again. */
  nudge(): void;
  /** It was negotiated, but delivers nothing. */
  stalled(): void;
}

/**
 * Makes sure that a stream begins with a frame. PipeWire loses a frame sent before its link is up, and a static screen
 * sends no other: then the stream is paused and resumed.
 */
export class StreamWatch {
  readonly #host: StreamWatchHost;
  #state: StreamState = 'connecting';
  #fresh = false;
  #nudges = 0;
  #nudged = false;
  #cancel: (() => void) | null = null;

  constructor(host: StreamWatchHost) {
    this.#host = host;
  }

  get streaming(): boolean {
    return this.#state === 'streaming';
  }

  state(state: StreamState): void {
    const before = this.#state;
    this.#state = state;
    if (state !== 'streaming') {
      this.#stop();
    } else if (before !== 'streaming') {
      if (!this.#nudged) this.#nudges = 0;
      this.#nudged = false;
      this.#expect();
    }
  }

  negotiated(): void {
    this.#fresh = false;
    this.#nudges = 0;
    if (this.streaming) this.#expect();
  }

  frameCame(): void {
    this.#fresh = true;
    this.#stop();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #expect(): void {
    this.#stop();
    this.#cancel = this.#host.clock.after(NUDGE_MS, () => {
      this.#cancel = null;
      // With a picture, there may simply be nothing new to send.
      if (this.#nudges < (this.#fresh ? 1 : MOST_NUDGES)) {
        this.#nudges++;
        this.#nudged = true;
        this.#host.nudge();
        if (this.streaming) this.#expect();
      } else if (!this.#fresh) {
        this.#host.stalled();
      }
    });
  }
}
