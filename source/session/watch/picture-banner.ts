import { type Announcement, announcementText, SHARING } from '../announcement.js';
import type { WatchState } from '../snapshot.js';

/** Why a picture stands still, in words over it; null while it is as it should be. */
export function bannerOf(state: WatchState, sharer: Announcement | null, connected: boolean): string | null {
  if (sharer && sharer.kind !== SHARING.kind) return announcementText(sharer);
  if (state !== 'reconnecting') return null;
  return connected ? "Waiting for the sharer's OK …" : 'Connection lost. Reconnecting …';
}
