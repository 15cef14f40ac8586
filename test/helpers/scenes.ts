import { expect } from 'vitest';
import { BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { CanvasShare } from './canvas-share.js';
import type { RfbTestViewer } from './rfb-test-viewer.js';

/** Reproducible noise. */
export const noise = (x: number, y: number) => {
  let hash = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) & 0xffffff;
};

/** Lines that resemble text, each one different. */
export const text = (x: number, y: number) => {
  const line = Math.floor(y / 14);
  return y % 14 < 10 && noise(Math.floor(x / 2), line * 16 + Math.floor((y % 14) / 2)) & 0x400 ? 0x202020 : 0xf8f8f0;
};

/** Lines of letters, of which there are twenty, with smooth edges. */
export const letters = (x: number, y: number) => {
  const [column, line] = [Math.floor(x / 7), Math.floor(y / 14)];
  const letter = noise(column, line) % 20;
  const [dx, dy] = [x % 7, y % 14];
  if (dx > 5 || dy > 9 || letter === 0) return 0xf8f8f0;
  return [0xf8f8f0, 0xf8f8f0, 0x202020, 0x8c8c88][noise(letter * 8 + dx, dy) & 3]!;
};

/** Resembles a photograph: steps of every size, and grain. */
export const photograph = (x: number, y: number) => {
  const wave = (period: number, phase: number) => Math.round(110 + 50 * Math.sin((x + y / 3) / period + phase));
  const grain = noise(x, y) & 15;
  return ((wave(9, 0) + grain) << 16) | ((wave(13, 1) + grain) << 8) | (wave(7, y / 5) + grain);
};

export function paintScene({ canvas }: CanvasShare): void {
  canvas.paint({ x: 0, y: 0, width: canvas.width, height: canvas.height }, 0x2e3440);
  canvas.paint({ x: 20, y: 20, width: 300, height: 200 }, text);
  canvas.paint({ x: 350, y: 30, width: 100, height: 90 }, noise);
  canvas.paint({ x: 350, y: 150, width: 150, height: 150 }, photograph);
}

/** Each value of a channel after conversion to one with that maximum and back. */
function shown(max: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.round((Math.floor((value * max + 127) / 255) * 255) / max),
  );
}

function wrongPixels({ canvas }: CanvasShare, { picture }: RfbTestViewer, format: PixelFormat): number {
  const [red, green, blue] = [shown(format.redMax), shown(format.greenMax), shown(format.blueMax)];
  let wrong = 0;
  for (let y = 0; y < Math.min(canvas.height, picture.height); y++) {
    for (let x = 0; x < Math.min(canvas.width, picture.width); x++) {
      const colour = canvas.at(x, y);
      const expected = (red[(colour >> 16) & 255]! << 16) | (green[(colour >> 8) & 255]! << 8) | blue[colour & 255]!;
      if (picture.at(x, y) !== expected) wrong++;
    }
  }
  return wrong;
}

/** For a busy machine, too. */
const SETTLED_MS = 40_000;

/** Waits until the viewer shows exactly the shared picture. */
export async function settled(share: CanvasShare, viewer: RfbTestViewer, format: PixelFormat = BGRX): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < SETTLED_MS) {
    if (!viewer.asks) viewer.request(true);
    await viewer.quiet(40);
    // Before its first update it shows black, as a canvas may.
    if (viewer.updates > 0 && wrongPixels(share, viewer, format) === 0) break;
  }
  expect(viewer.updates).toBeGreaterThan(0);
  expect(wrongPixels(share, viewer, format)).toBe(0);
}

/** Paints, and waits until each viewer has an update for it and no more are on their way. */
export async function followed(viewers: readonly RfbTestViewer[], paint: () => void): Promise<void> {
  const before = viewers.map(({ updates }) => updates);
  paint();
  await Promise.all(
    viewers.map(async (viewer, index) => {
      await viewer.until(() => viewer.updates > before[index]!);
      await viewer.quiet(10);
    }),
  );
}
