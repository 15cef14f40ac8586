import {
  type ChildProcess,
  fork,
  type Serializable,
  type SerializationType,
  type StdioOptions,
} from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { plainData, plainText } from '../core/plain-text.js';
import type { ChildUse } from './capture-source.js';

/** Characters of standard error to keep, and to show in an error. */
const STDERR_TAIL = { kept: 4000, shown: 200 } as const;
/** Node's stack trace after an abort, which an error leaves out. */
const TRACE = /\s*-{3,} Native stack trace.*/s;
/** How often to query the resident memory: each query takes a millisecond or two. */
const MIN_RSS_MS = 1000;

/** The capture process's descriptor of the file that hands over pixels. */
export const FRAMES_DESCRIPTOR = 4;

export interface CaptureProcessOptions {
  /** The program, from this folder in dist. */
  readonly program: `./${string}/child.js`;
  readonly arguments?: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly serialization?: SerializationType;
  /** What the process inherits, from FRAMES_DESCRIPTOR on. */
  readonly inherited: Exclude<StdioOptions, string>;
}

/** A process that captures, because the library for it may abort its process. */
export class CaptureProcess<Answer, Question extends Serializable> {
  readonly #process: ChildProcess;
  readonly #gone: Promise<void>;
  #stderrTail = '';

  /** @param died called once, with the reason: "crashed (SIGABRT); it said: ..." */
  constructor(options: CaptureProcessOptions, take: (answer: Answer) => void, died: (how: string) => void) {
    this.#process = fork(programFile(options.program), options.arguments ?? [], {
      execArgv: [],
      env: options.environment,
      serialization: options.serialization ?? 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...options.inherited],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString()).slice(-STDERR_TAIL.kept);
    });
    this.#process.on('message', message => take(plainData(message as Answer)));
    this.#gone = new Promise(resolve => {
      let dead = false;
      const over = (how: string) => {
        if (!dead) died(`${how}${this.#said}`);
        dead = true;
        resolve();
      };
      this.#process.once('error', error => over(`cannot be started: ${error.message}`));
      // 'close' comes after the last message and the last line of output.
      this.#process.once('close', (code, signal) => over(signal ? `crashed (${signal})` : `ended with code ${code}`));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(question: Question): void {
    this.#process.send(question, () => {});
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  end(): Promise<void> {
    this.kill();
    return this.#gone;
  }

  get #said(): string {
    const words = this.#stderrTail.replace(TRACE, '').replace(/\s+/g, ' ').trim();
    const said = plainText(words.slice(-STDERR_TAIL.shown));
    return said && `; it said: ${said}`;
  }
}

/** Also when tests run this file from the sources. */
function programFile(program: string): string {
  const places = [program, `../../dist/source/capture/${program.slice(2)}`];
  const files = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return files.find(file => existsSync(file)) ?? files[0]!;
}

/** What the process that calls this has used so far. */
export function processUse(): () => ChildUse {
  let rssBytes = 0;
  let rssAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - rssAt >= MIN_RSS_MS) {
      rssBytes = process.memoryUsage.rss();
      rssAt = now;
    }
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000, rssBytes };
  };
}
