import { createHash } from 'node:crypto';
import type { PeerglassError } from '../../source/core/errors.js';
import type { Size } from '../../source/core/rectangle.js';
import { readBroadcastLink } from '../../source/protocols/broadcast/link.js';
import { BroadcastWatch } from '../../source/session/watch/broadcast-watch.js';
import type { LinkKeeperHost } from '../../source/session/watch/link-keeper.js';
import type { PictureUpdate } from '../../source/session/watch/protocol-session.js';
import { WatchingHost } from './watching-host.js';

/** A viewer of a broadcast without a window, by HTTP. It keeps what each update made of the picture. */
export class WatchingBroadcast extends WatchingHost implements LinkKeeperHost {
  readonly watch: BroadcastWatch;
  /** Hashes of pictures by the numbers of their updates. */
  readonly pictures = new Map<number, string>();
  readonly codes: string[] = [];
  readonly startedAt = performance.now();
  /** Milliseconds until the first picture was shown. */
  firstMs: number | null = null;
  readonly watchedMs = 0;
  readonly over: Promise<void>;
  #ended: PeerglassError | null = null;

  /** @param keeps whether pictures are hashed, which takes a while */
  constructor(link: string, keeps = true) {
    super({ reconnect: true });
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

  /** Why it ended; null: it goes on. */
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

  /** Whoever waits looks again: nothing else may come for a while. */
  #look(): void {
    this.describe({});
  }

  async stop(): Promise<void> {
    this.watch.close();
    await this.over;
  }
}

/** Of two viewers: how many updates both showed, and of which of them they showed different pictures. */
export function compared(one: WatchingBroadcast, other: WatchingBroadcast) {
  const both = [...one.pictures.keys()].filter(n => other.pictures.has(n));
  return { both: both.length, different: both.filter(n => one.pictures.get(n) !== other.pictures.get(n)) };
}
