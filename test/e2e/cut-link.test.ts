import { describe, expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { Program } from '../helpers/program.js';

const started = stopAfterEach();
const SHARE = [
  'share',
  '--no-web',
  '--headless',
  '--json',
  '--access',
  'open',
  '--source',
  'pattern',
  '--size',
  '640x480',
];
const WIRES = ['rfb', 'classic'] as const;
/** What is promised: how long until a cut is told at both ends, and until the picture is back. */
const TOLD_MS = 5000;
const BACK_MS = 2000;
/** What a busy machine adds. */
const SLACK_MS = 1500;

describe('a cable that is cut while the screen moves', () => {
  test('is reported at both ends by both protocols, and the picture is back with the cable', async () => {
    const net = started(new NetworkNamespace());
    const share = started(new Program([...SHARE, '--bind', net.here, '--rfb-port', '0', '--classic-port', '0']));
    const watches: Program[] = [];
    for (const wire of WIRES) {
      const address = `${net.here}::${await share.port(wire)}`;
      const argv = ['watch', address, '--headless', '--json', '--view', 'none', '--wire', wire];
      watches.push(started(new Program(argv, {}, net.prefix)));
    }
    const all = (what: (watch: Program) => Promise<unknown>) => Promise.all(watches.map(what));
    await all(watch => watch.until(() => (watch.watchSnapshots.at(-1)?.fps ?? 0) > 5));
    net.cut();
    const cutAt = performance.now();
    await all(watch => watch.untilTold(/No response from .* for \d s\./));
    await share.until(() => share.told.filter(line => /no answer for \d s/.test(line)).length === WIRES.length);
    expect(performance.now() - cutAt).toBeLessThan(TOLD_MS + SLACK_MS);
    await all(watch => watch.until(() => (watch.watchSnapshots.at(-1)?.silentMs ?? null) !== null));
    expect(watches.map(watch => watch.watchSnapshots.at(-1)?.state)).toEqual(['reconnecting', 'reconnecting']);
    net.mend();
    const mendedAt = performance.now();
    await all(watch => watch.untilTold(/is back after \d+ s/));
    expect(performance.now() - mendedAt).toBeLessThan(BACK_MS + SLACK_MS);
    await share.until(() => {
      const { viewers = [] } = share.shareSnapshots.at(-1) ?? {};
      return viewers.length === WIRES.length && viewers.every(({ silentMs }) => silentMs === null);
    });
  });
});
