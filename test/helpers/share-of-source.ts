import type { CaptureSource } from '../../source/capture/capture-source.js';
import { systemClock } from '../../source/node/clock.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import type { ShareCommand, ShareEvent } from '../../source/session/messages.js';
import { ClassicListener } from '../../source/session/share/classic-listener.js';
import { RfbListener } from '../../source/session/share/rfb/rfb-listener.js';
import { Sharer } from '../../source/session/share/sharer.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import type { ShareSnapshot } from '../../source/session/snapshot.js';
import { SHARED_PATTERN } from './running-share.js';

/** A share in this thread, with one listener, of the test's own source. */
export class ShareOfSource {
  readonly sharer: Sharer;
  readonly events: ShareEvent[] = [];
  #waiting: (() => void)[] = [];

  private constructor(source: CaptureSource, wire: 'classic' | 'rfb', options: Partial<ShareOptions>) {
    const { width, height } = source.describe();
    this.sharer = new Sharer({
      options: { ...SHARED_PATTERN, classicSize: { width, height }, ...options },
      clock: systemClock,
      memory: createPixelMemory(),
      openSource: async () => source,
      listeners: [host => (wire === 'classic' ? new ClassicListener(host, 0) : new RfbListener(host, 0))],
      emit: event => {
        this.events.push(event);
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
    });
  }

  static async start(
    source: CaptureSource,
    wire: 'classic' | 'rfb',
    options: Partial<ShareOptions> = {},
  ): Promise<ShareOfSource> {
    const share = new ShareOfSource(source, wire, options);
    await share.sharer.open();
    return share;
  }

  get port(): number {
    const listening = this.events.find(event => event.type === 'listening');
    return listening?.type === 'listening' ? (listening.wires[0]?.port ?? 0) : 0;
  }

  get snapshots(): ShareSnapshot[] {
    return this.events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot] : []));
  }

  async until(condition: () => boolean, what = 'what the test waits for', ms = 60_000): Promise<void> {
    const deadline = performance.now() + ms;
    while (!condition()) {
      if (performance.now() > deadline) {
        const last = this.snapshots.slice(-4).map(({ limit, bottleneck, fps }) => ({ limit, bottleneck, fps }));
        throw new Error(`${what} did not come: ${JSON.stringify(last)}`);
      }
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve);
        setTimeout(resolve, 250);
      });
    }
  }

  /** The first snapshot from now on for which the condition holds. */
  async snapshotWhere(condition: (snapshot: ShareSnapshot) => boolean, what?: string): Promise<ShareSnapshot> {
    const from = this.snapshots.length;
    const found = () => this.snapshots.slice(from).find(condition);
    await this.until(() => found() !== undefined, what);
    return found()!;
  }

  send(command: ShareCommand): Promise<void> {
    return this.sharer.command(command);
  }

  async stop(): Promise<void> {
    await this.sharer.close();
  }
}
