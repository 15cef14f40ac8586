import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, describe, expect, it } from 'vitest';
import { SHARE_DEFAULTS, type ShareOptions } from '../../source/session/share-options.js';
import { ClassicClient } from '../helpers/classic-client.js';
import { ClassicPeer, type WatchingPeerOptions } from '../helpers/classic-peer.js';
import { RunningShare } from '../helpers/running-share.js';

const SIZE = { width: 400, height: 224 };
const RAW_BYTES = SIZE.width * SIZE.height * 3;
/** Frames of 0.9 MB, which cost no compression: a few of them fill the buffers on the way to a viewer. */
const LARGE_FRAMES = { classicSize: { width: 640, height: 480 }, level: 0, fps: 20 } as const;
const running: { stop(): Promise<unknown> }[] = [];

async function share(options: Partial<ShareOptions> = {}): Promise<RunningShare> {
  const started = await RunningShare.start({ classicSize: SIZE, ...options });
  running.push(started);
  return started;
}

function watch(started: RunningShare, options: Partial<WatchingPeerOptions> = {}): ClassicPeer {
  const peer = ClassicPeer.watch({ port: started.classicPort, size: SIZE, ...options });
  running.push(peer);
  return peer;
}

function connect(started: RunningShare, from?: string): ClassicClient {
  const client = new ClassicClient(started.classicPort, '127.0.0.1', from);
  running.push(client);
  return client;
}

function longestGap(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()));
});

describe('a share over the classic protocol', () => {
  it('is watched by the stand-in for the original program, and sleeps without a viewer', async () => {
    const started = await share();
    const peer = watch(started);
    await peer.moreFrames(30);
    expect(new Set(peer.frames.map(({ crc }) => crc)).size).toBeGreaterThan(10);
    const sharing = await started.snapshotWhere(({ fps }) => fps > 5);
    expect(sharing.state).toBe('sharing');
    expect(sharing.viewers).toMatchObject([{ wire: 'classic', address: '127.0.0.1', state: 'watching' }]);
    await peer.stop();
    const asleep = await started.snapshotWhere(({ state }) => state === 'asleep');
    const later = await started.snapshotWhere(({ t }) => t > asleep.t);
    expect(later.capturedPixels).toBe(asleep.capturedPixels);
    expect(started.notices).toEqual(['127.0.0.1 connected', expect.stringMatching(/^127\.0\.0\.1 left after \d+ s$/)]);
    await started.stop();
    expect(started.events.at(-1)).toMatchObject({ type: 'ended', error: null });
  });

  it('counts what a viewer counts: bytes, frames, rate and ratio', async () => {
    const started = await share();
    const client = connect(started);
    await client.moreFrames(40);
    const off: { fps: number; bytes: number; ratio: number }[] = [];
    while (off.length < 7) {
      const { fps, bytesPerFrame, compressionRatio } = await started.snapshotWhere(snapshot => snapshot.fps > 5);
      const now = performance.now();
      const recent = client.frames.filter(({ at }) => at > now - 1000);
      const mean = recent.reduce((sum, { bytes }) => sum + bytes, 0) / recent.length;
      const ratio = (compressionRatio * mean) / RAW_BYTES;
      off.push({ fps: fps / recent.length, bytes: bytesPerFrame / mean, ratio });
    }
    // The median: when the machine stands still, the second here and the second there are not the same for a moment.
    for (const figure of ['fps', 'bytes', 'ratio'] as const) {
      const median = off.map(each => each[figure]).sort((a, b) => a - b)[3]!;
      expect(Math.abs(median - 1), figure).toBeLessThan(0.2);
    }
    await started.stop();
    await client.closed;
    expect(started.snapshot.bytes).toBe(client.bytes);
    expect(started.snapshot.frames).toBe(client.frames.length);
    expect(started.snapshot.changedFrames + started.snapshot.repeatedFrames).toBe(client.frames.length);
  });

  it('encodes each picture once for all viewers', async () => {
    const started = await share();
    const clients = [connect(started), connect(started), connect(started)];
    await Promise.all(clients.map(client => client.moreFrames(20)));
    const bodies = clients.map(client => new Set(client.frames.map(({ body }) => body.toString('latin1'))));
    const common = [...bodies[0]!].filter(body => bodies[1]!.has(body) && bodies[2]!.has(body));
    expect(common.length).toBeGreaterThan(10);
    const { encodedRectangles, sharedRectangles } = await started.snapshotWhere(({ frames }) => frames >= 60);
    expect(sharedRectangles).toBeGreaterThan(0);
    expect(sharedRectangles).toBeLessThanOrEqual(encodedRectangles);
  });

  it('repeats the last frame ten times a second while it is paused, the same bytes each time', async () => {
    const started = await share();
    const client = connect(started);
    await client.moreFrames(5);
    started.send({ type: 'pause', paused: true });
    // The frame that was being encoded when the pause began has been sent once the last one is repeated.
    const paused = await started.snapshotWhere(
      ({ state, repeatedFrames }) => state === 'paused' && repeatedFrames >= 3,
    );
    await client.moreFrames(5);
    const from = client.frames.length;
    await client.moreFrames(20);
    const repeated = client.frames.slice(from);
    expect(repeated.every(({ body }) => body.equals(repeated[0]!.body))).toBe(true);
    const seconds = (repeated.at(-1)!.at - repeated[0]!.at) / 1000;
    expect((repeated.length - 1) / seconds).toBeGreaterThan(4);
    const later = await started.snapshotWhere(({ repeatedFrames }) => repeatedFrames >= paused.repeatedFrames + 20);
    expect(later.encodedRectangles).toBe(paused.encodedRectangles);
    started.send({ type: 'pause', paused: false });
    await client.until(() => !client.last.body.equals(repeated[0]!.body));
  });

  it('compresses a still picture again for another level, within one frame', async () => {
    const started = await share();
    const client = connect(started);
    await client.moreFrames(3);
    started.send({ type: 'pause', paused: true });
    await started.snapshotWhere(({ state }) => state === 'paused');
    await client.moreFrames(3);
    const pixels = ClassicClient.pixels(client.last);
    const sizes: number[] = [];
    for (const level of [0, 9, 1]) {
      const before = client.last.body;
      started.send({ type: 'level', level });
      await client.until(() => !client.last.body.equals(before));
      sizes.push(client.last.bytes);
      expect(ClassicClient.pixels(client.last).equals(pixels)).toBe(true);
    }
    expect(sizes[0]! / RAW_BYTES).toBeCloseTo(1, 2);
    expect(sizes[1]).toBeLessThan(sizes[2]!);
    await started.until(() =>
      started.notices.some(text => text.startsWith('compression level 6 to 1: static screen, ')),
    );
  });

  it('says what another level bought while the picture moves', async () => {
    const started = await share({ level: 6 });
    const client = connect(started);
    await client.moreFrames(20);
    await started.snapshotWhere(({ fps }) => fps > 5);
    started.send({ type: 'level', level: 0 });
    const told = () => started.notices.find(text => text.startsWith('compression level 6 to 0: '));
    await started.until(() => told() !== undefined);
    expect(told()).toMatch(/^compression level 6 to 0: \d+ to \d+ fps, \+\d+ % bytes a frame$/);
  });

  it('continues undisturbed while the thread of the terminal is blocked', async () => {
    const started = await share();
    const peer = watch(started);
    await peer.moreFrames(30);
    const before = peer.frames.length;
    const usual = longestGap(peer.frames.slice(10).map(({ time }) => time));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    await peer.moreFrames(1);
    await new Promise(resolve => setImmediate(resolve));
    const during = peer.frames.slice(before - 1).map(({ time }) => time);
    expect(during.at(-1)! - during[0]!).toBeGreaterThan(1.8);
    // Frames that waited for that thread would come after two seconds. A busy machine has gaps of its own.
    expect(longestGap(during)).toBeLessThan(Math.max(usual * 3, 1.5));
  });

  it('skips a stopped viewer, delays no other, and gives it the newest picture when it continues', async () => {
    const started = await share(LARGE_FRAMES);
    const size = LARGE_FRAMES.classicSize;
    const running = watch(started, { size });
    const stopping = watch(started, { size });
    await Promise.all([running.moreFrames(30), stopping.moreFrames(20)]);
    const usual = longestGap(running.frames.slice(10).map(({ time }) => time));
    stopping.pause();
    const from = running.frames.length - 1;
    await running.until(() => running.frames.at(-1)!.time - running.frames[from]!.time > 2);
    // Frames that waited for the other viewer would not come at all.
    expect(longestGap(running.frames.slice(from).map(({ time }) => time))).toBeLessThan(Math.max(usual * 3, 1.5));
    const { viewers } = await started.snapshotWhere(({ viewers }) => viewers.some(({ skipped }) => skipped > 20));
    const largest = Math.max(...running.frames.map(({ size }) => size));
    expect(Math.max(...viewers.map(({ unsentBytes }) => unsentBytes))).toBeLessThan(largest * 4);
    const fresh = running.frames.length;
    stopping.resume();
    const isFresh = (crc: number) => running.frames.slice(fresh).some(frame => frame.crc === crc);
    await stopping.until(() => isFresh(stopping.lastFrame?.crc ?? 0));
  });

  it('keeps a reader of ten frames a second within about two of its frames of now', async () => {
    const started = await share({ classicSize: SHARE_DEFAULTS.classicSize });
    const size = SHARE_DEFAULTS.classicSize;
    const fast = watch(started, { size });
    const slow = watch(started, { size, delay: 0.1 });
    await slow.moreFrames(10);
    const behind: number[] = [];
    await slow.until(() => {
      const at = fast.frames.findLastIndex(({ crc }) => crc === slow.lastFrame?.crc);
      if (at >= 0) behind.push(fast.lastFrame!.time - fast.frames[at]!.time);
      return behind.length >= 20;
    });
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    // Its own pace, the time to decompress included: about 0.13 s where nothing else runs.
    const pace = median(slow.frames.slice(1).map(({ time }, index) => time - slow.frames[index]!.time));
    expect(median(behind)).toBeLessThan(pace * 2.7);
  });

  it('saves the picture that the viewers see', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'peerglass-'));
    const file = path.join(folder, 'picture.png');
    const started = await share();
    const client = connect(started);
    await client.moreFrames(3);
    started.send({ type: 'pause', paused: true });
    await started.snapshotWhere(({ state }) => state === 'paused');
    started.send({ type: 'save-picture', file });
    await started.until(() => started.notices.includes(`Saved ${file}`));
    await client.moreFrames(3);
    const png = PNG.sync.read(await readFile(file));
    const rgb = Buffer.alloc(RAW_BYTES);
    for (let pixel = 0; pixel < SIZE.width * SIZE.height; pixel++)
      png.data.copy(rgb, pixel * 3, pixel * 4, pixel * 4 + 3);
    expect(rgb.equals(ClassicClient.pixels(client.last))).toBe(true);
    started.send({ type: 'save-picture', file: path.join(folder, 'missing', 'picture.png') });
    await started.until(() => started.all('notice').some(({ code }) => code === 'E_SNAPSHOT'));
    await rm(folder, { recursive: true });
  });

  it('sends thumbnails when asked, and none when asked to stop', async () => {
    const started = await share();
    const client = connect(started);
    await client.moreFrames(3);
    started.send({ type: 'thumbnail', size: { columns: 40, rows: 30 } });
    await started.until(() => started.all('thumbnail').length >= 2);
    const { thumbnail } = started.all('thumbnail')[0]!;
    expect([thumbnail.columns, thumbnail.rows, thumbnail.rgb.length]).toEqual([40, 22, 40 * 22 * 3]);
    expect(new Set(thumbnail.rgb).size).toBeGreaterThan(5);
    started.send({ type: 'thumbnail', size: null });
    // Once this is told, what was asked before it has been taken: a snapshot may have been on its way already.
    started.send({ type: 'level', level: 1 });
    await started.snapshotWhere(({ level }) => level === 1);
    const sent = started.all('thumbnail').length;
    await started.snapshotWhere(() => true);
    await started.snapshotWhere(() => true);
    expect(started.all('thumbnail').length).toBe(sent);
  });
});

describe('consent', () => {
  it('keeps every byte back until the sharer says yes', async () => {
    const started = await share({ access: 'ask' });
    const client = connect(started);
    await started.until(() => started.all('asking').length === 1);
    const { viewer, address, expiresAt } = started.all('asking')[0]!;
    expect(address).toBe('127.0.0.1');
    expect(expiresAt - Date.now()).toBeGreaterThan(20_000);
    const asking = await started.snapshotWhere(({ state }) => state === 'asking');
    await started.snapshotWhere(({ t }) => t > asking.t);
    expect(client.bytes).toBe(0);
    expect(started.snapshot.capturedPixels).toBe(0);
    started.send({ type: 'consent', viewer, answer: 'yes' });
    await client.moreFrames(2);
    expect(started.all('asked')).toEqual([{ type: 'asked', viewer }]);
  });

  it('ends a viewer who is refused, and lets everybody in after "all"', async () => {
    const started = await share({ access: 'ask' });
    const [refused, ...others] = [2, 3, 4].map(host => connect(started, `127.0.0.${host}`));
    await started.until(() => started.all('asking').length === 3);
    const asking = (host: number) => started.all('asking').find(({ address }) => address === `127.0.0.${host}`)!.viewer;
    started.send({ type: 'consent', viewer: asking(2), answer: 'no' });
    await refused!.closed;
    await started.until(() => started.notices.includes('127.0.0.2 was refused'));
    started.send({ type: 'consent', viewer: asking(3), answer: 'all' });
    const late = connect(started, '127.0.0.5');
    await Promise.all([late, ...others].map(client => client.moreFrames(2)));
    expect(refused!.bytes).toBe(0);
  });

  it('disconnects a viewer on request', async () => {
    const started = await share();
    const client = connect(started);
    await client.moreFrames(2);
    const { viewers } = await started.snapshotWhere(({ viewers }) => viewers.length === 1);
    started.send({ type: 'kick', viewer: viewers[0]!.id });
    await client.closed;
    await started.until(() => started.notices.some(notice => notice.includes('disconnected')));
    expect(started.notices).toContain('127.0.0.1 was disconnected');
  });
});

describe('a share that cannot be', () => {
  it('names a port that is in use', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    await expect(RunningShare.start({ classicPort: port })).rejects.toMatchObject({ code: 'E_PORT_IN_USE' });
    server.close();
  });

  it('names an address of another machine', async () => {
    await expect(RunningShare.start({ bind: '192.0.2.1' })).rejects.toMatchObject({ code: 'E_ADDRESS_NOT_LOCAL' });
  });
});
