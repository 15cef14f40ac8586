import { describe, expect, test } from 'vitest';
import { PAUSED, SHARING } from '../../../../source/session/announcement.js';
import { BroadcastRig } from '../../../helpers/broadcast-rig.js';
import { KeptSegment } from '../../../helpers/broadcast-viewer.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { readerOf } from '../../../helpers/sealed-broadcast.js';
import { noise, text } from '../../../pixels/pictures.js';

const SIZE = { width: 300, height: 150 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const started = stopAfterEach();

/** A broadcast of a page of text that somebody has begun to read. */
async function read(settings: ConstructorParameters<typeof BroadcastRig>[2] = {}) {
  const rig = started(new BroadcastRig(SIZE, 'lossless', settings));
  rig.paint(WHOLE, text(1));
  await rig.begin();
  return { rig, viewer: rig.viewer() };
}

async function newestOf(rig: BroadcastRig) {
  const reader = readerOf('m');
  reader.push((await rig.broadcast.newest())!);
  const message = await reader.next();
  return message?.type === 'meta' ? message.meta : null;
}

describe('a broadcast', () => {
  test('does nothing until somebody asks, and sleeps when nobody has for 15 s', async () => {
    const rig = started(new BroadcastRig(SIZE));
    rig.paint(WHOLE, text(1));
    await rig.pass(60_000, 5000);
    expect([rig.broadcast.awake, rig.broadcast.wantsFrame, rig.changes]).toEqual([false, false, 0]);
    await rig.begin();
    expect([rig.broadcast.awake, rig.changes]).toEqual([true, 1]);
    await rig.pass(14_900, 100);
    expect(rig.broadcast.awake).toBe(true);
    await rig.pass(200, 100);
    expect([rig.broadcast.awake, rig.broadcast.figures.state, rig.changes]).toEqual([false, 'asleep', 2]);
    const before = rig.broadcast.store.newest;
    rig.paint(WHOLE, text(2));
    await rig.pass(120_000, 5000);
    expect(rig.broadcast.store.newest).toBe(before);
    // Whoever comes then gets the present picture.
    await rig.begin();
    const viewer = rig.viewer();
    await viewer.follow();
    expect(viewer.colours).toBe(rig.colours);
  });

  test('stays awake while a segment is read, and in between', async () => {
    const { rig, viewer } = await read();
    for (let minute = 0; minute < 4; minute++) {
      await rig.pass(60_000, 1000);
      await viewer.follow();
      expect(rig.broadcast.awake).toBe(true);
    }
    expect(viewer.metas.length).toBeGreaterThan(3);
  });

  test('answers whoever asks first when the picture is a present one, or after ten seconds with what there is', async () => {
    const rig = started(new BroadcastRig(SIZE));
    rig.live = false;
    rig.broadcast.asked();
    let answers = 0;
    const asked = rig.broadcast.newest().then(answer => {
      answers++;
      return answer;
    });
    await rig.pass(5000, 1000);
    expect([answers, rig.framesWanted > 0]).toEqual([0, true]);
    rig.live = true;
    rig.paint(WHOLE, text(1));
    await rig.settle();
    expect(await asked).not.toBeNull();
    const other = started(new BroadcastRig(SIZE));
    other.live = false;
    other.broadcast.asked();
    const nothing = other.broadcast.newest();
    await other.pass(10_000, 1000);
    expect(await nothing).toBeNull();
  });

  test('that is paused answers at once with its last picture, also when it has slept', async () => {
    const rig = started(new BroadcastRig(SIZE));
    rig.paint(WHOLE, text(1));
    await rig.begin();
    rig.announcement = PAUSED;
    rig.broadcast.onSettings();
    await rig.pass(20_000, 1000);
    expect(rig.broadcast.awake).toBe(false);
    // Nothing is captured during a pause.
    rig.live = false;
    rig.broadcast.asked();
    expect((await newestOf(rig))?.state).toBe('paused');
    const viewer = rig.viewer();
    await viewer.follow();
    expect(viewer.colours).toBe(rig.colours);
  });

  test('says with each beat that nothing has changed, only to those who read', async () => {
    const { rig, viewer } = await read();
    await viewer.follow();
    await rig.pass(5000, 100);
    await viewer.follow();
    expect(viewer.beats).toBeGreaterThanOrEqual(4);
    expect(viewer.beats).toBeLessThanOrEqual(6);
    // A beat is no old picture.
    expect(rig.broadcast.figures.ageMs).toBeNull();
    rig.paint({ ...WHOLE, height: 9 }, text(2));
    await rig.settle();
    expect(rig.broadcast.figures.ageMs).toBe(0);
  });

  test('announces the next segment a second before it begins, and an early one at once', async () => {
    const { rig, viewer } = await read();
    const first = rig.broadcast.store.newest!;
    rig.paint({ ...WHOLE, height: 20 }, text(3));
    await rig.pass(9500, 100);
    await viewer.follow();
    expect([viewer.turns, rig.broadcast.store.newest]).toEqual([[1000], first]);
    const early = new KeptSegment();
    expect(rig.broadcast.store.read(first + 1, early)).not.toBeNull();
    expect(early.pieces).toEqual([]);
    await rig.pass(600, 100);
    expect([rig.broadcast.store.newest, early.pieces.length > 0]).toEqual([first + 1, true]);
    rig.resize({ width: 200, height: 100 });
    rig.paint({ x: 0, y: 0, width: 200, height: 100 }, text(4));
    await rig.pass(100, 50);
    await viewer.follow();
    expect(viewer.turns).toEqual([1000, 0]);
    expect(viewer.metas.map(({ width }) => width)).toEqual([300, 300, 200]);
    expect(viewer.colours).toBe(rig.colours);
    // Those before the last two are gone.
    expect(rig.broadcast.store.read(first - 1, new KeptSegment())).toBeNull();
    expect(rig.broadcast.store.read(first + 4, new KeptSegment())).toBeNull();
    expect(rig.broadcast.store.read(first, new KeptSegment())).not.toBeNull();
  });

  test('keeps to its rate, and leaves out pictures for it', async () => {
    const { rig, viewer } = await read({ rate: 100_000 });
    const megabits: number[] = [];
    for (let step = 1; step <= 120; step++) {
      rig.paint({ x: 0, y: 0, width: 100, height: 60 }, noise(step));
      await rig.pass(50);
      if (step % 20 === 0) megabits.push(rig.broadcast.figures.mbitPerSecond);
    }
    // Six seconds, the burst, and the last picture in advance.
    const total = megabits.reduce((sum, each) => sum + each, 0);
    expect(total).toBeGreaterThan(4);
    expect(total).toBeLessThan(5.6);
    await rig.pass(1000, 50);
    await viewer.follow();
    expect(viewer.colours).toBe(rig.colours);
    expect(viewer.pictures.size).toBeLessThan(60);
  });

  test('waits for the fastest reader, not for others', async () => {
    const { rig } = await read();
    const { store } = rig.broadcast;
    const [slow, fast] = [new KeptSegment(), new KeptSegment()];
    store.read(store.newest!, slow);
    slow.waitingBytes = 64 * 1024;
    const before = slow.pieces.length;
    rig.paint(WHOLE, text(7));
    // The reader of the test's viewer has taken all.
    await rig.pass(200);
    expect(slow.pieces.length).toBeGreaterThan(before);
    await rig.pass(1000, 100);
    const other = started(new BroadcastRig(SIZE));
    other.paint(WHOLE, text(1));
    await other.begin();
    other.broadcast.store.read(other.broadcast.store.newest!, fast);
    fast.waitingBytes = 64 * 1024;
    other.paint(WHOLE, text(7));
    await other.pass(200);
    expect([other.broadcast.wantsFrame, fast.pieces.length]).toEqual([false, 1]);
    fast.waitingBytes = 0;
    other.broadcast.readersChanged();
    await other.settle();
    expect(fast.pieces.length).toBe(2);
  });

  test('tells of a pause and of its end', async () => {
    const { rig, viewer } = await read();
    rig.announcement = PAUSED;
    rig.broadcast.onSettings();
    await viewer.follow();
    expect(viewer.metas.at(-1)?.state).toBe('paused');
    expect((await newestOf(rig))?.state).toBe('paused');
    rig.announcement = SHARING;
    rig.broadcast.onSettings();
    await rig.broadcast.end();
    await viewer.follow();
    expect(viewer.metas.slice(-2).map(({ state }) => state)).toEqual(['live', 'ended']);
    expect(viewer.pictures.size).toBeGreaterThan(0);
    expect(rig.broadcast.store.read(rig.broadcast.store.newest! + 1, new KeptSegment())).toBeNull();
  });

  test('hands segments out when they have ended, for caches that do not stream', async () => {
    const { rig } = await read({ segmentSeconds: 1 });
    expect(await newestOf(rig)).toMatchObject({ closed: true, segmentMs: 1000 });
    const { store } = rig.broadcast;
    const reader = new KeptSegment();
    store.read(store.newest!, reader);
    rig.paint({ ...WHOLE, height: 20 }, text(3));
    await rig.pass(900, 100);
    expect(reader.pieces).toEqual([]);
    await rig.pass(200, 100);
    // Its description, what has changed, and perhaps a beat.
    expect(reader.ended).toBe(true);
    expect(reader.pieces.length).toBeGreaterThanOrEqual(2);
    const viewer = rig.viewer();
    await rig.pass(6000, 100);
    await viewer.follow();
    expect(viewer.colours).toBe(rig.colours);
  });
});
