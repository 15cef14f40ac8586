import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import type { CommonEvent } from '../messages.js';

/** What a viewer and a player have in common besides their picture. */

export type Notice = (tone: 'info' | 'good' | 'warning', text: string, code?: string) => void;

export function noticeEvent(...[tone, text, code]: Parameters<Notice>): Extract<CommonEvent, { type: 'notice' }> {
  return { type: 'notice', tone, text: plainText(text), ...(code === undefined ? {} : { code }) };
}

/** The X server of the window has ended. */
export function displayClosed(role: 'watch' | 'play'): PeerglassError {
  return new PeerglassError(
    'E_DISPLAY_DIED',
    "The window's display closed.",
    `Restart the display, then ${role} again.`,
  );
}
