import type { Clock } from '../core/clock.js';
import { PeerglassError } from '../core/errors.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { CaptureEvents, CaptureSource, SourceDescription, SourceEvent } from './capture-source.js';
import type { PinnedPart } from './pinned-part.js';

const RETRY_MS = 1000;

/** A source of one display server, which may end. */
export interface ServerSource extends CaptureSource {
  /** What is shared, to find it again. */
  readonly part: PinnedPart | null;
  onEvent(listener: (event: SourceEvent) => void): void;
  onDeath(listener: (error: PeerglassError) => void): void;
}

/**
 * Shares a part of a screen across restarts of its display server. When the server ends, the source is lost until a
 * server runs in the same place again; then the same part is shared. (Windows do not survive their server.)
 */
export class ReconnectingSource implements CaptureSource {
  /** Creates a source; `part` was shared before. */
  readonly #create: (part: PinnedPart | null) => ServerSource;
  /** What must run again, e.g. "an X server". */
  readonly #server: string;
  readonly #clock: Clock;
  #source: ServerSource;
  #events: CaptureEvents | null = null;
  #onEvent: (event: SourceEvent) => void = () => {};
  /** The size that the reader knows. */
  #size: Size | null = null;
  /** Set while there is no server. */
  #cancelRetry: (() => void) | null = null;
  #pointerPainted = true;
  #closed = false;

  /** @param server what must run again after it has ended, e.g. "an X server" */
  constructor(create: (part: PinnedPart | null) => ServerSource, server: string, clock: Clock) {
    this.#create = create;
    this.#server = server;
    this.#clock = clock;
    this.#source = create(null);
  }

  get safetyCheckMs(): number | null {
    return this.#source.safetyCheckMs;
  }

  async open(): Promise<void> {
    await this.#source.open();
    this.#attend();
    this.#size = this.#source.describe();
  }

  describe(): SourceDescription {
    return this.#source.describe();
  }

  reportAgain(): void {
    this.#source.reportAgain?.();
  }

  start(events: CaptureEvents): void {
    this.#events = events;
    if (!this.#cancelRetry) this.#begin(events);
  }

  stop(): void {
    this.#events = null;
    this.#source.stop();
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#onEvent = listener;
  }

  paintPointer(painted: boolean): void {
    this.#pointerPainted = painted;
    this.#source.paintPointer?.(painted);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    const source = this.#source;
    try {
      return this.#cancelRetry ? 0 : await source.read(rectangles, incoming);
    } catch (error) {
      if (!isDeath(error)) throw error;
      this.#lose(source, error);
      return 0;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#events = null;
    this.#onEvent = () => {};
    await this.#source.close();
  }

  #attend(): void {
    const source = this.#source;
    source.onDeath(error => this.#lose(source, error));
    source.onEvent(event => this.#onEvent(event));
  }

  #begin(events: CaptureEvents): void {
    const source = this.#source;
    source.paintPointer?.(this.#pointerPainted);
    const { width, height } = source.describe();
    const resized = (size: Size) => {
      this.#size = size;
      events.resized(size);
    };
    if (this.#size?.width !== width || this.#size.height !== height) resized({ width, height });
    source.start({
      damage: rectangles => events.damage(rectangles),
      cursor: state => events.cursor(state),
      resized,
      ended: error => (isDeath(error) ? this.#lose(source, error) : events.ended(error)),
    });
  }

  #lose(source: ServerSource, { message }: PeerglassError): void {
    if (source !== this.#source || this.#cancelRetry || this.#closed) return;
    source.stop();
    this.#retryLater();
    const remedy = `Sharing resumes by itself when ${this.#server} runs there again.`;
    this.#onEvent({ kind: 'lost', error: new PeerglassError('E_SOURCE_GONE', message, remedy) });
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    const old = this.#source;
    const source = this.#create(old.part);
    try {
      await source.open();
    } catch {
      // The server, or its monitors, are not there yet.
      if (!this.#closed) this.#retryLater();
      return;
    }
    if (this.#closed) return source.close();
    this.#source = source;
    this.#cancelRetry = null;
    this.#attend();
    await old.close();
    if (this.#events) this.#begin(this.#events);
    this.#onEvent({ kind: 'back' });
  }
}

function isDeath(error: unknown): error is PeerglassError {
  return error instanceof PeerglassError && error.code === 'E_DISPLAY_DIED';
}
