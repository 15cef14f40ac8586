import type { StartWatch, WatchController } from '../../source/session/app-services.js';
import type { WatchEvent } from '../../source/session/messages.js';
import type { WatchSnapshot, WatchState } from '../../source/session/snapshot.js';
import { WATCH_DEFAULTS, type WatchOptions } from '../../source/session/watch-options.js';

export const WATCHED_HERE: WatchOptions = {
  ...WATCH_DEFAULTS,
  encrypt: 'off',
  peer: { host: '127.0.0.1', port: 9000 },
  view: 'none',
};

/** A viewer of the built program (its process runs from dist only), with all its events. */
export class RunningWatch {
  readonly events: WatchEvent[] = [];
  readonly controller: WatchController;
  #waiting: (() => void)[] = [];

  private constructor(controller: WatchController) {
    this.controller = controller;
    controller.subscribe(event => {
      this.events.push(event);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  static async start(port: number, options: Partial<WatchOptions> = {}): Promise<RunningWatch> {
    const entry = '../../dist/source/session/watch/watch-controller.js';
    const { startWatch } = (await import(entry)) as { startWatch: StartWatch };
    return new RunningWatch(startWatch({ ...WATCHED_HERE, peer: { host: '127.0.0.1', port }, ...options }));
  }

  all<T extends WatchEvent['type']>(type: T): Extract<WatchEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<WatchEvent, { type: T }> => event.type === type);
  }

  get ended() {
    return this.all('ended')[0];
  }

  get snapshot(): WatchSnapshot | undefined {
    return this.all('snapshot').at(-1)?.snapshot;
  }

  /** The codes and texts of the notices so far. */
  get notices(): string[] {
    return this.all('notice').map(({ code, text }) => `${code ?? ''} ${text}`);
  }

  async until(condition: () => boolean, limitMs = 40_000): Promise<void> {
    const end = performance.now() + limitMs;
    while (!condition()) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`not within ${limitMs} ms; last told: ${JSON.stringify(this.events.slice(-3))}`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve);
        timer = setTimeout(resolve, Math.min(left, 250));
      });
      clearTimeout(timer);
    }
  }

  async state(state: WatchState): Promise<void> {
    await this.until(() => this.snapshot?.state === state || this.ended !== undefined);
    if (this.snapshot?.state !== state) throw new Error(`ended instead: ${JSON.stringify(this.ended)}`);
  }

  /** Waits for the end and returns its error code, null for an end without an error. */
  async end(): Promise<string | null> {
    await this.until(() => this.ended !== undefined);
    return this.ended?.error?.code ?? null;
  }

  async stop(): Promise<void> {
    await this.controller.stop();
  }
}
