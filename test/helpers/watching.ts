import { NoneDisplay } from '../../source/display/none-display.js';
import { systemClock } from '../../source/node/clock.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import type { WatchEvent } from '../../source/session/messages.js';
import { createClassicSession } from '../../source/session/watch/classic-session.js';
import { createRfbSession } from '../../source/session/watch/rfb-session.js';
import { Watcher } from '../../source/session/watch/watcher.js';
import type { WatchOptions } from '../../source/session/watch-options.js';
import { connect } from '../../source/transport/connect.js';
import { LIVENESS, type LivenessLimits } from '../../source/transport/liveness.js';
import { WATCHED_HERE } from './running-watch.js';

/** For all that is waited for. */
const LIMIT_MS = 30_000;

/** A watcher in this process. */
export class Watching {
  readonly events: WatchEvent[] = [];
  readonly #watcher: Watcher;
  readonly #over: Promise<void>;

  constructor(port: number, options: Partial<WatchOptions> = {}, liveness: LivenessLimits = LIVENESS) {
    this.#watcher = new Watcher(
      { ...WATCHED_HERE, ...options, peer: { host: '127.0.0.1', port } },
      {
        clock: systemClock,
        memory: createPixelMemory(),
        inflater: createInflater(),
        display: new NoneDisplay(),
        connect,
        wires: { classic: createClassicSession, rfb: createRfbSession },
        emit: event => this.events.push(event),
        date: Date.now,
        liveness,
      },
    );
    this.#over = this.#watcher.run();
  }

  get snapshots() {
    return this.events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot] : []));
  }

  get snapshot() {
    return this.snapshots.at(-1)!;
  }

  get notices() {
    return this.events.flatMap(event => (event.type === 'notice' ? [event.text] : []));
  }

  /** How soon is a matter of liveness.test.ts and retries.test.ts: a busy machine takes longer. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const began = performance.now();
    while (!condition()) {
      if (performance.now() - began > LIMIT_MS) {
        throw new Error(`${what}: not in ${LIMIT_MS} ms: ${JSON.stringify([this.snapshot, this.notices])}`);
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  get ended() {
    return this.events.find(event => event.type === 'ended');
  }

  /** Waits for the end and returns its error code, null for an end without an error. */
  async end(): Promise<string | null> {
    await this.until('the end', () => this.ended !== undefined);
    return this.ended?.error?.code ?? null;
  }

  async stop(): Promise<void> {
    this.#watcher.command({ type: 'stop' });
    await this.#over;
  }
}
