import { afterEach, expect, it } from 'vitest';
import type { VideoEncoderInit } from '../../../../source/codecs/video/video-codec.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { Region } from '../../../../source/pixels/region.js';
import { Screen } from '../../../../source/pixels/screen.js';
import type { StreamMember } from '../../../../source/session/share/video/film-viewer.js';
import { VideoStream } from '../../../../source/session/share/video/video-stream.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const SIZE = { width: 64, height: 48 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const ENCODE_MS = 5;

/** A stream for one viewer, of a film and over a link whose paces the test sets. */
class Projector {
  readonly clock = new FakeClock();
  readonly stream: VideoStream;
  readonly sizes: number[] = [];
  pictures = 0;
  readonly #scene = { rectangle: WHOLE, version: 0, changedAt: 0, exact: new Region(), maxRate: 1e9 };
  readonly #screen: Screen;
  #ready = true;
  #turn = 0;

  constructor() {
    const memory = createPixelMemory();
    this.#screen = new Screen(memory, SIZE);
    const encoders = {
      ...({ state: 'ready', name: 'by hand', reason: null, use: null, start() {} } as const),
      close: async () => {},
      open: (init: VideoEncoderInit) => ({
        encodeQueueSize: 0,
        configure: ({ bitrate, framerate = 30 }: { readonly bitrate: number; readonly framerate?: number }) =>
          this.sizes.push(bitrate / 8 / framerate),
        encode: (_: unknown, { keyFrame }: { readonly keyFrame: boolean }) => {
          this.pictures++;
          const chunk = { type: keyFrame ? 'key' : 'delta', data: new Uint8Array(10), timestamp: 0 } as const;
          this.clock.after(ENCODE_MS, () => init.output(chunk));
        },
        close() {},
      }),
    };
    this.stream = new VideoStream(this.#scene, { clock: this.clock, memory, encoders, picture: () => this.#screen });
    const viewer = {
      budget: 300_000,
      readyInMs: () => (this.#ready && this.member.queue.length === 0 ? 0 : Number.POSITIVE_INFINITY),
      pictureReady: () => {},
    };
    this.member = { viewer, joined: false, waitingSince: 0, queue: [] };
    this.stream.add(this.member);
  }

  readonly member: StreamMember;

  /** @param filmMs between two pictures of the film @param linkMs that each of them takes on the link */
  play(ms: number, filmMs: number, linkMs: number): void {
    const end = this.clock.now() + ms;
    const draw = () => {
      if (this.clock.now() >= end) return;
      const incoming = this.#screen.incomingFor([WHOLE]);
      incoming.bytes().fill(++this.#turn);
      this.#screen.commit([WHOLE], this.clock.now());
      this.#scene.version = this.#screen.version;
      this.stream.pump();
      this.clock.after(filmMs, draw);
    };
    const send = () => {
      if (this.clock.now() >= end) return;
      if (this.member.queue.length === 0) {
        this.clock.after(1, send);
        return;
      }
      this.#ready = false;
      this.member.queue.length = 0;
      this.clock.after(linkMs, () => {
        this.#ready = true;
        this.stream.pump();
        send();
      });
    };
    draw();
    send();
    this.clock.advance(ms);
  }
}

let projector: Projector;
afterEach(() => projector.stream.close());

it('pictures do not become larger because the link is slow: there would be even fewer', () => {
  projector = new Projector();
  projector.play(10_000, 33, 150);
  expect(projector.pictures).toBeLessThan(75);
  // What 33 ms of the link carry.
  expect(projector.sizes.at(-1)! / 10_000).toBeGreaterThan(0.7);
  expect(projector.sizes.at(-1)! / 10_000).toBeLessThan(1.15);
});

it('a film with fewer pictures has larger ones', () => {
  projector = new Projector();
  projector.play(10_000, 100, 20);
  expect(projector.sizes.at(-1)! / 30_000).toBeGreaterThan(0.7);
  expect(projector.sizes.at(-1)! / 30_000).toBeLessThan(1.15);
});
