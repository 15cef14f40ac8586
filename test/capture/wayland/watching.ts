import { WaylandSource, type WaylandSourceOptions } from '../../../source/capture/wayland/wayland-source.js';
import type { Clock } from '../../../source/core/clock.js';
import { systemClock } from '../../../source/node/clock.js';
import type { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { Surface } from '../../helpers/fake-surfaces.js';
import type { Picture } from '../../helpers/xvfb.js';

const opened: WaylandSource[] = [];

/** Opens a source that `closeSources` closes. */
export async function openSource(
  environment: NodeJS.ProcessEnv,
  options: Partial<WaylandSourceOptions> = {},
): Promise<WaylandSource> {
  const source = new WaylandSource({
    target: { kind: 'monitor', number: 1 },
    why: 'asked for',
    environment,
    clock: systemClock,
    ...options,
  });
  opened.push(source);
  await source.open();
  return source;
}

export async function closeSources(): Promise<void> {
  await Promise.all(opened.splice(0).map(source => source.close()));
}

/** Time that passes this many times as fast. */
export function fastClock(factor: number): Clock {
  return {
    now: () => systemClock.now() * factor,
    after: (ms, callback) => systemClock.after(ms / factor, callback),
    soon: callback => systemClock.soon(callback),
  };
}

/** A surface's pixels as packed RGB, which is what a viewer should see of it. */
export function painted({ width, height, pixels }: Surface): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (const [index, pixel] of pixels.entries()) {
    rgb[index * 3] = (pixel >>> 16) & 255;
    rgb[index * 3 + 1] = (pixel >>> 8) & 255;
    rgb[index * 3 + 2] = pixel & 255;
  }
  return { width, height, rgb };
}

/** The colour of a pixel, 0xRRGGBB. */
export function colourAt(framebuffer: Framebuffer, x: number, y: number): number {
  const bytes = framebuffer.bytes();
  const at = y * framebuffer.stride + x * 4;
  return (bytes[at + 2]! << 16) | (bytes[at + 1]! << 8) | bytes[at]!;
}
