import type { ErrorReport } from '../core/errors.js';
import type { WatchController } from '../session/controller.js';
import type { Thumbnail, WatchCommand, WatchEvent } from '../session/messages.js';
import type { WatchSnapshot } from '../session/snapshot.js';
import type { WatchOptions } from '../session/watch-options.js';
import {
  type History,
  NO_HISTORY,
  type Notice,
  type NoticeTone,
  Observable,
  withNotice,
  withSnapshot,
} from './session-view.js';

export interface WatchViewState {
  readonly startedAt: number;
  readonly snapshot: WatchSnapshot | null;
  readonly history: History;
  readonly frozen: boolean;
  readonly notices: readonly Notice[];
  readonly picture: Thumbnail | null;
  readonly ended: { readonly error: ErrorReport | null; readonly frames: number } | null;
}

/** A watch session as its dashboard draws it. */
export class WatchView extends Observable<WatchViewState> {
  readonly options: WatchOptions;
  readonly #controller: WatchController;

  constructor(controller: WatchController, options: WatchOptions) {
    super({
      startedAt: Date.now(),
      snapshot: null,
      history: NO_HISTORY,
      frozen: false,
      notices: [],
      picture: null,
      ended: null,
    });
    this.options = options;
    this.#controller = controller;
    controller.subscribe(event => this.#handle(event));
  }

  send(command: WatchCommand): void {
    this.#controller.send(command);
  }

  note(text: string, tone: NoticeTone = 'info'): void {
    this.set({ notices: withNotice(this.get().notices, tone, text) }, 'now');
  }

  toggleFrozen(): void {
    this.set({ frozen: !this.get().frozen }, 'now');
  }

  resetFigures(): void {
    this.send({ type: 'reset-figures' });
    this.set({ history: NO_HISTORY }, 'now');
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  #handle(event: WatchEvent): void {
    switch (event.type) {
      case 'snapshot': {
        const { history, frozen, snapshot } = this.get();
        const { state, level, quality } = event.snapshot;
        if (frozen && snapshot) this.set({ snapshot: { ...snapshot, state, level, quality } });
        else {
          const turns = snapshot?.state !== state || snapshot.level !== level || snapshot.quality !== quality;
          this.set(
            { snapshot: event.snapshot, history: withSnapshot(history, event.snapshot) },
            turns ? 'now' : 'soon',
          );
        }
        return;
      }
      case 'notice':
        this.note(event.text, event.tone);
        return;
      case 'picture':
        this.set({ picture: event.thumbnail });
        return;
      case 'ended':
        this.set({ ended: { error: event.error, frames: event.frames } }, 'now');
        return;
    }
  }
}
