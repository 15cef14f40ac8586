import { expect, test } from 'vitest';
import type { BakeoffReport } from '../../source/session/bakeoff.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { MovingPhoto } from '../helpers/moving-photo.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { Program } from '../helpers/program.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { ShareOfSource } from '../helpers/share-of-source.js';

const NO_DISPLAY = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
const SIZE = { width: 640, height: 480 };
const started = stopAfterEach();

test('peerglass bakeoff tries everything that a peerglass viewer supports, for the given link', async () => {
  const argv = ['bakeoff', '--json', '--link', '2mbit', '--duration', '1', '--size', '640x480'];
  const program = started(new Program(argv, NO_DISPLAY));
  expect(await program.ended).toBe(0);
  expect(program.lines).toHaveLength(1);
  const { state, rows, frames, link } = JSON.parse(program.lines[0]!) as BakeoffReport;
  expect(state).toBe('done');
  // Ten, unless a busy machine showed fewer in that second, or none: then the whole picture.
  expect(frames?.count).toBeGreaterThanOrEqual(1);
  expect(frames?.count).toBeLessThanOrEqual(10);
  expect(link).toEqual({ bytesPerSecond: 250_000, least: false, by: 'told' });
  const names = new Set(rows.map(({ choice }) => choice.encoding));
  expect(names).toEqual(new Set(['tight', 'cosine', 'zrle', 'zlib', 'trle', 'hextile', 'raw']));
  expect(rows.some(({ choice }) => choice.jpeg !== null)).toBe(true);
  for (const row of rows) {
    expect(row.fps).toBeLessThanOrEqual(60);
    expect(row.fps).toBeLessThanOrEqual(250_000 / row.bytes + 0.001);
  }
  expect(rows[0]!.best).toBe(true);
  expect(rows[1]!.fps).toBeGreaterThan(rows.at(-1)!.fps);
});

test('a share tries them beside its frames, and sends what was chosen, to a viewer in another process', async () => {
  const share = started(await RunningShare.start({ classicPort: null, rfbPort: 0, classicSize: SIZE }));
  const watch = started(await RunningWatch.start(share.wires[0]!.port, { wire: 'rfb' }));
  await watch.state('watching');
  await share.until(() => share.snapshot.changedFrames > 20);
  share.send({ type: 'bakeoff', viewer: null });
  const from = share.snapshot.changedFrames;
  await share.until(() => share.all('bakeoff').some(({ report }) => report.state !== 'running'));
  const { state, rows, viewer } = share.all('bakeoff').at(-1)!.report;
  expect(state).toBe('done');
  const { changedFrames } = await share.snapshotWhere(() => true);
  expect(changedFrames).toBeGreaterThan(from + 5);
  const { choice } = rows.find(row => row.choice.encoding === 'zrle')!;
  share.send({ type: 'encode-as', viewer: viewer!.id, choice });
  const before = await share.snapshotWhere(({ viewers }) => viewers[0]?.sentAs?.chosen === true);
  const tight = before.viewers[0]?.encodings.tight;
  const after = await share.snapshotWhere(({ viewers }) => (viewers[0]?.encodings.zrle ?? 0) > 50);
  expect(after.viewers[0]?.sentAs).toEqual({ ...choice, chosen: true });
  expect(after.viewers[0]?.encodings.tight).toBe(tight);
});

test('on a shaped link it predicts what that link carries', async () => {
  const network = started(new NetworkNamespace());
  network.shape('8mbit');
  const share = started(await ShareOfSource.start(new MovingPhoto(SIZE), 'classic', { level: 1, bind: network.here }));
  const argv = ['watch', `${network.here}:${share.port}`, '--headless', '--view', 'none', '--size', '640x480'];
  started(new Program(argv, {}, network.prefix));
  await share.snapshotWhere(
    ({ limit, changedFrames }) => limit === 'network' && changedFrames > 3,
    'the link to be full',
  );
  await share.send({ type: 'bakeoff', viewer: null });
  const reports = () => share.events.flatMap(event => (event.type === 'bakeoff' ? [event.report] : []));
  await share.until(() => reports().some(({ state }) => state !== 'running'), 'the end of the bake-off');
  const { link, rows } = reports().at(-1)!;
  const mbit = ((link?.bytesPerSecond ?? 0) * 8) / 1e6;
  expect(mbit).toBeGreaterThan(3);
  expect(mbit).toBeLessThan(16);
  const present = rows.find(row => row.present)!;
  expect(present.limit).toBe('link');
  expect(present.fps).toBeCloseTo(link!.bytesPerSecond! / present.bytes, 3);
});
