import type { PeerAddress } from '../core/peer-address.js';
import type { PlayOptions } from '../session/play-options.js';
import type { ShareOptions } from '../session/share-options.js';
import type { GivenWatch, WatchOptions } from '../session/watch-options.js';
import type { CommandName } from './flags.js';

/** How any session is run. */
export interface RunOptions {
  readonly headless: boolean;
  readonly json: boolean;
  readonly logFile: string | null;
  /** Seconds, or null to run until it is ended. */
  readonly duration: number | null;
  /** Set where a sharer who leaves after it was seen is no failure: there is no more to come. */
  readonly endsWithSharer?: boolean;
}

/** What the command line asks for, checked. */
export type Command =
  | { readonly kind: 'help'; readonly topic: CommandName | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'menu' }
  | { readonly kind: 'capture-port'; readonly port: number; readonly file: string; readonly duration: number | null }
  | { readonly kind: 'report'; readonly file: string; readonly html: string | null }
  | { readonly kind: 'wireshark'; readonly install: boolean }
  | { readonly kind: 'doctor'; readonly json: boolean }
  | ForgetCommand
  | { readonly kind: 'list'; readonly display: string | null; readonly json: boolean }
  | { readonly kind: 'share'; readonly options: ShareOptions; readonly run: RunOptions }
  | { readonly kind: 'watch'; readonly options: WatchOptions; readonly run: RunOptions }
  /** No address was given: the form asks for it. */
  | { readonly kind: 'watch-form'; readonly given: GivenWatch; readonly run: RunOptions }
  | PlayFileCommand
  | PlayPageCommand
  | DemoCommand
  | BakeoffCommand;

/** What is to be forgotten; neither: what is known is listed. */
export interface ForgetCommand {
  readonly kind: 'forget';
  readonly peer: PeerAddress | null;
  /** A remembered viewer: its name, or the first digits of its key. */
  readonly viewer: string | null;
}

/** A page with a recording and its player. */
export interface PlayPageCommand {
  readonly kind: 'play-page';
  readonly file: string;
  readonly page: string;
}

export interface PlayFileCommand {
  readonly kind: 'play';
  readonly options: PlayOptions;
  readonly run: RunOptions;
}

export interface DemoCommand {
  readonly kind: 'demo';
  readonly share: ShareOptions;
  /** The peer is filled in when the share listens. */
  readonly watch: Omit<WatchOptions, 'peer'>;
  readonly run: RunOptions;
}

/** A share and a viewer of it here, for as long as its frames take to come. */
export interface BakeoffCommand extends Pick<DemoCommand, 'share' | 'watch'> {
  readonly kind: 'bakeoff';
  /** Bytes a second that the predictions go by, or null to go by encoding alone. */
  readonly link: number | null;
  readonly seconds: number;
  readonly json: boolean;
}
