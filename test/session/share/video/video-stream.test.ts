import { beforeEach, describe, expect, it } from 'vitest';
import type { VideoEncoderConfig, VideoEncoderInit } from '../../../../source/codecs/video/video-codec.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { Screen } from '../../../../source/pixels/screen.js';
import { FilmArea, type FilmMember } from '../../../../source/session/share/video/film-area.js';
import type { FilmViewer } from '../../../../source/session/share/video/film-viewer.js';
import type { VideoEncoders } from '../../../../source/session/share/video/video-encoders.js';
import { VideoStream } from '../../../../source/session/share/video/video-stream.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const SIZE = { width: 320, height: 240 };
const FILM = { x: 0, y: 0, ...SIZE };
const PICTURE_MS = 33;
/** A bit a pixel, at 30 pictures a second. */
const MAX_BITRATE = SIZE.width * SIZE.height * 30;

/** A viewer that takes each picture after a while, as its link lets it. */
class Viewer implements FilmViewer {
  budget: number;
  /** Milliseconds that a picture is on its way; infinite: it takes none. */
  takesMs = 10;
  readonly taken: { key: boolean; at: number }[] = [];
  member!: FilmMember;
  readonly #clock: FakeClock;
  #busyUntil = 0;

  constructor(clock: FakeClock, budget: number) {
    this.#clock = clock;
    this.budget = budget;
  }

  readyInMs(now: number): number {
    return this.takesMs === Number.POSITIVE_INFINITY ? this.takesMs : Math.max(this.#busyUntil - now, 0);
  }

  pictureReady(): void {
    const now = this.#clock.now();
    if (this.readyInMs(now) > 0) return;
    const picture = this.member.queue.shift();
    if (!picture) return;
    this.taken.push({ key: picture.key, at: now });
    this.#busyUntil = now + this.takesMs;
    this.#clock.after(this.takesMs, () => {
      this.pictureReady();
      this.member.stream.pump();
    });
  }
}

describe('a stream of one film for several viewers', () => {
  const memory = createPixelMemory();
  let clock: FakeClock;
  let screen: Screen;
  let area: FilmArea;
  let stream: VideoStream;
  let configs: VideoEncoderConfig[];
  let encoded: { keyFrame: boolean; at: number }[];
  let init: VideoEncoderInit | null;
  let encodeMs: number;

  beforeEach(() => {
    clock = new FakeClock();
    clock.advance(10_000);
    screen = new Screen(memory, SIZE);
    screen.commit([FILM], 0);
    area = new FilmArea(memory, 1, FILM);
    configs = [];
    encoded = [];
    encodeMs = 5;
    const encoders: VideoEncoders = {
      ...{ state: 'ready', name: 'fake', reason: null, use: null, start() {}, async close() {} },
      open: given => {
        init = given;
        return {
          encodeQueueSize: 0,
          configure: config => configs.push(config),
          encode: ({ timestamp }, { keyFrame }) => {
            encoded.push({ keyFrame, at: clock.now() });
            clock.after(encodeMs, () => {
              if (init === given)
                given.output({ type: keyFrame ? 'key' : 'delta', data: new Uint8Array(100), timestamp });
            });
          },
          close() {},
        };
      },
    };
    stream = new VideoStream(area, { clock, memory, encoders, picture: () => screen, encoded() {} });
  });

  function join(budget = 500_000): Viewer {
    const viewer = new Viewer(clock, budget);
    viewer.member = area.enter(viewer, stream);
    stream.pump();
    return viewer;
  }

  let shade = 0;
  /** Plays the film. */
  function play(ms: number): void {
    for (let played = 0; played < ms; played += PICTURE_MS) {
      memory.kernels.fillRectangle(screen.incoming.pointer, screen.incoming.stride, SIZE.width, SIZE.height, ++shade);
      if (screen.commit([FILM], clock.now())) area.changed(screen, clock.now());
      stream.pump();
      clock.advance(PICTURE_MS);
    }
  }

  it('shows each picture to each viewer, encoded once, from an IDR on', () => {
    const viewers = [join(), join(), join()];
    play(3000);
    const pictures = Math.ceil(3000 / PICTURE_MS);
    expect(encoded.length).toBeLessThanOrEqual(pictures + 2);
    // The first one began alone; an IDR a second later let the others in.
    expect(encoded.filter(({ keyFrame }) => keyFrame)).toHaveLength(2);
    const [first, ...others] = viewers;
    expect(first!.taken.length).toBeGreaterThan(pictures - 3);
    for (const { taken } of others) {
      expect(taken[0]!.key).toBe(true);
      expect(taken.length).toBeGreaterThan(pictures - Math.ceil(1000 / PICTURE_MS) - 3);
    }
  });

  it('has an IDR for newcomers at most once a second, however many there are', () => {
    join();
    play(500);
    const late: Viewer[] = [];
    for (let count = 0; count < 20; count++) {
      late.push(join());
      play(150);
    }
    const keys = encoded.filter(({ keyFrame }) => keyFrame).map(({ at }) => at);
    expect(keys.length).toBeGreaterThan(2);
    for (const [index, at] of keys.entries()) if (index > 0) expect(at - keys[index - 1]!).toBeGreaterThanOrEqual(1000);
    play(1000);
    for (const { taken } of late) expect(taken[0]?.key).toBe(true);
  });

  it('encodes no picture that nobody can take: there is no queue', () => {
    const viewer = join();
    viewer.takesMs = 200;
    play(2000);
    expect(encoded.length).toBeLessThan(13);
    expect(viewer.member.queue.length).toBeLessThanOrEqual(1);
  });

  it('is not held up by a viewer that takes none: that one begins again with an IDR', () => {
    const good = join();
    const stuck = join();
    play(500);
    stuck.takesMs = Number.POSITIVE_INFINITY;
    play(2000);
    expect(good.taken.length).toBeGreaterThan(30);
    expect(stuck.member.joined).toBe(false);
    expect(stuck.member.queue).toEqual([]);
    stuck.takesMs = 10;
    const before = stuck.taken.length;
    stuck.pictureReady();
    play(1500);
    expect(stuck.taken[before]?.key).toBe(true);
  });

  it('is encoded for its slowest viewer, follows it, and wastes nothing on what nobody sees', () => {
    const slow = join(100_000);
    join(900_000);
    play(500);
    const rate = () => (configs.at(-1)!.bitrate / 8) * (30 / configs.at(-1)!.framerate);
    expect(rate()).toBeLessThan(101_000);
    slow.budget = 50_000;
    play(500);
    expect(rate()).toBeLessThan(51_000);
    slow.budget = 1e9;
    play(500);
    expect(rate()).toBeGreaterThan(90_000);
    expect(configs.at(-1)!.bitrate).toBeLessThanOrEqual(MAX_BITRATE + 1);
  });

  it('is encoded with as many bits as the encoder has time for', () => {
    join(1e9);
    play(100);
    expect(configs.at(-1)!.bitrate).toBeLessThan(MAX_BITRATE * 0.5);
    play(4000);
    expect(configs.at(-1)!.bitrate).toBeGreaterThan(MAX_BITRATE * 0.9);
    encodeMs = 24;
    play(6000);
    expect(configs.at(-1)!.bitrate).toBeLessThan(MAX_BITRATE * 0.5);
  });

  it('begins anew when its encoder has crashed', () => {
    const viewer = join();
    play(500);
    const crashed = init!;
    init = null;
    crashed.error(new Error('crashed'));
    expect(viewer.member.joined).toBe(false);
    play(500);
    expect(encoded.filter(({ keyFrame }) => keyFrame)).toHaveLength(2);
    expect(viewer.member.joined).toBe(true);
  });

  it('ends with its last viewer', () => {
    const viewer = join();
    play(200);
    stream.remove(viewer.member);
    const before = encoded.length;
    play(500);
    expect(encoded.length).toBe(before);
  });
});
