import type { Clock } from '../../../core/clock.js';
import type { BroadcastMessage } from '../../../protocols/broadcast/messages.js';
import { ResourceReader } from '../../../protocols/broadcast/resource-reader.js';
import { nameOf, type Resource } from '../../../protocols/broadcast/resources.js';
import type { MessageOpener } from '../../../protocols/broadcast/sealing.js';
import type { Download, StartDownload } from './download.js';

/** Messages are handled for this long before the window and the viewer's commands get their turn. */
const TURN_MS = 12;

/** A resource was answered with a status that is no success. */
export class StatusFault extends Error {
  override readonly name = 'StatusFault';
  readonly status: number;
  readonly resource: Resource;

  constructor(status: number, resource: Resource) {
    super(`${nameOf(resource)}: ${status}`);
    this.status = status;
    this.resource = resource;
  }
}

/** A resource ended in the middle of a message. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

export interface StreamParts {
  readonly clock: Clock;
  readonly start: StartDownload;
  readonly key: Uint8Array;
  readonly createOpener: (key: Uint8Array) => MessageOpener;
}

/** When what came of a resource came, by this machine's clock. */
export interface StreamTimes {
  readonly askedAt: number;
  /** Of its first bytes; null: none yet. */
  readonly firstAt: number | null;
  readonly lastAt: number;
}

/** The messages of one resource, as they arrive. */
export class ResourceStream {
  readonly resource: Resource;
  readonly #clock: Clock;
  readonly #download: Download;
  readonly #reader: ResourceReader;
  readonly #askedAt: number;
  #answered = false;
  #firstAt: number | null = null;
  #lastAt: number;
  #turnFrom: number;
  /** Since when something is waited for; null: it is not. */
  #waitingSince: number | null = null;
  #bytes = 0;
  #messageFrom: number;
  #messageBytes = 0;

  constructor(resource: Resource, { clock, start, key, createOpener }: StreamParts) {
    this.resource = resource;
    this.#clock = clock;
    this.#reader = new ResourceReader(resource, key, createOpener);
    this.#askedAt = clock.now();
    this.#lastAt = this.#askedAt;
    this.#turnFrom = this.#askedAt;
    this.#messageFrom = this.#askedAt;
    this.#download = start(nameOf(resource));
  }

  get times(): StreamTimes {
    return { askedAt: this.#askedAt, firstAt: this.#firstAt, lastAt: this.#lastAt };
  }

  /** How long the reader has waited for more; 0 where it does not wait. */
  get waitingMs(): number {
    return this.#waitingSince === null ? 0 : this.#clock.now() - this.#waitingSince;
  }

  get epoch(): Uint8Array | null {
    return this.#reader.epoch;
  }

  /** Whether bytes that have come wait to be read. */
  get hasMore(): boolean {
    return this.#reader.unread > 0;
  }

  /** Of the last message: its bytes as they came, and how long they took. */
  get last(): { readonly bytes: number; readonly receiveMs: number } {
    return { bytes: this.#messageBytes, receiveMs: Math.max(this.#lastAt - this.#messageFrom, 0) };
  }

  /**
   * The next message, valid until the next call; null at the end.
   * @param idle told how long nothing came after all that had come was read
   * @throws StatusFault, CutOff, BroadcastFault, PeerglassError
   */
  async next(idle: (ms: number) => void = () => {}): Promise<BroadcastMessage | null> {
    if (!this.#answered) {
      const status = await this.#waiting(this.#download.head());
      this.#answered = true;
      if (status !== 200) {
        this.cancel();
        throw new StatusFault(status, this.resource);
      }
    }
    const from = this.#bytes - this.#reader.unread;
    if (this.hasMore) {
      this.#messageFrom = this.#lastAt;
      await this.#giveTurn();
    }
    for (;;) {
      const message = await this.#reader.next();
      if (message) {
        this.#messageBytes = this.#bytes - this.#reader.unread - from;
        return message;
      }
      const between = !this.hasMore;
      const waitsFrom = this.#clock.now();
      const chunk = await this.#waiting(this.#download.read());
      const now = this.#clock.now();
      if (!chunk) {
        if (!between) throw new CutOff('it ends in the middle of a message');
        return null;
      }
      if (between) {
        idle(now - waitsFrom);
        this.#messageFrom = now;
      }
      this.#firstAt ??= now;
      this.#lastAt = now;
      this.#bytes += chunk.length;
      this.#reader.push(chunk);
    }
  }

  cancel(): void {
    this.#download.cancel();
  }

  async #waiting<Result>(result: Promise<Result>): Promise<Result> {
    this.#waitingSince = this.#clock.now();
    try {
      return await result;
    } finally {
      this.#waitingSince = null;
      this.#turnFrom = this.#clock.now();
    }
  }

  async #giveTurn(): Promise<void> {
    if (this.#clock.now() - this.#turnFrom < TURN_MS) return;
    await new Promise<void>(resolve => this.#clock.soon(resolve));
    this.#turnFrom = this.#clock.now();
  }
}
