import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClassicSharer, frameOf, noisyPicture, plainPicture, type RgbPicture } from '../helpers/classic-sharer.js';
import { rgbOfPng } from '../helpers/rgb-pictures.js';
import { RunningWatch } from '../helpers/running-watch.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-watch-'));
const running: { stop(): Promise<void> }[] = [];

function later<T extends { stop(): Promise<void> }>(each: T): T {
  running.push(each);
  return each;
}

afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function childOf(): number[] {
  const text = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return text
    .split('\n')
    .filter(line => line.includes('session/watch/child.js'))
    .map(line => Number.parseInt(line, 10));
}

describe('watching a classic share', () => {
  it('works the picture out, counts what came, and keeps the last frame', async () => {
    const snapshotFile = path.join(folder, 'last.png');
    const pictures = [0, 1, 2].map(seed => noisyPicture(800, 600, seed));
    const frames = pictures.map(picture => frameOf(picture));
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frames[0]!)));
    const watch = later(await RunningWatch.start(sharer.port, { frames: 3, snapshotFile }));
    await watch.state('watching');
    for (const frame of frames.slice(1)) sharer.send(frame);
    expect(await watch.end()).toBe(null);
    expect(watch.ended?.frames).toBe(3);
    expect(watch.snapshot).toMatchObject({ wire: 'classic', width: 800, height: 600, frames: 3, state: 'ended' });
    expect(watch.snapshot?.bytes).toBe(frames.reduce((sum, frame) => sum + frame.length, 0));
    expect(same(rgbOfPng(snapshotFile), pictures[2]!.rgb)).toBe(true);
  });

  it.each([1, 7, 1000])('takes a frame that comes %s bytes at a time', async size => {
    const snapshotFile = path.join(folder, `pieces-${size}.png`);
    const picture = plainPicture(640, 480, size);
    const frame = frameOf(picture);
    const sharer = later(
      await ClassicSharer.start(viewer => {
        viewer.setNoDelay(true);
        for (let at = 0; at < frame.length; at += size) viewer.write(frame.subarray(at, at + size));
      }),
    );
    const watch = later(await RunningWatch.start(sharer.port, { frames: 1, snapshotFile }));
    expect(await watch.end()).toBe(null);
    expect(same(rgbOfPng(snapshotFile), picture.rgb)).toBe(true);
  });

  it.each(['zlib-sync', 'stand-in'])('inflates through %s', async kind => {
    process.env.PEERGLASS_INFLATER = kind;
    const snapshotFile = path.join(folder, `${kind}.png`);
    const picture = noisyPicture(321, 123);
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(picture, 6))));
    const options = { frames: 1, snapshotFile, classicSize: { width: 321, height: 123 } };
    const watch = later(await RunningWatch.start(sharer.port, options));
    delete process.env.PEERGLASS_INFLATER;
    expect(await watch.end()).toBe(null);
    expect(same(rgbOfPng(snapshotFile), picture.rgb)).toBe(true);
    expect(
      watch
        .all('output')
        .map(event => event.text)
        .join(''),
    ).toContain(kind === 'zlib-sync' ? 'zlib-sync (zlib' : 'node:zlib');
  });

  it('shows the last of many frames that are there at once, and says how many it left out', async () => {
    const snapshotFile = path.join(folder, 'skipped.png');
    const pictures = Array.from({ length: 200 }, (_, seed) => plainPicture(640, 480, seed));
    const all = Buffer.concat(pictures.map(picture => frameOf(picture)));
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(all)));
    const watch = later(await RunningWatch.start(sharer.port, { frames: 200, snapshotFile }));
    expect(await watch.end()).toBe(null);
    expect(watch.ended?.frames).toBe(200);
    expect(watch.snapshot?.skipped).toBeGreaterThan(0);
    expect(same(rgbOfPng(snapshotFile), pictures[199]!.rgb)).toBe(true);
  });

  it('leaves the picture alone while it is frozen, and continues', async () => {
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480, 1)))));
    const watch = later(await RunningWatch.start(sharer.port));
    await watch.state('watching');
    watch.controller.send({ type: 'freeze', frozen: true });
    await watch.state('frozen');
    sharer.send(frameOf(plainPicture(640, 480, 2)));
    await watch.until(() => watch.snapshot?.frames === 2);
    const [frozen, live] = [path.join(folder, 'frozen.png'), path.join(folder, 'live.png')];
    watch.controller.send({ type: 'save-picture', file: frozen });
    watch.controller.send({ type: 'freeze', frozen: false });
    watch.controller.send({ type: 'save-picture', file: live });
    await watch.until(() => watch.notices.filter(text => text.includes('Saved')).length === 2);
    expect(same(rgbOfPng(frozen), plainPicture(640, 480, 1).rgb)).toBe(true);
    expect(same(rgbOfPng(live), plainPicture(640, 480, 2).rgb)).toBe(true);
  });

  it('says that the classic protocol cannot request anything, and resets its counters on request', async () => {
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480)))));
    const watch = later(await RunningWatch.start(sharer.port));
    await watch.state('watching');
    watch.controller.send({ type: 'level', level: 3 });
    await watch.until(() => watch.notices.some(text => text.includes('classic protocol cannot request')));
    watch.controller.send({ type: 'reset-figures' });
    await expect.poll(() => watch.snapshot).toMatchObject({ frames: 0, bytes: 0 });
  });

  it('sends small pictures of the right shape and colour for the terminal', async () => {
    const picture: RgbPicture = { width: 640, height: 480, rgb: new Uint8Array(640 * 480 * 3).fill(0x80) };
    for (let at = 0; at < picture.rgb.length / 2; at += 3) picture.rgb.set([255, 0, 0], at);
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(picture))));
    const watch = later(
      await RunningWatch.start(sharer.port, { view: 'terminal', terminalCells: { columns: 40, rows: 10 } }),
    );
    await watch.until(() => watch.all('picture').length > 0);
    const { columns, rows, rgb } = watch.all('picture')[0]!.thumbnail;
    expect([columns, rows]).toEqual([27, 20]);
    expect([...rgb.subarray(0, 3)]).toEqual([255, 0, 0]);
    expect([...rgb.subarray(-3)]).toEqual([0x80, 0x80, 0x80]);
    watch.controller.send({ type: 'terminal-cells', columns: 80, rows: 40 });
    await watch.until(() => watch.all('picture').some(({ thumbnail }) => thumbnail.columns === 80));
  });
});

describe('when the sharer goes away', () => {
  it('keeps the picture, tries again, and continues when the sharer is back', async () => {
    const snapshotFile = path.join(folder, 'back.png');
    const first = await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480, 1))));
    const watch = later(await RunningWatch.start(first.port, { snapshotFile }));
    await watch.state('watching');
    const { port } = first;
    await first.stop();
    await watch.state('reconnecting');
    expect(watch.notices.some(text => text.startsWith('E_PEER_CLOSED'))).toBe(true);
    expect(watch.snapshot).toMatchObject({ width: 640, height: 480 });
    await new Promise(resolve => setTimeout(resolve, 1200));
    later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480, 2))), port));
    await watch.state('watching');
    expect(watch.notices.some(text => text.includes('is back'))).toBe(true);
    await watch.stop();
    expect(watch.ended).toMatchObject({ error: null, frames: 2 });
    expect(same(rgbOfPng(snapshotFile), plainPicture(640, 480, 2).rgb)).toBe(true);
  });

  it('ends where reconnecting was not requested', async () => {
    const sharer = later(await ClassicSharer.start(viewer => viewer.end(frameOf(plainPicture(640, 480)))));
    const watch = later(await RunningWatch.start(sharer.port, { reconnect: false }));
    expect(await watch.end()).toBe('E_PEER_CLOSED');
  });

  it('does not press a sharer who says no', async () => {
    let viewers = 0;
    const sharer = later(
      await ClassicSharer.start(viewer =>
        viewers++ === 0 ? viewer.end(frameOf(plainPicture(640, 480))) : viewer.end(),
      ),
    );
    const watch = later(await RunningWatch.start(sharer.port));
    expect(await watch.end()).toBe('E_PEER_REFUSED');
    expect(viewers).toBe(2);
  });
});

describe('the process that watches', () => {
  it('ends by itself on request, and its snapshot is written on SIGTERM too', async () => {
    const snapshotFile = path.join(folder, 'term.png');
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480, 4)))));
    const watch = later(await RunningWatch.start(sharer.port, { snapshotFile }));
    await watch.state('watching');
    process.kill(childOf()[0]!, 'SIGTERM');
    expect(await watch.end()).toBe(null);
    expect(same(rgbOfPng(snapshotFile), plainPicture(640, 480, 4).rgb)).toBe(true);
    expect(childOf()).toEqual([]);
  });

  it.each([
    ['SIGKILL', 'E_WORKER_DIED'],
    ['SIGSEGV', 'E_CRASH'],
  ] as const)('is missed when %s takes it', async (signal, code) => {
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480)))));
    const watch = later(await RunningWatch.start(sharer.port));
    await watch.state('watching');
    process.kill(childOf()[0]!, signal);
    expect(await watch.end()).toBe(code);
    expect(watch.all('ended')).toHaveLength(1);
  });

  it('does not outlive its parent', async () => {
    const sharer = later(await ClassicSharer.start(viewer => viewer.write(frameOf(plainPicture(640, 480)))));
    const script = `
      import { startWatch } from '${path.resolve('dist/source/session/watch/watch-controller.js')}';
      const { WATCHED_HERE } = { WATCHED_HERE: JSON.parse(process.argv[1]) };
      startWatch(WATCHED_HERE).subscribe(event => event.type === 'snapshot' && event.snapshot.frames > 0 && process.kill(process.pid, 'SIGKILL'));
    `;
    const { WATCHED_HERE } = await import('../helpers/running-watch.js');
    const options = JSON.stringify({ ...WATCHED_HERE, peer: { host: '127.0.0.1', port: sharer.port } });
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, options], { stdio: 'ignore' });
    later({ stop: async () => void parent.kill('SIGKILL') });
    await expect.poll(() => sharer.viewers[0]?.destroyed).toBe(true);
  });
});
