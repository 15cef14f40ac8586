import { createHash } from 'node:crypto';
import type { PeerglassError } from '../../source/core/errors.js';
import type { Size } from '../../source/core/rectangle.js';
import { readBroadcastLink } from '../../source/protocols/broadcast/link.js';
import { BroadcastWatch } from '../../source/session/watch/broadcast-watch.js';
import type { LinkKeeperHost } from '../../source/session/watch/link-keeper.js';
import type { PictureUpdate } from '../../source/session/watch/protocol-session.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { WatchingHost } from './watching-host.js';

/** A viewer of a broadcast over HTTP, without a window. It keeps the hash of the picture after each update. */
export class WatchingBroadcast extends WatchingHost implements LinkKeeperHost {
  readonly watch: BroadcastWatch;
  /** Hashes of the pictures by update number. */
  readonly pictures = new Map<number, string>();
  readonly codes: string[] = [];
  readonly startedAt = performance.now();
  /** Milliseconds until the first picture was shown. */
  firstMs: number | null = null;
  readonly watchedMs = 0;
  readonly over: Promise<void>;
  #ended: PeerglassError | null = null;

  /** @param keeps whether pictures are hashed, which takes a while */
  constructor(link: string, keeps = true, options: Partial<WatchOptions> = {}) {
    super({ reconnect: true, ...options });
    const broadcast = readBroadcastLink(link);
    if (!broadcast) throw new Error(`no link of a broadcast: ${link}`);
    this.#keeps = keeps;
    this.watch = new BroadcastWatch(broadcast, this);
    this.over = this.watch.run().then(error => {
      this.#ended = error;
      this.ended(error);
    });
  }

  readonly #keeps: boolean;

  /** Why it ended; null while it runs. */
  get endedBy(): PeerglassError | null {
    return this.#ended;
  }

  get watched(): boolean {
    return this.firstMs !== null;
  }

  get size(): Size {
    return { width: this.framebuffer?.width ?? 0, height: this.framebuffer?.height ?? 0 };
  }

  /** The number of the update that is shown. */
  get update(): number {
    return this.watch.broadcast.update;
  }

  override present(update: PictureUpdate): void {
    this.firstMs ??= performance.now() - this.startedAt;
    if (this.#keeps && this.framebuffer) {
      this.pictures.set(this.update, createHash('md5').update(this.framebuffer.bytes()).digest('hex'));
    }
    super.present(update);
  }

  override notice(tone: string, text: string, code?: string): void {
    if (code !== undefined) this.codes.push(code);
    super.notice(tone, text);
    this.#look();
  }

  connected(): void {}
  begins(): void {}
  ending(): void {}

  lost({ code }: PeerglassError): void {
    this.codes.push(code);
    this.#look();
  }

  /** Makes those that wait check again: the next event may take a while. */
  #look(): void {
    this.describe({});
  }

  async stop(): Promise<void> {
    this.watch.close();
    await this.over;
  }
}

/** How many updates two viewers both showed, and after which of them their pictures differed. */
export function compared(one: WatchingBroadcast, other: WatchingBroadcast) {
  const both = [...one.pictures.keys()].filter(n => other.pictures.has(n));
  return { both: both.length, different: both.filter(n => one.pictures.get(n) !== other.pictures.get(n)) };
}
