import type { ShareController, StartShare } from '../../source/session/app-services.js';
import type { Listening, ShareCommand, ShareEvent } from '../../source/session/messages.js';
import { SHARE_DEFAULTS, type ShareOptions } from '../../source/session/share-options.js';
import type { ShareSnapshot } from '../../source/session/snapshot.js';

/**
 * The test pattern, open to everybody, on a port picked by the system. It is the smallest that viewers know by its
 * length: a larger one takes every core for as long as somebody watches.
 */
export const SHARED_PATTERN: ShareOptions = {
  ...SHARE_DEFAULTS,
  source: { kind: 'pattern' },
  target: { kind: 'monitor', number: 1 },
  display: null,
  classicSize: { width: 640, height: 480 },
  classicPort: 0,
  rfbPort: null,
  webPort: null,
  bind: '127.0.0.1',
  encrypt: 'off',
  access: 'open',
  code: null,
  name: 'test',
  cursor: 'auto',
  scrollDetection: true,
  announce: false,
  broadcast: null,
  attended: true,
  exportFile: null,
  recordFile: null,
  logFile: null,
};

/** A share of the built program (workers run from dist only), with all its events. */
export class RunningShare {
  readonly events: ShareEvent[] = [];
  readonly controller: ShareController;
  #waiting: (() => void)[] = [];

  constructor(controller: ShareController) {
    this.controller = controller;
    controller.subscribe(event => {
      this.events.push(event);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Resolves once it listens, or rejects with the reason. */
  static async start(options: Partial<ShareOptions> = {}): Promise<RunningShare> {
    const entry = '../../dist/source/session/share/share-controller.js';
    const { startShare } = (await import(entry)) as { startShare: StartShare };
    const share = new RunningShare(startShare({ ...SHARED_PATTERN, ...options }));
    await share.until(() => share.all('listening').length > 0 || share.ended !== undefined);
    const error = share.ended?.error;
    if (error) throw Object.assign(new Error(error.message), error);
    return share;
  }

  get ended() {
    return this.all('ended')[0];
  }

  get wires(): readonly Listening[] {
    return this.all('listening')[0]?.wires ?? [];
  }

  get classicPort(): number {
    return this.wires.find(({ wire }) => wire === 'classic')?.port ?? 0;
  }

  /** The latest snapshot. */
  get snapshot(): ShareSnapshot {
    const last = this.all('snapshot').at(-1);
    if (!last) throw new Error('the share has told no snapshot yet');
    return last.snapshot;
  }

  get notices(): string[] {
    return this.all('notice').map(({ text }) => text);
  }

  all<Type extends ShareEvent['type']>(type: Type): Extract<ShareEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<ShareEvent, { type: Type }> => event.type === type);
  }

  send(command: ShareCommand): void {
    this.controller.send(command);
  }

  /** Resolves when the condition holds; it is checked after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended) throw new Error(`the share has ended: ${this.ended.error?.message ?? 'it was stopped'}`);
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  /** The next snapshot for which the condition holds. */
  async snapshotWhere(condition: (snapshot: ShareSnapshot) => boolean): Promise<ShareSnapshot> {
    const from = this.all('snapshot').length;
    const found = () =>
      this.all('snapshot')
        .slice(from)
        .find(({ snapshot }) => condition(snapshot))?.snapshot;
    await this.until(() => found() !== undefined);
    return found()!;
  }

  stop(): Promise<void> {
    return this.controller.stop();
  }
}
