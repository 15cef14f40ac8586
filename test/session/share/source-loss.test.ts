import { afterEach, expect, test } from 'vitest';
import type { ProtocolSession } from '../../../source/session/watch/protocol-session.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { WatchingHost } from '../../helpers/watching-host.js';
import { watchPort } from '../../interop/watching.js';

const SIZE = { width: 64, height: 48 };
const WAIT = { timeout: 30_000 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const started = stopAfterEach();

let session: ProtocolSession | null = null;
afterEach(() => session?.close());

test('while the source is gone viewers keep the last picture and get a notice, and it resumes automatically', async () => {
  const share = started(await CanvasShare.start(SIZE, { name: 'desk' }));
  share.canvas.paint(WHOLE, 0x00ff00);
  const host = new WatchingHost({ quality: 'lossless' });
  session = await watchPort(share.port, host);
  await host.until(() => host.updates.length > 0);
  const notices = () => share.events.flatMap(event => (event.type === 'notice' ? [[event.code, event.text]] : []));

  for (const [code, kind] of [
    ['E_SOURCE_GONE', 'source-gone'],
    ['E_SOURCE_HIDDEN', 'minimised'],
  ] as const) {
    share.canvas.lose(code);
    const { reads } = share.canvas;
    share.canvas.paint(WHOLE, 0xff0000);
    await expect
      .poll(() => share.snapshot, WAIT)
      .toMatchObject({
        state: 'suspended',
        missing: { code },
        limit: 'paused',
        viewers: [{ state: 'watching' }],
      });
    expect(notices()).toContainEqual([code, 'The canvas is gone. Viewers keep the last picture.']);
    await host.until(() => host.facts.sharer?.kind === kind);
    expect(share.canvas.reads).toBe(reads);
    const { length } = host.updates;
    share.canvas.find();
    await expect.poll(() => share.snapshot, WAIT).toMatchObject({ state: 'sharing', missing: null });
    await host.until(() => host.facts.sharer?.kind === 'sharing' && host.updates.length > length);
    share.canvas.paint(WHOLE, 0x0000ff);
  }
});

test('a rearrangement of monitors is not reported', async () => {
  const share = started(await CanvasShare.start(SIZE));
  const host = new WatchingHost();
  session = await watchPort(share.port, host);
  await host.until(() => host.updates.length > 0);
  share.canvas.lose();
  share.canvas.find();
  const told = () => share.events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot.missing] : []));
  const { length } = told();
  await expect.poll(() => told().length, WAIT).toBeGreaterThan(length + 3);
  expect(told().every(missing => missing === null)).toBe(true);
  expect(share.events.filter(event => event.type === 'notice' && event.code !== undefined)).toEqual([]);
});
