import { describe, expect, it } from 'vitest';
import { LightReader } from '../../source/bench/light-reader.js';
import { BroadcastShare } from '../helpers/broadcast-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Varnish } from '../helpers/varnish.js';
import { compared, WatchingBroadcast } from '../helpers/watching-broadcast.js';

const later = stopAfterEach();

function light(share: BroadcastShare, port: number, segment: number): LightReader {
  return later(new LightReader({ host: '127.0.0.1', port, path: share.path, segment }));
}

/** A viewer that shows pictures. */
async function watching(share: BroadcastShare, port: number): Promise<WatchingBroadcast> {
  const viewer = later(new WatchingBroadcast(share.linkAt(port)));
  await viewer.until(() => viewer.update > 0);
  return viewer;
}

/** What the sharer was asked for, by what it is: each part of the broadcast may be asked for once. */
function askedOf({ proxy, path }: BroadcastShare) {
  const names = proxy.requests.map(request => request.slice(path.length));
  const parts = names.filter(name => name !== 'm');
  return { newest: names.length - parts.length, twice: parts.filter((name, at) => parts.indexOf(name) !== at) };
}

describe('a broadcast through Varnish', () => {
  it('shows a viewer that comes late the same pictures, and asks the sharer once for each part, however many read', async () => {
    const share = later(await BroadcastShare.start('--segment', '4'));
    const varnish = later(await Varnish.start(share.proxy.port, 60));
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
    expect(newest).toBeLessThanOrEqual(2);
    expect([first.watch.broadcast.jumps, late.watch.broadcast.jumps, first.codes, late.codes]).toEqual([0, 0, [], []]);
  });
});
