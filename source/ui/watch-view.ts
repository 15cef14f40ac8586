import { unixTime } from '../core/clock.js';
import type { ErrorReport } from '../core/errors.js';
import { formatPeerAddress } from '../core/peer-address.js';
import type { WatchController } from '../session/controller.js';
import type { MessageRecord } from '../session/inspect/message-record.js';
import type { Thumbnail, WatchCommand, WatchEvent } from '../session/messages.js';
import type { WatchSnapshot } from '../session/snapshot.js';
import type { WatchOptions } from '../session/watch-options.js';
import { WatchTally } from './session-tally.js';
import {
  type History,
  type LinkHistory,
  NO_HISTORY,
  NO_LINK_HISTORY,
  type Notice,
  type NoticeTone,
  Observable,
  withLink,
  withMessages,
  withNotice,
  withSnapshot,
} from './session-view.js';
import { fileName } from './steps.js';

export interface WatchViewState {
  readonly startedAt: number;
  /** When the state of the last snapshot began, Unix ms. */
  readonly stateSince: number;
  readonly snapshot: WatchSnapshot | null;
  readonly history: History;
  readonly link: LinkHistory;
  /** The wire's messages since somebody looks. */
  readonly messages: readonly MessageRecord[];
  readonly frozen: boolean;
  readonly notices: readonly Notice[];
  readonly picture: Thumbnail | null;
  readonly ended: { readonly error: ErrorReport | null; readonly frames: number } | null;
}

/** A watch session as its dashboard draws it. */
export class WatchView extends Observable<WatchViewState> {
  readonly options: WatchOptions;
  readonly #controller: WatchController;
  readonly #tally: WatchTally;

  constructor(controller: WatchController, options: WatchOptions) {
    super({
      startedAt: unixTime(),
      stateSince: unixTime(),
      snapshot: null,
      history: NO_HISTORY,
      link: NO_LINK_HISTORY,
      messages: [],
      frozen: false,
      notices: [],
      picture: null,
      ended: null,
    });
    this.options = options;
    this.#tally = new WatchTally(formatPeerAddress(options.peer, options.wire));
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

  readonly lookAtMessages = (on: boolean): void => {
    this.set({ messages: [] }, 'now');
    this.send({ type: 'inspect', messages: on });
  };

  /** Begins to write the traffic to a file, or ends that. */
  toggleExport(): void {
    const running = this.get().snapshot?.export ?? null;
    this.send({ type: 'export', file: running ? null : fileName('watch', new Date(), 'pcapng') });
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  farewell(): string[] {
    return this.#tally.farewell(this.get().ended?.error ?? null);
  }

  #handle(event: WatchEvent): void {
    switch (event.type) {
      case 'snapshot': {
        this.#tally.add(event.snapshot);
        const { history, link, frozen, snapshot } = this.get();
        const { state, level, quality, tcp, export: exported } = event.snapshot;
        if (snapshot && snapshot.state !== state) this.set({ stateSince: unixTime() }, 'later');
        if (frozen && snapshot) this.set({ snapshot: { ...snapshot, state, level, quality, export: exported } });
        else {
          const turns = snapshot?.state !== state || snapshot.level !== level || snapshot.quality !== quality;
          this.set(
            {
              snapshot: event.snapshot,
              history: withSnapshot(history, event.snapshot),
              link: withLink(link, tcp, event.snapshot.t),
            },
            turns ? 'now' : 'soon',
          );
        }
        return;
      }
      case 'notice':
        this.note(event.text, event.tone);
        return;
      case 'messages':
        this.set({ messages: withMessages(this.get().messages, event.records) });
        return;
      case 'picture':
        this.set({ picture: event.thumbnail });
        return;
      case 'ended':
        this.set({ ended: this.get().ended ?? { error: event.error, frames: event.frames } }, 'now');
        return;
    }
  }
}
