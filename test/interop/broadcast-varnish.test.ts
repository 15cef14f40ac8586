import { describe, expect, it } from 'vitest';
import { LightReader } from '../../source/bench/light-reader.js';
import { BroadcastShare } from '../helpers/broadcast-share.js';
import { Chromium } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { Varnish } from '../helpers/varnish.js';
import { compared, WatchingBroadcast } from '../helpers/watching-broadcast.js';

const later = stopAfterEach();
/** The program without a window, until it has shown some pictures. */
const BRIEFLY = ['--headless', '--json', '--view', 'none', '--frames', '20'];

function light(share: BroadcastShare, port: number, segment: number): LightReader {
  return later(new LightReader({ host: '127.0.0.1', port, path: share.path, segment }));
}

/** A viewer that shows pictures. */
async function watching(share: BroadcastShare, port: number): Promise<WatchingBroadcast> {
  const viewer = later(new WatchingBroadcast(share.linkAt(port)));
  await viewer.until(() => viewer.update > 0);
  return viewer;
}

/** The page, as a person opens it. */
async function opened(share: BroadcastShare, port: number) {
  const chromium = later(await Chromium.start());
  return later(await chromium.open(share.linkAt(port)));
}

/** What the sharer was asked for, by what it is: each part of the broadcast may be asked for once. */
function askedOf({ proxy, path }: BroadcastShare) {
  const parts = proxy.requests.filter(request => request !== `${path}m`);
  return {
    newest: proxy.requests.length - parts.length,
    twice: parts.filter((name, at) => parts.indexOf(name) !== at),
  };
}

describe('a broadcast through Varnish', () => {
  it('shows a viewer that comes late the same pictures, and asks the sharer once for each part, however many read', async () => {
    const share = later(await BroadcastShare.start('--segment', '4'));
    const varnish = later(await Varnish.start(share.proxy.port, 60));
    const page = await opened(share, varnish.port);
    const program = later(new Program(['watch', share.linkAt(varnish.port), ...BRIEFLY]));
    const first = await watching(share, varnish.port);
    const begun = first.watch.broadcast.segment!;
    const readers = Array.from({ length: 50 }, () => light(share, varnish.port, begun));
    await first.until(() => first.update > 20);
    const late = await watching(share, varnish.port);
    await late.until(() => compared(first, late).both >= 20 && late.watch.broadcast.segment! > begun);
    expect(compared(first, late).different).toEqual([]);
    await expect.poll(() => readers.filter(({ segment, updates }) => segment > begun && updates > 20).length).toBe(50);
    expect(readers.map(({ failed }) => failed).filter(failed => failed !== null)).toEqual([]);
    const { newest, twice } = askedOf(share);
    expect(twice).toEqual([]);
    // Each second that somebody joins.
    expect(newest).toBeLessThanOrEqual(3);
    expect([await program.ended, program.watchSnapshots.at(-1)?.wire]).toEqual([0, 'broadcast']);
    await expect.poll(() => page.state()).toBe('watching');
    const before = (await page.shown()).hash;
    await expect.poll(async () => (await page.shown()).hash).not.toBe(before);
    expect([page.complaints, page.page.url().includes('#')]).toEqual([[], false]);
    expect([first.watch.broadcast.jumps, late.watch.broadcast.jumps, first.codes, late.codes]).toEqual([0, 0, [], []]);
  });
});
