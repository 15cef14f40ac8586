import type { Clock } from '../../../core/clock.js';
import { PeerglassError } from '../../../core/errors.js';
import { TIMEOUTS } from './bounds.js';

/** Why a connection makes no progress: the server stopped inside a message, or reads nothing. */
export type Stall = 'sends' | 'reads';

export interface StallWatchdogHost {
  readonly clock: Clock;
  /** What the connection waits for now; null: nothing, since an idle server may be silent for hours. */
  waitsFor(): Stall | null;
  /** Bytes transferred in the awaited direction. */
  bytes(stall: Stall): number;
  /** Whether the viewer has been warned that the whole link is unresponsive. Recovery is announced there too. */
  missed(): boolean;
  notice(tone: 'good' | 'warning', text: string): void;
  ended(error: PeerglassError): void;
}

const TEXTS: Readonly<Record<Stall, { readonly warning: string; readonly error: string }>> = {
  sends: {
    warning: 'The sharer stopped sending in the middle of an update.',
    error: 'The sharer stopped sending in the middle of an update and sent nothing for a minute.',
  },
  reads: {
    warning: "The sharer is not reading this viewer's replies.",
    error: "The sharer read none of this viewer's replies for a minute.",
  },
};

/** Checks twice a second whether a connection makes progress; warns, then gives it up. */
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
    // The whole link is unresponsive, and that has been announced.
    if (this.#host.missed()) this.#warned = false;
    const stall = this.#host.waitsFor();
    const bytes = stall === null ? 0 : this.#host.bytes(stall);
    const quiet = stall !== null && stall === this.#stall && bytes - this.#bytes < TIMEOUTS.minBytes;
    this.#stall = stall;
    this.#bytes = bytes;
    if (!quiet) {
      if (this.#warned) this.#host.notice('good', 'The sharer is responding again.');
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
