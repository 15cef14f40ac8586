import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startRawFramebuffer } from '../helpers/vnc-servers.js';
import { WatchingHost } from '../helpers/watching-host.js';
import { differences, watchPort } from './watching.js';

const SIZE = { width: 64, height: 48 };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  while (ends.length > 0) await ends.pop()!();
});

it('shows a server that announces 24 bits a pixel, exactly', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-rawfb-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'framebuffer');
  const bgr = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, at) => (at * 37) & 0xff);
  writeFileSync(file, bgr);
  const server = await startRawFramebuffer(file, SIZE);
  ends.push(() => server.stop());
  const host = new WatchingHost();
  const session = await watchPort(server.port, host);
  ends.push(() => session.close());
  session.setCursor(false);
  const rgb = bgr.map((_, at) => bgr[at - (at % 3) + 2 - (at % 3)]!);
  await host.until(() => host.framebuffer !== null && differences(host.picture(), { ...SIZE, rgb }) === 0);
  expect(host.sizes).toEqual([SIZE]);
});
