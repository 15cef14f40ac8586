import { unixTime } from '../node/clock.js';
import type { WatchController } from '../session/app-services.js';
import type { InspectedPort } from '../session/inspect/packet-messages.js';
import type { CommonCommand, CommonEvent, Thumbnail, WatchCommand, WatchEvent } from '../session/messages.js';
import type { WatchSnapshot } from '../session/snapshot.js';
import { type WatchOptions, watchedAddress } from '../session/watch-options.js';
import { WatchTally } from './session-tally.js';
import {
  type LinkHistory,
  NO_LINK_HISTORY,
  newSession,
  type SessionState,
  SessionView,
  withLink,
  withSnapshot,
} from './session-view.js';

export interface WatchViewState extends SessionState {
  /** When the state of the last snapshot began, Unix ms. */
  readonly stateSince: number;
  readonly snapshot: WatchSnapshot | null;
  readonly link: LinkHistory;
  readonly picture: Thumbnail | null;
}

/** A watch session as its dashboard draws it. */
export class WatchView extends SessionView<
  WatchViewState,
  Exclude<WatchCommand, CommonCommand>,
  Exclude<WatchEvent, CommonEvent>
> {
  readonly role = 'watch';
  readonly options: WatchOptions;
  readonly #tally: WatchTally;

  constructor(controller: WatchController, options: WatchOptions) {
    super(controller, {
      ...newSession(),
      stateSince: unixTime(),
      snapshot: null,
      link: NO_LINK_HISTORY,
      picture: null,
    });
    this.options = options;
    this.#tally = new WatchTally(watchedAddress(options));
    this.listen();
  }

  /** The peer's port, once connected or if it was given. */
  get ports(): readonly InspectedPort[] {
    const { snapshot } = this.get();
    const port = /:(\d+)$/.exec(snapshot?.peer ?? '')?.[1] ?? this.options.peer.port;
    const wire = snapshot?.wire ?? null;
    return port === null ? [] : [{ port: Number(port), wire: wire === 'broadcast' ? null : wire }];
  }

  farewell(): string[] {
    return this.#tally.farewell(this.get().ended?.error ?? null);
  }

  protected handle(event: Exclude<WatchEvent, CommonEvent>): void {
    switch (event.type) {
      case 'snapshot': {
        this.#tally.add(event.snapshot);
        const { history, link, frozen, snapshot } = this.get();
        const { state, level, quality, tcp, export: exported, recording } = event.snapshot;
        if (snapshot && snapshot.state !== state) this.set({ stateSince: unixTime() }, 'later');
        if (frozen && snapshot) {
          this.set({ snapshot: { ...snapshot, state, level, quality, export: exported, recording } });
        } else {
          const begins = (snapshot?.recording === null) !== (recording === null);
          const turns = begins || snapshot?.state !== state || snapshot.level !== level || snapshot.quality !== quality;
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
      case 'picture':
        this.set({ picture: event.thumbnail });
        return;
      case 'output':
        return;
    }
  }
}
