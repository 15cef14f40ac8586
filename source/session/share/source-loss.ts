import { asPeerglassError, type ErrorReport, type PeerglassError } from '../../core/errors.js';
import type { Announcement } from '../announcement.js';

export interface SourceLossHost {
  /** The source, e.g. "monitor HDMI-1 (1920x1080)". */
  readonly sourceDescription: string | null;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
  announce(announcement: Announcement | null): void;
}

/** By the error, how viewers are told; otherwise that the source is gone. */
const ANNOUNCED: Readonly<Record<string, string>> = { E_SOURCE_HIDDEN: 'minimised', E_DISPLAY_HUNG: 'hung' };

/** Reports to both ends that the source is gone or hidden, is back, or was replaced. */
export class SourceLoss {
  readonly #host: SourceLossHost;
  #missing: ErrorReport | null = null;

  constructor(host: SourceLossHost) {
    this.#host = host;
  }

  /** Why the source cannot be captured for now, or null. */
  get missing(): ErrorReport | null {
    return this.#missing;
  }

  sourceLost(error: PeerglassError): void {
    this.#missing = error.report();
    this.#host.notice('warning', `${error.message} Viewers keep the last picture.`, error.code);
    // The titles of windows and the names of monitors are not sent to viewers.
    this.#host.announce({ kind: ANNOUNCED[error.code] ?? 'source-gone', text: '' });
  }

  sourceBack(): void {
    this.#host.notice('good', `${this.#host.sourceDescription}: shared again`);
    this.#over();
  }

  sourceChanged(text: string): void {
    this.#host.notice('warning', `now sharing ${text}`);
  }

  sourceAsks(text: string): void {
    this.#host.notice('info', text);
  }

  /** @param switched resolves when another source is shared, rejects if it cannot be */
  async choose(switched: Promise<void>): Promise<void> {
    try {
      await switched;
      this.#over();
      this.#host.notice('info', `now sharing ${this.#host.sourceDescription}`);
    } catch (error) {
      const { message, code } = asPeerglassError(error);
      const goesOn = this.#missing ? 'Viewers keep the last picture.' : 'The previous source is still shared.';
      this.#host.notice('warning', `${message} ${goesOn}`, code);
    }
  }

  #over(): void {
    if (!this.#missing) return;
    this.#missing = null;
    this.#host.announce(null);
  }
}
