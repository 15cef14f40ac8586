// peerglass/share: shares a screen from a program, on Node.

import os from 'node:os';
import type { ShareController } from '../session/app-services.js';
import { announced } from '../session/discovery/announced-share.js';
import { startShare } from '../session/share/share-controller.js';
import { SHARE_DEFAULTS, type ShareOptions } from '../session/share-options.js';

export type { ShareController } from '../session/app-services.js';
export type { Listening, ShareCommand, ShareEvent } from '../session/messages.js';
export type { ShareOptions } from '../session/share-options.js';

/**
 * What to share and who may watch are required. Everything else has the command line's defaults, except that the share
 * is not announced and is not for browsers.
 */
export type ShareSettings = Pick<ShareOptions, 'source' | 'access' | 'code'> & Partial<ShareOptions>;

/** Shares until `stop` or a failure, reported as `ended`. The ports are open after `listening`. */
export function share(settings: ShareSettings): ShareController {
  return announced(startShare)({
    ...SHARE_DEFAULTS,
    target: { kind: 'monitor', number: 1 },
    display: null,
    attended: false,
    bind: null,
    name: os.hostname(),
    cursor: 'auto',
    scrollDetection: true,
    announce: false,
    broadcast: null,
    webPort: null,
    exportFile: null,
    recordFile: null,
    logFile: null,
    ...settings,
  });
}
