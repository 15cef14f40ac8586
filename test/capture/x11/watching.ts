import { expect } from 'vitest';
import type { CaptureSource } from '../../../source/capture/capture-source.js';
import { X11Source, type X11SourceOptions } from '../../../source/capture/x11/x11-source.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const opened: X11Source[] = [];

/** Opens a source that `closeSources` closes. */
export async function openSource(display: string, options: Partial<X11SourceOptions> = {}): Promise<X11Source> {
  const source = new X11Source({ display, target: { kind: 'monitor', number: 1 }, why: 'asked for', ...options });
  opened.push(source);
  await source.open();
  return source;
}

export async function closeSources(): Promise<void> {
  await Promise.all(opened.splice(0).map(source => source.close()));
}

/** A framebuffer of the source's size, read whole. */
export async function readWhole(source: CaptureSource): Promise<Framebuffer> {
  const { width, height } = source.describe();
  const incoming = new Framebuffer(createPixelMemory(), { width, height });
  expect(await source.read([incoming.bounds], incoming)).toBe(width * height);
  return incoming;
}

/** Starts the source, takes its first damage and reads all of it. */
export async function watchSource(source: CaptureSource): Promise<{ events: RecordingEvents; incoming: Framebuffer }> {
  const events = new RecordingEvents();
  source.onEvent?.(events.hear);
  source.start(events);
  await events.until(() => events.damaged.length > 0);
  const { width, height } = source.describe();
  expect(events.take()).toContainEqual({ x: 0, y: 0, width, height });
  return { events, incoming: await readWhole(source) };
}
