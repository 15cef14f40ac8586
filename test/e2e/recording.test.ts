import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, expect, test } from 'vitest';
import type { PlaySnapshot } from '../../source/session/snapshot.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { OPEN_ON_LOOPBACK, Program } from '../helpers/program.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-recording-'));
const started = stopAfterEach();
const environment = { XDG_STATE_HOME: folder };
const fileOf = (name: string) => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function share(...more: readonly string[]): Program {
  const open = ['--headless', '--json', ...OPEN_ON_LOOPBACK];
  return started(new Program(['share', ...open, '--no-announce', ...more], environment));
}

/** How a recording ends, and its last picture. */
async function played(file: string): Promise<{ last: PlaySnapshot; picture: PNG }> {
  const argv = ['play', file, '--headless', '--json', '--view', 'none', '--speed', '16'];
  const [program, picture] = [
    started(new Program(argv, environment)),
    started(new Program(['play', file, '--snapshot', `${file}.png`], environment)),
  ];
  expect([await program.ended, await picture.ended]).toEqual([0, 0]);
  const last = JSON.parse(program.lines.at(-1)!) as PlaySnapshot;
  return { last, picture: PNG.sync.read(readFileSync(`${file}.png`)) };
}

test('a share and its viewer record, also up to where they are killed, and what they recorded is played and shared', async () => {
  const pattern = ['--source', 'pattern', '--size', '320x200'];
  const sharer = share(...pattern, '--record', fileOf('share.pglog'));
  const peer = `127.0.0.1:${await sharer.port('rfb')}`;
  const alone = ['--headless', '--json', '--view', 'none', '--encrypt', 'off'];
  const viewer = started(new Program(['watch', peer, ...alone, '--record', fileOf('watch.pglog')], environment));
  await viewer.until(() => viewer.watchSnapshots.some(({ recording }) => (recording?.bytes ?? 0) > 20_000));
  expect(viewer.watchSnapshots.at(-1)!.name).toMatch(/\(recorded\)$/);
  expect(await viewer.stop()).toBe(0);
  sharer.signal('SIGKILL');
  await sharer.ended;
  // The launcher was killed: the program ends by itself, and its file may be whole or cut off.
  expect(statSync(fileOf('share.pglog')).mode & 0o777).toBe(0o600);
  for (const name of ['share.pglog', 'watch.pglog']) {
    const { last, picture } = await played(fileOf(name));
    expect(last).toMatchObject({ role: 'play', state: 'ended', width: 320, height: 200 });
    expect(last.updates).toBeGreaterThan(3);
    expect([picture.width, picture.height]).toEqual([320, 200]);
    expect(new Set(picture.data).size).toBeGreaterThan(3);
  }
  const again = share('--source', `replay:${fileOf('watch.pglog')}`);
  const seen = ['--frames', '3', '--snapshot', fileOf('seen.png')];
  const watcher = started(
    new Program(['watch', `127.0.0.1:${await again.port('rfb')}`, ...alone, ...seen], environment),
  );
  expect(await watcher.ended).toBe(0);
  expect(PNG.sync.read(readFileSync(fileOf('seen.png'))).width).toBe(320);
});

test('a recording that cannot be written is a failure of who asked for it by flag', async () => {
  const sharer = share('--source', 'pattern', '--record', '/dev/null');
  expect(await sharer.ended).toBe(1);
  expect(sharer.told.at(-1)).toContain('E_RECORDING');
});
