import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Size } from '../core/rectangle.js';

/** Numbers of frames never come again within a bench, so that no run takes a leftover of the last one for its own. */
let nextFrame = 1;
const FRAMES_PER_RUN = 50_000;

/** A workload in motion on a display, painted by a process of its own. */
export class Painting {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the first picture is on the screen. */
  static async start(display: string, size: Size, workload: string, seed: number): Promise<Painting> {
    const task: PainterTask = { display, size, workload, seed, firstFrame: nextFrame };
    nextFrame += FRAMES_PER_RUN;
    const child = fork(path.join(import.meta.dirname, 'painter.js'), [JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', message => (message === PAINTING ? resolve() : reject(new Error(String(message)))));
      child.once('exit', () => reject(new Error('the painter ended before it had painted')));
    });
    return new Painting(child);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** For the message of a failure. */
  readonly said = 'The painter ended.';

  async stop(): Promise<void> {
    if (this.ended) return;
    const ended = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

/** The only argument of the painter's process, as JSON. */
export interface PainterTask {
  readonly display: string;
  readonly size: Size;
  readonly workload: string;
  readonly seed: number;
  /** The number of its first frame. */
  readonly firstFrame: number;
}

/** What it sends when the first picture is on the screen. */
export const PAINTING = 'painting';
