import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Opening } from '../../../source/capture/capture-source.js';
import { PortalSource, type PortalSourceOptions } from '../../../source/capture/portal/portal-source.js';
import { type Rectangle, sameRectangle } from '../../../source/core/rectangle.js';
import { systemClock } from '../../../source/node/clock.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakePortal } from '../../helpers/fake-portal.js';
import { MessageBus } from '../../helpers/message-bus.js';
import { PipeWireProducer, type ProducerOptions } from '../../helpers/pipewire-producer.js';
import { PipeWireSession } from '../../helpers/pipewire-session.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const CORNER: Rectangle = { x: 0, y: 0, width: 1, height: 1 };

function pause(ms: number): Promise<void> {
  return new Promise(go => setTimeout(go, ms));
}

interface Watched {
  readonly source: PortalSource;
  readonly events: RecordingEvents;
  readonly incoming: Framebuffer;
}

/** Everything that a share by the portal needs: a message bus, PipeWire, a portal, and what the desktop shows. */
class PortalDesk {
  session!: PipeWireSession;
  bus!: MessageBus;
  portal!: FakePortal;
  /** Of the restore tokens. */
  folder = '';
  readonly #started: ReturnType<typeof stopAfterEach>;

  constructor(started: ReturnType<typeof stopAfterEach>) {
    this.#started = started;
  }

  async begin(): Promise<void> {
    this.folder = mkdtempSync(path.join(tmpdir(), 'peerglass-portal-'));
    this.portal = this.#started(await FakePortal.start(this.bus.address));
  }

  /** A screen of one colour, 0x223344. */
  async produce(options: ProducerOptions = {}): Promise<PipeWireProducer> {
    const producer = this.#started(await PipeWireProducer.start(this.session.socket, options));
    this.portal.streams = [{ node: producer.node, size: [producer.width, producer.height] }];
    producer.fill({ x: 0, y: 0, width: producer.width, height: producer.height }, 0x11223344);
    return producer;
  }

  newSource(options: Partial<PortalSourceOptions> = {}, environment: NodeJS.ProcessEnv = {}): PortalSource {
    const source = new PortalSource({
      target: { kind: 'monitor', number: 1 },
      why: 'asked for',
      clock: systemClock,
      environment: { ...process.env, ...this.session.environment, ...environment },
      stateFolder: this.folder,
      ...options,
    });
    this.#started({ stop: () => source.close() });
    return source;
  }

  async open(options: Partial<PortalSourceOptions> = {}, opening?: Opening): Promise<PortalSource> {
    const source = this.newSource(options);
    await source.open(opening);
    return source;
  }

  /** Starts the source, takes its first damage and reads all of it. */
  async watch(source: PortalSource): Promise<Watched> {
    const events = new RecordingEvents();
    source.onEvent(events.hear);
    source.start(events);
    await events.until(() => events.damaged.length > 0);
    const { width, height } = source.describe();
    expect(events.take()).toEqual([{ x: 0, y: 0, width, height }]);
    const incoming = new Framebuffer(createPixelMemory(), { width, height });
    expect(await source.read([incoming.bounds], incoming)).toBe(width * height);
    return { source, events, incoming };
  }

  /**
   * Waits until a frame comes through with the damage that it has: PipeWire loses frames while a link is going up, and
   * the first one counts as a whole.
   */
  async linked(
    producer: PipeWireProducer,
    { source, events, incoming }: Watched,
    damage = CORNER,
    expected = damage,
  ): Promise<void> {
    for (let seen = false; !seen; ) {
      await Promise.race([producer.show([damage]), pause(300)]);
      await Promise.race([events.until(() => events.damaged.length > 0), pause(300)]);
      const damaged = events.take();
      seen = damaged.some(each => sameRectangle(each, expected));
      // The next one is told when this one was read.
      await source.read(damaged, incoming);
    }
  }

  /** Reads what is damage until this pixel has this colour: nothing but damage leads there. */
  async shown(
    source: PortalSource,
    events: RecordingEvents,
    incoming: Framebuffer,
    colour: number,
    { x, y } = { x: 0, y: 0 },
  ): Promise<void> {
    while (this.pixel(incoming, x, y) !== colour) {
      await events.until(() => events.damaged.length > 0);
      await source.read(events.take(), incoming);
    }
  }

  /** 0xRRGGBB. */
  pixel(framebuffer: Framebuffer, x: number, y: number): number {
    return new DataView(framebuffer.bytes().buffer).getUint32(framebuffer.at(x, y), true) & 0xffffff;
  }
}

/** A desk for the tests of a file; everything that a test starts on it ends with the test. */
export function portalDesk(): PortalDesk {
  const desk = new PortalDesk(stopAfterEach());
  beforeAll(async () => {
    desk.bus = await MessageBus.start();
    desk.session = await PipeWireSession.start(desk.bus.address);
  });
  beforeEach(() => desk.begin());
  afterEach(() => rmSync(desk.folder, { recursive: true, force: true }));
  afterAll(async () => {
    await desk.session.stop();
    await desk.bus.stop();
  });
  return desk;
}
