import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Size } from '../core/rectangle.js';
import type { VirtualDisplay } from './displays.js';

/** Frame numbers are unique within a bench, so that no run mistakes a leftover frame for its own. */
let nextFrame = 1;
export const FRAMES_PER_RUN = 50_000;

/** A workload being painted on a display by a separate process. */
export class Painting {
  readonly #child: ChildProcess;

  /** When the compositor had each frame in its picture, by its number; nothing on X11. Milliseconds of the machine's clock. */
  readonly composed = new Map<number, number>();

  private constructor(
    child: ChildProcess,
    /** The number of the first frame. Letters are numbered from `FRAMES_PER_RUN / 2` above it. */
    readonly firstFrame: number,
  ) {
    this.#child = child;
    child.on('message', message => {
      const { frame, time } = message as Partial<ComposedFrame>;
      if (frame !== undefined && time !== undefined) this.composed.set(frame, time);
    });
  }

  /** Resolves when the first frame is on the screen. */
  static async start(
    { kind, name, folder }: VirtualDisplay,
    size: Size,
    workload: string,
    seed: number,
  ): Promise<Painting> {
    const task: PainterTask = { kind, display: name, folder, size, workload, seed, firstFrame: nextFrame };
    nextFrame += FRAMES_PER_RUN;
    const child = fork(path.join(import.meta.dirname, 'painter.js'), [JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', message => (message === PAINTING ? resolve() : reject(new Error(String(message)))));
      child.once('exit', () => reject(new Error('the painter ended before its first frame')));
    });
    return new Painting(child, task.firstFrame);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Text for error messages. */
  readonly said = 'The painter ended.';

  /** Resolves when nothing changes any more. */
  async still(): Promise<void> {
    const answered = new Promise<void>(resolve => {
      const hear = (message: unknown) => {
        if (message !== STILL) return;
        this.#child.off('message', hear);
        resolve();
      };
      this.#child.on('message', hear);
      this.#child.once('exit', () => resolve());
    });
    this.#child.send(STILL);
    await answered;
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const ended = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

/** The painter's only argument, as JSON. */
export interface PainterTask extends Pick<VirtualDisplay, 'kind' | 'folder'> {
  /** The display's name. */
  readonly display: string;
  readonly size: Size;
  readonly workload: string;
  readonly seed: number;
  /** The number of the first frame. */
  readonly firstFrame: number;
}

/** The painter's message when a compositor has a frame in its picture. */
export interface ComposedFrame {
  readonly frame: number;
  readonly time: number;
}

/** Asks the painter to leave its picture as it is; also its answer. */
export const STILL = 'still';

/** The painter's message when the first frame is on the screen. */
export const PAINTING = 'painting';
