import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../../../source/capture/capture-source.js';
import { PeerglassError } from '../../../source/core/errors.js';
import { area, type Rectangle, type Size } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { JournalEntry } from '../../../source/pixels/journal.js';
import type { PixelMemory } from '../../../source/pixels/pixel-memory.js';
import { Screen } from '../../../source/pixels/screen.js';
import { CaptureLoop } from '../../../source/session/share/capture-loop.js';
import { ShareFigures } from '../../../source/session/stats/share-figures.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { full } from '../../helpers/full-memory.js';

const SIZE: Size = { width: 256, height: 192 };
const WHOLE: Rectangle = { x: 0, y: 0, ...SIZE };
const CORNER: Rectangle = { x: 0, y: 0, width: 4, height: 4 };

/** A source that a test damages by hand; each read finds another colour. */
class HandSource implements CaptureSource {
  readonly safetyCheckMs = 5000;
  readonly reads: Rectangle[][] = [];
  events: CaptureEvents | null = null;
  still = false;
  failure: Error | null = null;
  /** Nothing can be read: it has another size by now. */
  shrunk = false;
  /** Set, a read waits for it. */
  gate: Promise<void> | null = null;
  reportedAgain = 0;
  #colour = 1;

  async open(): Promise<void> {}

  reportAgain(): void {
    this.reportedAgain++;
  }

  describe(): SourceDescription {
    return { kind: 'pattern', description: 'by hand', why: 'a test', ...SIZE };
  }

  start(events: CaptureEvents): void {
    this.events = events;
    events.damage([{ x: 0, y: 0, ...SIZE }]);
  }

  stop(): void {
    this.events = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    this.reads.push([...rectangles]);
    await this.gate;
    if (this.failure) throw this.failure;
    if (this.shrunk) return 0;
    if (!this.still) this.#colour++;
    for (const { x, y, width, height } of rectangles) {
      incoming.memory.kernels.fillRectangle(incoming.at(x, y), incoming.stride, width, height, this.#colour);
    }
    return rectangles.reduce((sum, each) => sum + area(each), 0);
  }

  async close(): Promise<void> {}
}

const settle = () => new Promise<void>(resolve => setImmediate(resolve));

describe('CaptureLoop', () => {
  let clock: FakeClock;
  let source: HandSource;
  let loop: CaptureLoop;
  let memory: PixelMemory;
  let figures: ShareFigures;
  let commits: (JournalEntry | null)[];
  let unchanged = 0;
  let sizes: Size[];
  let failures: PeerglassError[];
  let reading: Promise<void> | null;
  const host = {
    ...{ fps: 50, paused: false, wanted: true, watchesFilm: false },
    urgent: (_: readonly Rectangle[]): readonly Rectangle[] => [],
  };

  beforeEach(() => {
    clock = new FakeClock();
    clock.advance(1000);
    source = new HandSource();
    figures = new ShareFigures();
    commits = [];
    unchanged = 0;
    sizes = [];
    failures = [];
    Object.assign(host, { fps: 50, paused: false, wanted: true, watchesFilm: false, urgent: () => [] });
    reading = null;
    memory = createPixelMemory();
    const screen = new Screen(memory, SIZE);
    loop = new CaptureLoop(source, screen, clock, figures, {
      get fps() {
        return host.fps;
      },
      get paused() {
        return host.paused;
      },
      get wanted() {
        return host.wanted;
      },
      urgent: damage => host.urgent(damage),
      get watchesFilm() {
        return host.watchesFilm;
      },
      damaged: () => {},
      whenReleased: () => reading,
      committed: entry => commits.push(entry),
      unchanged: () => unchanged++,
      cursorChanged: () => {},
      resized: size => {
        sizes.push(size);
        loop.poke();
      },
      failed: error => failures.push(error),
    });
  });

  it('takes a timer that comes a little early for due, instead of setting a short one', async () => {
    const waits: number[] = [];
    const after = clock.after.bind(clock);
    clock.after = (ms, callback) => {
      waits.push(ms);
      return after(ms > 1 ? ms - 0.9 : ms, callback);
    };
    loop.start();
    for (let change = 0; change < 8; change++) {
      source.events?.damage([CORNER]);
      await settle();
      clock.advance(10);
      await settle();
    }
    expect(source.reads.length).toBeGreaterThan(3);
    expect(waits.filter(ms => ms <= 1)).toEqual([]);
  });

  it('has changes reported again where they are watched for film, while nobody wants a picture', async () => {
    loop.start();
    await settle();
    host.wanted = false;
    source.events?.damage([CORNER]);
    clock.advance(500);
    expect(source.reportedAgain).toBe(0);
    host.watchesFilm = true;
    source.events?.damage([CORNER]);
    source.events?.damage([CORNER]);
    clock.advance(50);
    expect(source.reportedAgain).toBe(1);
    // Nothing changes: nothing is asked.
    clock.advance(500);
    expect(source.reportedAgain).toBe(1);
    source.events?.damage([CORNER]);
    clock.advance(50);
    expect(source.reportedAgain).toBe(2);
  });

  it('tells what it has not captured yet, and captures that found no change', async () => {
    loop.start();
    await settle();
    expect(loop.uncaptured).toBeNull();
    expect(loop.captureNext).toBe(false);
    host.wanted = false;
    source.events?.damage([CORNER]);
    expect(loop.uncaptured?.rectangles()).toEqual([CORNER]);
    expect(loop.captureNext).toBe(true);
    // While the share is paused nothing will be captured.
    host.paused = true;
    expect(loop.uncaptured).toBeNull();
    expect(loop.captureNext).toBe(false);
    Object.assign(host, { paused: false, wanted: true });
    source.still = true;
    clock.advance(500);
    loop.poke();
    expect(loop.captureNext).toBe(true);
    await settle();
    expect(loop.uncaptured).toBeNull();
    expect([commits.length, unchanged]).toEqual([1, 1]);
  });

  it('does not write to the picture while it is being read', async () => {
    loop.start();
    await settle();
    expect(commits.length).toBe(1);
    let done = () => {};
    reading = new Promise(resolve => {
      done = resolve;
    });
    clock.advance(500);
    source.events?.damage([CORNER]);
    await settle();
    expect(source.reads.length).toBe(2);
    expect(commits.length).toBe(1);
    expect(loop.capturing).toBe(true);
    reading = null;
    done();
    await settle();
    expect(commits.length).toBe(2);
    expect(loop.capturing).toBe(false);
  });

  it('captures what is small and urgent while no viewer wants a picture, and the rest once one does', async () => {
    loop.start();
    await settle();
    clock.advance(500);
    Object.assign(host, {
      wanted: false,
      urgent: (damage: readonly Rectangle[]) => damage.filter(each => each.y >= 8),
    });
    const letter = { x: 0, y: 8, width: 2, height: 2 };
    source.events?.damage([CORNER, letter]);
    await settle();
    expect(source.reads.at(-1)).toEqual([letter]);
    const { length } = source.reads;
    // Not faster than the cap.
    source.events?.damage([letter]);
    await settle();
    expect(source.reads).toHaveLength(length);
    clock.advance(25);
    await settle();
    expect(source.reads).toHaveLength(length + 1);
    host.wanted = true;
    loop.poke();
    await settle();
    expect(source.reads.at(-1)).toEqual([CORNER]);
  });

  it('fails, with the code of a lack of memory, where a new size has no room', async () => {
    loop.start();
    await settle();
    full(memory);
    source.events?.resized({ width: 4000, height: 3000 });
    await settle();
    expect(failures).toMatchObject([{ code: 'E_MEMORY' }]);
    expect([loop.running, sizes]).toEqual([false, []]);
  });

  it.each([
    ['a little and then much, as one', CORNER, WHOLE, 1],
    ['much and then a little, as one', WHOLE, CORNER, 1],
    ['much and then as much again, one by one', WHOLE, WHOLE, 2],
  ])('takes what is painted while it reads: %s', async (_, first, second, pictures) => {
    loop.start();
    await settle();
    clock.advance(500);
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    source.events?.damage([first]);
    await settle();
    source.events?.damage([second]);
    open();
    await settle();
    clock.advance(500);
    await settle();
    expect(source.reads.slice(1)).toEqual([[first], [second]]);
    expect(commits.length - 1).toBe(pictures);
  });

  it('discards a read that found another size', async () => {
    loop.start();
    await settle();
    clock.advance(500);
    source.shrunk = true;
    source.events?.damage([WHOLE]);
    await settle();
    expect(source.reads.length).toBe(2);
    expect(commits.length).toBe(1);
  });

  it('captures the whole picture first, then each change at once, no faster than the cap', async () => {
    loop.start();
    await settle();
    expect(source.reads).toEqual([[{ x: 0, y: 0, ...SIZE }]]);
    clock.advance(500);
    source.events?.damage([CORNER]);
    await settle();
    expect(source.reads.length).toBe(2);
    for (let ms = 0; ms < 200; ms++) {
      source.events?.damage([CORNER]);
      clock.advance(1);
      await settle();
    }
    // One may come a period early.
    expect(source.reads.length).toBe(2 + 1 + 10);
    expect(figures.capturedPixels).toBe(area(SIZE) + 12 * 16);
  });

  it('captures each picture of a screen that draws at the cap at once, however late one of them comes', async () => {
    const lateness = fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(lateness, async late => {
        loop.stop();
        loop.start();
        await settle();
        clock.advance(1000);
        const before = source.reads.length;
        let now = 0;
        for (const [frame, ms] of late.entries()) {
          clock.advance(frame * 20 + ms - now);
          now = frame * 20 + ms;
          await settle();
          source.events?.damage([CORNER]);
          await settle();
          expect(source.reads.length).toBe(before + frame + 1);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('keeps to the cap in the long run, whenever the screen draws', async () => {
    const pauses = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 20, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(pauses, async ms => {
        loop.stop();
        loop.start();
        await settle();
        clock.advance(1000);
        const before = source.reads.length;
        for (const pause of ms) {
          source.events?.damage([CORNER]);
          clock.advance(pause);
          await settle();
        }
        const total = ms.reduce((sum, pause) => sum + pause, 0);
        expect(source.reads.length - before).toBeLessThanOrEqual(2 + total / 19.8);
      }),
      { numRuns: 20 },
    );
  });

  it('reads nothing while no viewer wants a frame, then all changes at once', async () => {
    loop.start();
    await settle();
    host.wanted = false;
    source.events?.damage([CORNER]);
    source.events?.damage([{ x: 20, y: 20, width: 2, height: 2 }]);
    clock.advance(100);
    await settle();
    expect(source.reads.length).toBe(1);
    host.wanted = true;
    loop.poke();
    await settle();
    expect(source.reads[1]).toEqual([CORNER, { x: 20, y: 20, width: 2, height: 2 }]);
    expect(figures.gates.gate(clock.now())).toBe('viewers');
  });

  it('adds small damage that arrives during a read to the same commit, and leaves large damage for the next', async () => {
    loop.start();
    await settle();
    clock.advance(100);
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    source.events?.damage([CORNER]);
    const stroke = { x: 30, y: 20, width: 3, height: 3 };
    source.events?.damage([stroke]);
    open();
    await settle();
    expect(source.reads.slice(1)).toEqual([[CORNER], [stroke]]);
    expect(commits.length).toBe(2);
    expect(commits[1]?.changedPixels).toBe(area(CORNER) + area(stroke));
  });

  it('is live from its first capture on, also of a picture that has not changed', async () => {
    loop.start();
    expect(loop.live).toBe(false);
    await settle();
    expect(loop.live).toBe(true);
    loop.stop();
    expect(loop.live).toBe(false);
    source.still = true;
    clock.advance(100);
    loop.start();
    await settle();
    expect(loop.live).toBe(true);
    expect(commits.length).toBe(2);
    expect(commits[1]).toBeNull();
  });

  it('does nothing at all when it is stopped, or paused', async () => {
    loop.start();
    await settle();
    host.paused = true;
    source.events?.damage([CORNER]);
    clock.advance(1000);
    await settle();
    expect(source.reads.length).toBe(1);
    host.paused = false;
    loop.poke();
    await settle();
    expect(source.reads.length).toBe(2);
    loop.stop();
    clock.advance(60_000);
    await settle();
    expect(source.reads.length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('stops the source while it is suspended, and then captures the whole picture', async () => {
    loop.start();
    await settle();
    source.events?.damage([CORNER]);
    await settle();
    const before = source.reads.length;
    source.events?.damage([CORNER]);
    loop.suspend(true);
    expect(source.events).toBeNull();
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    await settle();
    expect(source.reads.length).toBe(before);
    // Viewers keep their picture, and those that join get it.
    expect(loop.live).toBe(true);
    loop.suspend(false);
    await settle();
    expect(source.reads.slice(before)).toEqual([[WHOLE]]);
  });

  it('does not start the source for a viewer that comes while it is suspended', async () => {
    loop.suspend(true);
    loop.start();
    await settle();
    expect(source.events).toBeNull();
    loop.suspend(false);
    await settle();
    expect(source.reads).toEqual([[WHOLE]]);
  });

  it('drops a read that the suspension interrupts', async () => {
    loop.start();
    await settle();
    clock.advance(1000);
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    source.events?.damage([CORNER]);
    const before = commits.length;
    loop.suspend(true);
    source.gate = null;
    open();
    await settle();
    expect(commits.length).toBe(before);
    loop.suspend(false);
    await settle();
    expect(commits.length).toBe(before + 1);
  });

  it('compares a static screen completely every few seconds', async () => {
    loop.start();
    await settle();
    source.still = true;
    clock.advance(4999);
    await settle();
    expect(source.reads.length).toBe(1);
    clock.advance(1);
    await settle();
    expect(source.reads[1]).toEqual([{ x: 0, y: 0, ...SIZE }]);
    expect(commits.length).toBe(1);
  });

  it('finishes a read before it resizes, and discards that read', async () => {
    loop.start();
    await settle();
    let open: () => void = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    clock.advance(100);
    source.events?.damage([CORNER]);
    source.events?.resized({ width: 100, height: 80 });
    await settle();
    expect(sizes).toEqual([]);
    source.gate = null;
    open();
    await settle();
    expect(sizes).toEqual([{ width: 100, height: 80 }]);
    clock.advance(100);
    await settle();
    expect(source.reads.slice(1)).toEqual([[CORNER], [{ x: 0, y: 0, width: 100, height: 80 }]]);
    expect(commits.map(entry => entry?.rectangles)).toEqual([
      [{ x: 0, y: 0, ...SIZE }],
      [{ x: 0, y: 0, width: 100, height: 80 }],
    ]);
  });

  it('reads nothing of the old size, even if a picture is wanted as soon as it is resized', async () => {
    loop.start();
    await settle();
    host.wanted = false;
    clock.advance(100);
    source.events?.damage([WHOLE]);
    host.wanted = true;
    source.events?.resized({ width: 100, height: 80 });
    clock.advance(100);
    await settle();
    expect(source.reads.slice(1)).toEqual([[{ x: 0, y: 0, width: 100, height: 80 }]]);
  });

  it('tries again with a pause when reading fails, and ends when it has only failed for a second', async () => {
    loop.start();
    await settle();
    const failingFor = async (ms: number) => {
      for (let at = 0; at < ms; at += 50) {
        clock.advance(50);
        await settle();
      }
    };
    source.failure = new Error('resized just now');
    clock.advance(100);
    source.events?.damage([CORNER]);
    await failingFor(900);
    expect(failures).toEqual([]);
    expect(source.reads.length).toBeLessThan(15);
    source.failure = null;
    await failingFor(200);
    expect(commits.length).toBe(2);
    source.failure = new PeerglassError('E_CAPTURE', 'Reading failed.');
    source.events?.damage([CORNER]);
    await failingFor(900);
    expect(failures).toEqual([]);
    await failingFor(400);
    expect(failures.map(({ code }) => code)).toEqual(['E_CAPTURE']);
    expect(loop.running).toBe(false);
  });

  it('ends at once when the display is gone', async () => {
    loop.start();
    await settle();
    source.events?.ended(new PeerglassError('E_DISPLAY_DIED', 'It is gone.'));
    expect(failures.map(({ code }) => code)).toEqual(['E_DISPLAY_DIED']);
    expect(clock.pending).toBe(0);
  });
});
