import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, unlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { plainData, plainText } from '../../core/plain-text.js';
import { createMemoryFile } from '../../native/shared-file.js';
import { systemClock } from '../../node/clock.js';
import type { ChildUse } from '../capture-source.js';
import type { ScreenTargets, ShareTarget } from '../share-target.js';
import type { FromShots, ToShots } from './child-messages.js';
import type { Shots } from './shots.js';

/** How long an answer may take. The first time a person may be asked by the desktop; later a screen is read at once. */
const PATIENCE_MS = { first: 120_000, later: 10_000 } as const;
/** A share goes on in a new process unless that has ended too within this time. */
const AGAIN_AFTER_MS = 60_000;
/** What it said last, and how much of that is told. */
const LAST_WORDS = { kept: 4000, told: 200 } as const;
/** Where Node says at length that the process was aborted. */
const TRACE = /\s*-{3,} Native stack trace.*/s;

/** The process that captures has ended by itself, or had to be ended. */
export class CaptureProcessError extends Error {}

export interface ShotProcessOptions {
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly clock?: Clock;
  readonly patience?: { readonly first: number; readonly later: number };
  /** Called when another process goes on with the share, with why. */
  readonly onRestart?: (why: string) => void;
  /** The file of another library, for tests. */
  readonly library?: string;
}

/** One process, and what it was asked and has not answered yet. */
class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: FromShots): void; reject(error: Error): void }>();
  readonly #gone: Promise<void>;
  #asked = 0;
  #lastWords = '';
  #death: CaptureProcessError | null = null;

  /** @param frames the descriptor of the file for pixels */
  constructor(frames: number, { environment = process.env, library }: ShotProcessOptions) {
    this.#process = fork(entry(), library === undefined ? [] : [library], {
      execArgv: [],
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', frames],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS.kept);
    });
    this.#process.on('message', message => this.#take(plainData(message as FromShots)));
    this.#gone = new Promise(resolve => {
      this.#process.once('error', error => {
        this.#die(`cannot be started: ${error.message}`);
        resolve();
      });
      // After the last message and the last line.
      this.#process.once('close', (code, signal) => {
        this.#die(signal ? `crashed (${signal})` : `ended with code ${code}`);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** @throws CaptureProcessError when there is no answer, PeerglassError, or Error with what the library said */
  ask(question: { readonly type: 'shoot'; readonly target: ShareTarget } | { type: 'targets' }, patienceMs: number) {
    return new Promise<FromShots>((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      const id = this.#asked++;
      const cancel = this.#hurry(patienceMs);
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
      this.#process.send({ id, ...question } satisfies ToShots, () => {});
    });
  }

  end(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#gone;
  }

  /** In parts, so that a job that was stopped for long has one of them left when it goes on. */
  #hurry(patienceMs: number): () => void {
    let left = 4;
    const wait = (): NodeJS.Timeout =>
      setTimeout(() => {
        if (--left > 0) timer = wait();
        else {
          this.#die(`did not answer within ${patienceMs / 1000} s`);
          this.#process.kill('SIGKILL');
        }
      }, patienceMs / 4);
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
    const words = this.#lastWords.replace(TRACE, '').replace(/\s+/g, ' ').trim();
    const said = plainText(words.slice(-LAST_WORDS.told));
    this.#death ??= new CaptureProcessError(`node-screenshots ${how}${said ? `; it said: ${said}` : ''}`);
    for (const { reject } of this.#waiting.values()) reject(this.#death);
    this.#waiting.clear();
  }
}

/**
 * Captures in a process of its own, so that nothing that the library does ends the share. Pixels come in a file in memory;
 * they are there until the next capture. When that process ends in the middle of a share, another one goes on, once.
 */
export class ShotProcess {
  readonly #target: ShareTarget;
  readonly #options: ShotProcessOptions;
  readonly #clock: Clock;
  readonly #frames = framesFile();
  #child: Child;
  #identity: string | null = null;
  #againAt = Number.NEGATIVE_INFINITY;
  #use: ChildUse | null = null;
  #closed = false;

  constructor(target: ShareTarget, options: ShotProcessOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#child = new Child(this.#frames, options);
  }

  /** Of the process that captures at the moment. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** As of the last capture. */
  get use(): ChildUse | null {
    return this.#use;
  }

  /**
   * Captures it as it is now. One call at a time.
   *
   * @throws PeerglassError as TargetCapturer does, and E_CAPTURE_LIBRARY
   * @throws CaptureProcessError when the library took the process along, or hangs
   * @throws Error whatever the library says when a capture fails
   */
  async capture(): Promise<Shots> {
    try {
      return await this.#capture();
    } catch (error) {
      if (!(error instanceof CaptureProcessError) || this.#closed || !this.#mayGoOn()) throw error;
      await this.#child.end();
      if (this.#closed) throw error;
      this.#child = new Child(this.#frames, this.#options);
      const before = this.#identity;
      const shots = await this.#capture();
      // What was chosen is found anew: it may be something else by now.
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
    const { first, later } = this.#options.patience ?? PATIENCE_MS;
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
      if (count === 0) throw new CaptureProcessError('node-screenshots gave fewer pixels than it said');
      done += count;
    }
  }

  #mayGoOn(): boolean {
    if (this.#identity === null || this.#clock.now() - this.#againAt < AGAIN_AFTER_MS) return false;
    this.#againAt = this.#clock.now();
    return true;
  }
}

/**
 * What node-screenshots can share, asked in a process of its own.
 *
 * @throws PeerglassError E_CAPTURE_LIBRARY, E_CAPTURE
 */
export async function screenTargets(options: ShotProcessOptions = {}): Promise<ScreenTargets> {
  const frames = framesFile();
  const child = new Child(frames, options);
  try {
    const answer = await child.ask({ type: 'targets' }, (options.patience ?? PATIENCE_MS).later);
    if (answer.type !== 'targets') throw new Error(`answered ${answer.type}`);
    return { monitors: answer.monitors, windows: answer.windows };
  } catch (cause) {
    if (cause instanceof PeerglassError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PeerglassError(
      'E_CAPTURE',
      `What there is to share cannot be listed: ${reason}.`,
      '"peerglass doctor" tells what capture lacks here.',
      { cause },
    );
  } finally {
    await child.end();
    closeSync(frames);
  }
}

/** A file in memory without a name, or where the system has none such one that has lost its name. */
function framesFile(): number {
  const inMemory = createMemoryFile('peerglass frames');
  if (inMemory !== null) return inMemory;
  const folder = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const name = path.join(folder, `peerglass-frames-${process.pid}-${randomUUID()}`);
  const descriptor = openSync(name, 'wx+', 0o600);
  unlinkSync(name);
  return descriptor;
}

/** Beside this file in dist; tests may run this file from the sources. */
function entry(): string {
  const places = ['./child.js', '../../../dist/source/capture/screenshots/child.js'];
  const files = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return files.find(file => existsSync(file)) ?? files[0]!;
}
