import { closeSync, readSync } from 'node:fs';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { systemClock } from '../../node/clock.js';
import { HelperProcess, programBeside } from '../../node/helper-process.js';
import type { ChildUse } from '../capture-source.js';
import { framesFile } from '../frames-file.js';
import type { ScreenTargets, ShareTarget } from '../share-target.js';
import type { FromShots, ToShots } from './child-messages.js';
import type { Shots } from './shots.js';

/** How long an answer may take. The first may wait for the user, whom the desktop asks; later ones come at once. */
const TIMEOUT_MS = { first: 120_000, later: 10_000 } as const;
/** The capture process is restarted unless it was restarted within this time. */
const MIN_RESTART_MS = 60_000;

/** The capture process crashed, or was killed because it did not answer. */
export class CaptureProcessError extends Error {}

export interface ShotProcessOptions {
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly clock?: Clock;
  readonly timeoutMs?: { readonly first: number; readonly later: number };
  /** Called with the reason when a new process continues the share. */
  readonly onRestart?: (why: string) => void;
  /** The file of another library to load, for tests. */
  readonly library?: string;
}

/** One capture process with its unanswered requests. */
class Child {
  readonly #process: HelperProcess<FromShots, ToShots>;
  readonly #waiting = new Map<number, { resolve(answer: FromShots): void; reject(error: Error): void }>();
  #asked = 0;
  #death: CaptureProcessError | null = null;

  /** @param frames the descriptor of the file for pixels */
  constructor(frames: number, { environment = process.env, library }: ShotProcessOptions) {
    this.#process = new HelperProcess(
      {
        program: programBeside(import.meta.url, './child.js'),
        arguments: library === undefined ? [] : [library],
        environment,
        inherited: [frames],
      },
      answer => this.#take(answer),
      how => this.#die(how),
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** @throws CaptureProcessError when there is no answer, PeerglassError, or Error with the library's message */
  ask(question: { readonly type: 'shoot'; readonly target: ShareTarget } | { type: 'targets' }, timeoutMs: number) {
    return new Promise<FromShots>((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      const id = this.#asked++;
      const cancel = this.#startTimeout(timeoutMs);
      this.#waiting.set(id, {
        resolve(answer) {
          cancel();
          resolve(answer);
        },
        reject(error) {
          cancel();
          reject(error);
        },
      });
      this.#process.send({ id, ...question });
    });
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  /** Waits in four parts, so that after the program was suspended (Ctrl-Z) there is still time for an answer. */
  #startTimeout(timeoutMs: number): () => void {
    let left = 4;
    const wait = (): NodeJS.Timeout =>
      setTimeout(() => {
        if (--left > 0) timer = wait();
        else {
          this.#die(`did not answer within ${timeoutMs / 1000} s`);
          this.#process.kill();
        }
      }, timeoutMs / 4);
    let timer = wait();
    return () => clearTimeout(timer);
  }

  #take(answer: FromShots): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'error') waiting?.reject(PeerglassError.from(answer.error));
    else if (answer.type === 'failure') waiting?.reject(new Error(answer.failure));
    else waiting?.resolve(answer);
  }

  #die(how: string): void {
    this.#death ??= new CaptureProcessError(`node-screenshots ${how}`);
    for (const { reject } of this.#waiting.values()) reject(this.#death);
    this.#waiting.clear();
  }
}

/**
 * Captures in a separate process, so that a crash of the library does not end the share. Pixels come through a file in
 * memory and are valid until the next capture. When the process dies during a share, one new process continues.
 */
export class ShotProcess {
  readonly #target: ShareTarget;
  readonly #options: ShotProcessOptions;
  readonly #clock: Clock;
  readonly #frames = framesFile();
  #child: Child;
  #identity: string | null = null;
  #restartedAt = Number.NEGATIVE_INFINITY;
  #use: ChildUse | null = null;
  #closed = false;

  constructor(target: ShareTarget, options: ShotProcessOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#child = new Child(this.#frames, options);
  }

  /** Of the present capture process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The process's resource use, as of the last capture. */
  get use(): ChildUse | null {
    return this.#use;
  }

  /**
   * Captures the target now. One call at a time.
   *
   * @throws PeerglassError the errors of TargetCapturer, and E_CAPTURE_LIBRARY
   * @throws CaptureProcessError when the library crashed the process, or hangs
   * @throws Error with the library's message when a capture fails
   */
  async capture(): Promise<Shots> {
    try {
      return await this.#capture();
    } catch (error) {
      if (!(error instanceof CaptureProcessError) || this.#closed || !this.#mayRestart()) throw error;
      await this.#child.end();
      if (this.#closed) throw error;
      this.#child = new Child(this.#frames, this.#options);
      const before = this.#identity;
      const shots = await this.#capture();
      // The new process has chosen again, and may have found something else.
      if (shots.identity !== before) throw error;
      this.#options.onRestart?.(error.message);
      return shots;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#child.end();
    closeSync(this.#frames);
  }

  async #capture(): Promise<Shots> {
    const { first, later } = this.#options.timeoutMs ?? TIMEOUT_MS;
    const child = this.#child;
    const answer = await child.ask({ type: 'shoot', target: this.#target }, this.#identity === null ? first : later);
    if (answer.type !== 'shots') throw new Error(`answered ${answer.type}`);
    this.#use = answer.use;
    const { shots, ...rest } = answer.shots;
    this.#identity ??= rest.identity;
    return {
      ...rest,
      shots: shots.map(({ width, height, offset, from, to }) => ({
        image: { width, height, copyTo: target => this.#read(target, offset) },
        from,
        to,
      })),
    };
  }

  #read(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.length; ) {
      const count = readSync(this.#frames, target, done, target.length - done, offset + done);
      if (count === 0) throw new CaptureProcessError('node-screenshots delivered fewer pixels than it announced');
      done += count;
    }
  }

  #mayRestart(): boolean {
    if (this.#identity === null || this.#clock.now() - this.#restartedAt < MIN_RESTART_MS) return false;
    this.#restartedAt = this.#clock.now();
    return true;
  }
}

/**
 * The monitors and windows that node-screenshots can share, listed in a separate process.
 *
 * @throws PeerglassError E_CAPTURE_LIBRARY, E_CAPTURE
 */
export async function screenTargets(options: ShotProcessOptions = {}): Promise<ScreenTargets> {
  const frames = framesFile();
  const child = new Child(frames, options);
  try {
    const answer = await child.ask({ type: 'targets' }, (options.timeoutMs ?? TIMEOUT_MS).later);
    if (answer.type !== 'targets') throw new Error(`answered ${answer.type}`);
    return { monitors: answer.monitors, windows: answer.windows };
  } catch (cause) {
    if (cause instanceof PeerglassError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PeerglassError(
      'E_CAPTURE',
      `The monitors and windows cannot be listed: ${reason}.`,
      'Run peerglass doctor to see what capture needs here.',
      { cause },
    );
  } finally {
    await child.end();
    closeSync(frames);
  }
}
