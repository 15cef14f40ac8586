import { describe, expect, it } from 'vitest';
import { ScriptedBroadcast, settle } from '../../../helpers/scripted-broadcast.js';
import { sealerOf } from '../../../helpers/sealed-broadcast.js';

/** A viewer that is live in segment 7, whose picture was that of update 3. */
async function watching() {
  const broadcast = new ScriptedBroadcast();
  const segment = await broadcast.join(7, 3);
  let n = 3;
  await broadcast.pass(2000, () => {
    segment.send(broadcast.update('u/7', ++n));
  });
  expect(broadcast.session.n).toBe(5);
  expect(broadcast.session.ages(broadcast.clock.now())).not.toBeNull();
  expect(broadcast.asked).toEqual(['m', 'u/7', 'k/7']);
  return { broadcast, segment };
}

describe('a viewer of a broadcast', () => {
  it('asks for the newest segment and its picture together, and goes on where the picture ends', async () => {
    const broadcast = new ScriptedBroadcast();
    await settle();
    expect(broadcast.asked).toEqual(['m']);
    broadcast
      .last('m')
      .send(broadcast.meta('m', { k: 7 }))
      .end();
    await settle();
    expect(broadcast.asked).toEqual(['u/7', 'k/7']);
    // What was sent of the segment before the picture is there waits for it.
    const segment = broadcast
      .last('u/7')
      .send(broadcast.meta('u/7'), broadcast.update('u/7', 3), broadcast.update('u/7', 4));
    await settle();
    expect(broadcast.painted).toEqual([]);
    await broadcast.picture(7, 3);
    expect(broadcast.painted).toEqual(['picture', 'update']);
    expect(broadcast.session.n).toBe(4);
    segment.send(broadcast.beat('u/7', 4), broadcast.update('u/7', 5));
    await settle();
    expect([broadcast.session.n, broadcast.sizes, broadcast.session.segment]).toEqual([5, ['300x200'], 7]);
  });

  it('asks for the next segment at a random moment after the turn, once, and goes on with it', async () => {
    const { broadcast, segment } = await watching();
    broadcast.random = 0.25;
    segment.send(broadcast.turn('u/7', 8, 1000));
    await settle();
    await broadcast.pass(200);
    expect(broadcast.asked).toEqual([]);
    await broadcast.pass(100);
    expect(broadcast.asked).toEqual(['u/8']);
    segment.send(broadcast.update('u/7', 6), broadcast.turn('u/7', 8, 0)).end();
    broadcast.last('u/8').send(broadcast.meta('u/8', { n: 6 }), broadcast.update('u/8', 7));
    await broadcast.pass(100);
    expect([broadcast.session.n, broadcast.session.segment, broadcast.asked]).toEqual([7, 8, []]);
  });

  it('asks at once where a segment ends without a turn, or before its moment has come', async () => {
    const { broadcast, segment } = await watching();
    segment.send(broadcast.turn('u/7', 8, 1000)).end();
    await settle();
    expect(broadcast.asked).toEqual(['u/8']);
    broadcast
      .last('u/8')
      .send(broadcast.meta('u/8', { n: 5 }))
      .end();
    await settle();
    expect(broadcast.asked).toEqual(['u/9']);
    await broadcast.pass(1500);
    expect(broadcast.asked).toEqual([]);
  });

  it('begins anew with the whole picture of a segment that has another size, or is of a share that was started again', async () => {
    const { broadcast, segment } = await watching();
    segment.end();
    await settle();
    broadcast.last('u/8').send(broadcast.meta('u/8', { n: 5, width: 400 }));
    await settle();
    // The pause of a change that comes at once.
    await broadcast.pass(300);
    expect(broadcast.asked).toEqual(['u/8', 'u/8', 'k/8']);
    await broadcast.picture(8, 5, { width: 400 });
    expect(broadcast.sizes).toEqual(['300x200', '400x200']);
    broadcast.sealer = sealerOf([8, 7, 6, 5, 4, 3, 2, 1]);
    const again = broadcast.last('u/8').end();
    expect(again.cancelled).toBe(false);
    await settle();
    expect(broadcast.session.n).toBe(5);
    expect(broadcast.lost).toEqual([]);
  });

  it('says what the sharer says: its name, a pause, and the end', async () => {
    const { broadcast, segment } = await watching();
    segment.send(broadcast.meta('u/7', { state: 'paused' }));
    await settle();
    expect(broadcast.metas.at(-1)).toMatchObject({ name: 'a name', state: 'paused' });
    segment.send(broadcast.meta('u/7', { state: 'ended' })).end();
    await settle();
    expect(broadcast.ended).toMatchObject({ code: 'E_BROADCAST_GONE', message: 'The sharer has ended the broadcast.' });
    expect(broadcast.asked).toEqual([]);
  });
});

describe('a viewer that falls behind', () => {
  it('lets a stall pass that it catches up with', async () => {
    const { broadcast, segment } = await watching();
    const late = [6, 7, 8, 9, 10].map((n, index) => broadcast.update('u/7', n, broadcast.now + index * 1000));
    await broadcast.pass(5000);
    segment.send(...late);
    await settle();
    expect([broadcast.session.n, broadcast.session.jumps, broadcast.asked]).toEqual([10, 0, []]);
  });

  it('goes on with the newest picture when it is 3 s late for a second, and with still ones after the second time', async () => {
    const { broadcast, segment } = await watching();
    let n = 5;
    const late = (resource: string) => {
      broadcast.last(resource).send(broadcast.update(resource, ++n, broadcast.now - 3500));
    };
    late('u/7');
    await settle();
    await broadcast.pass(1000, () => late('u/7'));
    expect([broadcast.session.jumps, segment.cancelled, broadcast.asked]).toEqual([1, true, ['m']]);
    await broadcast.join(8, 20);
    n = 20;
    await broadcast.pass(2000, () => broadcast.last('u/8').send(broadcast.update('u/8', ++n)));
    expect(broadcast.asked).toEqual(['u/8', 'k/8']);
    await broadcast.pass(2000, () => late('u/8'));
    expect([broadcast.session.jumps, broadcast.session.isStill]).toEqual([2, true]);
    expect(broadcast.asked).toEqual(['m']);
    expect(broadcast.notices).toEqual([expect.stringContaining('too slow')]);
    // Whole pictures only, each once.
    broadcast
      .last('m')
      .send(broadcast.meta('m', { k: 9 }))
      .end();
    await settle();
    await broadcast.picture(9, 30);
    expect([broadcast.session.n, broadcast.asked]).toEqual([30, ['k/9']]);
    await broadcast.pass(1000);
    broadcast
      .last('m')
      .send(broadcast.meta('m', { k: 9 }))
      .end();
    await settle();
    await broadcast.pass(1000);
    expect(broadcast.asked).toEqual(['m', 'm']);
    // After a while it tries again.
    await broadcast.pass(28_000, () =>
      broadcast
        .last('m')
        .send(broadcast.meta('m', { k: 9 }))
        .end(),
    );
    expect(broadcast.session.isStill).toBe(false);
    expect(broadcast.asked).toContain('u/9');
    await broadcast.picture(9, 30);
    n = 30;
    broadcast.last('u/9').send(broadcast.meta('u/9', { n }));
    await broadcast.pass(2000, () => broadcast.last('u/9').send(broadcast.update('u/9', ++n)));
    expect(broadcast.notices.at(-1)).toContain('fast enough');
  });

  it('takes still pictures where it is never live within 10 s', async () => {
    const broadcast = new ScriptedBroadcast();
    const segment = await broadcast.join(7, 3);
    // Something comes all the time, and never all that there is.
    const messages = Array.from({ length: 120 }, (_, at) =>
      broadcast.update('u/7', 4 + at, broadcast.now - 9000 + at * 50),
    );
    const bytes = Buffer.concat(messages);
    const piece = Math.floor(messages[0]!.length * 0.7);
    segment.send(messages[0]!.subarray(0, 0));
    for (let at = 0; at < 99; at++) {
      segment.send(bytes.subarray(at * piece, (at + 1) * piece));
      await broadcast.pass(100);
      expect([broadcast.session.isStill, broadcast.session.ages(broadcast.clock.now())]).toEqual([false, null]);
    }
    await broadcast.pass(500);
    expect(broadcast.session.isStill).toBe(true);
    expect(broadcast.session.ages(broadcast.clock.now())).toBeNull();
  });
});

describe('a viewer whose server fails', () => {
  it('waits longer each time, not as long as others, and begins again', async () => {
    const { broadcast, segment } = await watching();
    broadcast.random = 0;
    segment.fail();
    await settle();
    expect(broadcast.lost).toEqual(['E_PEER_CLOSED']);
    const pauses: number[] = [];
    for (let failure = 0; failure < 7; failure++) {
      const from = broadcast.clock.now();
      while (broadcast.asked.length === 0) {
        broadcast.clock.advance(10);
        await settle();
      }
      pauses.push(broadcast.clock.now() - from);
      broadcast.last('m').answer(503);
      await settle();
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 2500, 2500]);
    expect(broadcast.ended).toBeNull();
    await broadcast.pass(3000);
    await broadcast.join(9, 50);
    expect(broadcast.session.n).toBe(50);
  });

  it('ends when it is closed while it waits to try again', async () => {
    const { broadcast, segment } = await watching();
    segment.fail();
    await settle();
    broadcast.session.close();
    await broadcast.pass(1000);
    expect([broadcast.ended?.code, broadcast.asked]).toEqual(['E_PEER_CLOSED', []]);
  });

  it('is told that the server says nothing', async () => {
    const { broadcast } = await watching();
    await broadcast.pass(14_500);
    expect(broadcast.lost).toEqual([]);
    await broadcast.pass(2000);
    expect(broadcast.lost).toEqual(['E_PEER_SILENT']);
  });

  it('ends where there is no broadcast, at once or some time after it was there', async () => {
    const never = new ScriptedBroadcast();
    never.again = false;
    await settle();
    never.last('m').answer(404);
    await settle();
    expect(never.ended).toMatchObject({ code: 'E_BROADCAST_GONE' });
    const { broadcast, segment } = await watching();
    segment.fail();
    await settle();
    await broadcast.pass(25_000, () => broadcast.last('m').answer(404));
    expect([new Set(broadcast.lost), broadcast.ended]).toEqual([new Set(['E_PEER_CLOSED']), null]);
    await broadcast.pass(15_000, () => broadcast.last('m').answer(404));
    expect(broadcast.ended).toMatchObject({ code: 'E_BROADCAST_GONE' });
  });

  it('takes a segment that is not there for one that is old', async () => {
    const broadcast = new ScriptedBroadcast();
    for (let time = 0; time < 3; time++) {
      await settle();
      broadcast
        .last('m')
        .send(broadcast.meta('m', { k: 7 }))
        .end();
      await settle();
      broadcast.last('u/7').answer(404);
      broadcast.last('k/7').answer(404);
      await broadcast.pass(2000);
    }
    expect(broadcast.lost).toEqual([]);
    await broadcast.join(8, 1);
    expect(broadcast.session.n).toBe(1);
  });
});

describe('a viewer that is given something else', () => {
  it('names a wrong key, and a page of somebody else', async () => {
    const wrong = new ScriptedBroadcast(new Uint8Array(32).fill(9));
    wrong.again = false;
    await settle();
    wrong.last('m').send(wrong.meta('m')).end();
    await settle();
    expect(wrong.ended).toMatchObject({ code: 'E_BROADCAST_KEY' });
    const page = new ScriptedBroadcast();
    page.again = false;
    await settle();
    page.last('m').send(Buffer.from('<!doctype html><title>Log in to the hotel</title>')).end();
    await settle();
    expect(page.ended).toMatchObject({ code: 'E_NOT_A_SHARER' });
  });

  it.each([
    [
      'a byte was changed',
      (broadcast: ScriptedBroadcast) => {
        const message = broadcast.update('u/7', 6);
        message[30]! ^= 1;
        return message;
      },
    ],
    [
      'it was sent before',
      (broadcast: ScriptedBroadcast) => {
        const message = broadcast.update('u/7', 6);
        return Buffer.concat([message, message]);
      },
    ],
    ['it is of another segment', (broadcast: ScriptedBroadcast) => broadcast.update('u/6', 6)],
    ['an update is missing before it', (broadcast: ScriptedBroadcast) => broadcast.update('u/7', 8)],
  ])('refuses a message: %s', async (_, made) => {
    const { broadcast, segment } = await watching();
    segment.send(made(broadcast));
    await settle();
    expect(broadcast.notices).toEqual(['E_BROADCAST_DATA']);
    await broadcast.pass(300);
    expect(broadcast.asked).toEqual(['m']);
    for (let time = 0; time < 5; time++) {
      const again = await broadcast.join(7, 3);
      again.send(broadcast.update('u/7', 9));
      await broadcast.pass(8000);
    }
    expect(broadcast.ended).toMatchObject({ code: 'E_BROADCAST_DATA' });
  });

  it('goes on after a message whose kind it does not know', async () => {
    const { broadcast, segment } = await watching();
    segment.send(broadcast.sealer.seal('u/7', 99, [Uint8Array.of(1, 2, 3)]), broadcast.update('u/7', 6));
    await settle();
    expect(broadcast.session.n).toBe(6);
  });
});

describe('a cache that does not stream', () => {
  it('is named where the running segment is not answered at once', async () => {
    const broadcast = new ScriptedBroadcast();
    await settle();
    broadcast
      .last('m')
      .send(broadcast.meta('m', { k: 7 }))
      .end();
    await settle();
    await broadcast.picture(7, 3);
    await broadcast.pass(6000);
    expect(broadcast.notices).toEqual(['E_BROADCAST_CACHE']);
  });

  it('is named where a segment comes all at once when it has ended, once', async () => {
    const { broadcast, segment } = await watching();
    const next = (k: number) =>
      Array.from({ length: 8 }, (_, at) => broadcast.beat(`u/${k}`, 5, broadcast.now - 8000 + at * 1000));
    segment.end();
    await broadcast.pass(8000);
    broadcast
      .last('u/8')
      .send(broadcast.meta('u/8', { n: 5 }), ...next(8))
      .end();
    await settle();
    expect(broadcast.notices).toEqual(['E_BROADCAST_CACHE']);
    await broadcast.pass(8000);
    broadcast
      .last('u/9')
      .send(broadcast.meta('u/9', { n: 5 }), ...next(9))
      .end();
    await settle();
    expect(broadcast.notices).toEqual(['E_BROADCAST_CACHE']);
  });

  it('shows what comes a second at a time as it was made, and is live', async () => {
    const broadcast = new ScriptedBroadcast();
    const closed = { closed: true, segmentMs: 1000 };
    await broadcast.join(7, 0, closed);
    let n = 0;
    const shown: number[] = [];
    for (let k = 7; k < 20; k++) {
      const resource = `u/${k}`;
      const messages = k > 7 ? [broadcast.meta(resource, { n, ...closed })] : [];
      // What was made in the last second.
      for (let at = 0; at < 10; at++) messages.push(broadcast.update(resource, ++n, broadcast.now - 1000 + at * 100));
      broadcast
        .last(resource)
        .send(...messages, broadcast.turn(resource, k + 1, 0))
        .end();
      for (let step = 0; step < 10; step++) {
        await broadcast.pass(100);
        shown.push(broadcast.session.n);
      }
    }
    // Ten times a second, one after the other.
    const steps = shown.slice(20).map((value, at) => value - shown[at + 19]!);
    expect(Math.max(...steps)).toBeLessThanOrEqual(2);
    expect(n - broadcast.session.n).toBeLessThanOrEqual(2);
    expect([broadcast.session.isStill, broadcast.session.jumps, broadcast.notices]).toEqual([false, 0, []]);
    expect(broadcast.session.ages(broadcast.clock.now())).not.toBeNull();
  });

  it('is not where the sharer closes segments before they are handed out', async () => {
    const broadcast = new ScriptedBroadcast();
    await settle();
    broadcast
      .last('m')
      .send(broadcast.meta('m', { k: 7, closed: true, segmentMs: 1000 }))
      .end();
    await settle();
    await broadcast.picture(7, 3, { closed: true });
    await broadcast.pass(6000);
    expect(broadcast.notices).toEqual([]);
  });
});
