// peerglass/watch: watches a share, or any VNC server, from a program, on Node.
import type { WatchController } from '../session/app-services.js';
import { startWatch } from '../session/watch/watch-controller.js';
import { WATCH_DEFAULTS, type WatchOptions } from '../session/watch-options.js';

export type { WatchController } from '../session/app-services.js';
export type { WatchCommand, WatchEvent } from '../session/messages.js';
export type { WatchOptions } from '../session/watch-options.js';

/** Whom to watch must be said; the rest is as the command line has it, without a window. */
export type WatchSettings = Pick<WatchOptions, 'peer'> & Partial<WatchOptions>;

/** Watches, in a process of its own, until `stop`, the requested number of frames, or a failure. */
export function watch(settings: WatchSettings): WatchController {
  return startWatch({
    ...WATCH_DEFAULTS,
    view: 'none',
    reconnect: (settings.frames ?? null) === null,
    ...settings,
  });
}
