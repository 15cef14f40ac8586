import { plainText } from '../../core/plain-text.js';
import { type Announcement, announcementText, SHARING } from '../announcement.js';
import type { WatchState } from '../snapshot.js';

const WORDS: Readonly<Record<Exclude<WatchState, 'watching'>, string>> = {
  connecting: 'connecting',
  waiting: 'waiting',
  frozen: 'frozen',
  reconnecting: 'reconnecting',
  ended: 'ended',
};

/** Whose screen it is, and how it goes: "192.168.1.82:9000: 31 fps - peerglass"; nothing of a picture that stands still. */
export function windowTitle(whose: string, state: WatchState, fps: number): string {
  const rate = Math.round(fps);
  const how = state !== 'watching' ? WORDS[state] : rate > 0 ? `${rate} fps` : '';
  return `${[plainText(whose), how].filter(Boolean).join(': ')} - peerglass`;
}

/**
 * Why a picture stands still, in words over it; null while it is as it should be.
 * @param sharer what the sharer said over the connection there is; it says nothing before it has let a viewer in
 */
export function bannerOf(state: WatchState, sharer: Announcement | null): string | null {
  if (state === 'reconnecting') return 'Connection lost. Reconnecting …';
  if (sharer) return sharer.kind === SHARING.kind ? null : announcementText(sharer);
  return state === 'waiting' ? "Waiting for the sharer's OK …" : null;
}
