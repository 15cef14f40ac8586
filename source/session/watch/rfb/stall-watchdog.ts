import type { Clock } from '../../../core/clock.js';
import { PeerglassError } from '../../../core/errors.js';
import { TIMEOUTS } from './bounds.js';

/** Why a connection does not get on: the server stopped in the middle of a message, or reads nothing. */
export type Stall = 'sends' | 'reads';

export interface StallWatchdogHost {
  readonly clock: Clock;
  /** What the connection waits for now; null: for nothing, an idle server may say nothing for hours. */
  waitsFor(): Stall | null;
  /** Bytes that went over it, in the direction that is waited for. */
  bytes(stall: Stall): number;
  /** Whether the person was told that the whole link does not answer, and will be told when it does. */
  missed(): boolean;
  notice(tone: 'good' | 'warning', text: string): void;
  ended(error: PeerglassError): void;
}

const TEXTS: Readonly<Record<Stall, { readonly warning: string; readonly error: string }>> = {
  sends: {
    warning: 'The sharer stopped in the middle of a picture.',
    error: 'The sharer stopped in the middle of a picture, and sent nothing more for a minute.',
  },
  reads: {
    warning: 'The sharer reads nothing of what this viewer answers.',
    error: 'The sharer read nothing of what this viewer answered for a minute.',
  },
};

/** Looks twice a second whether a connection gets on; tells it and gives it up when it does not. */
export class StallWatchdog {
  readonly #host: StallWatchdogHost;
  #cancel: () => void = () => {};
  #stall: Stall | null = null;
  #bytes = 0;
  #ticks = 0;
  #warned = false;

  constructor(host: StallWatchdogHost) {
    this.#host = host;
  }

  start(): void {
    this.#cancel = this.#host.clock.after(TIMEOUTS.tickMs, () => {
      this.start();
      this.#tick();
    });
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    // Of a link that does not answer nothing more is said.
    if (this.#host.missed()) this.#warned = false;
    const stall = this.#host.waitsFor();
    const bytes = stall === null ? 0 : this.#host.bytes(stall);
    const quiet = stall !== null && stall === this.#stall && bytes - this.#bytes < TIMEOUTS.minBytes;
    this.#stall = stall;
    this.#bytes = bytes;
    if (!quiet) {
      if (this.#warned) this.#host.notice('good', 'The sharer goes on.');
      this.#warned = false;
      this.#ticks = 0;
      return;
    }
    this.#ticks++;
    if (this.#ticks === TIMEOUTS.warnTicks && !this.#host.missed()) {
      this.#warned = true;
      this.#host.notice('warning', TEXTS[stall].warning);
    }
    if (this.#ticks < TIMEOUTS.giveUpTicks) return;
    this.#host.ended(new PeerglassError('E_PEER_SILENT', TEXTS[stall].error));
  }
}
