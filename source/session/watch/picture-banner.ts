import { type Announcement, announcementText, SHARING } from '../announcement.js';
import type { WatchState } from '../snapshot.js';

/**
 * Why a picture stands still, in words over it; null while it is as it should be.
 * @param sharer what the sharer said over the connection there is; it says nothing before it has let a viewer in
 */
export function bannerOf(state: WatchState, sharer: Announcement | null): string | null {
  if (state === 'reconnecting') return 'Connection lost. Reconnecting …';
  if (sharer) return sharer.kind === SHARING.kind ? null : announcementText(sharer);
  return state === 'waiting' ? "Waiting for the sharer's OK …" : null;
}
