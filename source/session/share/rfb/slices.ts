import { type EncodedRectangle, MIN_POOLED } from '../../../codecs/encode/encode-job.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { CellEncoder } from './encode-cache.js';
import { type EncodeTask, encodeSlice, type PendingUpdate, tasksIn } from './pending-update.js';
import type { RfbShare } from './rfb-share.js';

/**
 * Encodes one update in slices, between which others have their turn. Each slice shows the screen as it is by then:
 * areas that changed after the update's version are sent again later.
 * @param wanted false: nobody waits for the rest, which makes the update stale
 */
export async function* encodeSlices(
  { costs, host, refreshes }: RfbShare,
  cells: CellEncoder,
  tasks: readonly EncodeTask[],
  screen: ScreenView,
  pending: PendingUpdate,
  wanted: () => boolean,
): AsyncGenerator<readonly EncodedRectangle[]> {
  const { framebuffer } = screen;
  const intact = () => wanted() && !pending.stale && screen.framebuffer === framebuffer && host.live;
  let left = tasks;
  while (left.length > 0) {
    let taken: readonly EncodeTask[] = [];
    const end = await refreshes.slice(slice => {
      if (intact()) taken = tasksIn(slice, left, screen);
      return taken.length > 0;
    });
    const began = host.clock.now();
    const until = began + VIEWER_LIMITS.refreshSliceMs;
    pending.stale ||= !intact();
    if (pending.stale) {
      end?.(null);
      return;
    }
    const from = end ? left : taken;
    const mayContinue = () => intact() && (end === null || host.clock.now() < until);
    const { rectangles, fresh } = await encodeSlice(from, screen, cells, mayContinue);
    const took = host.clock.now() - began;
    pending.mixed ||= screen.version !== pending.version;
    pending.slicedMs += took;
    if (fresh >= MIN_POOLED) costs.measured(from[0]!.profile, fresh, took);
    const done = from.slice(0, rectangles.length);
    end?.({ screen, tasks: done });
    left = left.filter(task => !done.includes(task));
    yield rectangles;
  }
}

/** All of them in one. */
export async function gathered(slices: AsyncGenerator<readonly EncodedRectangle[]>): Promise<EncodedRectangle[]> {
  const all: EncodedRectangle[] = [];
  for await (const rectangles of slices) all.push(...rectangles);
  return all;
}
