// A worker thread: samples two displays and records when it first sees the number of each frame.
import { parentPort, workerData } from 'node:worker_threads';
import type { Size } from '../core/rectangle.js';
import { FramebufferFile } from './framebuffer-file.js';
import { findMarker, MARKER, MARKER_SIDE, readMarker } from './marker.js';
import { pictureError } from './statistics.js';
import { type Sightings, WatcherMode, type WatcherReport, type WatcherTask } from './watcher-task.js';

const SAMPLE_EVERY_MS = 0.2;
const SEARCH_EVERY_MS = 20;
/** Number of offered pictures to keep for comparison. */
const KEPT = 24;
/**
 * Only a quarter of each picture is kept and compared, to finish before the next frame: four bands, at another offset
 * in each frame.
 */
const BANDS = 4;
const SHARE = 4;
const COMPARE_EVERY = 5;
/** A viewer may draw a frame in several steps: wait this long for the last one before comparing. */
const SETTLED_AFTER_MS = 8;

class MarkerReader {
  readonly screen: FramebufferFile;
  readonly sightings: Sightings = { frames: [], times: [] };
  readonly #row = new Uint8Array(MARKER.width * 4);
  x = 0;
  y = 0;
  last = -1;

  constructor(screen: FramebufferFile) {
    this.screen = screen;
  }

  read(): number | null {
    this.screen.readRow(this.x, this.y + MARKER_SIDE / 2, this.#row);
    return readMarker(this.#row, 0);
  }

  /** @returns the frame's number if it has changed, else null */
  sample(): number | null {
    const number = this.read();
    if (number === null || number === this.last) return null;
    this.last = number;
    this.sightings.frames.push(number);
    this.sightings.times.push(performance.timeOrigin + performance.now());
    return number;
  }

  /** Searches the whole screen for the marker. */
  search(): boolean {
    const row = new Uint8Array(this.screen.width * 4);
    for (let y = MARKER_SIDE / 2; y < this.screen.height; y += MARKER_SIDE / 2) {
      this.screen.readRow(0, y, row);
      const x = findMarker(row);
      if (x !== null) {
        this.x = x;
        this.y = this.topAt(x, y);
        return true;
      }
    }
    return false;
  }

  /** The top row of the marker found at (x, y). */
  private topAt(x: number, y: number): number {
    const row = new Uint8Array(MARKER.width * 4);
    let top = y;
    while (top > 0 && y - top < MARKER_SIDE) {
      this.screen.readRow(x, top - 1, row);
      if (readMarker(row, 0) === null) break;
      top -= 1;
    }
    return top;
  }
}

/** Keeps the latest offered pictures and compares shown pictures with them. */
class Comparison {
  readonly errors: number[] = [];
  readonly #size: Size;
  readonly #bandHeight: number;
  readonly #kept: { frame: number; readonly pixels: Uint8Array }[];
  readonly #shown: Uint8Array;
  #next = 0;
  #seen = 0;
  #due: { readonly frame: number; readonly time: number } | null = null;

  constructor(size: Size) {
    this.#size = size;
    this.#bandHeight = Math.floor(size.height / (BANDS * SHARE));
    const bytes = size.width * this.#bandHeight * BANDS * 4;
    this.#kept = Array.from({ length: KEPT }, () => ({ frame: -1, pixels: new Uint8Array(bytes) }));
    this.#shown = new Uint8Array(bytes);
  }

  keep(frame: number, offered: MarkerReader): void {
    const slot = this.#kept[this.#next]!;
    this.#next = (this.#next + 1) % this.#kept.length;
    this.#read(frame, offered, slot.pixels);
    // If another frame has begun meanwhile, the pixels may mix both.
    slot.frame = offered.read() === frame ? frame : -1;
  }

  /** Schedules every fifth shown frame for comparison. */
  notice(frame: number): void {
    this.#seen += 1;
    this.#due = this.#seen % COMPARE_EVERY === 0 ? { frame, time: performance.now() + SETTLED_AFTER_MS } : null;
  }

  /** Compares the scheduled frame once it has settled. */
  compareWhenSettled(shown: MarkerReader): void {
    if (!this.#due || performance.now() < this.#due.time) return;
    const { frame } = this.#due;
    this.#due = null;
    const slot = this.#kept.find(each => each.frame === frame);
    if (!slot) return;
    this.#read(frame, shown, this.#shown);
    if (shown.read() !== frame) return;
    this.errors.push(pictureError(slot.pixels, this.#shown));
  }

  #read(frame: number, { screen, x, y }: MarkerReader, target: Uint8Array): void {
    const { width } = this.#size;
    const bandBytes = width * this.#bandHeight * 4;
    for (let band = 0; band < BANDS; band++) {
      const top = y + (band * SHARE + (frame % SHARE)) * this.#bandHeight;
      const place = { x, y: top, width, height: this.#bandHeight };
      screen.readRectangle(place, target.subarray(band * bandBytes, (band + 1) * bandBytes));
    }
  }
}

function watch({ offered, shown, size, control }: WatcherTask): WatcherReport {
  const source = new MarkerReader(new FramebufferFile(offered));
  const view = new MarkerReader(new FramebufferFile(shown));
  const comparison = new Comparison(size);
  let samples = 0;
  let measuring = 0;
  let found = false;
  for (;;) {
    const mode = Atomics.load(control, 0);
    if (mode === WatcherMode.Stop) break;
    if (!found || mode === WatcherMode.Search) {
      found = view.search();
      Atomics.store(control, 1, found ? 1 : 0);
      Atomics.wait(control, 0, mode, SEARCH_EVERY_MS);
      continue;
    }
    if (measuring === 0) measuring = performance.now();
    samples += 1;
    const to = view.sample();
    const from = source.sample();
    if (mode === WatcherMode.Compare) {
      if (from !== null) comparison.keep(from, source);
      if (to !== null) comparison.notice(to);
      comparison.compareWhenSettled(view);
    }
    Atomics.wait(control, 0, mode, SAMPLE_EVERY_MS);
  }
  const interval = samples > 0 ? (performance.now() - measuring) / samples : 0;
  source.screen.close();
  view.screen.close();
  return { offered: source.sightings, shown: view.sightings, errors: comparison.errors, interval };
}

parentPort?.postMessage(watch(workerData as WatcherTask));
