import type { WatchCommand } from '../messages.js';
import type { WatchOptions } from '../watch-options.js';

/** Parent -> watch child. The first message begins the session; the child answers with WatchEvents. */
export type ToChild = { readonly type: 'watch'; readonly options: WatchOptions } | WatchCommand;
