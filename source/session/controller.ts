import type { ShareCommand, ShareEvent, WatchCommand, WatchEvent } from './messages.js';
import type { ShareOptions } from './share-options.js';
import type { WatchOptions } from './watch-options.js';

/** A running session as the terminal's side sees it. Exactly one `ended` event is sent, and it is the last one. */
export interface Controller<Command, Event> {
  send(command: Command): void;
  /** Calls back for each event from now on; returns what ends that. */
  subscribe(listener: (event: Event) => void): () => void;
  /** Ends the session and frees everything that it held; resolves after `ended` was sent. Safe to call twice. */
  stop(): Promise<void>;
}

export type ShareController = Controller<ShareCommand, ShareEvent>;
export type WatchController = Controller<WatchCommand, WatchEvent>;

export type StartShare = (options: ShareOptions) => ShareController;
export type StartWatch = (options: WatchOptions) => WatchController;
