import type { FramebufferFile } from './framebuffer-file.js';
import { findMarker, MARKER, MARKER_SIDE, type Mark, readMarker } from './marker.js';
import type { Sightings, WatcherTask } from './watcher-task.js';

/** Reads the numbers from a display, wherever on it the picture is. */
export class MarkerReader {
  readonly screen: FramebufferFile;
  readonly frames: Sightings = { frames: [], times: [] };
  readonly letters: Sightings = { frames: [], times: [] };
  readonly #task: Pick<WatcherTask, 'layout' | 'numbers'>;
  readonly #row = new Uint8Array(MARKER.width * 4);
  /** The picture's top left corner. */
  x = 0;
  y = 0;

  constructor(screen: FramebufferFile, task: Pick<WatcherTask, 'layout' | 'numbers'>) {
    this.screen = screen;
    this.#task = task;
  }

  /** The number of the frame; null while it cannot be read. */
  read(): number | null {
    let least: number | null = null;
    for (const mark of this.#task.layout.frame) {
      const number = this.#readAt(mark);
      if (number === null) return null;
      least = least === null ? number : Math.min(least, number);
    }
    return least;
  }

  /** The number of the last letter; null while it cannot be read, or nothing is typed. */
  readLetter(): number | null {
    const { letter } = this.#task.layout;
    return letter && this.#readAt(letter);
  }

  /** @returns the frame's number if it has changed, else null */
  sample(): number | null {
    return noted(this.read(), this.frames);
  }

  /** @returns the letter's number if it has changed, else null */
  sampleLetter(): number | null {
    return noted(this.readLetter(), this.letters);
  }

  /** Searches the whole screen for the picture. */
  search(): boolean {
    const [first] = this.#task.layout.frame as [Mark];
    const row = new Uint8Array(this.screen.width * 4);
    for (let y = MARKER_SIDE / 2; y < this.screen.height; y += MARKER_SIDE / 2) {
      this.screen.readRow(0, y, row);
      const x = findMarker(row);
      if (x === null || !this.#isFrame(readMarker(row, x))) continue;
      this.x = x - first.x;
      this.y = this.#topAt(x, y) - first.y;
      return this.x >= 0 && this.y >= 0 && this.#isFrame(this.read());
    }
    return false;
  }

  #isFrame(number: number | null): boolean {
    const { first, last } = this.#task.numbers;
    return number !== null && number >= first && number < last;
  }

  #readAt({ x, y, height }: Mark): number | null {
    this.screen.readRow(this.x + x, this.y + y + height / 2, this.#row);
    return readMarker(this.#row, 0);
  }

  /** The top row of the marker found at (x, y). */
  #topAt(x: number, y: number): number {
    const [{ height }] = this.#task.layout.frame as [Mark];
    let top = y;
    while (top > 0 && y - top < height) {
      this.screen.readRow(x, top - 1, this.#row);
      if (readMarker(this.#row, 0) === null) break;
      top -= 1;
    }
    return top;
  }
}

function noted(number: number | null, sightings: Sightings): number | null {
  if (number === null || number === sightings.frames.at(-1)) return null;
  sightings.frames.push(number);
  sightings.times.push(performance.timeOrigin + performance.now());
  return number;
}
