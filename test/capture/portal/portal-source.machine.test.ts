import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { PortalSource, type PortalSourceOptions } from '../../../source/capture/portal/portal-source.js';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { systemClock } from '../../../source/node/clock.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakePortal } from '../../helpers/fake-portal.js';
import { MessageBus } from '../../helpers/message-bus.js';
import { PipeWireProducer, type ProducerOptions } from '../../helpers/pipewire-producer.js';
import { PipeWireSession } from '../../helpers/pipewire-session.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const started = stopAfterEach();
let session: PipeWireSession;
let bus: MessageBus;
let portal: FakePortal;
let folder: string;

beforeAll(async () => {
  bus = await MessageBus.start();
  session = await PipeWireSession.start(bus.address);
});
afterAll(async () => {
  await session.stop();
  await bus.stop();
});
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-portal-'));
  portal = started(await FakePortal.start(bus.address));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function produce(options: ProducerOptions = {}): Promise<PipeWireProducer> {
  const producer = started(await PipeWireProducer.start(session.socket, options));
  portal.streams = [{ node: producer.node, size: [producer.width, producer.height] }];
  producer.fill({ x: 0, y: 0, width: producer.width, height: producer.height }, 0x11223344);
  return producer;
}

async function open(producer: PipeWireProducer, options: Partial<PortalSourceOptions> = {}): Promise<PortalSource> {
  const environment = { ...process.env, ...session.environment, DBUS_SESSION_BUS_ADDRESS: bus.address };
  const source = new PortalSource({
    target: { kind: 'monitor', number: 1 },
    why: 'asked for',
    clock: systemClock,
    environment,
    stateFolder: folder,
    ...options,
  });
  started({ stop: () => source.close() });
  await Promise.all([source.open(), producer.show([])]);
  return source;
}

async function watch(source: PortalSource): Promise<{ events: RecordingEvents; incoming: Framebuffer }> {
  const events = new RecordingEvents();
  source.onEvent(events.hear);
  source.start(events);
  await events.until(() => events.damaged.length > 0);
  const { width, height } = source.describe();
  expect(events.take()).toEqual([{ x: 0, y: 0, width, height }]);
  const incoming = new Framebuffer(createPixelMemory(), { width, height });
  expect(await source.read([incoming.bounds], incoming)).toBe(width * height);
  return { events, incoming };
}

function pixel(framebuffer: Framebuffer, x: number, y: number): number {
  return new DataView(framebuffer.bytes().buffer).getUint32(framebuffer.at(x, y), true) & 0xffffff;
}

const SMALL: Rectangle = { x: 40, y: 30, width: 20, height: 10 };

test('a screen that the person allows is shared exactly, with its damage', async () => {
  const producer = await produce();
  const source = await open(producer);
  const what = 'the screen chosen on the desktop (320x200)';
  expect(source.describe()).toEqual({ kind: 'portal', description: what, why: 'asked for', width: 320, height: 200 });
  const { events, incoming } = await watch(source);
  expect(pixel(incoming, 319, 199)).toBe(0x223344);
  for (let round = 1; round <= 5; round++) {
    producer.fill(SMALL, round * 0x10101);
    await producer.show([SMALL]);
    await events.until(() => events.damaged.length > 0);
    expect(events.take()).toEqual([SMALL]);
    expect(await source.read([SMALL], incoming)).toBe(200);
    expect([pixel(incoming, 40, 30), pixel(incoming, 59, 39), pixel(incoming, 39, 30)]).toEqual([
      round * 0x10101,
      round * 0x10101,
      0x223344,
    ]);
  }
});
