import { describe, expect, it } from 'vitest';
import type { KernelThreads } from '../../../source/pixels/kernel-threads.js';
import { type OverlapShare, overlapFrom, streamedHost } from '../../../source/session/share/rfb/capture-overlap.js';
import type { PendingUpdate } from '../../../source/session/share/rfb/pending-update.js';
import { OVERLAP_FRACTION, OVERLAP_FRACTION_THREADS } from '../../../source/session/share/tuning.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const ENCODING_MS = 20;
const screenOf = () => ({ framebuffer: {} }) as unknown as Parameters<typeof streamedHost>[1]['screen'];

/**
 * A share that takes so long to encode a picture; damage is known `turns` turns of the event loop after it is wanted,
 * or never.
 */
function shareOf(
  threads: boolean,
  { turns = 0, typicalMs = ENCODING_MS }: { turns?: number | null; typicalMs?: number } = {},
) {
  const clock = new FakeClock();
  let begun = false;
  const host = {
    clock,
    memory: { threads: threads ? ({} as KernelThreads) : null },
    wanted: 0,
    get captureNext() {
      return begun;
    },
    wantFrame() {
      host.wanted++;
      const turn = (left: number) => {
        if (left === 0) begun = true;
        else setImmediate(turn, left - 1);
      };
      if (turns !== null) turn(turns);
    },
  };
  return { share: { host, barrier: { typicalMs } } satisfies OverlapShare, host, clock };
}

function streamed(
  { share, clock }: ReturnType<typeof shareOf>,
  { early = true, sendsLater = false, closed = (): boolean => false } = {},
) {
  const pending = { overlapFrom: overlapFrom(share, clock.now()), stale: false } as PendingUpdate;
  const screen = screenOf();
  return {
    pending,
    screen,
    host: streamedHost(share, { pending, screen, pacer: { beginsEarly: early }, sendsLater, closed }, () => {}),
  };
}

describe('the capture of the next picture', () => {
  it('begins while one is encoded, once half of that is done, where several threads work', async () => {
    const share = shareOf(true, { turns: 3 });
    const { host } = streamed(share);
    expect(host.giveWay()).toBeNull();
    share.clock.advance(ENCODING_MS * OVERLAP_FRACTION_THREADS - 1);
    expect(host.giveWay()).toBeNull();
    share.clock.advance(1);
    const turn = host.giveWay();
    expect(turn).not.toBeNull();
    await turn;
    expect(share.host.captureNext).toBe(true);
    // Once for each picture.
    expect(host.giveWay()).toBeNull();
    expect(host.wanted).toBe(true);
  });

  it('is not waited for where nothing has changed', async () => {
    const share = shareOf(true, { turns: null });
    const { host } = streamed(share);
    share.clock.advance(ENCODING_MS);
    await host.giveWay();
    expect(share.host.captureNext).toBe(false);
  });

  it.each([
    ['one thread works', shareOf(false), {}],
    ['a picture is encoded in no time', shareOf(true, { typicalMs: 1 }), {}],
    ['it would only get old', shareOf(true), { early: false }],
  ])('takes no time of the encoding where %s', (_, share, options) => {
    const { host } = streamed(share, options);
    share.clock.advance(100);
    expect(host.giveWay()).toBeNull();
  });

  it('is looked for by a timer, too, for encoders on other threads', () => {
    const share = shareOf(false);
    streamed(share);
    share.clock.advance(ENCODING_MS * OVERLAP_FRACTION - 1);
    expect(share.host.wanted).toBe(0);
    share.clock.advance(1);
    expect(share.host.wanted).toBe(1);
  });

  it('ends an update of which nobody wants the rest: its viewer left, or the screen has another size', () => {
    const left = streamed(shareOf(true), { closed: () => true });
    expect(left.host.wanted).toBe(false);
    expect(left.pending.stale).toBe(true);
    const resized = streamed(shareOf(true));
    expect(resized.host.wanted).toBe(true);
    Object.assign(resized.screen, screenOf());
    expect(resized.host.wanted).toBe(false);
    expect(resized.pending.stale).toBe(true);
  });

  it('is not all that an update gives way to: over TLS each of its writes is sent in a turn of its own', async () => {
    const share = shareOf(false);
    const { host } = streamed(share, { sendsLater: true });
    expect(host.giveWay()).toBeNull();
    for (let write = 0; write < 2; write++) {
      host.write([]);
      const turn = host.giveWay();
      expect(turn).toBeInstanceOf(Promise);
      await turn;
      expect(host.giveWay()).toBeNull();
    }
    const { host: other } = streamed(share);
    other.write([]);
    expect(other.giveWay()).toBeNull();
  });
});
