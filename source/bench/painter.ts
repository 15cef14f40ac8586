// A child process: paints a workload on a display, at its rate, until its parent disconnects.
import type { Rectangle, Size } from '../core/rectangle.js';
import { PaintedWindow } from '../native/xlib.js';
import { drawMarker, MARKER, MAX_FRAMES } from './marker.js';
import { type ComposedFrame, PAINTING, type PainterTask } from './painting.js';
import { WaylandWindow } from './wayland-window.js';
import { WORKLOADS } from './workloads/index.js';
import { type Stage, type StageSurface, seededRandom } from './workloads/workload.js';

/** Precision of a timer; the rest of the time is spent in an exact wait. */
const COARSE_MS = 2;

/** Compositors tell whole milliseconds. */
const HALF_MS = 0.5;

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
  readonly #marker: StageSurface;

  constructor(window: PaintableWindow) {
    this.#window = window;
    this.width = window.width;
    this.height = window.height;
    this.#marker = window.createSurface(MARKER);
  }

  createSurface(size: Size): StageSurface {
    return this.#window.createSurface(size);
  }

  put(surface: StageSurface, part: Rectangle, x: number, y: number): void {
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
  finish(frame: number): void {
    drawMarker(this.#marker.pixels, MARKER.width, frame % MAX_FRAMES);
    this.#put(this.#marker, { x: 0, y: 0, ...MARKER }, 0, 0);
    this.#window.show(frame % MAX_FRAMES);
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
  // The compositor has the system's monotonic clock, in whole milliseconds, the watcher the machine's.
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

async function paint(task: PainterTask): Promise<void> {
  const { workload: name, seed, firstFrame } = task;
  const workload = WORKLOADS.find(each => each.name === name);
  if (!workload) throw new Error(`no workload ${name}`);
  const stage = new MarkedStage(await openWindow(task));
  const painting = workload.setUp(stage, seededRandom(seed));
  let frame = 0;
  stage.finish(firstFrame);
  process.send?.(PAINTING);
  if (workload.hz === 0) return;
  const period = 1000 / workload.hz;
  let due = performance.now() + period;
  const step = () => {
    const early = due - performance.now();
    if (early > 0) Atomics.wait(nap, 0, 0, early);
    frame += 1;
    painting.paint(frame);
    stage.finish(firstFrame + frame);
    due += period;
    // Frames that come too late are skipped; the offered rate is measured, so that shows.
    const now = performance.now();
    if (due < now) due += Math.ceil((now - due) / period) * period;
    setTimeout(step, Math.max(0, due - now - COARSE_MS));
  };
  step();
}

process.on('disconnect', () => process.exit(0));
void paint(JSON.parse(process.argv[2] ?? '{}') as PainterTask);
