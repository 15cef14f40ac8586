import type { Clock } from '../../../core/clock.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import { CAPTURE_TURNS, MIN_OVERLAPPED_MS, OVERLAP_FRACTION, OVERLAP_FRACTION_THREADS } from '../tuning.js';
import type { EncodeBarrier } from './encode-barrier.js';
import type { PendingUpdate, StreamedHost } from './pending-update.js';

/** What it needs of a share. */
export interface OverlapShare {
  readonly barrier: Pick<EncodeBarrier, 'typicalMs'>;
  readonly host: {
    readonly clock: Clock;
    readonly memory: Pick<PixelMemory, 'threads'>;
    readonly captureNext: boolean;
    wantFrame(): void;
  };
}

/** Whether captures go on while this thread encodes, and are worth a moment of it. */
function isWorthATurn({ host, barrier }: OverlapShare): boolean {
  return host.memory.threads !== null && barrier.typicalMs >= MIN_OVERLAPPED_MS;
}

/** When to capture the next picture, while one is encoded whose encoding began then. */
export function overlapFrom(share: OverlapShare, began: number): number {
  return began + share.barrier.typicalMs * (isWorthATurn(share) ? OVERLAP_FRACTION_THREADS : OVERLAP_FRACTION);
}

/** An update that is written while it is encoded. */
export interface Overlap {
  readonly pending: PendingUpdate;
  readonly screen: Pick<ScreenView, 'framebuffer'>;
  /** Knows whether a picture that is captured meanwhile would just get old. */
  readonly pacer: Pick<UpdatePacer, 'beginsEarly'>;
  /** Whether what is written leaves once the event loop has had a turn. */
  readonly sendsLater: boolean;
  /** Whether its viewer is gone. */
  closed(): boolean;
}

/**
 * Encodes without a pause, as one thread does; or, where several threads work on pixels, gives way once to the next
 * capture, whose requests could not be sent otherwise. Where rectangles leave in a turn of the event loop there is one
 * after each write: over TLS a picture was sent once all of it was encoded, so that no viewer decoded meanwhile.
 */
export function streamedHost(share: OverlapShare, overlap: Overlap, write: StreamedHost['write']): StreamedHost {
  const { pending, screen, pacer } = overlap;
  const { framebuffer } = screen;
  const { clock } = share.host;
  clock.after(Math.max(pending.overlapFrom - clock.now(), 0), () => share.host.wantFrame());
  let given = !pacer.beginsEarly || !isWorthATurn(share);
  let unsent = false;
  return {
    write: rectangles => {
      write(rectangles);
      unsent = overlap.sendsLater;
    },
    giveWay: () => {
      if (!given && clock.now() >= pending.overlapFrom) {
        given = true;
        return captureBegins(share.host);
      }
      if (!unsent) return null;
      unsent = false;
      return new Promise(resolve => clock.soon(resolve));
    },
    get wanted() {
      // After a resize the rest of the picture no longer exists.
      pending.stale ||= overlap.closed() || screen.framebuffer !== framebuffer;
      return !pending.stale;
    },
  };
}

/** Resolves once the next capture has begun, or there is nothing to capture. */
async function captureBegins(host: OverlapShare['host']): Promise<void> {
  host.wantFrame();
  for (let turn = 0; turn < CAPTURE_TURNS; turn++) {
    await new Promise<void>(resolve => host.clock.soon(resolve));
    if (host.captureNext) return;
  }
}
