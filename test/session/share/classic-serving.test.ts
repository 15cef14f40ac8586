import { expect, it } from 'vitest';
import { CanvasSource } from '../../helpers/canvas-source.js';
import { ClassicClient } from '../../helpers/classic-client.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { noise } from '../../helpers/scenes.js';
import { ShareOfSource } from '../../helpers/share-of-source.js';

const SIZE = { width: 64, height: 48 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const started = stopAfterEach();

it('a classic viewer gets the last frame again and again while nothing changes, then the change', async () => {
  const canvas = new CanvasSource(SIZE);
  canvas.paint(WHOLE, noise);
  const share = started(await ShareOfSource.start(canvas, 'classic'));
  const client = new ClassicClient(share.port);
  started({ stop: async () => void client.socket.destroy() });
  await client.until(() => client.frames.length > 4);
  const { reads } = canvas;
  const bodies = new Set(client.frames.slice(2).map(({ body }) => body.toString('hex')));
  expect([bodies.size, reads]).toEqual([1, 1]);
  canvas.paint({ x: 0, y: 0, width: 1, height: 1 }, 0x123456);
  await client.until(() => ClassicClient.pixels(client.last).readUIntBE(0, 3) === 0x123456);
  expect(canvas.reads).toBe(reads + 1);
});
