// A child process: paints a workload on a display, at its rate, until its parent disconnects.
import type { Rectangle, Size } from '../core/rectangle.js';
import { PaintedWindow } from '../native/xlib.js';
import { drawMarker, MARKER, MAX_FRAMES } from './marker.js';
import { type ComposedFrame, FRAMES_PER_RUN, PAINTING, type PainterTask, STILL } from './painting.js';
import { WaylandWindow } from './wayland-window.js';
import { WORKLOADS } from './workloads/index.js';
import {
  between,
  type Layout,
  PLAIN_LAYOUT,
  type Stage,
  type StageSurface,
  seededRandom,
} from './workloads/workload.js';

/** Precision of a timer; the rest of the time is spent in an exact wait. */
const COARSE_MS = 2;

/** Compositors report whole milliseconds. */
const HALF_MS = 0.5;

/**
 * A browser shows pictures at its own 60 Hz. Frames at exactly that rate would all be as early or late for it as the
 * first one happened to be, so they come a little slower, then a little faster: in every run all moments are met.
 */
const DRIFT = { share: 1 / 60, frames: 60 } as const;

/** A person types with pauses of so many milliseconds. */
const PAUSE = { least: 60, most: 140 } as const;

const nap = new Int32Array(new SharedArrayBuffer(4));

/** A full-screen window. */
interface PaintableWindow extends Size {
  createSurface(size: Size): StageSurface;
  put(surface: StageSurface, from: Rectangle, toX: number, toY: number): void;
  /** Shows frame `number`. */
  show(number: number): void;
}

class MarkedStage implements Stage {
  readonly width: number;
  readonly height: number;
  readonly #window: PaintableWindow;
  /** Null if the workload draws the numbers by itself. */
  readonly #marker: StageSurface | null;

  constructor(window: PaintableWindow, { frame }: Layout) {
    this.#window = window;
    this.width = window.width;
    this.height = window.height;
    this.#marker = frame === PLAIN_LAYOUT.frame ? window.createSurface(MARKER) : null;
  }

  get paintsItsNumbers(): boolean {
    return this.#marker === null;
  }

  createSurface(size: Size): StageSurface {
    return this.#window.createSurface(size);
  }

  put(surface: StageSurface, part: Rectangle, x: number, y: number): void {
    if (!this.#marker) {
      this.#window.put(surface, part, x, y);
      return;
    }
    const under = Math.max(0, Math.min(part.height, MARKER.height - y));
    const beside = Math.max(0, Math.min(part.width, MARKER.width - x));
    if (under === 0 || beside === 0) {
      this.#window.put(surface, part, x, y);
      return;
    }
    this.#put(surface, { x: part.x + beside, y: part.y, width: part.width - beside, height: under }, x + beside, y);
    this.#put(surface, { ...part, y: part.y + under, height: part.height - under }, x, y + under);
  }

  /** Draws the frame's number, and returns when the whole frame is on the screen. */
  finish(number: number): void {
    if (this.#marker) {
      drawMarker(this.#marker.pixels, MARKER.width, number);
      this.#put(this.#marker, { x: 0, y: 0, ...MARKER }, 0, 0);
    }
    this.#window.show(number);
  }

  #put(surface: StageSurface, part: Rectangle, x: number, y: number): void {
    if (part.width > 0 && part.height > 0) this.#window.put(surface, part, x, y);
  }
}

async function openWindow({ kind, display, folder, size }: PainterTask): Promise<PaintableWindow> {
  if (kind === 'x11') {
    const window = new PaintedWindow(display, size);
    return {
      ...size,
      createSurface: of => window.createSurface(of),
      put: (surface, from, toX, toY) => window.put(surface, from, toX, toY),
      show: () => window.sync(),
    };
  }
  const window = await WaylandWindow.open(display, size, folder);
  // The compositor uses the system's monotonic clock in whole milliseconds, the watcher the machine's clock.
  const ahead = performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6 + HALF_MS;
  return {
    ...size,
    createSurface: of => window.createSurface(of),
    put: (surface, from, toX, toY) => window.put(surface, from, toX, toY),
    show: frame =>
      window.show(time => {
        // The bench may be closing the channel, then end this process.
        if (process.connected)
          process.send?.({ frame, time: time + ahead } satisfies ComposedFrame, undefined, {}, () => {});
      }),
  };
}

function periodAfter(frame: number, period: number): number {
  const slower = Math.floor(frame / DRIFT.frames) % 2 === 0;
  return period * (slower ? 1 + DRIFT.share : 1 - DRIFT.share);
}

async function paint(task: PainterTask): Promise<void> {
  const { workload: name, seed, firstFrame } = task;
  const workload = WORKLOADS.find(each => each.name === name);
  if (!workload) throw new Error(`no workload ${name}`);
  const window = await openWindow(task);
  const stage = new MarkedStage(window, workload.layout?.(window) ?? PLAIN_LAYOUT);
  const random = seededRandom(seed);
  const painting = workload.setUp(stage, random);
  const numberOf = (frame: number) => (firstFrame + frame) % MAX_FRAMES;
  let frame = 0;
  if (stage.paintsItsNumbers) painting.paint(0, numberOf(0));
  stage.finish(numberOf(0));
  process.send?.(PAINTING);
  let still = false;
  process.on('message', message => {
    if (message !== STILL) return;
    still = true;
    process.send?.(STILL);
  });
  if (workload.hz === 0) return;
  const period = 1000 / workload.hz;
  let due = performance.now() + period;
  const step = () => {
    if (still) return;
    const early = due - performance.now();
    if (early > 0) Atomics.wait(nap, 0, 0, early);
    frame += 1;
    painting.paint(frame, numberOf(frame));
    stage.finish(numberOf(frame));
    due += periodAfter(frame, period);
    // Late frames are skipped, which the measured offered rate shows.
    const now = performance.now();
    if (due < now) due += Math.ceil((now - due) / period) * period;
    setTimeout(step, Math.max(0, due - now - COARSE_MS));
  };
  step();
  const { type } = painting;
  if (!type) return;
  let letter = 0;
  const typeNext = () => {
    if (still) return;
    letter += 1;
    type(letter, numberOf(FRAMES_PER_RUN / 2 + letter));
    window.show(numberOf(frame));
    setTimeout(typeNext, between(random, PAUSE.least, PAUSE.most));
  };
  typeNext();
}

process.on('disconnect', () => process.exit(0));
void paint(JSON.parse(process.argv[2] ?? '{}') as PainterTask);
