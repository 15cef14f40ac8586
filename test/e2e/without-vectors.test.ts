import { expect, test } from 'vitest';
import { OPEN_ON_LOOPBACK, Program } from '../helpers/program.js';

/** As on a processor without SSE4.1, where WebAssembly has no SIMD. */
const WITHOUT_VECTORS = ['--no-enable-sse4-1'];

test('a processor without vectors shares and watches, and reports that it is slower', async () => {
  const run = (...argv: string[]) => new Program([...argv, '--headless', '--json'], {}, [], WITHOUT_VECTORS);
  const share = run('share', '--source', 'pattern', ...OPEN_ON_LOOPBACK);
  const watch = run('watch', `127.0.0.1:${await share.port('rfb')}`, '--view', 'none', '--frames', '5');
  expect(await watch.ended).toBe(0);
  expect(await share.stop()).toBe(0);
  for (const { told } of [share, watch]) expect(told.join('\n')).toMatch(/no SSE4\.1|WebAssembly SIMD/);
  expect(watch.watchSnapshots.at(-1)?.frames).toBeGreaterThanOrEqual(5);
});
