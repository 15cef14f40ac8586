import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClassicPeer } from './classic-peer.js';

const SIZE = { width: 64, height: 48 };
let folder: string;
const peers: ClassicPeer[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-peer-'));
});
afterEach(async () => {
  await Promise.all(peers.splice(0).map(peer => peer.stop()));
  rmSync(folder, { recursive: true });
});

test('the two ends of the stand-in agree about every pixel', async () => {
  const ppm = path.join(folder, 'last.ppm');
  const { peer: sharer, port } = await ClassicPeer.share({ size: SIZE, frames: 5 });
  const viewer = ClassicPeer.watch({ port, size: SIZE, frames: 5, ppm });
  peers.push(sharer, viewer);
  expect(await viewer.ended).toBe(0);
  await sharer.ended;
  expect(viewer.frames.map(({ crc }) => crc)).toEqual(sharer.frames.map(({ crc }) => crc));
  expect(new Set(viewer.frames.map(({ crc }) => crc)).size).toBe(5);
  const picture = readFileSync(ppm);
  expect(crc32(picture.subarray(picture.length - SIZE.width * SIZE.height * 3))).toBe(viewer.lastFrame?.crc);
});

test('a viewer that expects another size says so and ends', async () => {
  const { peer: sharer, port } = await ClassicPeer.share({ size: SIZE, frames: 1 });
  const viewer = ClassicPeer.watch({ port, size: { width: 65, height: 48 } });
  peers.push(sharer, viewer);
  expect(await viewer.ended).toBe(1);
  expect(viewer.events.at(-1)).toEqual({ event: 'error', text: '9216 bytes of pixels instead of 9360' });
});
