import { expect, test } from 'vitest';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';

const started = stopAfterEach();

/** The viewer that asks, as soon as one does. */
async function asking(share: RunningShare): Promise<number> {
  await share.until(() => share.all('asking').length > 0);
  return share.all('asking')[0]!.viewer;
}

test('a viewer learns why it may not watch, and that it asks again too soon', async () => {
  const share = started(await RunningShare.start({ rfbPort: 0, classicPort: null, access: 'ask' }));
  const port = share.wires[0]!.port;
  const first = started(await RunningWatch.start(port, { wire: 'rfb' }));
  share.send({ type: 'consent', viewer: await asking(share), answer: 'no' });
  expect(await first.end()).toBe('E_DECLINED');
  expect(first.ended?.error?.message).toBe('Refused: The sharer declined.');
  const second = started(await RunningWatch.start(port, { wire: 'rfb' }));
  expect(await second.end()).toBe('E_PEER_REFUSED');
  expect(second.ended?.error?.message).toMatch(/^Refused: .* Try again in \d+ seconds?\.$/);
  expect(share.all('asking')).toHaveLength(1);
});

test('a sharer that is back and asks its user is not reported as gone', async () => {
  const open = started(await CanvasShare.start({ width: 320, height: 200 }));
  const { port } = open;
  const watch = started(await RunningWatch.start(port, { wire: 'rfb' }));
  await watch.state('watching');
  await open.fail();
  await watch.state('reconnecting');
  const share = started(await RunningShare.start({ rfbPort: port, classicPort: null, access: 'ask' }));
  const viewer = await asking(share);
  await watch.state('waiting');
  share.send({ type: 'consent', viewer, answer: 'yes' });
  await watch.state('watching');
  expect(watch.notices.filter(text => text.includes('is back after'))).toHaveLength(1);
});
