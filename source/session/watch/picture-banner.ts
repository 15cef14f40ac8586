import { type Announcement, announcementText, SHARING } from '../announcement.js';
import type { WatchState } from '../snapshot.js';

/** Why a picture stands still, in words over it; null while it is as it should be. */
export function bannerOf(state: WatchState, sharer: Announcement | null): string | null {
  if (sharer && sharer.kind !== SHARING.kind) return announcementText(sharer);
  if (state === 'waiting') return "Waiting for the sharer's OK …";
  return state === 'reconnecting' ? 'Connection lost. Reconnecting …' : null;
}
