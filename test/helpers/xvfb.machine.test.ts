import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNumber, XPainter } from './x-painter.js';
import { readDisplay, startXvfb, type XServer } from './xvfb.js';

let server: XServer;
beforeAll(async () => {
  server = await startXvfb({ width: 320, height: 200 });
});
afterAll(() => server.stop());

test('what the painter draws is what an independent client reads', async () => {
  const painter = await XPainter.open(server.display, { geometry: { x: 10, y: 20, width: 300, height: 100 } });
  painter.fill({ x: 5, y: 5, width: 3, height: 2 }, 0x123456);
  painter.drawImage(20, 30, 2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6));
  await painter.drawSharedImage(40, 50, 1, 2, Uint8Array.of(7, 8, 9, 10, 11, 12));
  painter.drawNumber(0xdeadbeef, 0, 80);
  await painter.sync();
  const { width, height, rgb } = await readDisplay(server.display);
  expect([width, height]).toEqual([320, 200]);
  const at = (x: number, y: number) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  expect(at(15, 25)).toEqual([0x12, 0x34, 0x56]);
  expect(at(17, 26)).toEqual([0x12, 0x34, 0x56]);
  expect(at(18, 26)).toEqual([0, 0, 0]);
  expect(at(30, 50)).toEqual([1, 2, 3]);
  expect(at(31, 50)).toEqual([4, 5, 6]);
  expect(at(50, 70)).toEqual([7, 8, 9]);
  expect(at(50, 71)).toEqual([10, 11, 12]);
  expect(readNumber(rgb, width, 10, 100)).toBe(0xdeadbeef);
  await painter.close();
});

test('scrolling moves the pixels', async () => {
  const painter = await XPainter.open(server.display);
  painter.fill({ x: 100, y: 100, width: 10, height: 10 }, 0xff0000);
  painter.scroll({ x: 100, y: 100, width: 10, height: 10 }, 0, -50);
  await painter.sync();
  const { rgb } = await readDisplay(server.display, { x: 100, y: 50, width: 1, height: 1 });
  expect([...rgb]).toEqual([255, 0, 0]);
  await painter.close();
});
